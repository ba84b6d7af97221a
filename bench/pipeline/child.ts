import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ENGINE_FLAGS } from '#cli/engine-flags.ts';
import type { Order, Sight } from './generator.ts';
import type { Usage } from './servers/told.ts';

type Word =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'usage'; readonly usage: Usage }
  | { readonly kind: 'measuring' }
  | { readonly kind: 'measured' }
  | { readonly kind: 'sight'; readonly sight: Sight }
  | { readonly kind: 'failed'; readonly message: string };
type WordOf<Kind extends Word['kind']> = Extract<Word, { kind: Kind }>;

const ANSWER_LIMIT_MS = 60_000;

/** A process of the bench, spoken with in words. Always the Node that runs the bench. */
export class Child {
  readonly #process: ChildProcess;

  constructor(file: string, args: readonly string[] = [], flags: readonly string[] = []) {
    const path = fileURLToPath(new URL(file, import.meta.url));
    this.#process = fork(path, [...args], {
      execArgv: ['--conditions=source', ...ENGINE_FLAGS, ...flags],
    });
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  tell(word: string | Order): void {
    this.#process.send(word);
  }

  /** errors: when the child says it failed, ends, or says nothing for a minute. */
  async hears<Kind extends Word['kind']>(kind: Kind): Promise<WordOf<Kind>> {
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        clearTimeout(limit);
        this.#process.off('message', take);
        this.#process.off('exit', ended);
      };
      const limit = setTimeout(() => {
        finish();
        reject(new Error(`no word "${kind}" from a process of the bench`));
      }, ANSWER_LIMIT_MS);
      const ended = (): void => {
        finish();
        reject(new Error('a process of the bench ended'));
      };
      const take = (word: unknown): void => {
        const said = word as Word;
        if (said.kind === 'failed') {
          finish();
          reject(new Error(said.message));
        } else if (said.kind === kind) {
          finish();
          resolve(said as WordOf<Kind>);
        }
      };
      this.#process.on('message', take);
      this.#process.on('exit', ended);
    });
  }

  async usage(): Promise<Usage> {
    const heard = this.hears('usage');
    this.tell('usage');
    return (await heard).usage;
  }

  end(): void {
    this.#process.kill('SIGKILL');
  }
}
