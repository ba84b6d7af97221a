import type { IdSource, SessionId } from '#protocol/ids.ts';

interface Tokens {
  readonly current: string;
  /** Used, and its client has not shown yet that it knows the next one: the answer may be lost with its socket. */
  readonly used: string | null;
}

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
  /** At most two tokens for each session. */
  readonly #tokens = new Map<SessionId, Tokens>();

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
    const tokens = this.#tokens.get(sessionId);
    if (tokens === undefined || tokens.used === null) return;
    this.#sessions.delete(tokens.used);
    this.#tokens.set(sessionId, { current: tokens.current, used: null });
  }

  forget(sessionId: SessionId): void {
    const tokens = this.#tokens.get(sessionId);
    if (tokens === undefined) return;
    this.#tokens.delete(sessionId);
    this.#sessions.delete(tokens.current);
    if (tokens.used !== null) this.#sessions.delete(tokens.used);
  }

  #put(sessionId: SessionId, used: string | null): string {
    const current = `resume-${this.#ids.next()}`;
    this.#tokens.set(sessionId, { current, used });
    this.#sessions.set(current, sessionId);
    if (used !== null) this.#sessions.set(used, sessionId);
    return current;
  }
}
