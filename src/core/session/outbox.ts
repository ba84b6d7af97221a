import type { SessionServerMessage } from '#protocol/messages.ts';

/** A delivered outcome that the client may ask for again. */
export interface OutboxEntry {
  readonly deliverySeq: number;
  readonly message: SessionServerMessage;
}

/**
 * What one listener was given: numbered from 1 without gaps [RES7]. `keepMax` 0 (nothing can be asked for again) keeps
 * the number alone.
 */
export interface Outbox {
  readonly keepMax: number;
  deliverySeq: number;
  /** Oldest first, numbers without gaps. */
  entries: OutboxEntry[];
}

export const newOutbox = (keepMax: number): Outbox => ({ keepMax, deliverySeq: 0, entries: [] });

export const nextDeliverySeq = (outbox: Outbox): number => {
  outbox.deliverySeq += 1;
  return outbox.deliverySeq;
};

/** Keeps what was just numbered. At the bound the oldest goes; returns whether one did. */
export const keepDelivered = (outbox: Outbox, message: SessionServerMessage): boolean => {
  if (outbox.keepMax === 0) return false;
  outbox.entries.push({ deliverySeq: outbox.deliverySeq, message });
  if (outbox.entries.length <= outbox.keepMax) return false;
  outbox.entries.shift();
  return true;
};

/** The client has everything up to and including this number. */
export const acknowledgeDelivery = (outbox: Outbox, deliverySeq: number): void => {
  outbox.entries = deliveredAfter(outbox, deliverySeq);
};

/** What was delivered after this number, as far as it is kept. */
export const deliveredAfter = ({ entries }: Outbox, deliverySeq: number): OutboxEntry[] =>
  entries.filter((entry) => entry.deliverySeq > deliverySeq);
