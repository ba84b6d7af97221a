/** The client SDK: speech in, translations out. For browsers and Node, without dependencies. */
export { openSession } from './open-session.ts';
export type {
  CloseOptions,
  Configuration,
  ConfigureOptions,
  Session,
  SessionCounts,
  SessionInfo,
} from './session.ts';
export { LOCAL_ERROR_CODES, type LocalErrorCode, SessionError } from './session-error.ts';
export type { ConnectionState, SessionEvent } from './session-event.ts';
export {
  type EndpointingOptions,
  type ReconnectOptions,
  SDK_CAPABILITIES,
  type SdkCapability,
  type SessionOptions,
} from './session-options.ts';
export type {
  MissingOutcome,
  ResultAudio,
  ResultTimings,
  SessionResult,
  TranslatedResult,
} from './session-result.ts';
export type { SocketConstructor, SocketLike } from './socket-link.ts';
export type { Timers } from './timers.ts';
