import { decodeNodeFrame, decodePlainNodeFrame } from '#codec/decode-node.ts';
import { type AudioContext, decodePlainSessionFrame, decodeSessionFrame } from '#codec/decode-session.ts';
import { encodeNodeServer, encodeSessionServer, joinParts } from '#codec/encode.ts';
import type { JobAssign } from '#protocol/node-server-messages.ts';
import type { TranslationResult } from '#protocol/session-server-messages.ts';
import type { Contest } from '../harness/alternate.ts';
import {
  chunkFrame,
  heartbeatFrame,
  jobOf,
  nodeHeartbeatFrame,
  opusAudio,
  opusJobOf,
  pcmAudio,
  resultFrame,
  resultMessage,
  utteranceFrame,
} from './frames.ts';

/** So many different inputs are taken in turn, that no single one stays in the nearest cache. */
const INPUT_COUNT = 16;
const inputs = <Input>(make: (salt: number) => Input): ((call: number) => Input) => {
  const made = Array.from({ length: INPUT_COUNT }, (_, salt) => make(salt));
  const [first] = made;
  if (first === undefined) throw new Error('no inputs');
  return (call) => made[call % INPUT_COUNT] ?? first;
};

const OPUS: AudioContext = { encoding: 'opus', sampleRateHz: 16_000 };
const PCM: AudioContext = { encoding: 'pcm16', sampleRateHz: 16_000 };

const session = (name: string, context: AudioContext, make: (salt: number) => Buffer): Contest => {
  const frame = inputs(make);
  return {
    name,
    baseline: (call) => decodePlainSessionFrame(frame(call), context),
    ours: (call) => decodeSessionFrame(frame(call), context),
  };
};

const node = (name: string, make: (salt: number) => Buffer): Contest => {
  const frame = inputs(make);
  return {
    name,
    baseline: (call) => decodePlainNodeFrame(frame(call)),
    ours: (call) => decodeNodeFrame(frame(call)),
  };
};

/** Baseline: the whole frame parsed as JSON text. */
export const decodeContests: readonly Contest[] = [
  session('audio_chunk Opus 0.1 s', OPUS, (salt) => chunkFrame(opusAudio(5, salt), salt)),
  session('audio_chunk Opus 2.56 s', OPUS, (salt) => chunkFrame(opusAudio(128, salt), salt)),
  session('audio_chunk PCM 8 kB', PCM, (salt) => chunkFrame(pcmAudio(7998, salt), salt)),
  session('utterance PCM 3 s', PCM, (salt) => utteranceFrame(pcmAudio(96_000, salt), salt)),
  session('client_heartbeat', OPUS, heartbeatFrame),
  node('node_heartbeat', nodeHeartbeatFrame),
  node('job_result 24 kB', (salt) => resultFrame(24_000, salt)),
  node('job_result 60 kB', (salt) => resultFrame(60_000, salt)),
];

const stringifyJob = ({ audio, ...rest }: JobAssign): Buffer =>
  Buffer.from(
    JSON.stringify({ ...rest, audio: Buffer.concat(audio.map(({ bytes }) => bytes)).toString('base64') }),
  );

const stringifyResult = ({ tts_audio, ...rest }: TranslationResult): Buffer => {
  const { base64 } = tts_audio ?? { base64: new Uint8Array() };
  return Buffer.from(JSON.stringify({ ...rest, tts_audio: Buffer.from(base64).toString('latin1') }));
};

const job = (name: string, make: (salt: number) => JobAssign): Contest => {
  const message = inputs(make);
  return {
    name,
    baseline: (call) => stringifyJob(message(call)),
    ours: (call) => joinParts(encodeNodeServer(message(call))),
  };
};

const result = (name: string, base64Bytes: number): Contest => {
  const message = inputs((salt) => resultMessage(base64Bytes, salt));
  return {
    name,
    baseline: (call) => stringifyResult(message(call)),
    ours: (call) => joinParts(encodeSessionServer(message(call))),
  };
};

interface Bounded extends Contest {
  readonly floor: number;
  readonly goal: number;
}

/** Baseline: the whole message, base64 included, by `JSON.stringify`. Floors are far below what was measured. */
export const encodeContests: readonly Bounded[] = [
  { ...job('job_assign PCM 3 s, 12 chunks', (salt) => jobOf(12, salt)), floor: 2, goal: 3 },
  { ...job('job_assign PCM 5 s, 20 chunks', (salt) => jobOf(20, salt)), floor: 2, goal: 3 },
  { ...job('job_assign Opus 3 s, 30 chunks', (salt) => opusJobOf(30, salt)), floor: 1.5, goal: 2.5 },
  { ...result('translation_result 24 kB', 24_000), floor: 2, goal: 3 },
  { ...result('translation_result 60 kB', 60_000), floor: 2, goal: 3 },
];

const joinedJob = (name: string, chunkCount: number): Contest => {
  const job = inputs((salt) => {
    const message = jobOf(chunkCount, salt);
    return {
      message,
      wires: message.audio.map(({ bytes }) => Buffer.from(Buffer.from(bytes).toString('base64'))),
    };
  });
  const join = (call: number): Buffer => {
    const { message, wires } = job(call);
    const { audio, ...rest } = message;
    const head = Buffer.from(`${JSON.stringify(rest).slice(0, -1)},"audio":"`);
    return Buffer.concat([head, ...wires, Buffer.from('"}')]);
  };
  return { name, baseline: join, ours: (call) => joinParts(encodeNodeServer(job(call).message)) };
};

/** Baseline: chunks keep their base64 beside the raw bytes, and a job is put together from that. */
export const keptWireContests: readonly Contest[] = [
  joinedJob('job_assign PCM 1 s', 4),
  joinedJob('job_assign PCM 5 s', 20),
];
