import { type AudioRecord, coveredCount, type SyncPoint, syncAfterForgetting } from './kept-audio.ts';
import type { Timers } from './timers.ts';

/** What must keep its place among the audio, and is sent again until it is answered. */
export interface ControlRecord {
  readonly kind: 'control';
  readonly message: object;
}
export type OutgoingRecord = AudioRecord | ControlRecord;

/** About four minutes of PCM: longer than a server holds a session whose socket is gone. */
export const KEPT_AUDIO_BYTES_MAX = 8 * 1024 * 1024;
/** Above this the network is behind, and further audio waits here, where it is bounded. */
const SOCKET_BUFFERED_BYTES_MAX = 1024 * 1024;
const NETWORK_POLL_MS = 50;

export interface OutgoingEvents {
  /** `seq` is the record's number in the present session. */
  write(record: OutgoingRecord, seq: number): void;
  socketBufferedBytes(): number;
  /** At the bound the oldest audio goes: `isSent` = it had been sent and only cannot be repeated. Once per crossing. */
  dropping(isSent: boolean): void;
  /** The pause that the server asked for is over. `shedChunkCount`: what was lost since it began. */
  resumed(shedChunkCount: number): void;
}

/** What a new session gets of the one before. */
export interface Restart {
  readonly replayedMs: number;
  /** Sent before, unanswered, and not sent again. */
  readonly lostMs: number;
}

/**
 * Everything that leaves in order: audio, finals, what must stay in line with them. A cursor tells what has been sent
 * over the present socket; behind it stays what the server may ask for again, until it is covered [SDK66]. While the
 * server asks for a pause, the network is behind, or there is no socket, records wait before the cursor [SDK8]. At the
 * bound the oldest audio goes; a final only loses its audio, control never goes.
 */
export class OutgoingLog {
  readonly #timers: Timers;
  readonly #events: OutgoingEvents;
  readonly #bytesMax: number;
  #records: OutgoingRecord[] = [];
  #cursor = 0;
  #audioBytes = 0;
  #nextSeq = 0;
  #recordedMs = 0;
  /** First number of the present session. */
  #baseSeq = 0;
  #baseMs = 0;
  #sync: SyncPoint = { seq: -1, ms: 0 };
  /** The server of this session has these, as it said when the socket was resumed. */
  #receivedSeq = -1;
  /** Sent at least once, in whichever session. */
  #sentSeq = -1;
  #isLive = false;
  #keepsSent = false;
  #pause: { timer: unknown; shedChunkCount: number } | null = null;
  #networkPoll: unknown = null;
  #isShedding = false;
  #isForgetting = false;
  #shedCount = 0;
  #forgottenCount = 0;

  constructor(timers: Timers, events: OutgoingEvents, bytesMax: number = KEPT_AUDIO_BYTES_MAX) {
    this.#timers = timers;
    this.#events = events;
    this.#bytesMax = bytesMax;
  }

  /** Chunks that have never been sent. */
  get waitingCount(): number {
    return this.#audio().filter(({ seq }) => seq > this.#sentSeq).length;
  }

  /** Chunks sent and not yet covered by outcomes. */
  get keptCount(): number {
    return this.#audio().filter(({ seq }) => seq <= this.#sentSeq).length;
  }

  /** Chunks that were dropped before they were ever sent. */
  get shedCount(): number {
    return this.#shedCount;
  }

  /** Chunks that were sent once and cannot be sent again. */
  get forgottenCount(): number {
    return this.#forgottenCount;
  }

  /** Where the present session begins in everything that was recorded, milliseconds. */
  get baseMs(): number {
    return this.#baseMs;
  }

  /** Whether audio stays here until it is covered; otherwise nobody would say when it may go. */
  get keepsSent(): boolean {
    return this.#keepsSent;
  }

  pushAudio(bytes: Uint8Array, durationMs: number, isFinal: boolean): void {
    const last = this.#records.at(-1);
    // A second final in a row says nothing new; while nothing can be sent such finals would have no bound.
    if (bytes.length === 0 && last?.kind === 'audio' && last.isFinal && last.seq > this.#sentSeq) return;
    const startMs = this.#recordedMs;
    this.#records.push({ kind: 'audio', seq: this.#nextSeq, bytes, durationMs, startMs, isFinal });
    this.#nextSeq += 1;
    this.#recordedMs += durationMs;
    this.#audioBytes += bytes.length;
    this.pump();
    if (this.#audioBytes > this.#bytesMax) this.#dropOldest();
  }

  pushControl(message: object): ControlRecord {
    const record: ControlRecord = { kind: 'control', message };
    this.#records.push(record);
    this.pump();
    return record;
  }

  /** Answered: it is not sent again. */
  settle(control: ControlRecord): void {
    const at = this.#records.indexOf(control);
    if (at < 0) return;
    this.#records.splice(at, 1);
    if (at < this.#cursor) this.#cursor -= 1;
  }

  /** The socket is gone; nothing is sent until `resume` or `restart`. */
  disconnected(): void {
    this.#isLive = false;
    this.#stopPoll();
  }

  /** The first session, or a new one after a lost one. */
  restart(keepsSent: boolean, isReplayed: boolean): Restart {
    const sent = this.#audio().filter(({ seq }) => seq <= this.#sentSeq);
    const sentMs = sent.reduce((sum, { durationMs }) => sum + durationMs, 0);
    if (!isReplayed) this.#keep((record) => record.kind === 'control' || record.seq > this.#sentSeq);
    const first = this.#audio()[0];
    this.#baseSeq = first?.seq ?? this.#nextSeq;
    this.#baseMs = first?.startMs ?? this.#recordedMs;
    this.#sync = { seq: this.#baseSeq - 1, ms: 0 };
    this.#keepsSent = keepsSent;
    this.#rewind(this.#baseSeq - 1);
    return { replayedMs: isReplayed ? sentMs : 0, lostMs: isReplayed ? 0 : sentMs };
  }

  /** The same session on another socket. `receivedSeq` by the session's count, null = nothing has arrived. */
  resume(receivedSeq: number | null, receivedMs: number, coveredMs: number): void {
    this.acknowledged(receivedSeq, receivedMs, coveredMs);
    this.#rewind(this.#baseSeq + (receivedSeq ?? -1));
  }

  /** How far the server has come; what is covered is forgotten. */
  acknowledged(receivedSeq: number | null, receivedMs: number, coveredMs: number): void {
    this.#sync = { seq: this.#baseSeq + (receivedSeq ?? -1), ms: receivedMs };
    this.covered(coveredMs);
  }

  /** All audio before this offset of the session has ended in an outcome that is here. */
  covered(coveredMs: number): void {
    const sent = this.#audio().filter(({ seq }) => seq <= this.#sentSeq);
    const { count, sync } = coveredCount(sent, this.#sync, coveredMs);
    const lastSeq = sent[count - 1]?.seq;
    if (lastSeq === undefined) return;
    this.#sync = sync;
    this.#keep((record) => record.kind === 'control' || record.seq > lastSeq);
    this.#isForgetting = false;
  }

  /** The server's wish; a later one replaces the time of an earlier one. */
  pause(resumeAfterMs: number): void {
    if (this.#pause !== null) this.#timers.clear(this.#pause.timer);
    const timer = this.#timers.set(resumeAfterMs, () => this.#resumeAfterPause());
    this.#pause = { timer, shedChunkCount: this.#pause?.shedChunkCount ?? 0 };
  }

  /** Sends what may be sent now. */
  pump(): void {
    if (!this.#isLive || this.#pause !== null || this.#networkPoll !== null) return;
    for (
      let record = this.#records[this.#cursor];
      record !== undefined;
      record = this.#records[this.#cursor]
    ) {
      if (this.#events.socketBufferedBytes() > SOCKET_BUFFERED_BYTES_MAX) {
        this.#networkPoll = this.#timers.set(NETWORK_POLL_MS, () => {
          this.#networkPoll = null;
          this.pump();
        });
        return;
      }
      this.#send(record);
    }
    this.#isShedding = false;
  }

  /** The conversation is over: nothing is sent any more, no timer is left. */
  stop(): void {
    this.disconnected();
    if (this.#pause !== null) this.#timers.clear(this.#pause.timer);
    this.#pause = null;
    this.#records = [];
    this.#cursor = 0;
    this.#audioBytes = 0;
  }

  #send(record: OutgoingRecord): void {
    if (record.kind === 'audio' && !this.#keepsSent) {
      this.#records.splice(this.#cursor, 1);
      this.#audioBytes -= record.bytes.length;
    } else this.#cursor += 1;
    if (record.kind === 'control') this.#events.write(record, -1);
    else if (record.seq > this.#receivedSeq) {
      this.#sentSeq = Math.max(this.#sentSeq, record.seq);
      this.#events.write(record, record.seq - this.#baseSeq);
    }
  }

  /** Everything after `receivedSeq`, and every control that was not answered, is due again. */
  #rewind(receivedSeq: number): void {
    this.#receivedSeq = receivedSeq;
    this.#cursor = 0;
    this.#isLive = true;
    this.pump();
  }

  #resumeAfterPause(): void {
    const shedChunkCount = this.#pause?.shedChunkCount ?? 0;
    this.#pause = null;
    this.#events.resumed(shedChunkCount);
    this.pump();
  }

  #stopPoll(): void {
    if (this.#networkPoll !== null) this.#timers.clear(this.#networkPoll);
    this.#networkPoll = null;
  }

  #audio(): AudioRecord[] {
    return this.#records.filter((record) => record.kind === 'audio');
  }

  #keep(isKept: (record: OutgoingRecord) => boolean): void {
    this.#replace(this.#records.map((record) => (isKept(record) ? record : null)));
  }

  /** `null` = gone. The cursor stays before the same record. */
  #replace(records: readonly (OutgoingRecord | null)[]): void {
    this.#cursor = records.slice(0, this.#cursor).filter((record) => record !== null).length;
    this.#records = records.filter((record) => record !== null);
    this.#audioBytes = this.#audio().reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  #dropOldest(): void {
    let excessBytes = this.#audioBytes - this.#bytesMax;
    let isAfterFinal = false;
    let goneCount = 0;
    const sent = this.#audio().filter(({ seq }) => seq <= this.#sentSeq);
    const records = this.#records.map((record) => {
      if (record.kind === 'control') return record;
      if (excessBytes <= 0) return record;
      const isSent = record.seq <= this.#sentSeq;
      excessBytes -= record.bytes.length;
      if (isSent) goneCount += 1;
      if (record.bytes.length > 0) this.#countDropped(isSent);
      if (isSent || !record.isFinal || isAfterFinal) return null;
      isAfterFinal = true;
      return { ...record, bytes: new Uint8Array(), durationMs: 0 };
    });
    this.#sync = syncAfterForgetting(sent, this.#sync, goneCount);
    this.#replace(records);
  }

  #countDropped(isSent: boolean): void {
    if (isSent) {
      this.#forgottenCount += 1;
      if (!this.#isForgetting) this.#events.dropping(true);
      this.#isForgetting = true;
      return;
    }
    this.#shedCount += 1;
    if (this.#pause !== null) this.#pause.shedChunkCount += 1;
    if (!this.#isShedding) this.#events.dropping(false);
    this.#isShedding = true;
  }
}
