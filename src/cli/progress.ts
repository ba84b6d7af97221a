/**
 * Progress for people on standard error, results on standard output: a pipe gets only results. On a terminal one
 * line is rewritten; elsewhere each step is a line of its own.
 */
export class Progress {
  readonly #isQuiet: boolean;
  readonly #stream: NodeJS.WriteStream;
  #openWidth = 0;

  constructor(options: { isQuiet: boolean; stream?: NodeJS.WriteStream }) {
    this.#isQuiet = options.isQuiet;
    this.#stream = options.stream ?? process.stderr;
  }

  /** A step that is finished or needs no updates. */
  say(text: string): void {
    if (this.#isQuiet) return;
    this.#clearLine();
    this.#stream.write(`${text}\n`);
  }

  /** A step that goes on; on a terminal the line is rewritten at each call, elsewhere nothing is shown. */
  update(text: string): void {
    if (this.#isQuiet || !this.#stream.isTTY) return;
    const shown = text.slice(0, Math.max(20, (this.#stream.columns ?? 80) - 1));
    this.#stream.write(`\r${shown.padEnd(this.#openWidth)}`);
    this.#openWidth = shown.length;
  }

  /** Ends a rewritten line, so that what follows starts on its own. */
  done(): void {
    this.#clearLine();
  }

  #clearLine(): void {
    if (this.#openWidth === 0) return;
    this.#stream.write(`\r${' '.repeat(this.#openWidth)}\r`);
    this.#openWidth = 0;
  }
}
