import type { Timers } from './timers.ts';

/**
 * A stretch of audio with its place in the session. Kept raw until it leaves, so that it can be sent again.
 */
export interface AudioRecord {
  readonly kind: 'audio';
  readonly seq: number;
  readonly bytes: Uint8Array;
  readonly isFinal: boolean;
}
/** Whatever must keep its place behind the audio before it. */
export interface ControlRecord {
  readonly kind: 'control';
  readonly message: object;
}
export type OutgoingRecord = AudioRecord | ControlRecord;

/** About 65 s of PCM: longer than any pause that makes sense. */
export const QUEUED_AUDIO_BYTES_MAX = 2 * 1024 * 1024;
/** Above this the network is behind, and further audio waits here, where it is bounded. */
const SOCKET_BUFFERED_BYTES_MAX = 1024 * 1024;
const NETWORK_POLL_MS = 50;

export interface SendQueueEvents {
  write(record: OutgoingRecord): void;
  /** Bytes the socket holds unsent; null while there is no socket. */
  socketBufferedBytes(): number | null;
  /** Once per crossing of the bound, not once per chunk. */
  shedding(): void;
  /** `shedChunkCount`: what was lost since the pause began. */
  resumed(shedChunkCount: number): void;
}

/**
 * Everything that leaves in order: audio, finals, the close [SDK8]. While the server asks for a pause, or the
 * network is behind, records wait here. At the bound the oldest audio is shed; a final only loses its audio
 * and control is never shed. `seq` of what is shed stays used, so that the server sees the gap.
 */
export class SendQueue {
  readonly #timers: Timers;
  readonly #events: SendQueueEvents;
  #records: OutgoingRecord[] = [];
  #audioBytes = 0;
  #pause: { timer: unknown; shedChunkCount: number } | null = null;
  #networkPoll: unknown = null;
  #isShedding = false;
  #shedChunkCount = 0;

  constructor(timers: Timers, events: SendQueueEvents) {
    this.#timers = timers;
    this.#events = events;
  }

  get audioCount(): number {
    return this.#records.filter(({ kind }) => kind === 'audio').length;
  }

  /** Since the session began. */
  get shedChunkCount(): number {
    return this.#shedChunkCount;
  }

  push(record: OutgoingRecord): void {
    this.#records.push(record);
    if (record.kind === 'audio') this.#audioBytes += record.bytes.length;
    this.pump();
    if (this.#audioBytes > QUEUED_AUDIO_BYTES_MAX) this.#shed();
  }

  /** The server's wish; a later one replaces the time of an earlier one. */
  pause(resumeAfterMs: number): void {
    if (this.#pause !== null) this.#timers.clear(this.#pause.timer);
    const timer = this.#timers.set(resumeAfterMs, () => this.#resume());
    this.#pause = { timer, shedChunkCount: this.#pause?.shedChunkCount ?? 0 };
  }

  /** Sends what may be sent now. */
  pump(): void {
    if (this.#pause !== null || this.#networkPoll !== null) return;
    for (let record = this.#records[0]; record !== undefined; record = this.#records[0]) {
      const bufferedBytes = this.#events.socketBufferedBytes();
      if (bufferedBytes === null) return;
      if (bufferedBytes > SOCKET_BUFFERED_BYTES_MAX) {
        this.#networkPoll = this.#timers.set(NETWORK_POLL_MS, () => {
          this.#networkPoll = null;
          this.pump();
        });
        return;
      }
      this.#records.shift();
      if (record.kind === 'audio') this.#audioBytes -= record.bytes.length;
      this.#events.write(record);
    }
    this.#isShedding = false;
  }

  /** The session is over: nothing is sent any more, no timer is left. */
  stop(): void {
    if (this.#pause !== null) this.#timers.clear(this.#pause.timer);
    if (this.#networkPoll !== null) this.#timers.clear(this.#networkPoll);
    this.#pause = null;
    this.#networkPoll = null;
    this.#records = [];
    this.#audioBytes = 0;
  }

  #resume(): void {
    const shedChunkCount = this.#pause?.shedChunkCount ?? 0;
    this.#pause = null;
    this.#events.resumed(shedChunkCount);
    this.pump();
  }

  #shed(): void {
    let excessBytes = this.#audioBytes - QUEUED_AUDIO_BYTES_MAX;
    const kept: OutgoingRecord[] = [];
    for (const record of this.#records) {
      if (excessBytes <= 0 || record.kind !== 'audio' || record.bytes.length === 0) {
        kept.push(record);
        continue;
      }
      excessBytes -= record.bytes.length;
      this.#audioBytes -= record.bytes.length;
      this.#shedChunkCount += 1;
      if (this.#pause !== null) this.#pause.shedChunkCount += 1;
      if (record.isFinal) kept.push({ ...record, bytes: new Uint8Array() });
    }
    this.#records = kept;
    if (this.#isShedding) return;
    this.#isShedding = true;
    this.#events.shedding();
  }
}
