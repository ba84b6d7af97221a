import { expect, test } from 'vitest';
import {
  acknowledgeDelivery,
  deliveredAfter,
  keepDelivered,
  newOutbox,
  nextDeliverySeq,
  type Outbox,
} from '#core/session/outbox.ts';
import type { MissingResult, TranslationResult } from '#protocol/session-server-messages.ts';

const PLENTY_BYTES = 1_000_000;

const missing = (utterance_index: number): MissingResult => ({
  type: 'missing_result',
  session_id: 's-1',
  utterance_index,
  reason: 'silence',
  created_at_ms: 0,
});

const spoken = (delivery_seq: number, speechBytes: number, text = 'word'): TranslationResult => ({
  type: 'translation_result',
  session_id: 's-1',
  utterance_index: delivery_seq - 1,
  job_id: 'job-1',
  text_asr: text,
  text_translated: text,
  tts_audio: { base64: new Uint8Array(speechBytes), rawBytes: speechBytes },
  tts_format: 'opus',
  trace_id: 't',
  delivery_seq,
  audio_start_ms: delivery_seq * 1000,
  audio_end_ms: delivery_seq * 1000 + 900,
  attempts: 1,
  queued_ms: 3,
  scheduler_sent_at_ms: 77,
});

const deliver = (outbox: Outbox, count: number): void => {
  for (let at = 0; at < count; at += 1) keepDelivered(outbox, missing(nextDeliverySeq(outbox)));
};

const speak = (outbox: Outbox, count: number, speechBytes: number, text?: string): void => {
  for (let at = 0; at < count; at += 1) {
    keepDelivered(outbox, spoken(nextDeliverySeq(outbox), speechBytes, text));
  }
};

const kept = (outbox: Outbox, afterSeq = 0): number[] =>
  deliveredAfter(outbox, afterSeq).map(({ deliverySeq }) => deliverySeq);
const forms = (outbox: Outbox): string[] => outbox.entries.map(({ form }) => form);

test('[RES7] numbers begin at 1, and for a client that cannot come back nothing else is kept', () => {
  const outbox = newOutbox(0);
  expect([nextDeliverySeq(outbox), nextDeliverySeq(outbox)]).toEqual([1, 2]);
  deliver(outbox, 5);
  expect(outbox).toMatchObject({ deliverySeq: 7, entries: [], keptBytes: 0 });
});

test('[RES7] what was delivered is kept until it is acknowledged', () => {
  const outbox = newOutbox(PLENTY_BYTES);
  deliver(outbox, 4);
  expect(kept(outbox, 2)).toEqual([3, 4]);
  acknowledgeDelivery(outbox, 3);
  expect(kept(outbox)).toEqual([4]);
  acknowledgeDelivery(outbox, 1);
  expect(kept(outbox)).toEqual([4]);
  deliver(outbox, 1);
  expect(kept(outbox)).toEqual([4, 5]);
  acknowledgeDelivery(outbox, 99);
  expect(outbox).toMatchObject({ entries: [], keptBytes: 0, forgottenSeq: 0 });
});

test('[RES20] at the bound of bytes the oldest lose their speech, and the newest stay whole', () => {
  const outbox = newOutbox(10_000);
  speak(outbox, 5, 3000);
  expect(forms(outbox)).toEqual(['text', 'text', 'text', 'whole', 'whole']);
  expect(outbox.entries[0]?.message).toEqual({ ...spoken(1, 0), tts_audio: null });
  expect(outbox.keptBytes).toBeLessThanOrEqual(10_000);
});

test('[RES20] then they lose their texts, and say so: nothing goes without a word', () => {
  const outbox = newOutbox(10_000);
  speak(outbox, 3, 0, 'x'.repeat(1000));
  expect(forms(outbox)).toEqual(['missing', 'text', 'text']);
  expect(outbox.entries[0]?.message).toEqual({
    type: 'missing_result',
    session_id: 's-1',
    utterance_index: 0,
    reason: 'shed',
    created_at_ms: 77,
    trace_id: 't',
    delivery_seq: 1,
    audio_start_ms: 1000,
    audio_end_ms: 1900,
    attempts: 1,
    queued_ms: 3,
  });
  expect(kept(outbox)).toEqual([1, 2, 3]);
});

test('[RES20] what is kept is counted to the byte, whatever comes and goes', () => {
  const outbox = newOutbox(8000);
  for (let round = 0; round < 40; round += 1) {
    speak(outbox, 1 + (round % 3), (round * 977) % 5000, 'y'.repeat((round * 31) % 400));
    if (round % 4 === 0) acknowledgeDelivery(outbox, outbox.deliverySeq - 2);
    expect(outbox.keptBytes).toBe(outbox.entries.reduce((sum, { bytes }) => sum + bytes, 0));
  }
});

test('[RES20] at the bound of numbers the oldest goes, and it is known that nobody can ask for it again', () => {
  const outbox = newOutbox(PLENTY_BYTES);
  deliver(outbox, 1030);
  expect(outbox.entries).toHaveLength(1024);
  expect(kept(outbox)[0]).toBe(7);
  expect(outbox.forgottenSeq).toBe(6);
});
