import { execFile } from 'node:child_process';
import { availableParallelism, totalmem } from 'node:os';
import { promisify } from 'node:util';
import type { NodeRegistration } from 'lingua-scheduler/node';
import type { LoadedEngines } from './engines.ts';
import { SOURCE_LANGUAGE } from './languages.ts';
import type { Translator } from './translator.ts';

const VERSION = '0.1.0';
const GIB = 1024 ** 3;
const GPU_QUERY_TIMEOUT_MS = 2_000;

export interface Gpu {
  readonly name: string;
  readonly memory_gb: number;
}

/** Also as many jobs as run at once, unless told otherwise: every decode takes one core. */
export const coresCount = (): number => Math.max(1, availableParallelism());

/** What this node tells the scheduler about itself: what is there, and nothing that is not [SPN11]. */
export const describeNode = (
  { models, translators, warmupMs }: Pick<LoadedEngines, 'models' | 'translators' | 'warmupMs'>,
  gpus: readonly Gpu[],
): NodeRegistration => {
  const cpuService = { device: 'cpu', status: 'running', version: VERSION } as const;
  return {
    version: VERSION,
    platform: `${process.platform}-${process.arch}`,
    hardware: {
      cpu_cores: coresCount(),
      memory_gb: Math.floor(totalmem() / GIB),
      ...(gpus.length > 0 && { gpus }),
    },
    installed_models: [
      { model_id: models.asrModelId, kind: 'asr', src_lang: SOURCE_LANGUAGE, version: '1', enabled: true },
      ...translators.map(({ modelId, kind, target }) => ({
        model_id: modelId,
        kind: kind === 'gloss' ? 'gloss' : 'nmt',
        src_lang: SOURCE_LANGUAGE,
        tgt_lang: target,
        version: '1',
        enabled: true,
      })),
      { model_id: 'silero-v6', kind: 'vad', version: '6', enabled: true },
    ],
    installed_services: [
      {
        ...cpuService,
        service_id: 'moonshine',
        type: 'asr',
        engine: 'moonshine',
        model_id: models.asrModelId,
        warmup_ms: warmupMs.asr,
      },
      ...translators.map(({ serviceId, engine, modelId }) => ({
        ...cpuService,
        service_id: serviceId,
        type: 'nmt' as const,
        engine,
        model_id: modelId,
        warmup_ms: warmupMs.nmt,
      })),
      { ...cpuService, service_id: 'espeak-ng', type: 'tts', engine: 'espeak-ng', warmup_ms: warmupMs.tts },
    ],
    capability_by_type: [
      { type: 'asr', ready: true, ready_impl_ids: ['moonshine'] },
      { type: 'nmt', ready: true, ready_impl_ids: translators.map(({ serviceId }) => serviceId) },
      { type: 'tts', ready: true, ready_impl_ids: ['espeak-ng'] },
      { type: 'tone', ready: false, reason: 'no_impl' },
    ],
    language_pairs: translators.map(({ target }) => ({ src: SOURCE_LANGUAGE, tgt: target })),
    advanced_features: ['partials', 'open_job', 'audio:opus', 'audio:pcm16'],
  };
};

/** `en to es (translation), en to zh (gloss)`: what people read about this node. */
export const describeOffers = (translators: readonly Translator[]): string =>
  translators.map(({ target, kind }) => `${SOURCE_LANGUAGE} to ${target} (${kind})`).join(', ');

/** Graphics cards by `nvidia-smi`; none where it is not there. They are told, not used. */
export const findGpus = async (): Promise<readonly Gpu[]> => {
  try {
    const { stdout } = await promisify(execFile)(
      'nvidia-smi',
      ['--query-gpu=name,memory.total', '--format=csv,noheader,nounits'],
      { timeout: GPU_QUERY_TIMEOUT_MS },
    );
    return gpusFrom(stdout);
  } catch {
    // Not installed, no driver, or no answer: the machine has no card that anybody could use.
    return [];
  }
};

/** shape: one line `name, MiB` per card. */
export const gpusFrom = (listing: string): readonly Gpu[] =>
  listing.split('\n').flatMap((line) => {
    const [name = '', memory = ''] = line.split(',').map((field) => field.trim());
    const memoryMib = Number(memory);
    return name === '' || !(memoryMib > 0) ? [] : [{ name, memory_gb: Math.floor(memoryMib / 1024) }];
  });
