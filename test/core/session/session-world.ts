import assert from 'node:assert/strict';
import type { JobOutcome, JobTimes } from '#core/jobs/job-outcome.ts';
import type { JobRequest } from '#core/jobs/job-request.ts';
import type { PartialText } from '#core/jobs/partial-text.ts';
import type { StoreRequest } from '#core/ports.ts';
import { endingSpeechBytes } from '#core/session/outcome-bytes.ts';
import { newSession, type SessionState, stepSession } from '#core/session/session.ts';
import type { SessionEffect, SessionEvent } from '#core/session/session-contract.ts';
import { defaultSessionSettings, type SessionSettings } from '#core/settings.ts';
import type { AudioPiece } from '#protocol/audio.ts';
import { asNodeId, asSessionId, type ConnectionId, type InstanceId, type JobId } from '#protocol/ids.ts';
import type { SessionClientMessage, SessionServerMessage } from '#protocol/messages.ts';
import type { JobResult } from '#protocol/node-agent-messages.ts';
import type { MissingReason } from '#protocol/reasons.ts';
import type { SessionInit } from '#protocol/session-client-messages.ts';

export const SESSION_ID = asSessionId('s-1');
export const TRACE_ID = 'trace-1';
const START_AT_MS = 10_000;
const WALL_AHEAD_MS = 1_790_000_000_000;
const NODE_ID = asNodeId('node-1');

type Message<Type extends SessionServerMessage['type']> = Extract<SessionServerMessage, { type: Type }>;

interface WorldOptions {
  readonly init?: Partial<SessionInit>;
  readonly settings?: Partial<SessionSettings>;
  readonly sessionId?: string;
  readonly priorityMax?: number;
}

/**
 * One session with everything around it played by hand: a clock that moves when told, timers that fire on the way, jobs
 * that end when told, and a record of all it caused. What holds after every step is checked after every step.
 */
export class SessionWorld {
  readonly state: SessionState;
  readonly timers = new Map<string, number>();
  readonly sent: SessionServerMessage[] = [];
  readonly submitted: JobRequest[] = [];
  readonly opened: JobRequest[] = [];
  /** More audio of open jobs: of which, from which piece on, and how many. */
  readonly appended: {
    readonly jobId: JobId;
    readonly fromPiece: number;
    readonly pieces: readonly AudioPiece[];
  }[] = [];
  readonly hastened: JobId[] = [];
  readonly cancelled: { readonly jobId: JobId; readonly reason: MissingReason }[] = [];
  readonly stored: StoreRequest[] = [];
  readonly closed: { readonly code: number; readonly reason: string }[] = [];
  /** Sockets that the client came back on. */
  readonly attached: string[] = [];
  readonly ended: string[] = [];
  readonly counts = new Map<string, number>();
  readonly observed = new Map<string, number[]>();
  /** How often a timer was set, by key. */
  readonly timerSets = new Map<string, number>();
  atMs = START_AT_MS;
  nextSeq = 0;
  lastEffects: readonly SessionEffect[] = [];
  /** The network takes nothing: who asks whether it has is answered by `take`. */
  isStuck = false;
  #question: number | null = null;

  constructor({ init, settings, priorityMax, sessionId = SESSION_ID }: WorldOptions = {}) {
    const message: SessionInit = {
      type: 'session_init',
      client_version: '1',
      platform: 'web',
      src_lang: 'zh',
      tgt_lang: 'en',
      ...init,
    };
    this.state = newSession(
      {
        sessionId: asSessionId(sessionId),
        connectionId: 'conn-1' as ConnectionId,
        init: message,
        tenant: 'default',
        traceId: TRACE_ID,
        ...(priorityMax === undefined ? {} : { priorityMax }),
      },
      { ...defaultSessionSettings, ...settings },
      this.now,
      'inst-1' as InstanceId,
    );
    this.tell({
      kind: 'opened',
      ...(this.state.terms.granted.includes('resume') && { resumeToken: 'token-1' }),
    });
  }

  get now() {
    return { atMs: this.atMs, wallMs: this.atMs + WALL_AHEAD_MS };
  }

  tell(event: SessionEvent): void {
    const wasEnded = this.ended.length > 0;
    this.lastEffects = stepSession(this.state, event, this.now);
    if (wasEnded) assert.equal(this.lastEffects.length, 0, 'nothing comes after the end');
    for (const effect of this.lastEffects) this.#record(effect);
    this.#check();
    if (!this.isStuck) this.take();
  }

  /** The network has taken all that was sent. */
  take(): void {
    const question = this.#question;
    this.#question = null;
    if (question !== null) this.tell({ kind: 'clientTook', question });
  }

  /** Moves the clock; timers fire at their time, in its order. */
  advance(ms: number): void {
    const untilAtMs = this.atMs + ms;
    for (;;) {
      const [next] = [...this.timers].sort(([, a], [, b]) => a - b);
      if (next === undefined || next[1] > untilAtMs) break;
      this.atMs = Math.max(this.atMs, next[1]);
      this.fire(next[0]);
    }
    this.atMs = untilAtMs;
  }

  /** Timers that are set for something that goes on; the record is renewed whatever happens. */
  get pending(): string[] {
    return [...this.timers.keys()].filter((key) => key !== 'record');
  }

  fire(key: string): void {
    this.timers.delete(key);
    this.tell({ kind: 'timerFired', key });
  }

  /** The client loses its socket, the one it is on. */
  goAway(): void {
    this.tell({ kind: 'socketLost', connectionId: this.state.connectionId });
  }

  /** It comes back on a new one; what is recorded as sent begins anew. */
  comeBack(lastDeliverySeq = 0, connectionId = `conn-${this.attached.length + 2}`): void {
    this.sent.length = 0;
    const resumeToken = `token-${this.attached.length + 2}`;
    this.tell({ kind: 'resumed', connectionId: connectionId as ConnectionId, lastDeliverySeq, resumeToken });
  }

  message(message: SessionClientMessage): void {
    this.tell({ kind: 'clientMessage', message });
  }

  chunk(
    audio: AudioPiece | null,
    options: { seq?: number; isFinal?: boolean; stampWallMs?: number } = {},
  ): void {
    const seq = options.seq ?? this.nextSeq;
    this.nextSeq = seq + 1;
    this.message({
      type: 'audio_chunk',
      session_id: this.state.sessionId,
      seq,
      is_final: options.isFinal ?? false,
      audio,
      ...(options.stampWallMs === undefined ? {} : { client_timestamp_ms: options.stampWallMs }),
    });
  }

  /** The send button: a separate chunk without audio. */
  final(): void {
    this.chunk(null, { isFinal: true });
  }

  /** Speech, a final, and the hangover: one utterance is cut. */
  say(audio: AudioPiece): JobRequest {
    const count = this.submitted.length;
    this.chunk(audio);
    this.final();
    this.advance(this.state.settings.hangoverManualMs);
    const request = this.submitted[count];
    assert(request, 'the utterance made a job');
    return request;
  }

  utterance(
    index: number,
    audio: AudioPiece,
    fields: { manual_cut?: boolean; tgt_lang?: string; trace_id?: string } = {},
  ): void {
    this.message({
      type: 'utterance',
      session_id: this.state.sessionId,
      utterance_index: index,
      manual_cut: false,
      src_lang: 'zh',
      tgt_lang: 'en',
      audio_format: audio.encoding,
      sample_rate: audio.sampleRateHz,
      audio,
      ...fields,
    });
  }

  times(overrides: Partial<JobTimes> = {}): JobTimes {
    const wallMs = this.now.wallMs;
    return {
      createdWallMs: wallMs,
      dispatchedWallMs: wallMs,
      endedWallMs: wallMs,
      queuedMs: 0,
      attempts: 1,
      ...overrides,
    };
  }

  endJob(jobId: JobId, outcome: JobOutcome): void {
    this.tell({ kind: 'jobEnded', jobId, outcome });
  }

  /** A good answer of a node. */
  answer(request: JobRequest, fields: Partial<JobResult> = {}, times: Partial<JobTimes> = {}): void {
    const result: JobResult = {
      type: 'job_result',
      job_id: request.jobId,
      attempt_id: 1,
      node_id: NODE_ID,
      session_id: request.sessionId,
      utterance_index: request.utteranceIndex,
      success: true,
      text_asr: `said ${request.utteranceIndex}`,
      text_translated: `meant ${request.utteranceIndex}`,
      trace_id: request.traceId,
      ...fields,
    };
    this.endJob(request.jobId, { kind: 'result', result, nodeId: NODE_ID, times: this.times(times) });
  }

  fail(request: JobRequest, reason: MissingReason, wasSent = true): void {
    this.endJob(request.jobId, { kind: 'missing', reason, wasSent, times: this.times() });
  }

  dispatched(request: JobRequest): void {
    this.tell({ kind: 'jobDispatched', jobId: request.jobId, nodeId: NODE_ID });
  }

  /** A node without a count tells text that may still change, unless `more` says otherwise. */
  partial(jobId: JobId, text: string, more: Partial<PartialText> = {}): void {
    const partial = { attemptId: 1, revision: null, text, settled: '', tentative: text, isFinal: false };
    this.tell({ kind: 'jobPartial', jobId, ...partial, ...more });
  }

  sentOf<Type extends SessionServerMessage['type']>(type: Type): Message<Type>[] {
    return this.sent.filter((message): message is Message<Type> => message.type === type);
  }

  /** Indices of results and missing results, as they were delivered. */
  get outcomes(): (number | string)[] {
    return this.sent.flatMap((message): readonly (number | string)[] => {
      if (message.type === 'translation_result') return [message.utterance_index];
      return message.type === 'missing_result' ? [`${message.utterance_index} ${message.reason}`] : [];
    });
  }

  /** By name, or `name{label value}`. */
  count(key: string): number {
    return this.counts.get(key) ?? 0;
  }

  clearRecord(): void {
    this.sent.length = 0;
    this.submitted.length = 0;
    this.counts.clear();
    this.timerSets.clear();
  }

  #record(effect: SessionEffect): void {
    assert(this.ended.length === 0, 'the end is the last effect');
    switch (effect.kind) {
      case 'setTimer':
        this.timers.set(effect.key, effect.atMs);
        this.timerSets.set(effect.key, (this.timerSets.get(effect.key) ?? 0) + 1);
        return;
      case 'clearTimer':
        this.timers.delete(effect.key);
        return;
      case 'count':
        this.#count(effect.name, effect.by ?? 1);
        for (const value of Object.values(effect.labels ?? {})) {
          this.#count(`${effect.name}{${value}}`, effect.by ?? 1);
        }
        return;
      case 'observe':
        this.observed.set(effect.name, [...(this.observed.get(effect.name) ?? []), effect.value]);
        return;
      case 'log':
        return;
      case 'store':
        this.stored.push(effect.request);
        return;
      case 'sendClient':
        this.sent.push(effect.message);
        return;
      case 'askTaken':
        this.#question = effect.question;
        return;
      case 'attachClient':
        this.attached.push(effect.connectionId);
        return;
      case 'closeClient':
        this.closed.push(effect);
        return;
      case 'openJob':
        this.opened.push(effect.request);
        return;
      case 'appendAudio':
        this.appended.push(effect);
        return;
      case 'submitJob':
        this.submitted.push(effect.request);
        return;
      case 'hastenJob':
        this.hastened.push(effect.jobId);
        return;
      case 'cancelJob':
        this.cancelled.push(effect);
        return;
      case 'ended':
        this.ended.push(effect.reason);
    }
  }

  #count(key: string, by: number): void {
    this.counts.set(key, (this.counts.get(key) ?? 0) + by);
  }

  #check(): void {
    assert.deepEqual(
      [...this.state.timers].sort(),
      [...this.timers].sort(),
      'timers are those the state knows',
    );
    const { slots, openByJob } = this.state.results;
    const open = [...slots.values()].filter(({ ending }) => ending === null);
    assert.equal(openByJob.size, open.length, 'every open slot is found by its job');
    const [head] = slots.values();
    const { results, outbox } = this.state;
    const waiting = [...slots.values()].flatMap(({ ending }) => (ending === null ? [] : [ending.outcome]));
    const waitingBytes = waiting.reduce((sum, outcome) => sum + endingSpeechBytes(outcome), 0);
    assert.equal(results.speechBytes, waitingBytes, 'speech that waits is known');
    const keptBytes = outbox.entries.reduce((sum, { speechBytes }) => sum + speechBytes, 0);
    assert.equal(outbox.speechBytes, keptBytes, 'speech that is kept is known');
    const mayHaveLeft = head !== undefined && head.ending !== null && !this.state.portions.isAsked;
    assert(!mayHaveLeft, 'what is ready and first has left');
    const indices = [...slots.keys()];
    assert.deepEqual(
      indices,
      [...indices].sort((a, b) => a - b),
      'slots stand in index order',
    );
    const { openUtterance, indices: allocator } = this.state;
    if (openUtterance !== null) {
      assert.equal(allocator.waiting.length, 0, 'nothing stands before what is being spoken');
      assert.equal(allocator.next, openUtterance.index + 1, 'no index is taken before it is cut');
      assert(this.ended.length === 0, 'no open job outlives the session');
    }
    if (this.ended.length > 0) assert.equal(this.timers.size, 0, 'no timer outlives the session');
  }
}
