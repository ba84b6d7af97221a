import { loadEngines } from './engines.ts';
import { SOURCE_LANGUAGE } from './languages.ts';
import { knock, requiresGpu } from './reach-scheduler.ts';
import { findGpus, type Gpu } from './registration.ts';
import { ENGINE_RATE_HZ } from './samples.ts';

const KNOCK_TIMEOUT_MS = 5_000;

export interface CheckOptions {
  readonly url: string;
  readonly token: string | undefined;
  readonly asrModelDir: string | undefined;
  readonly mtModelDir: string | undefined;
  readonly cacheDir: string | undefined;
}

/** `missing` is told and does not hinder: the node serves less. `failed`: the node cannot work like this. */
export interface Finding {
  readonly what: string;
  readonly outcome: 'ok' | 'missing' | 'failed';
  /** What was found, or what to do. */
  readonly note: string;
}

/** Tries everything that a node needs, in the order in which it is needed [SPN52]. Gives each finding as it is made. */
export async function* checkNode(options: CheckOptions): AsyncGenerator<Finding> {
  yield* checkEngines(options);
  const { problem } = await knock(options.url, options.token, KNOCK_TIMEOUT_MS);
  yield problem === null
    ? { what: 'scheduler', outcome: 'ok', note: `${options.url} takes ${credentials(options.token)}` }
    : { what: 'scheduler', outcome: 'failed', note: problem };
  if (problem !== null || (await requiresGpu(options.url, KNOCK_TIMEOUT_MS)) !== true) return;
  yield gpuFinding(await findGpus());
}

/** Of a scheduler that takes only nodes with a graphics card: it would refuse the registration of any other. */
export const gpuFinding = (gpus: readonly Gpu[]): Finding => {
  const what = 'graphics';
  if (gpus.length > 0) return { what, outcome: 'ok', note: gpus.map(({ name }) => name).join(', ') };
  return {
    what,
    outcome: 'failed',
    note: 'the scheduler refuses nodes without a graphics card (NO_GPU_AVAILABLE), and nvidia-smi shows none here: set nodes.require_gpu = false there',
  };
};

const credentials = (token: string | undefined): string =>
  token === undefined ? 'nodes without a token' : 'the token of LINGUA_NODE_TOKEN';

async function* checkEngines({ asrModelDir, mtModelDir, cacheDir }: CheckOptions): AsyncGenerator<Finding> {
  const notices: string[] = [];
  try {
    const engines = await loadEngines({
      asrModelDir,
      mtModelDir,
      cacheDir,
      onNotice: (notice) => notices.push(notice),
    });
    try {
      const { asrModelId, isAsrVerified } = engines.models;
      yield {
        what: 'models',
        outcome: 'ok',
        note: `${asrModelId}, ${isAsrVerified ? 'as expected' : 'the files of ASR_MODEL_DIR, not hash-checked'}`,
      };
      await engines.recognize(new Float32Array(ENGINE_RATE_HZ));
      yield { what: 'recognizer', outcome: 'ok', note: `hears ${SOURCE_LANGUAGE}` };
      for (const note of notices) yield { what: 'translators', outcome: 'missing', note };
      for (const { target, kind, modelId } of engines.translators) {
        const speech = await engines.speak('1', target, new AbortController().signal);
        yield {
          what: `${SOURCE_LANGUAGE} to ${target}`,
          outcome: speech.length > 0 ? 'ok' : 'failed',
          note: `${kind} by ${modelId}, ${speech.length > 0 ? 'spoken' : 'but its voice is silent'}`,
        };
      }
    } finally {
      engines.close();
    }
  } catch (error) {
    yield {
      what: 'engines',
      outcome: 'failed',
      note: error instanceof Error ? error.message : String(error),
    };
  }
}

const MARKS: Record<Finding['outcome'], string> = { ok: 'ok     ', missing: 'missing', failed: 'FAILED ' };

/** One line a finding. */
export const describeFinding = ({ what, outcome, note }: Finding): string =>
  `${MARKS[outcome]}  ${what.padEnd(12)} ${note}`;
