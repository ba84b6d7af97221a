import { NodeJobError } from './node-job.ts';

/** Far above what a server lets a person say in one breath; a server that sends more is not believed. */
const AUDIO_BYTES_MAX = 16 * 1024 * 1024;

/**
 * The audio of one job, which for an open job is still coming in. Kept whole, so that every reader starts at the
 * first byte; bounded [SDK93].
 */
export class JobAudio {
  readonly #pieces: Uint8Array[] = [];
  readonly #signal: AbortSignal;
  #byteCount = 0;
  #lastSeq = 0;
  #isComplete = false;
  #failure: NodeJobError | null = null;
  #readers: (() => void)[] = [];
  #joined: Uint8Array | null = null;

  /** `signal`: readers of a job that is aborted are not left waiting. */
  constructor(first: readonly Uint8Array[], isComplete: boolean, signal: AbortSignal) {
    this.#signal = signal;
    this.#isComplete = isComplete;
    for (const bytes of first) this.#keep(bytes);
    signal.addEventListener('abort', () => this.#changed(), { once: true });
  }

  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Why the audio will never be complete; null while nothing is wrong. */
  get failure(): NodeJobError | null {
    return this.#failure;
  }

  /** All that has come so far, in one piece. */
  get bytes(): Uint8Array {
    const [first] = this.#pieces;
    this.#joined ??= first !== undefined && this.#pieces.length === 1 ? first : Buffer.concat(this.#pieces);
    return this.#joined;
  }

  /** A message that does not follow on the one before leaves a hole: such audio is no use [SDK93]. */
  append(seq: number, runs: readonly Uint8Array[]): void {
    if (!this.#follows(seq)) return;
    for (const bytes of runs) this.#keep(bytes);
    if (this.#byteCount > AUDIO_BYTES_MAX) this.#fail(`more than ${AUDIO_BYTES_MAX} bytes of audio`);
    this.#changed();
  }

  complete(seq: number): void {
    if (!this.#follows(seq)) return;
    this.#isComplete = true;
    this.#changed();
  }

  /** From the first byte on. Rejects when the job is aborted, or its audio will never be complete. */
  async *pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    for (let at = 0; ; at += 1) {
      await this.#until(() => at < this.#pieces.length || this.#isComplete);
      const piece = this.#pieces[at];
      if (piece === undefined) return;
      yield piece;
    }
  }

  /** Resolves with the whole; rejects as `pieces` does. */
  async whole(): Promise<Uint8Array> {
    await this.#until(() => this.#isComplete);
    return this.bytes;
  }

  async #until(holds: () => boolean): Promise<void> {
    for (;;) {
      this.#signal.throwIfAborted();
      if (this.#failure !== null) throw this.#failure;
      if (holds()) return;
      await new Promise<void>((resolve) => {
        this.#readers.push(resolve);
      });
    }
  }

  #follows(seq: number): boolean {
    if (this.#isComplete || this.#failure !== null) return false;
    if (seq === this.#lastSeq + 1) {
      this.#lastSeq = seq;
      return true;
    }
    this.#fail('a piece of the audio is missing');
    return false;
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.byteLength === 0) return;
    this.#pieces.push(bytes);
    this.#byteCount += bytes.byteLength;
    this.#joined = null;
  }

  /** PROCESSING_ERROR: not the speaker's fault, another node may have more luck. */
  #fail(message: string): void {
    this.#failure = new NodeJobError('PROCESSING_ERROR', message);
    this.#changed();
  }

  #changed(): void {
    const readers = this.#readers;
    this.#readers = [];
    for (const wake of readers) wake();
  }
}
