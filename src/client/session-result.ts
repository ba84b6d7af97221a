import type { AudioEncoding } from '#protocol/audio.ts';
import type { LegacyMissingReason, MissingReason } from '#protocol/reasons.ts';
import type { ExtraResult, NetworkTimings, ServiceTimings } from '#protocol/shapes.ts';

/**
 * Speech to play.
 *
 * shape: `pcm16` = raw signed 16-bit little-endian mono samples at 16 kHz; `opus` = packets, each preceded by
 *   its byte length as an unsigned 16-bit little-endian number. `format` may be a word of the node's own: do
 *   not play what you do not know.
 */
export interface ResultAudio {
  readonly format: AudioEncoding | (string & Record<never, never>);
  readonly bytes: Uint8Array;
}

/** What both kinds of outcome say. Every utterance ends in exactly one outcome, in order of `index`. */
interface OutcomeFields {
  /** Number of the utterance within its speaker's conversation, from 0; it goes on when a session had to begin anew. */
  readonly index: number;
  /** Whose utterance; in rooms not always one's own. */
  readonly speakerSessionId: string;
  readonly traceId: string | null;
  /** Number of this delivery, from 1 without gaps; null when the server does not count them for us. */
  readonly deliverySeq: number | null;
  /** Where the utterance lies in everything that its speaker sent, milliseconds; null when the server does not say. */
  readonly audioStartMs: number | null;
  readonly audioEndMs: number | null;
  /** How many nodes were tried. */
  readonly attempts: number | null;
  /** How long it waited for a node. */
  readonly queuedMs: number | null;
}

export interface TranslatedResult extends OutcomeFields {
  readonly kind: 'translated';
  readonly text: string;
  readonly translated: string;
  /** Null = text without speech. */
  readonly audio: ResultAudio | null;
  readonly jobId: string;
  /** Needed to report playback. */
  readonly groupId: string | null;
  readonly partIndex: number | null;
  readonly timings: ResultTimings;
  readonly extra: ExtraResult | null;
}

/** Milliseconds, as far as the server knows them. */
export interface ResultTimings {
  readonly service: ServiceTimings;
  readonly network: NetworkTimings;
  /** Epoch milliseconds by the server's clock. */
  readonly sentAtMs: number | null;
}

/** The utterance ended without a translation. */
export interface MissingOutcome extends OutcomeFields {
  readonly kind: 'missing';
  readonly reason: MissingReason | LegacyMissingReason | (string & Record<never, never>);
}

export type SessionResult = TranslatedResult | MissingOutcome;
