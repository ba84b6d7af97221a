/** Above this share of a bound clients are asked to wait, so that nothing need be dropped. */
const HIGH_WATER_SHARE = 0.75;

export interface AudioBounds {
  /** Bytes of audio that all sessions of the process may hold together. */
  readonly audioBytesMax: number;
  /** Bytes that one of them may hold. */
  readonly sessionAudioBytesMax: number;
}

/** All audio of the process: in mailboxes, in sessions and in open jobs [I7]. */
export class AudioBudget {
  readonly bounds: AudioBounds;
  #heldBytes = 0;

  constructor(bounds: AudioBounds) {
    this.bounds = bounds;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  change(byBytes: number): void {
    this.#heldBytes += byBytes;
  }
}

/** What one session holds of it. Each byte is counted once, where it is: waiting, buffered, or in a job. */
export class AudioShare {
  readonly #budget: AudioBudget;
  #waitingBytes = 0;
  #bufferedBytes = 0;
  #jobBytes = 0;

  constructor(budget: AudioBudget) {
    this.#budget = budget;
  }

  get heldBytes(): number {
    return this.#waitingBytes + this.#bufferedBytes + this.#jobBytes;
  }

  /** Whether so much more stays within the session's bound and that of the process [GAT52]. */
  hasRoomFor(bytes: number): boolean {
    const { audioBytesMax, sessionAudioBytesMax } = this.#budget.bounds;
    return this.#budget.heldBytes + bytes <= audioBytesMax && this.heldBytes + bytes <= sessionAudioBytesMax;
  }

  get isHigh(): boolean {
    const { audioBytesMax, sessionAudioBytesMax } = this.#budget.bounds;
    return (
      this.#budget.heldBytes > audioBytesMax * HIGH_WATER_SHARE ||
      this.heldBytes > sessionAudioBytesMax * HIGH_WATER_SHARE
    );
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

  /** The session is gone, and nothing of it is held any more. */
  release(): void {
    this.#budget.change(-this.heldBytes);
    this.#waitingBytes = 0;
    this.#bufferedBytes = 0;
    this.#jobBytes = 0;
  }
}
