import type { IntrusionKind } from './acts.ts';
import type { Voice } from './voice.ts';

const SOME_SEQ = 500_000;

/** A message under somebody else's session id; audio in it is the intruder's own, so that it shows where it comes out. */
export const intrusionFrame = (how: IntrusionKind, session_id: string, voice: Voice): string => {
  const audio = (): string => voice.audio(40).toString('base64');
  switch (how) {
    case 'chunk':
      return JSON.stringify({
        type: 'audio_chunk',
        session_id,
        seq: SOME_SEQ,
        is_final: true,
        payload: audio(),
      });
    case 'utterance':
      return JSON.stringify({
        type: 'utterance',
        session_id,
        utterance_index: 99,
        manual_cut: true,
        src_lang: 'en',
        tgt_lang: 'zh',
        audio: audio(),
        audio_format: voice.habit.encoding,
        sample_rate: 16_000,
      });
    case 'close':
      return JSON.stringify({ type: 'session_close', session_id, reason: 'intrusion' });
    case 'play_ended':
      return JSON.stringify({
        type: 'tts_play_ended',
        session_id,
        trace_id: 'trace',
        group_id: 'group',
        ts_end_ms: 1,
      });
    case 'heartbeat':
    case 'unknown_session':
      return JSON.stringify({ type: 'client_heartbeat', session_id, timestamp: 1 });
  }
};
