import type { Outcome } from '#core/session/outbox.ts';
import type { SessionEffect, SessionEvent } from '#core/session/session-contract.ts';
import { isOutcome } from '../habitat.ts';

/** An outcome as it leaves for the first time; to a client that came back it is only sent again. */
export const isSentOnce = (
  event: SessionEvent,
  effect: SessionEffect,
): effect is Extract<SessionEffect, { kind: 'sendClient' }> & { readonly message: Outcome } =>
  event.kind !== 'resumed' && effect.kind === 'sendClient' && isOutcome(effect.message);
