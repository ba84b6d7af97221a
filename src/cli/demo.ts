import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { CliFailure } from './failure.ts';
import { Progress } from './progress.ts';
import { startScheduler, untilTold } from './scheduler.ts';
import { printReport, speak } from './speak.ts';
import { startSpeechNode, stopSpeechNode } from './speech-node.ts';

export interface DemoOptions {
  readonly file?: string;
  readonly to?: string;
  readonly port?: number;
  readonly speed: number;
  readonly out: string;
  readonly once?: boolean;
  readonly json?: boolean;
}

const srcLang = 'en';
const nodeReadyMs = 90_000;
const resultWaitMs = 60_000;
const defaultPort = 5010;

/**
 * Scheduler, reference speech node and one spoken recording, from one command. Stays up afterwards unless `once`.
 * errors: `CliFailure` with one sentence for whatever does not start.
 */
export async function demo(options: DemoOptions): Promise<void> {
  const progress = new Progress({ isQuiet: options.json === true });
  const file = options.file ?? inProject('samples/jfk-inaugural-1961.wav');
  progress.say('starting the scheduler');
  const scheduler = await startScheduler({
    // A port that was asked for is meant; the usual one may be taken by a scheduler that runs already.
    ports: options.port === undefined ? [defaultPort, 0] : [options.port],
    set: ['nodes.require_gpu=false', 'log.level=warn'],
  });
  let node: ChildProcess | null = null;
  try {
    node = startNode(scheduler.nodeUrl, progress);
    await untilAccepting(scheduler.httpUrl, node, progress);
    progress.say(`speaking ${file}`);
    const report = await speak(
      {
        file,
        url: scheduler.sessionUrl,
        srcLang,
        ...(options.to !== undefined && { tgtLang: options.to }),
        speed: options.speed,
        outFolder: options.out,
        waitMs: resultWaitMs,
      },
      progress,
    );
    printReport(report, options.json === true);
    if (options.once === true) return;
    progress.say(whereToLook(scheduler.httpUrl, scheduler.sessionUrl));
    await untilTold();
    progress.say('stopping');
  } finally {
    if (node !== null) await stopSpeechNode(node);
    await scheduler.stop();
  }
}

const whereToLook = (httpUrl: string, sessionUrl: string): string =>
  [
    '',
    'The scheduler and its speech node stay up. Look at',
    `  ${httpUrl}/ready          does it accept sessions, and if not why`,
    `  ${httpUrl}/api/v1/stats   users, languages, nodes`,
    `  ${httpUrl}/metrics        Prometheus`,
    `or speak a recording of your own:  npx lingua speak FILE.wav --url ${sessionUrl}`,
    'Ctrl-C ends both.',
  ].join('\n');

function startNode(url: string, progress: Progress): ChildProcess {
  const child = startSpeechNode(['--url', url], ['ignore', 'ignore', 'pipe', 'ipc']);
  child.stderr?.setEncoding('utf8');
  child.stderr?.on('data', (text: string) => {
    for (const line of text.split('\n'))
      if (line.trim() !== '') progress.say(`  speech node: ${line.trim()}`);
  });
  return child;
}

/** Level-triggered: asks the scheduler itself whether it could serve now. */
async function untilAccepting(httpUrl: string, node: ChildProcess, progress: Progress): Promise<void> {
  const startedAtMs = performance.now();
  for (;;) {
    if (node.exitCode !== null || node.signalCode !== null) {
      throw new CliFailure(`the speech node stopped before it was ready (exit code ${node.exitCode})`);
    }
    const passedMs = performance.now() - startedAtMs;
    if (passedMs > nodeReadyMs) {
      throw new CliFailure(`the speech node was not ready within ${nodeReadyMs / 1000} s`);
    }
    if (await isAccepting(httpUrl)) return;
    progress.update(`waiting for the speech node (${Math.round(passedMs / 1000)} s)`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

async function isAccepting(httpUrl: string): Promise<boolean> {
  const answer = await fetch(`${httpUrl}/ready`);
  const body: unknown = await answer.json();
  return typeof body === 'object' && body !== null && 'accepting' in body && body.accepting === true;
}

/** A file of the project, whether this runs from `src` or from `dist`. */
const inProject = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
