import type { Outcome } from '#core/session/outbox.ts';
import type { SessionEffect } from '#core/session/session-contract.ts';
import { isOutcome } from '../habitat.ts';

/** An outcome as it leaves for the first time; to a client that came back it is only sent again. */
export const isSentOnce = (
  effect: SessionEffect,
): effect is Extract<SessionEffect, { kind: 'sendClient' }> & { readonly message: Outcome } =>
  effect.kind === 'sendClient' && effect.isAgain !== true && isOutcome(effect.message);
