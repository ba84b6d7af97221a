/** How many of the last numbers are remembered. */
const REMEMBERED = 32;

/**
 * Which chunk numbers came, so that a repeat is dropped and a gap is counted [SES14]. A number that lies further back
 * than what is remembered is a client that began to count anew, and is taken.
 */
export interface SeqWindow {
  /** The client replays: whatever does not go forward is a repeat [SES45]. */
  readonly isReplayed: boolean;
  /** -1 before the first. */
  last: number;
  /** Bit n: `last - n` came. */
  seen: number;
}

export const newSeqWindow = (isReplayed = false): SeqWindow => ({ isReplayed, last: -1, seen: 0 });

export type SeqVerdict = 'next' | 'gap' | 'repeat' | 'late' | 'restart';

export const takeSeq = (window: SeqWindow, seq: number): SeqVerdict => {
  const ahead = seq - window.last;
  if (ahead > 0) {
    const isFirst = window.last < 0;
    window.seen = (ahead < REMEMBERED && !isFirst ? window.seen << ahead : 0) | 1;
    window.last = seq;
    return isFirst || ahead === 1 ? 'next' : 'gap';
  }
  if (window.isReplayed) return 'repeat';
  if (-ahead >= REMEMBERED) {
    window.last = seq;
    window.seen = 1;
    return 'restart';
  }
  const bit = 1 << -ahead;
  if ((window.seen & bit) !== 0) return 'repeat';
  window.seen |= bit;
  return 'late';
};
