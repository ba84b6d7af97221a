import type { SpeechExcess } from '#core/session/speech-bounds.ts';

/** Above this share of a bound clients are asked to wait, so that nothing need be dropped. */
const HIGH_WATER_SHARE = 0.75;

export interface AudioBounds {
  /** Bytes of audio that all sessions of the process may hold together. */
  readonly audioBytesMax: number;
  /** Bytes that one of them may hold. */
  readonly sessionAudioBytesMax: number;
}

/** All audio of the process: in mailboxes, in sessions, in open jobs and in results that are held [I7]. */
export class AudioBudget {
  readonly bounds: AudioBounds;
  #heldBytes = 0;
  #resultBytes = 0;

  constructor(bounds: AudioBounds) {
    this.bounds = bounds;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Of that, speech of results. */
  get resultBytes(): number {
    return this.#resultBytes;
  }

  change(byBytes: number): void {
    this.#heldBytes += byBytes;
  }

  changeResults(byBytes: number): void {
    this.#resultBytes += byBytes;
    this.#heldBytes += byBytes;
  }
}

/** What one session holds of it. Each byte is counted once, where it is: waiting, buffered, in a job, or in a result. */
export class AudioShare {
  readonly #budget: AudioBudget;
  #waitingBytes = 0;
  #bufferedBytes = 0;
  #jobBytes = 0;
  #resultBytes = 0;

  constructor(budget: AudioBudget) {
    this.#budget = budget;
  }

  get heldBytes(): number {
    return this.#waitingBytes + this.#bufferedBytes + this.#jobBytes + this.#resultBytes;
  }

  /** Whether so much more stays within the session's bound and that of the process [GAT52]. */
  hasRoomFor(bytes: number): boolean {
    const { audioBytesMax, sessionAudioBytesMax } = this.#budget.bounds;
    return this.#budget.heldBytes + bytes <= audioBytesMax && this.heldBytes + bytes <= sessionAudioBytesMax;
  }

  get isHigh(): boolean {
    return this.overBytes(HIGH_WATER_SHARE) > 0;
  }

  /** By how much the session, or the process, is above this share of its bound; 0 = it is not. */
  overBytes(share: number): number {
    const { audioBytesMax, sessionAudioBytesMax } = this.#budget.bounds;
    const overBytes = Math.max(
      this.#budget.heldBytes - audioBytesMax * share,
      this.heldBytes - sessionAudioBytesMax * share,
    );
    return Math.max(0, overBytes);
  }

  /** What of the speech of its results is too much [GAT57]. */
  get speechExcess(): SpeechExcess {
    return { keptBytes: this.overBytes(HIGH_WATER_SHARE), waitingBytes: this.overBytes(1) };
  }

  /** Into the mailbox, or (negative) out of it. */
  wait(byBytes: number): void {
    this.#waitingBytes += byBytes;
    this.#budget.change(byBytes);
  }

  /** What the session itself holds after a step. */
  buffer(bytes: number): void {
    this.#budget.change(bytes - this.#bufferedBytes);
    this.#bufferedBytes = bytes;
  }

  /** A job begins, or (negative) ends. */
  work(byBytes: number): void {
    this.#jobBytes += byBytes;
    this.#budget.change(byBytes);
  }

  /** Speech of results that it holds after a step. True when that grew to where some of it must go. */
  hold(bytes: number): boolean {
    const byBytes = bytes - this.#resultBytes;
    this.#resultBytes = bytes;
    this.#budget.changeResults(byBytes);
    return byBytes > 0 && this.isHigh;
  }

  /** The session is gone, and nothing of it is held any more. */
  release(): void {
    this.hold(0);
    this.#budget.change(-this.heldBytes);
    this.#waitingBytes = 0;
    this.#bufferedBytes = 0;
    this.#jobBytes = 0;
  }
}
