import { CLOSE_CODES, closeReason } from '#protocol/close-codes.ts';
import type { DispatcherDesk } from './dispatcher-desk.ts';
import type { SessionDesk } from './session-desk.ts';
import type { StoreDesk } from './store-desk.ts';

export interface DrainParts {
  readonly sessions: SessionDesk;
  readonly dispatcher: DispatcherDesk;
  readonly storeDesk: StoreDesk;
  /** How much longer than its deadline a drain may take, for the last words to the store. */
  readonly graceMs: number;
  afterMs(delayMs: number, ring: () => void): { cancel(): void };
}

/**
 * The way out of the process [RUN20]: sessions finish what is open; at the deadline the rest end it as missing, so that
 * nobody loses a sentence in silence; then nodes are sent away and the leases of them given back.
 */
export class Drain {
  readonly #parts: DrainParts;
  #phase: 'none' | 'finishing' | 'leaving' | 'over' = 'none';
  #done: Promise<void> | null = null;
  #resolve: () => void = () => {};

  constructor(parts: DrainParts) {
    this.#parts = parts;
  }

  get isUnderWay(): boolean {
    return this.#phase !== 'none';
  }

  /** A second call waits for the first. After `end` there is nothing to wait for. */
  begin(deadlineMs: number): Promise<void> {
    if (this.#phase === 'over') return Promise.resolve();
    this.#done ??= new Promise<void>((resolve) => {
      const { afterMs, graceMs, sessions } = this.#parts;
      this.#resolve = resolve;
      this.#phase = 'finishing';
      for (const actor of sessions.actors.actors()) actor.tell({ kind: 'drainStarted' }, 'certain');
      const hurry = afterMs(deadlineMs, () => this.#hurrySessions());
      const cut = afterMs(deadlineMs + graceMs / 2, () => this.#cutSessions());
      const end = afterMs(deadlineMs + graceMs, () => this.end());
      this.#resolve = () => {
        hurry.cancel();
        cut.cancel();
        end.cancel();
        resolve();
      };
      this.check();
    });
    return this.#done;
  }

  /** Goes on when the present phase is complete; called after every turn. */
  check(): void {
    const { dispatcher, sessions, storeDesk } = this.#parts;
    if (this.#phase === 'finishing' && sessions.actors.count === 0) {
      this.#phase = 'leaving';
      dispatcher.dismissNodes();
    }
    if (this.#phase !== 'leaving') return;
    const isQuiet = !dispatcher.isRunning || dispatcher.depth === 0;
    if (isQuiet && storeDesk.openCount === 0) this.end();
  }

  /** What is not done by now is left undone. */
  end(): void {
    if (this.#phase === 'finishing') this.#parts.dispatcher.dismissNodes();
    this.#phase = 'over';
    this.#resolve();
  }

  #hurrySessions(): void {
    for (const actor of this.#parts.sessions.actors.actors()) actor.tell({ kind: 'drainEnded' }, 'certain');
  }

  /** Those that did not end by themselves: no step of theirs may hold up the process. */
  #cutSessions(): void {
    for (const actor of this.#parts.sessions.actors.actors()) {
      actor.state.link.close(CLOSE_CODES.restart, closeReason('DRAINING'));
      actor.tell({ kind: 'socketLost' }, 'certain');
    }
  }
}
