import { expect, test } from 'vitest';
import {
  acknowledgeDelivery,
  deliveredAfter,
  keepDelivered,
  newOutbox,
  nextDeliverySeq,
  type Outbox,
} from '#core/session/outbox.ts';
import type { MissingResult } from '#protocol/session-server-messages.ts';

const message = (utterance_index: number): MissingResult => ({
  type: 'missing_result',
  session_id: 's-1',
  utterance_index,
  reason: 'silence',
  created_at_ms: 0,
});

const deliver = (outbox: Outbox, count: number): boolean[] =>
  Array.from({ length: count }, () => keepDelivered(outbox, message(nextDeliverySeq(outbox))));

const kept = (outbox: Outbox, afterSeq = 0): number[] =>
  deliveredAfter(outbox, afterSeq).map(({ deliverySeq }) => deliverySeq);

test('[RES7] numbers begin at 1, and for a client that cannot come back nothing else is kept', () => {
  const outbox = newOutbox(0);
  expect([nextDeliverySeq(outbox), nextDeliverySeq(outbox)]).toEqual([1, 2]);
  deliver(outbox, 5);
  expect(outbox).toMatchObject({ deliverySeq: 7, entries: [] });
});

test('[RES7] what was delivered is kept until it is acknowledged', () => {
  const outbox = newOutbox(10);
  deliver(outbox, 4);
  expect(kept(outbox, 2)).toEqual([3, 4]);
  acknowledgeDelivery(outbox, 3);
  expect(kept(outbox)).toEqual([4]);
  acknowledgeDelivery(outbox, 1);
  expect(kept(outbox)).toEqual([4]);
  deliver(outbox, 1);
  expect(kept(outbox)).toEqual([4, 5]);
});

test('[RES7] at the bound the oldest goes, and that is told', () => {
  const outbox = newOutbox(3);
  expect(deliver(outbox, 5)).toEqual([false, false, false, true, true]);
  expect(kept(outbox)).toEqual([3, 4, 5]);
});
