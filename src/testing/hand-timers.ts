/** Timers that fire only when the test says so: give them to an SDK as `timers`, then `advance`. */
export class HandTimers {
  #atMs = 0;
  #nextId = 0;
  readonly #timers = new Map<number, { readonly atMs: number; readonly run: () => void }>();

  /** Milliseconds since the timers were made. */
  get atMs(): number {
    return this.#atMs;
  }

  /** Timers set and neither fired nor cleared. */
  get pendingCount(): number {
    return this.#timers.size;
  }

  set(delayMs: number, run: () => void): number {
    this.#nextId += 1;
    this.#timers.set(this.#nextId, { atMs: this.#atMs + delayMs, run });
    return this.#nextId;
  }

  clear(timer: unknown): void {
    this.#timers.delete(timer as number);
  }

  /**
   * Lets `durationMs` pass: everything due fires in order of time, then of setting; timers set meanwhile
   * count.
   */
  advance(durationMs: number): void {
    const endMs = this.#atMs + durationMs;
    for (let due = this.#nextDue(endMs); due !== null; due = this.#nextDue(endMs)) {
      this.#atMs = Math.max(this.#atMs, due.atMs);
      this.#timers.delete(due.id);
      due.run();
    }
    this.#atMs = endMs;
  }

  #nextDue(endMs: number): { id: number; atMs: number; run: () => void } | null {
    let first: { id: number; atMs: number; run: () => void } | null = null;
    for (const [id, timer] of this.#timers)
      if (timer.atMs <= endMs && (first === null || timer.atMs < first.atMs)) first = { id, ...timer };
    return first;
  }
}
