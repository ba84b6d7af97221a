import { type Chance, seededChance } from '#core/chance.ts';
import { createSpeechNode } from '#node/create-speech-node.ts';
import { type NodeJob, type NodeJobContext, NodeJobError, type NodeJobOutput } from '#node/node-job.ts';
import type { NodeStatusEvent } from '#node/node-status.ts';
import type { SpeechNode } from '#node/speech-node.ts';
import type { NodeRegistration } from '#node/speech-node-options.ts';
import { opusSpeech } from '#testing/audio-samples.ts';
import { conductOf, latencyMs, type Profile } from './profile.ts';

export interface MockNodeOptions {
  readonly url: string;
  readonly token?: string;
  readonly profile: Profile;
  /** Tells several nodes of one profile apart: each draws from a stream of its own, from 0. */
  readonly number: number;
  readonly onStatus?: (event: NodeStatusEvent) => void;
}

export interface MockNode {
  start(): Promise<void>;
  stop(): Promise<void>;
}

const CORE = ['asr', 'nmt', 'tts'] as const;
/** How long it is away after a crash. */
const CRASHED_MS = 1000;
const BYTES_PER_PCM_MS = 32;
/** Roughly: 24 kbit/s with two bytes of length for each packet of 20 ms. */
const BYTES_PER_OPUS_MS = 3.1;

const registrationOf = ({ language_pairs, name }: Profile): NodeRegistration => ({
  version: 'mock',
  platform: 'linux',
  hardware: { cpu_cores: 8, memory_gb: 32, gpus: [{ name: `mock of ${name}`, memory_gb: 16 }] },
  installed_services: CORE.map((type) => ({
    service_id: `mock-${type}`,
    type,
    device: 'gpu' as const,
    status: 'running' as const,
  })),
  capability_by_type: CORE.map((type) => ({ type, ready: true })),
  language_pairs,
  advanced_features: ['audio:pcm16', 'audio:opus'],
});

/** The longest wait that setTimeout takes; a longer one would be none. */
const WAIT_MS_MAX = 2_147_483_647;

/** Resolves after so long, or rejects when the job is no longer wanted. */
const work = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => {
        signal.removeEventListener('abort', stop);
        resolve();
      },
      Math.min(ms, WAIT_MS_MAX),
    );
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });

const audioMsOf = ({ audioBytes, audio_format }: NodeJob): number =>
  audioBytes.byteLength / (audio_format === 'pcm16' ? BYTES_PER_PCM_MS : BYTES_PER_OPUS_MS);

/**
 * A node on the real node SDK with a profile in place of engines [LOD6]: it takes as long and fails as often as it is told, by its
 * seed, and answers with texts that name the utterance.
 */
export const newMockNode = (options: MockNodeOptions): MockNode => {
  const { profile, url, token, number, onStatus } = options;
  const chance: Chance = seededChance(profile.seed * 65_537 + number);
  const nodeId = `node-mock-${profile.name}-${number}`;
  let isStopped = false;
  let isCrashing = false;
  let node: SpeechNode;

  /** Two jobs that crash it at once are one crash: else two nodes would come back under one id. */
  const crash = async (): Promise<void> => {
    if (isCrashing) return;
    isCrashing = true;
    await node.stop({ deadlineMs: 0 });
    await new Promise((resolve) => setTimeout(resolve, CRASHED_MS));
    isCrashing = false;
    if (isStopped) return;
    node = create();
    await node.start();
  };

  const onJob = async (job: NodeJob, { signal }: NodeJobContext): Promise<NodeJobOutput> => {
    const conduct = conductOf(profile, chance);
    const usualMs = latencyMs(profile, audioMsOf(job), chance);
    if (conduct === 'no_answer')
      await new Promise<never>((_, reject) => signal.addEventListener('abort', reject));
    await work(conduct === 'late' ? usualMs * profile.failures.late_factor : usualMs, signal);
    if (conduct === 'crash') {
      crash().catch(() => undefined);
      await new Promise<never>((_, reject) => signal.addEventListener('abort', reject));
    }
    if (conduct === 'error') throw new NodeJobError(profile.failures.error_code, 'the profile says so');
    if (conduct === 'empty') return {};
    const texts = {
      text_asr: `utterance ${job.utterance_index} in ${job.src_lang}`,
      text_translated: `utterance ${job.utterance_index} in ${job.tgt_lang}`,
    };
    return profile.tts_ms === 0
      ? texts
      : { ...texts, tts_format: 'opus', tts_audio: opusSpeech(profile.tts_ms, job.utterance_index) };
  };

  const create = (): SpeechNode =>
    createSpeechNode({
      url,
      nodeId,
      registration: registrationOf(profile),
      capacity: profile.capacity,
      onJob,
      currentState: () => ({ resource_usage: { ...profile.load, running_jobs: 0 } }),
      ...(token === undefined ? {} : { token }),
      ...(onStatus === undefined ? {} : { onStatus }),
    });

  node = create();
  return {
    start: async () => {
      await node.start();
    },
    stop: async () => {
      isStopped = true;
      await node.stop({ deadlineMs: 0 });
    },
  };
};
