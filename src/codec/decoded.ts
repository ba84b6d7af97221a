import type { AnsweredAttempt } from './answered-attempt.ts';

/** Where the decoder was kind instead of strict; for counting, never for replies [PRO5]. */
export interface DecodeNote {
  /** Path by schema, `*` for any list index or map key: a bounded set of words. */
  readonly field: string;
  readonly what: 'entry_skipped' | 'value_unknown' | 'rounded';
}

/**
 * What a frame turned out to be.
 *
 * `ignored`: valid JSON of a type we do not know, or of the other direction: count it, do not answer.
 *   `type` is the peer's word, cut to 64 characters.
 * `invalid`: answer with INVALID_MESSAGE. `field` is a path inside the message (`frame` when there is none),
 *   `expected` plain words; neither ever holds a value the peer sent [PRO3].
 */
export type Decoded<Message> =
  | { readonly kind: 'message'; readonly message: Message; readonly notes: readonly DecodeNote[] }
  | { readonly kind: 'ignored'; readonly reason: 'unknown_type' | 'wrong_direction'; readonly type: string }
  | Invalid;

export interface Invalid {
  readonly kind: 'invalid';
  /** Null where the frame names no type that we know. */
  readonly type: string | null;
  readonly field: string;
  readonly expected: string;
  /** For a `job_result`: the attempt it would have ended, where it names one. The node has answered, if not readably. */
  readonly answers?: AnsweredAttempt;
}

/** The text for people: `seq: expected an integer of 0 or more`. */
export const describeInvalid = (invalid: Invalid): string => `${invalid.field}: expected ${invalid.expected}`;
