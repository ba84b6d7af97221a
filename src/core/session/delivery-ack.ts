import type { DeliveryAck } from '#protocol/session-client-messages.ts';
import { count } from '../effects.ts';
import { isReplaying } from './negotiation.ts';
import { acknowledgeDelivery } from './outbox.ts';
import type { SessionTurn } from './session-state.ts';

/** The client has its outcomes up to here, and they may be forgotten [SES48]. */
export const takeDeliveryAck = (
  { state, effects }: SessionTurn,
  { type, delivery_seq }: DeliveryAck,
): void => {
  if (isReplaying(state.terms)) acknowledgeDelivery(state.outbox, delivery_seq);
  else effects.push(count('messages_ignored_total', { type }));
};
