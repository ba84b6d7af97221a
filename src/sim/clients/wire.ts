import type { Noise } from './acts.ts';
import type { ClientHabit } from './habits.ts';

/** Text frames as clients write them: by hand, like theirs. */
export const initFrame = ({ init }: ClientHabit, traceId: string): string =>
  JSON.stringify({ type: 'session_init', ...init, trace_id: traceId });

export const chunkFrame = (sessionId: string, seq: number, isFinal: boolean, audio: Buffer | null): string =>
  `{"type":"audio_chunk","session_id":"${sessionId}","seq":${seq},"is_final":${isFinal},"payload":"${audio?.toString('base64') ?? ''}"}`;

export interface UtteranceFields {
  readonly sessionId: string;
  readonly index: number;
  readonly isManual: boolean;
  readonly habit: ClientHabit;
  readonly audio: Buffer;
}

export const utteranceFrame = ({ sessionId, index, isManual, habit, audio }: UtteranceFields): string => {
  const head = JSON.stringify({
    type: 'utterance',
    session_id: sessionId,
    utterance_index: index,
    manual_cut: isManual,
    src_lang: habit.init.src_lang,
    tgt_lang: habit.init.tgt_lang,
    dialect: null,
    features: {},
    audio_format: habit.encoding,
    sample_rate: 16_000,
  });
  return `${head.slice(0, -1)},"audio":"${audio.toString('base64')}"}`;
};

/** Frames a client should never send; each must leave everything as it was. */
export const NOISE_FRAMES: Readonly<Record<Exclude<Noise, 'binary'>, (sessionId: string) => string>> = {
  not_json: () => '{"type":"audio_chunk",',
  unknown_type: (sessionId) => JSON.stringify({ type: 'mood_report', session_id: sessionId, mood: 'fine' }),
  missing_field: (sessionId) => JSON.stringify({ type: 'audio_chunk', session_id: sessionId, seq: 'three' }),
  bad_base64: (sessionId) =>
    JSON.stringify({
      type: 'audio_chunk',
      session_id: sessionId,
      seq: 900_000,
      is_final: false,
      payload: '%%%',
    }),
  wrong_direction: (sessionId) => JSON.stringify({ type: 'session_close_ack', session_id: sessionId }),
};
