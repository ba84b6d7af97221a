/** The wire of the scheduler for those who build a client or a node: messages, names, bounds, errors. */
export type { AudioEncoding, AudioPiece, WireAudio } from './audio.ts';
export {
  NODE_FEATURES,
  type NodeFeature,
  SESSION_CAPABILITIES,
  type SessionCapability,
} from './capabilities.ts';
export { CLOSE_CODES, type CloseCode, parseCloseReason } from './close-codes.ts';
export { type CatalogueEntry, ERRORS, type ErrorCode, isErrorCode } from './errors.ts';
export {
  CLOSE_REASON_BYTES_MAX,
  NODE_FRAME_BYTES_MAX,
  OPUS_PACKET_MS_MAX,
  SESSION_FRAME_BYTES_MAX,
} from './limits.ts';
export {
  type NodeAgentMessage,
  type NodeAgentWire,
  type NodeServerMessage,
  type NodeServerWire,
  nodeAgentSchemas,
  nodeServerSchemas,
  type SessionClientMessage,
  type SessionClientWire,
  type SessionServerMessage,
  type SessionServerWire,
  sessionClientSchemas,
  sessionServerSchemas,
} from './messages.ts';
export {
  LEGACY_MISSING_REASONS,
  type LegacyMissingReason,
  MISSING_REASONS,
  type MissingReason,
} from './reasons.ts';
