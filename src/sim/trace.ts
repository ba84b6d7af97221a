import { hashOf } from './random.ts';

const LINES_KEPT = 400;

/**
 * What happened, a line each: events in, effects out, faults. Never audio or texts. The last lines are kept for whoever
 * reads a failure; the hash is over all of them, so two runs with one hash went the same way [SIM2].
 */
export class Trace {
  readonly #lines: string[] = [];
  readonly #nowMs: () => number;
  #count = 0;
  #hash = 0x811c9dc5;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get hash(): string {
    return this.#hash.toString(16).padStart(8, '0');
  }

  get count(): number {
    return this.#count;
  }

  note(line: string): void {
    const text = `${this.#nowMs().toFixed(1)} ${line}`;
    this.#hash = hashOf(text, this.#hash);
    this.#lines[this.#count % LINES_KEPT] = text;
    this.#count += 1;
  }

  /** The last lines, oldest first. */
  last(count: number): readonly string[] {
    const kept = Math.min(this.#count, LINES_KEPT, count);
    return Array.from({ length: kept }, (_, at) => this.#lines[(this.#count - kept + at) % LINES_KEPT] ?? '');
  }
}
