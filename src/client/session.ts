import type { AudioEncoding } from '#protocol/audio.ts';
import type { Endpointing } from '#protocol/shapes.ts';
import type { SessionEvent } from './session-event.ts';
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
  readonly eventsDropped: number;
  /** Frames of the server that were malformed or of an unknown type. */
  readonly framesIgnored: number;
}

export interface CloseOptions {
  /** A word for the server's log, no content of the conversation. */
  readonly reason?: string;
  /** How long to wait for the last results, 15 000 when left out (the server itself waits 10 s). */
  readonly deadlineMs?: number;
}

/**
 * One speaker's conversation with the server. Nothing here depends on one particular socket, so that a
 * session can outlive it.
 *
 * errors: calls that do not fit throw `SessionError` INVALID_CALL; everything that happens later is told by
 *   `results` (see there).
 */
export interface Session {
  readonly id: string;
  readonly info: SessionInfo;
  readonly counts: SessionCounts;

  /** Samples of 16 kHz mono, any number; they leave in chunks of 96 ms. Only for `audioFormat: 'pcm16'`. */
  sendPcm(samples: Int16Array): void;
  /** Finished packets of 16 kHz mono, in order; they leave at once. Only for `audioFormat: 'opus'`. */
  sendOpusPackets(packets: readonly Uint8Array[]): void;
  /** The speaker has finished: translate what was sent, do not wait for silence. */
  endUtterance(): void;

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
   * Sends what is left, waits for the last results and the server's goodbye. Results can be read meanwhile.
   *
   * errors: CLOSE_TIMEOUT, CONNECTION_LOST. On a session that is already lost it resolves: the loss was told.
   */
  close(options?: CloseOptions): Promise<void>;
}
