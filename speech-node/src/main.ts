/** The reference speech node: loads the engines, then serves a scheduler until it is told to stop. */
import { createSpeechNode, NodeJobError, type NodeJobHandler } from 'lingua-scheduler/node';
import { parseCommandLine, USAGE } from './command-line.ts';
import { type LoadedEngines, loadEngines } from './engines.ts';
import { SpeechFailure } from './failure.ts';
import { runPipeline } from './pipeline.ts';
import { describeNode, findGpus, jobsAtOnce } from './registration.ts';
import { createReport, type ReportEvent } from './report.ts';

const EXIT_USAGE = 2;

const main = async (): Promise<void> => {
  const { url, name, isJson, isHelpWanted } = parseCommandLine(process.argv.slice(2));
  if (isHelpWanted) {
    process.stdout.write(USAGE);
    return;
  }
  const report = createReport(isJson, {
    out: (line) => process.stdout.write(line),
    err: (line) => process.stderr.write(line),
  });
  const stopAsked = untilStopIsAsked();
  const engines = await loadAll(report);
  const token = process.env.LINGUA_NODE_TOKEN;
  let ended = (): void => {};
  const end = new Promise<void>((resolve) => {
    ended = resolve;
  });
  const node = createSpeechNode({
    url,
    ...(name !== undefined && { nodeId: name }),
    ...(token !== undefined && token !== '' && { token }),
    registration: describeNode(engines, await findGpus()),
    capacity: jobsAtOnce(),
    onJob: jobHandler(engines),
    onStatus: (event) => {
      report(event);
      if (event.kind === 'stopped') ended();
    },
  });
  // Stopped before the first registration is an end like any other.
  node.start().catch(ended);
  stopAsked.then(() => node.stop()).then(ended, ended);
  await end;
  await node.stop();
  engines.close();
  if (process.connected) process.disconnect();
};

/** By a signal, or by the end of the program that started this one: it is not left behind. */
const untilStopIsAsked = (): Promise<void> =>
  new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
    if (process.channel !== undefined) process.once('disconnect', () => resolve());
  });

const loadAll = async (report: (event: ReportEvent) => void): Promise<LoadedEngines> => {
  const startMs = performance.now();
  const engines = await loadEngines({
    asrModelDir: process.env.ASR_MODEL_DIR,
    cacheDir: process.env.LINGUA_CACHE_DIR,
    onStep: (step) => report({ kind: 'loading', step }),
  });
  if (!engines.models.isAsrVerified)
    report({ kind: 'notice', message: 'the model of ASR_MODEL_DIR is not hash-checked' });
  report({ kind: 'loaded', durationMs: Math.round(performance.now() - startMs), capacity: jobsAtOnce() });
  return engines;
};

/** The one place where the pipeline meets the SDK. */
const jobHandler =
  (engines: LoadedEngines): NodeJobHandler =>
  async (job, context) => {
    context.started();
    try {
      return await runPipeline(engines, job, {
        signal: context.signal,
        onText: (text, isFinal) =>
          context.partial({ settled: isFinal ? text : '', tentative: isFinal ? '' : text, isFinal }),
      });
    } catch (error) {
      if (!(error instanceof SpeechFailure)) throw error;
      throw new NodeJobError(error.code, error.message, { cause: error.cause });
    }
  };

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof TypeError ? EXIT_USAGE : 1;
}
