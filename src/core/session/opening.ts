import type { SessionInitAck } from '#protocol/session-server-messages.ts';
import { count } from '../effects.ts';
import { effectiveEndpointing } from './endpointing.ts';
import { putRecord } from './session-record.ts';
import type { SessionState, SessionTurn } from './session-state.ts';

const PROTOCOL_VERSION = '1.0';
const initAck = (
  { sessionId, traceId, terms, init, priority, segmenter, settings }: SessionState,
  resumeToken: string | undefined,
): SessionInitAck => ({
  type: 'session_init_ack',
  session_id: sessionId,
  message: 'session created',
  trace_id: traceId,
  protocol_version: PROTOCOL_VERSION,
  use_binary_frame: terms.granted.includes('binary'),
  negotiated_codec: terms.encoding,
  negotiated_audio_format: terms.encoding,
  negotiated_sample_rate: terms.sampleRateHz,
  negotiated_channel_count: terms.channelCount,
  ...(terms.isLegacy ? {} : { capabilities: terms.granted }),
  ...(resumeToken === undefined
    ? {}
    : { resume_token: resumeToken, resume_window_ms: settings.resumeWindowMs }),
  ...(init.priority === undefined ? {} : { priority }),
  ...(init.endpointing === undefined
    ? {}
    : { endpointing: effectiveEndpointing(init.endpointing, segmenter.limits) }),
});

/** The ack is the first thing that a client hears [SES1]. */
export const openSession = (turn: SessionTurn, resumeToken: string | undefined): void => {
  const { state, effects } = turn;
  effects.push({ kind: 'sendClient', message: initAck(state, resumeToken) }, count('sessions_opened_total'));
  putRecord(turn);
};
