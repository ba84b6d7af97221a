import type { MissingResult, TranslationResult } from '#protocol/session-server-messages.ts';
import { outcomeBytes, outcomeSpeechBytes } from './outcome-bytes.ts';

export type Outcome = TranslationResult | MissingResult;

/** `text`: its speech was given up. `missing`: so was its text, and `missing_result` (shed) stands in its place. */
export type KeptForm = 'whole' | 'text' | 'missing';

/** An outcome that the client may ask for again. */
export interface OutboxEntry {
  readonly deliverySeq: number;
  readonly message: Outcome;
  readonly form: KeptForm;
  readonly bytes: number;
  /** Of that, its speech. */
  readonly speechBytes: number;
}

/**
 * What one listener was given: numbered from 1 without gaps [RES7]. `keptBytesMax` 0 (nothing can be asked for again)
 * keeps the number alone.
 */
export interface Outbox {
  readonly keptBytesMax: number;
  deliverySeq: number;
  /** The last one that was sent on the socket that the client is on. */
  sentSeq: number;
  /** Oldest first, numbers without gaps. */
  entries: OutboxEntry[];
  keptBytes: number;
  /** Of that, speech. */
  speechBytes: number;
  /** Up to this number nothing can be asked for again, though it was not acknowledged. */
  forgottenSeq: number;
}

/** More than a client leaves unread in any window: what falls out was sent a thousand outcomes ago. */
const ENTRIES_MAX = 1024;
export const newOutbox = (keptBytesMax: number): Outbox => ({
  keptBytesMax,
  deliverySeq: 0,
  sentSeq: 0,
  entries: [],
  keptBytes: 0,
  speechBytes: 0,
  forgottenSeq: 0,
});

export const nextDeliverySeq = (outbox: Outbox): number => {
  outbox.deliverySeq += 1;
  return outbox.deliverySeq;
};

const entryOf = (deliverySeq: number, message: Outcome, form: KeptForm): OutboxEntry => ({
  deliverySeq,
  message,
  form,
  bytes: outcomeBytes(message),
  speechBytes: outcomeSpeechBytes(message),
});

const withoutText = (result: Outcome): MissingResult => ({
  type: 'missing_result',
  session_id: result.session_id,
  utterance_index: result.utterance_index,
  reason: 'shed',
  created_at_ms: result.type === 'missing_result' ? result.created_at_ms : (result.scheduler_sent_at_ms ?? 0),
  ...(result.trace_id === undefined ? {} : { trace_id: result.trace_id }),
  ...(result.delivery_seq === undefined ? {} : { delivery_seq: result.delivery_seq }),
  ...(result.audio_start_ms === undefined ? {} : { audio_start_ms: result.audio_start_ms }),
  ...(result.audio_end_ms === undefined ? {} : { audio_end_ms: result.audio_end_ms }),
  ...(result.attempts === undefined ? {} : { attempts: result.attempts }),
  ...(result.queued_ms === undefined ? {} : { queued_ms: result.queued_ms }),
});

/** One step lighter: first without speech, then without text. Null: it cannot get lighter. */
const lighter = ({ deliverySeq, message, form }: OutboxEntry): OutboxEntry | null => {
  if (message.type === 'missing_result') return null;
  if (form === 'whole' && message.tts_audio !== null) {
    return entryOf(deliverySeq, { ...message, tts_audio: null }, 'text');
  }
  return entryOf(deliverySeq, withoutText(message), 'missing');
};

const changeBy = (outbox: Outbox, { bytes, speechBytes }: OutboxEntry, sign: 1 | -1): void => {
  outbox.keptBytes += sign * bytes;
  outbox.speechBytes += sign * speechBytes;
};

const replaceBy = (outbox: Outbox, at: number, entry: OutboxEntry, less: OutboxEntry): void => {
  outbox.entries[at] = less;
  changeBy(outbox, entry, -1);
  changeBy(outbox, less, 1);
};

/** The oldest give up their speech, then their texts, until all fit [RES20]. */
const lighten = (outbox: Outbox, form: KeptForm): void => {
  const { entries, keptBytesMax } = outbox;
  for (const [at, entry] of entries.entries()) {
    if (outbox.keptBytes <= keptBytesMax) return;
    const less = entry.form === form ? lighter(entry) : null;
    if (less === null) continue;
    replaceBy(outbox, at, entry, less);
  }
};

/** At least so much speech, as far as there is any, the oldest first; texts stay. Returns how many lost theirs. */
export const giveUpKeptSpeech = (outbox: Outbox, bytes: number): number => {
  const leftBytes = Math.max(0, outbox.speechBytes - bytes);
  let poorer = 0;
  for (const [at, entry] of outbox.entries.entries()) {
    if (outbox.speechBytes <= leftBytes) break;
    const less = entry.speechBytes === 0 ? null : lighter(entry);
    if (less === null) continue;
    replaceBy(outbox, at, entry, less);
    poorer += 1;
  }
  return poorer;
};

/** Keeps what was just numbered. At the bound of bytes the oldest get lighter, at that of numbers the oldest goes. */
export const keepDelivered = (outbox: Outbox, message: Outcome): void => {
  if (outbox.keptBytesMax === 0) return;
  const entry = entryOf(outbox.deliverySeq, message, 'whole');
  outbox.entries.push(entry);
  changeBy(outbox, entry, 1);
  lighten(outbox, 'whole');
  lighten(outbox, 'text');
  if (outbox.entries.length <= ENTRIES_MAX) return;
  const oldest = outbox.entries.shift();
  if (oldest === undefined) return;
  changeBy(outbox, oldest, -1);
  outbox.forgottenSeq = oldest.deliverySeq;
};

/** The client has everything up to and including this number. */
export const acknowledgeDelivery = (outbox: Outbox, deliverySeq: number): void => {
  outbox.entries = deliveredAfter(outbox, deliverySeq);
  outbox.keptBytes = 0;
  outbox.speechBytes = 0;
  for (const entry of outbox.entries) changeBy(outbox, entry, 1);
  outbox.sentSeq = Math.max(outbox.sentSeq, Math.min(deliverySeq, outbox.deliverySeq));
};

/** What was delivered after this number, as far as it is kept. */
export const deliveredAfter = ({ entries }: Outbox, deliverySeq: number): OutboxEntry[] =>
  entries.filter((entry) => entry.deliverySeq > deliverySeq);
