import type { IdSource, SessionId } from '#protocol/ids.ts';

/**
 * Which session a client may come back to with which token. A token is good for one return: it is spent when its client
 * has spoken on the new socket. Until then a client that lost the answer as well can return with it once more, and that
 * takes the answer's token out of use [RUN40].
 *
 * The lookup is by hash of 128 random bits: how long it takes tells nothing of the tokens there are.
 */
export class ResumeTokens {
  readonly #ids: IdSource;
  readonly #sessions = new Map<string, SessionId>();
  readonly #current = new Map<SessionId, string>();
  /** Used, and its client has not shown yet that it knows the next one: the answer may be lost with its socket. */
  readonly #used = new Map<SessionId, string>();

  constructor(ids: IdSource) {
    this.#ids = ids;
  }

  get count(): number {
    return this.#sessions.size;
  }

  issue(sessionId: SessionId): string {
    return this.#put(sessionId, null);
  }

  find(token: string): SessionId | null {
    return this.#sessions.get(token) ?? null;
  }

  /** The token for the time after this one. */
  use(sessionId: SessionId, token: string): string {
    this.forget(sessionId);
    return this.#put(sessionId, token);
  }

  /** The client has spoken. */
  confirm(sessionId: SessionId): void {
    // Asked with every message, and hardly ever is there one.
    if (this.#used.size > 0) this.#take(this.#used, sessionId);
  }

  forget(sessionId: SessionId): void {
    this.#take(this.#current, sessionId);
    this.#take(this.#used, sessionId);
  }

  /** Out of use. */
  #take(tokens: Map<SessionId, string>, sessionId: SessionId): void {
    const token = tokens.get(sessionId);
    if (token === undefined) return;
    tokens.delete(sessionId);
    this.#sessions.delete(token);
  }

  #put(sessionId: SessionId, used: string | null): string {
    const current = `resume-${this.#ids.next()}`;
    this.#current.set(sessionId, current);
    this.#sessions.set(current, sessionId);
    if (used !== null) {
      this.#used.set(sessionId, used);
      this.#sessions.set(used, sessionId);
    }
    return current;
  }
}
