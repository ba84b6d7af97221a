/**
 * Bounds of the wire itself: what a frame, a name or a list may hold before the message is refused.
 * What an operator may change (rates, mailboxes, audio budget) is configuration, not here.
 */

/** Largest frame taken from a session socket. Source: design 6.12. */
export const SESSION_FRAME_BYTES_MAX = 2 * 1024 * 1024;
/** Largest frame taken from a node socket. */
export const NODE_FRAME_BYTES_MAX = 8 * 1024 * 1024;
/** A close reason travels in a control frame: 125 bytes less the two of the code (RFC 6455 5.5). */
export const CLOSE_REASON_BYTES_MAX = 123;

/** Session, job, node, group, room and trace ids, tokens, pairing and room codes. */
export const ID_CHARS_MAX = 256;
/** BCP 47 asks for room for 35 characters. */
export const LANG_CHARS_MAX = 35;
/** Names, versions, platforms, models, devices: labels for people and tables. */
export const LABEL_CHARS_MAX = 256;

/** Sequence numbers and indices fit an unsigned 32-bit number, so that adding one is always exact. */
export const SEQ_MAX = 4_294_967_295;
/** Times and counts stay where a JSON number is exact. */
export const INTEGER_MAX = 9_007_199_254_740_991;

export const SAMPLE_RATE_HZ_MIN = 8_000;
export const SAMPLE_RATE_HZ_MAX = 192_000;

export const SERVICES_COUNT_MAX = 512;
export const MODELS_COUNT_MAX = 4_096;
export const GPUS_COUNT_MAX = 64;
export const LANGUAGES_COUNT_MAX = 512;
export const LANGUAGE_PAIRS_COUNT_MAX = 4_096;
export const CAPABILITIES_COUNT_MAX = 64;
export const REASON_CODES_COUNT_MAX = 64;
export const MEMBERS_COUNT_MAX = 1_024;

/** Free JSON inside a message (`sdp`, `candidate`, `details`): deeper is refused, so that writing it out cannot overflow. */
export const JSON_DEPTH_MAX = 32;

/** RFC 6716 3.4 [R5]: no Opus packet holds more. */
export const OPUS_PACKET_MS_MAX = 120;
/** An Opus packet of at most this many payload bytes is silence. Source: small print 10. */
export const OPUS_SILENT_PACKET_BYTES_MAX = 8;
/** PCM below this RMS level is silence. */
export const PCM_SILENCE_DBFS = -55;
