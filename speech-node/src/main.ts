/** The reference speech node: loads the engines, then serves a scheduler until it is told to stop. */
import { createSpeechNode, NodeJobError, type NodeJobHandler } from 'lingua-scheduler/node';
import { Caption } from './caption.ts';
import { checkNode, describeFinding } from './check.ts';
import { type CommandLine, parseCommandLine, USAGE } from './command-line.ts';
import { type LoadedEngines, loadEngines } from './engines.ts';
import { SpeechFailure } from './failure.ts';
import { CaptionPlaces, captionWhileOpen } from './live-captions.ts';
import { runPipeline } from './pipeline.ts';
import { coresCount, describeNode, describeOffers, findGpus } from './registration.ts';
import { createReport, type ReportEvent } from './report.ts';

const EXIT_USAGE = 2;

const main = async (): Promise<void> => {
  const commandLine = parseCommandLine(process.argv.slice(2));
  const { url, name, isJson } = commandLine;
  if (commandLine.isHelpWanted) {
    process.stdout.write(USAGE);
    return;
  }
  if (commandLine.isCheck) {
    await check(commandLine);
    return;
  }
  const capacity = commandLine.slots ?? coresCount();
  const report = createReport(isJson, {
    out: (line) => process.stdout.write(line),
    err: (line) => process.stderr.write(line),
  });
  const stopAsked = untilStopIsAsked();
  const engines = await loadAll(report, capacity);
  const token = ownToken();
  let ended = (): void => {};
  const end = new Promise<void>((resolve) => {
    ended = resolve;
  });
  const node = createSpeechNode({
    url,
    ...(name !== undefined && { nodeId: name }),
    ...(token !== undefined && { token }),
    registration: describeNode(engines, await findGpus()),
    capacity,
    onJob: jobHandler(engines),
    handlesOpenJobs: true,
    onStatus: (event) => {
      report(event);
      if (event.kind !== 'stopped') return;
      if (event.reason === 'refused' || event.reason === 'replaced') process.exitCode = 1;
      ended();
    },
  });
  // Stopped before the first registration is an end like any other.
  node.start().catch(ended);
  stopAsked.then(() => node.stop()).then(ended, ended);
  await end;
  await node.stop();
  engines.close();
};

const ownToken = (): string | undefined => process.env.LINGUA_NODE_TOKEN || undefined;

const modelPlaces = () => ({
  asrModelDir: process.env.ASR_MODEL_DIR,
  mtModelDir: process.env.MT_MODEL_DIR,
  cacheDir: process.env.LINGUA_CACHE_DIR,
});

const check = async ({ url, isJson }: CommandLine): Promise<void> => {
  for await (const finding of checkNode({ url, token: ownToken(), ...modelPlaces() })) {
    process.stdout.write(`${isJson ? JSON.stringify(finding) : describeFinding(finding)}\n`);
    if (finding.outcome === 'failed') process.exitCode = 1;
  }
};

/** By a signal, or by the end of the program that started this one: it is not left behind. */
const untilStopIsAsked = (): Promise<void> =>
  new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
    if (process.channel !== undefined) process.once('disconnect', () => resolve());
  });

const loadAll = async (report: (event: ReportEvent) => void, capacity: number): Promise<LoadedEngines> => {
  const startMs = performance.now();
  const engines = await loadEngines({
    ...modelPlaces(),
    onStep: (step) => report({ kind: 'loading', step }),
    onNotice: (message) => report({ kind: 'notice', message }),
  });
  if (!engines.models.isAsrVerified)
    report({ kind: 'notice', message: 'the model of ASR_MODEL_DIR is not hash-checked' });
  report({
    kind: 'loaded',
    durationMs: Math.round(performance.now() - startMs),
    capacity,
    offers: describeOffers(engines.translators),
  });
  return engines;
};

/** The one place where the pipeline meets the SDK. */
const jobHandler = (engines: LoadedEngines): NodeJobHandler => {
  // One core stays for results, where there is more than one.
  const places = new CaptionPlaces(Math.max(1, coresCount() - 1));
  return async (job, { signal, started, partial }) => {
    started();
    const caption = new Caption();
    try {
      if (job.isOpen) await captionWhileOpen(engines, job, caption, { places, onText: partial });
      caption.restart();
      return await runPipeline(engines, job, {
        signal,
        onText: (text, isFinal) =>
          partial({ ...(isFinal ? caption.commit(text) : caption.update(text)), isFinal }),
      });
    } catch (error) {
      if (!(error instanceof SpeechFailure)) throw error;
      throw new NodeJobError(error.code, error.message, { cause: error.cause });
    }
  };
};

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof TypeError ? EXIT_USAGE : 1;
}
// However it ended: who listens at the channel to the program that started this one would wait there for ever.
if (process.connected) process.disconnect();
