import { Redis } from 'ioredis';

/** The queue between the gateway and its worker, and what travels through it. */
export const QUEUE = 'utterances';

export interface SpokenJob {
  readonly session_id: string;
  readonly utterance_index: number;
  readonly src_lang: string;
  readonly tgt_lang: string;
  readonly trace_id: string;
  /** Base64: a job's data is JSON. */
  readonly audio: string;
}

export interface Answer {
  readonly session_id: string;
  readonly utterance_index: number;
  readonly text_asr: string;
  readonly text_translated: string;
  readonly tts_format: string;
  readonly trace_id: string;
  readonly tts_audio: string;
}

/** As BullMQ asks for: commands wait for the connection for as long as it takes. */
export const connectTo = (port: number): Redis =>
  new Redis({ host: '127.0.0.1', port, maxRetriesPerRequest: null });

/** The port of Redis, as the parent process gave it. */
export const redisPort = (): number => Number(process.argv[2]);
