import { base64Of, opusSpeech } from './audio-samples.ts';
import type { WireMessage } from './wire-peer.ts';

/** The node's side of what a job needs. */
export interface JobDesk {
  nodeId(): string | null;
  send(message: object): void;
}

/**
 * One `job_assign` and the means to answer it, rightly or wrongly. Each call sends at once on the node's
 * present socket and may be repeated. `overrides` replace fields of the message: a foreign `attempt_id`,
 * `job_id` or `node_id` makes a liar of the node.
 */
export class ScriptedJob {
  /** As it came. */
  readonly message: WireMessage;
  readonly jobId: string;
  readonly attemptId: number;
  readonly utteranceIndex: number;
  readonly #desk: JobDesk;
  #audio: Buffer;
  #isCancelled = false;
  #end: WireMessage | null = null;

  constructor(message: WireMessage, desk: JobDesk) {
    this.message = message;
    this.jobId = String(message.job_id);
    this.attemptId = Number(message.attempt_id);
    this.utteranceIndex = Number(message.utterance_index);
    this.#audio = Buffer.from(String(message.audio), 'base64');
    this.#desk = desk;
  }

  /** The decoded audio; of an open job what has come so far. */
  get audio(): Buffer {
    return this.#audio;
  }

  /** It came before its audio was complete, and still is not. */
  get isOpen(): boolean {
    return this.message.open === true && this.#end === null;
  }

  /** The `audio_end` of an open job, once it has come. */
  get end(): WireMessage | null {
    return this.#end;
  }

  /** `audio_append` or `audio_end`. */
  hear(message: WireMessage): void {
    if (message.type === 'audio_end') this.#end = message;
    else this.#audio = Buffer.concat([this.#audio, Buffer.from(String(message.audio), 'base64')]);
  }

  /** A `job_cancel` for it has come. */
  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  markCancelled(): void {
    this.#isCancelled = true;
  }

  ack(overrides: object = {}): void {
    this.#sendOwn('job_ack', overrides);
  }

  started(overrides: object = {}): void {
    this.#sendOwn('job_started', overrides);
  }

  partial(text: string, isFinal = false, overrides: object = {}): void {
    const { utterance_index } = this.message;
    this.#sendOwn('asr_partial', { utterance_index, text, is_final: isFinal, ...overrides });
  }

  /** As nodes with `partials` tell it. */
  caption(revision: number, settled: string, tentative: string): void {
    this.partial(settled + tentative, false, { revision, settled, tentative });
  }

  progress(stage = 'asr', overrides: object = {}): void {
    this.#sendOwn('job_progress', { stage, ...overrides });
  }

  reject(reason = 'full', overrides: object = {}): void {
    this.#sendOwn('job_reject', { reason, running_jobs: 0, free_slots: 0, ...overrides });
  }

  confirmCancel(overrides: object = {}): void {
    this.#sendOwn('job_cancelled', overrides);
  }

  /** A good result: texts that name the utterance, 400 ms of speech. */
  answer(overrides: object = {}): void {
    this.#sendResult({
      success: true,
      text_asr: `heard ${this.utteranceIndex}`,
      text_translated: `translated ${this.utteranceIndex}`,
      tts_audio: base64Of(opusSpeech(400, this.utteranceIndex)),
      tts_format: 'opus',
      extra: {},
      processing_time_ms: 10,
      ...overrides,
    });
  }

  /** What agents answer to silence, or to audio that they keep back: success with nothing in it. */
  silence(overrides: object = {}): void {
    this.answer({ text_asr: '', text_translated: '', tts_audio: '', tts_format: 'pcm16', ...overrides });
  }

  fail(code = 'PROCESSING_ERROR', overrides: object = {}): void {
    this.#sendResult({
      success: false,
      processing_time_ms: 10,
      error: { code, message: 'scripted failure' },
      ...overrides,
    });
  }

  #sendResult(fields: object): void {
    const { utterance_index } = this.message;
    this.#sendOwn('job_result', { utterance_index, ...fields });
  }

  #sendOwn(type: string, fields: object): void {
    const { job_id, attempt_id, session_id, trace_id } = this.message;
    this.#desk.send({
      type,
      job_id,
      attempt_id,
      node_id: this.#desk.nodeId(),
      session_id,
      trace_id,
      ...fields,
    });
  }
}
