import type { AudioEncoding } from '#protocol/audio.ts';
import type { Endpointing, FeatureFlags } from '#protocol/shapes.ts';
import type { ConnectionState, SessionEvent } from './session-event.ts';
import type { EndpointingOptions } from './session-options.ts';
import type { SessionResult, TranslatedResult } from './session-result.ts';

/** What was agreed when the session opened. */
export interface SessionInfo {
  readonly traceId: string | null;
  readonly audioFormat: AudioEncoding;
  readonly capabilities: readonly string[];
  readonly assignedNodeId: string | null;
  readonly endpointing: Endpointing | null;
}

/** Totals since the session began. */
export interface SessionCounts {
  readonly chunksSent: number;
  /** Waiting here for the server or the network. */
  readonly chunksQueued: number;
  readonly chunksShed: number;
  /** Sent, without outcome yet, and kept in case they must be sent again. */
  readonly chunksKept: number;
  /** Sent once, and no longer kept though without outcome. */
  readonly chunksForgotten: number;
  readonly eventsDropped: number;
  /** Frames of the server that were malformed or of an unknown type. */
  readonly framesIgnored: number;
}

/** What is to change from the next utterance on; what is left out stays. */
export interface ConfigureOptions {
  readonly srcLang?: string;
  readonly tgtLang?: string;
  readonly endpointing?: EndpointingOptions;
  readonly features?: FeatureFlags;
}

/** What is in effect, as the server says. */
export interface Configuration {
  readonly srcLang: string;
  readonly tgtLang: string;
  readonly endpointing: Endpointing | null;
  readonly features: FeatureFlags | null;
}

export interface CloseOptions {
  /** A word for the server's log, no content of the conversation. */
  readonly reason?: string;
  /** How long to wait for the last results, 15 000 when left out (the server itself waits 10 s). */
  readonly deadlineMs?: number;
}

/**
 * One speaker's conversation with the server. It outlives its socket: when that is lost it comes back by itself, goes
 * on where it was, and every outcome is read once and in order. `events` tells of it (`connection`, `restarted`).
 *
 * errors: calls that do not fit throw `SessionError` INVALID_CALL; everything that happens later is told by
 *   `results` (see there).
 */
export interface Session {
  /** Changes when the server had to begin anew (`restarted`). */
  readonly id: string;
  readonly info: SessionInfo;
  readonly counts: SessionCounts;
  readonly connection: ConnectionState;

  /**
   * Samples of 16 kHz mono, any number; they leave in chunks of 96 ms. Only for `audioFormat: 'pcm16'`. A pause after
   * speech ends the utterance (`endpointing` of the options).
   */
  sendPcm(samples: Int16Array): void;
  /** Finished packets of 16 kHz mono, in order; they leave at once. Only for `audioFormat: 'opus'`. */
  sendOpusPackets(packets: readonly Uint8Array[]): void;
  /** The speaker has finished: translate what was sent, do not wait for silence. */
  endUtterance(): void;

  /**
   * Other languages, endpointing or features, from the next utterance on; resolves with what is then in effect.
   *
   * errors: CONFIGURE_TIMEOUT, the server's code when it refuses a field (the text names it), INVALID_CALL when 16
   *   wait for an answer.
   */
  configure(change: ConfigureOptions): Promise<Configuration>;

  /** Playback of this result's speech begins or has ended; keeps the context of the conversation right. */
  playbackStarted(result: TranslatedResult): void;
  playbackEnded(result: TranslatedResult): void;

  /**
   * Outcomes in order, for one reader. Ends when the session was closed; throws `SessionError` after the last
   * outcome that came if the session was lost (`CONNECTION_LOST`, `ABORTED`, the server's own code ...).
   * At most 1000 may wait unread, then the session fails with `RESULTS_UNREAD`: none is dropped silently.
   */
  readonly results: AsyncIterable<SessionResult>;
  /**
   * For one reader, or for none: of what waits unread only the newest 256 are kept. Ends with the session.
   */
  readonly events: AsyncIterable<SessionEvent>;

  /**
   * Sends what is left, waits for the last results and the server's goodbye, over a lost socket too. Results can be
   * read meanwhile.
   *
   * errors: CLOSE_TIMEOUT, CONNECTION_LOST. On a session that is already lost it resolves: the loss was told.
   */
  close(options?: CloseOptions): Promise<void>;
}
