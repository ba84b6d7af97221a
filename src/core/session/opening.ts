import type { SessionInitAck } from '#protocol/session-server-messages.ts';
import { count } from '../effects.ts';
import { effectiveEndpointing } from './endpointing.ts';
import type { SessionState, SessionTurn } from './session-state.ts';

const PROTOCOL_VERSION = '1.0';
/** How long other instances remember a session whose process died without a word. */
const RECORD_TTL_MS = 24 * 60 * 60 * 1000;

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

/** What another instance may know of a session: neither audio nor text [SES12]. */
const recordOf = ({ tenant, traceId, wish: { srcLang, tgtLang }, openedWallMs }: SessionState): string =>
  JSON.stringify({ version: 1, tenant, traceId, srcLang, tgtLang, openedWallMs });

/** The ack is the first thing that a client hears [SES1]. */
export const openSession = ({ state, effects }: SessionTurn, resumeToken: string | undefined): void => {
  effects.push({ kind: 'sendClient', message: initAck(state, resumeToken) }, count('sessions_opened_total'), {
    kind: 'store',
    request: {
      verb: 'putSession',
      sessionId: state.sessionId,
      owner: state.owner,
      record: recordOf(state),
      ttlMs: RECORD_TTL_MS,
    },
  });
};
