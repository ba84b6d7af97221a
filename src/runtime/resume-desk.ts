import type { ClientLink, Principal } from '#core/ports.ts';
import { canComeBack } from '#core/session/negotiation.ts';
import type { SessionEvent } from '#core/session/session-contract.ts';
import { CLOSE_CODES, closeReason } from '#protocol/close-codes.ts';
import type { IdSource, SessionId } from '#protocol/ids.ts';
import type { ResumeAsk, ResumeFound } from './contract.ts';
import { ResumeTokens } from './resume-tokens.ts';
import type { SessionActors, SessionSeat } from './seats.ts';

/** Whoever opened a session may come back to it, and nobody else of another tenant, whatever token they hold. */
const isSamePrincipal = (one: Principal | undefined, other: Principal): boolean =>
  one === undefined || (one.tenant === other.tenant && one.isAnonymous === other.isAnonymous);

/**
 * Clients that come back to sessions of this process. Where another process may hold a session, `resume` is the place to
 * ask it: the asker hears of a refusal by its link in any case.
 */
export class ResumeDesk {
  readonly #tokens: ResumeTokens;
  readonly #actors: () => SessionActors;

  constructor(ids: IdSource, actors: () => SessionActors) {
    this.#tokens = new ResumeTokens(ids);
    this.#actors = actors;
  }

  /** The first event of a session. */
  opened({ sessionId, session }: SessionSeat): SessionEvent {
    if (!canComeBack(session.terms)) return { kind: 'opened' };
    return { kind: 'opened', resumeToken: this.#tokens.issue(sessionId) };
  }

  /**
   * Takes the session over from whatever socket it is on. The new link says nothing before `session_resume_ack`; should the
   * session end before that, the link hears `sessionEnded`.
   */
  resume(ask: ResumeAsk, linkFor: (found: ResumeFound) => ClientLink): 'resuming' | 'expired' {
    const { resumeToken, lastDeliverySeq, connectionId, principal } = ask;
    const sessionId = this.#tokens.find(resumeToken);
    const actor = sessionId === null ? undefined : this.#actors().find(sessionId);
    if (actor === undefined || !isSamePrincipal(actor.state.principal, principal)) return 'expired';
    const { session, arriving, link } = actor.state;
    if (lastDeliverySeq < session.outbox.forgottenSeq) return 'expired';
    // The end of an earlier socket is told before the return on this one.
    const reason = closeReason('IDENTITY_REPLACED');
    for (const earlier of [link, ...arriving.values()]) earlier.close(CLOSE_CODES.replaced, reason);
    arriving.set(connectionId, linkFor({ sessionId: actor.key, session }));
    const nextToken = this.#tokens.use(actor.key, resumeToken);
    actor.tell({ kind: 'resumed', connectionId, lastDeliverySeq, resumeToken: nextToken }, 'certain');
    return 'resuming';
  }

  /** Its client has spoken. */
  heard(sessionId: SessionId): void {
    this.#tokens.confirm(sessionId);
  }

  over({ sessionId, arriving }: SessionSeat): void {
    this.#tokens.forget(sessionId);
    for (const link of arriving.values()) link.sessionEnded();
    arriving.clear();
  }
}
