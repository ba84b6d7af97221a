import { isOutcome } from '../habitat.ts';
import type { DispatcherStep, Observation, SessionStep } from '../observations.ts';
import { Breach } from './breach.ts';
import type { Checker } from './checker.ts';
import { joblessIn } from './jobless.ts';
import { isSentOnce } from './sent-once.ts';

interface Book {
  /** Utterances that became jobs and have had no outcome, by index. */
  readonly open: Map<number, string>;
  /** Indices of the outcomes that were sent, in that order. */
  readonly sent: number[];
  /** Utterances that ended at once because too many were open: they are owed an outcome and have no job. */
  jobless: number;
  hasEnded: boolean;
}

/** How far a client has come with the outcomes of its present session. */
interface Reader {
  readonly sessionId: string;
  seen: number;
}

/**
 * I1: every utterance ends in exactly one outcome, unless its client is lost; what is sent is what arrives; every job ends
 * once. `openMax`: above it an utterance ends at once and never becomes a job.
 */
export class OutcomeChecker implements Checker {
  readonly #openMax: number;
  readonly #books = new Map<string, Book>();
  readonly #readers = new Map<string, Reader>();
  /** Without a socket; they may come back. */
  readonly #away = new Map<string, Reader>();
  readonly #openJobs = new Set<string>();
  readonly #endedJobs = new Set<string>();

  constructor(openMax: number) {
    this.#openMax = openMax;
  }

  observe(observation: Observation): void {
    switch (observation.kind) {
      case 'sessionStep':
        this.#onSession(observation);
        break;
      case 'dispatcherStep':
        this.#onDispatcher(observation);
        break;
      case 'clientSaw':
        this.#onClient(observation);
        break;
      case 'breakage':
        this.#onBreakage(observation.detail);
        break;
      case 'clientOffline':
        this.#leave(observation.client);
        break;
      default:
    }
  }

  settled(): void {
    for (const [sessionId, { open, jobless, hasEnded }] of this.#books) {
      const owed = open.size + jobless;
      if (!hasEnded && owed > 0) throw new Breach('I1', `${sessionId} still owes ${owed} outcomes`);
    }
    for (const [client, { sessionId, seen }] of this.#readers) {
      const { sent } = this.#bookOf(sessionId);
      if (seen !== sent.length) throw new Breach('I1', `${client} got ${seen} of ${sent.length} outcomes`);
    }
    if (this.#openJobs.size > 0) throw new Breach('I1', `${this.#openJobs.size} jobs never ended`);
  }

  #leave(client: string): void {
    const reader = this.#readers.get(client);
    if (reader === undefined) return;
    this.#readers.delete(client);
    this.#away.set(client, reader);
  }

  #comeBack(client: string, sessionId: string): void {
    const reader = this.#away.get(client);
    if (reader?.sessionId !== sessionId) throw new Breach('I1', `${client} came back to ${sessionId}`);
    this.#readers.set(client, reader);
  }

  #onSession({ state, event, effects }: SessionStep): void {
    const { sessionId } = state;
    const book = this.#bookOf(sessionId);
    // The runtime itself ends jobs that too many dispatchers died over.
    if (event.kind === 'jobEnded') this.#openJobs.delete(event.jobId);
    if (book.hasEnded && effects.length > 0) throw new Breach('I1', `${sessionId} acted after its end`);
    this.#noteJobless(sessionId, book, effects);
    for (const effect of effects) {
      if (effect.kind === 'submitJob') {
        const { jobId, utteranceIndex } = effect.request;
        if (book.open.has(utteranceIndex) || book.sent.includes(utteranceIndex)) {
          throw new Breach('I1', `${sessionId} used index ${utteranceIndex} twice`);
        }
        book.open.set(utteranceIndex, jobId);
      } else if (isSentOnce(effect)) {
        this.#sent(sessionId, book, effect.message.utterance_index);
      } else if (effect.kind === 'ended') {
        book.hasEnded = true;
        if (effect.reason !== 'socket_lost' && book.open.size > 0) {
          throw new Breach('I1', `${sessionId} ended (${effect.reason}) owing ${book.open.size} outcomes`);
        }
      }
    }
  }

  /** A cut without a job is right only where no further utterance may be open. */
  #noteJobless(sessionId: string, book: Book, effects: SessionStep['effects']): void {
    const { refused: count, shed } = joblessIn(effects);
    book.jobless += shed;
    if (count === 0) return;
    const jobs = effects.filter(({ kind }) => kind === 'submitJob').length;
    if (book.open.size + jobs + book.jobless < this.#openMax) {
      throw new Breach('I1', `${sessionId} made ${jobs} jobs, ${count} less than it cut utterances`);
    }
    book.jobless += count;
  }

  #sent(sessionId: string, book: Book, index: number): void {
    if (book.sent.includes(index)) throw new Breach('I1', `${sessionId} sent index ${index} twice`);
    if (!book.open.delete(index)) book.jobless -= 1;
    if (book.jobless < 0) {
      throw new Breach('I1', `${sessionId} sent an outcome for index ${index}, which had no job`);
    }
    book.sent.push(index);
  }

  /** A session that died owes nothing any more. */
  #onBreakage(detail: string): void {
    for (const [sessionId, book] of this.#books) if (detail.includes(sessionId)) book.hasEnded = true;
  }

  #onDispatcher({ event, effects }: DispatcherStep): void {
    // A dispatcher that begins anew is given what is still wanted; the rest went with its sessions.
    if (event.kind === 'started') this.#openJobs.clear();
    if (event.kind === 'jobSubmitted') this.#openJobs.add(event.request.jobId);
    for (const effect of effects) {
      if (effect.kind !== 'tellSession' || effect.event.kind !== 'jobEnded') continue;
      const { jobId } = effect.event;
      if (this.#endedJobs.has(jobId)) throw new Breach('I1', `${jobId} ended twice`);
      if (!this.#openJobs.delete(jobId)) throw new Breach('I1', `${jobId} ended and was never submitted`);
      this.#endedJobs.add(jobId);
    }
  }

  #onClient({ client, message }: Extract<Observation, { kind: 'clientSaw' }>): void {
    if (message.type === 'session_init_ack') {
      this.#readers.set(client, { sessionId: message.session_id, seen: 0 });
      return;
    }
    if (message.type === 'session_resume_ack') {
      this.#comeBack(client, message.session_id);
      return;
    }
    const reader = this.#readers.get(client);
    if (isOutcome(message)) {
      if (reader === undefined) throw new Breach('I1', `${client} got an outcome without a session`);
      if (reader.sessionId !== message.session_id) {
        throw new Breach('I1', `${client} got an outcome of ${message.session_id}`);
      }
      const expected = this.#bookOf(reader.sessionId).sent[reader.seen];
      if (expected !== message.utterance_index) {
        throw new Breach('I1', `${client} got index ${message.utterance_index} in place of ${expected}`);
      }
      reader.seen += 1;
    } else if (message.type === 'session_close_ack' && reader?.sessionId === message.session_id) {
      const { open, sent } = this.#bookOf(reader.sessionId);
      if (open.size > 0 || reader.seen < sent.length) {
        throw new Breach('I1', `${client} was told goodbye before its last outcome`);
      }
    }
  }

  #bookOf(sessionId: string): Book {
    let book = this.#books.get(sessionId);
    if (book === undefined) {
      book = { open: new Map(), sent: [], jobless: 0, hasEnded: false };
      this.#books.set(sessionId, book);
    }
    return book;
  }
}
