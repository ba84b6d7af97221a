import type { Domain } from '#runtime/domain.ts';
import type { Random } from './random.ts';

/** What a poisoned step throws; supervision must deal with it as with any fault of ours. */
export const POISON = 'poisoned';

/** Makes one step of the core throw when it is armed: before it has done anything, or with all its effects lost. */
export class Poison {
  readonly #random: Random;
  #aim: 'session' | 'dispatcher' | null = null;

  constructor(random: Random) {
    this.#random = random;
  }

  arm(aim: 'session' | 'dispatcher'): void {
    this.#aim = aim;
  }

  disarm(): void {
    this.#aim = null;
  }

  poisoned(domain: Domain): Domain {
    return {
      ...domain,
      stepSession: (state, event, now) =>
        this.#swallow('session', () => domain.stepSession(state, event, now)),
      stepDispatcher: (state, event, now) =>
        this.#swallow('dispatcher', () => domain.stepDispatcher(state, event, now)),
    };
  }

  #swallow<Effects>(actor: 'session' | 'dispatcher', step: () => Effects): Effects {
    if (this.#aim !== actor) return step();
    this.#aim = null;
    if (this.#random.happens(0.5)) step();
    throw new Error(POISON);
  }
}
