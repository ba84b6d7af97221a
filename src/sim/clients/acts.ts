/** Something a client does at a time; plain data, so that a habit is a list of these. */
export type Act =
  /** A chunk of audio under the next seq. */
  | {
      readonly do: 'chunk';
      readonly durationMs: number;
      readonly isSilent: boolean;
      readonly isFinal: boolean;
    }
  /** A final without audio. */
  | { readonly do: 'final' }
  /** The last chunk once more, same seq. */
  | { readonly do: 'repeatChunk' }
  /** Some seq are left out. */
  | { readonly do: 'skipSeq'; readonly count: number }
  /** A whole utterance; `indexStep` 1 = the next index, 0 = the last one again, more = a jump. */
  | {
      readonly do: 'utterance';
      readonly durationMs: number;
      readonly isManual: boolean;
      readonly indexStep: number;
    }
  /** A frame that is no message of ours, or not one for this moment. */
  | { readonly do: 'noise'; readonly noise: Noise }
  /** A message under somebody else's session id. */
  | { readonly do: 'intrude'; readonly how: IntrusionKind }
  /** A room is asked for, which nobody can have yet. */
  | { readonly do: 'room' }
  /** Other wishes for the next utterance. */
  | { readonly do: 'configure'; readonly tgtLang: string; readonly pauseMs: number }
  /** The socket is lost. */
  | { readonly do: 'cut' }
  /** Goes for good: with a goodbye, or without, when its last outcomes have had their time. */
  | { readonly do: 'leave'; readonly saysGoodbye: boolean }
  | { readonly do: 'nothing' };

export type Noise =
  | 'not_json'
  | 'binary'
  | 'unknown_type'
  | 'missing_field'
  | 'bad_base64'
  | 'wrong_direction';
export type IntrusionKind = 'chunk' | 'utterance' | 'heartbeat' | 'close' | 'play_ended' | 'unknown_session';

export interface TimedAct {
  /** Time since the act before it. */
  readonly afterMs: number;
  readonly act: Act;
}

export const speech = (afterMs: number, durationMs: number, isFinal = false): TimedAct => ({
  afterMs,
  act: { do: 'chunk', durationMs, isSilent: false, isFinal },
});

export const silence = (afterMs: number, durationMs: number): TimedAct => ({
  afterMs,
  act: { do: 'chunk', durationMs, isSilent: true, isFinal: false },
});

export const final = (afterMs: number): TimedAct => ({ afterMs, act: { do: 'final' } });
