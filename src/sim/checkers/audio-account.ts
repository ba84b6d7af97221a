import type { JobRequest } from '#core/jobs/job-request.ts';
import type { SessionClientMessage } from '#protocol/messages.ts';
import type { AudioAppend, AudioEnd, JobAssign } from '#protocol/node-server-messages.ts';
import { readTaggedAudio, type TaggedStretch } from '../audio.ts';
import type { Observation, SessionStep } from '../observations.ts';
import type { SimMeter } from '../sim-meter.ts';
import { Breach } from './breach.ts';
import type { Checker } from './checker.ts';
import { joblessIn } from './jobless.ts';

/** What one session was told and has not made a job of, by the numbers that its audio carries. */
interface Ear {
  readonly speaker: number;
  /** Pieces of speech that were taken and are in no job yet. */
  readonly pending: Set<number>;
  /** Indices of `utterance` messages: the same one again is the same request. */
  readonly indices: Set<number>;
  /** The client has said goodbye, or the process goes: nothing more is taken. */
  isClosing: boolean;
  isOver: boolean;
  /** Audio of its utterances that never became jobs: nothing tells which pieces that was. */
  hasLoss: boolean;
}

/** Sums of durations of pieces: fractions of a millisecond do not add up exactly. */
const ROUNDING_MS = 1;

/**
 * I5: every piece of speech that a session took is in exactly one job by its end; a job holds whole pieces of one speaker in
 * order; what a node gets is what the job holds; and the sums of the counters agree.
 */
export class AudioChecker implements Checker {
  readonly #ears = new Map<string, Ear>();
  /** Pieces of speech that are in a job, by speaker and piece. */
  readonly #used = new Set<string>();
  readonly #jobs = new Map<string, string>();
  /** What a node has heard of a job that is still being spoken, by node and attempt. */
  readonly #heard = new Map<string, string>();
  #jobMs = 0;
  /** The same of any session, or one died: no sum tells how much that is. */
  #hasLoss = false;

  observe(observation: Observation): void {
    if (observation.kind === 'sessionStep') this.#onSession(observation);
    else if (observation.kind === 'breakage') this.#onBreakage(observation.detail);
    else if (observation.kind === 'nodeSaw') this.#onNode(observation);
  }

  settled(): void {
    for (const [sessionId, ear] of this.#ears) if (!ear.isOver) this.#checkSpent(sessionId, ear);
  }

  /** received = in jobs + discarded; what is shed was never received. */
  ended(meter: SimMeter): void {
    if (this.#hasLoss) return;
    const receivedMs = meter.get('audio_received_ms_total');
    const discardedMs =
      meter.get('audio_discarded_ms_total reason=silence') +
      meter.get('audio_discarded_ms_total reason=cancelled');
    const lostMs = receivedMs - this.#jobMs - discardedMs;
    if (Math.abs(lostMs) > ROUNDING_MS) {
      throw new Breach(
        'I5',
        `${Math.round(lostMs)} of ${Math.round(receivedMs)} ms of audio are unaccounted for`,
      );
    }
  }

  #onSession({ state, event, effects }: SessionStep): void {
    const { sessionId } = state;
    const ear = this.#earOf(sessionId, state.traceId);
    if (event.kind === 'clientMessage' && !ear.isClosing) this.#hear(ear, event.message);
    if (event.kind === 'drainStarted') ear.isClosing = true;
    if (joblessIn(effects).refused > 0) {
      ear.hasLoss = true;
      this.#hasLoss = true;
    }
    for (const effect of effects) {
      if (effect.kind === 'submitJob') this.#onJob(sessionId, ear, effect.request);
      else if (effect.kind === 'ended') {
        ear.isOver = true;
        if (effect.reason !== 'socket_lost') this.#checkSpent(sessionId, ear);
      }
    }
  }

  #onBreakage(detail: string): void {
    for (const [sessionId, ear] of this.#ears) {
      if (!detail.includes(sessionId)) continue;
      ear.isOver = true;
      this.#hasLoss = true;
    }
  }

  #hear(ear: Ear, message: SessionClientMessage): void {
    if (message.type === 'session_close') ear.isClosing = true;
    if (message.type !== 'audio_chunk' && message.type !== 'utterance') return;
    if (message.type === 'utterance') {
      if (ear.indices.has(message.utterance_index)) return;
      ear.indices.add(message.utterance_index);
    }
    const { audio } = message;
    if (audio === null || audio.isSilent) return;
    for (const { speaker, piece } of this.#read(audio.encoding, audio.bytes, 'a message')) {
      if (speaker !== ear.speaker) throw new Breach('I8', `speaker ${speaker} got into another's session`);
      if (!this.#used.has(`${speaker}/${piece}`)) ear.pending.add(piece);
    }
  }

  #onJob(sessionId: string, ear: Ear, request: JobRequest): void {
    const { jobId } = request;
    let last = 0;
    let digest = '';
    this.#jobMs += request.audioMs;
    for (const { bytes, encoding } of request.audio) {
      for (const { speaker, piece, isSilent } of this.#read(encoding, bytes, jobId)) {
        if (speaker !== ear.speaker) throw new Breach('I5', `${jobId} holds audio of speaker ${speaker}`);
        if (piece <= last) throw new Breach('I5', `${jobId} holds piece ${piece} after ${last}`);
        last = piece;
        digest += ` ${speaker}/${piece}`;
        if (isSilent) continue;
        if (this.#used.has(`${speaker}/${piece}`)) {
          throw new Breach('I5', `${jobId} of ${sessionId} holds piece ${piece} a second time`);
        }
        this.#used.add(`${speaker}/${piece}`);
        ear.pending.delete(piece);
      }
    }
    this.#jobs.set(jobId, digest);
  }

  #onNode({ node, message }: Extract<Observation, { kind: 'nodeSaw' }>): void {
    switch (message.type) {
      case 'job_assign':
        if (message.open === true) this.#heard.set(heardKey(node, message), this.#digestOf(message));
        else this.#checkHeard(message, this.#digestOf(message));
        break;
      case 'audio_append': {
        const key = heardKey(node, message);
        this.#heard.set(key, (this.#heard.get(key) ?? '') + this.#digestOf(message));
        break;
      }
      case 'audio_end':
        this.#checkHeard(message, this.#heard.get(heardKey(node, message)) ?? '');
        break;
      default:
    }
  }

  #digestOf({ job_id, audio }: JobAssign | AudioAppend): string {
    let digest = '';
    for (const { bytes, encoding } of audio) {
      for (const { speaker, piece } of this.#read(encoding, bytes, job_id)) digest += ` ${speaker}/${piece}`;
    }
    return digest;
  }

  #checkHeard({ job_id }: JobAssign | AudioEnd, digest: string): void {
    const jobId = job_id.split('~', 1)[0] ?? '';
    if (digest !== this.#jobs.get(jobId))
      throw new Breach('I5', `a node got other audio than ${jobId} holds`);
  }

  #checkSpent(sessionId: string, { pending, hasLoss }: Ear): void {
    if (pending.size === 0 || hasLoss) return;
    const [first] = pending;
    throw new Breach('I5', `${sessionId} lost ${pending.size} pieces of speech, the first is ${first}`);
  }

  #read(encoding: 'opus' | 'pcm16', bytes: Uint8Array, where: string): readonly TaggedStretch[] {
    const stretches = readTaggedAudio(encoding, bytes);
    if (stretches === null) throw new Breach('I5', `${where} holds broken audio`);
    return stretches;
  }

  #earOf(sessionId: string, traceId: string): Ear {
    let ear = this.#ears.get(sessionId);
    if (ear === undefined) {
      ear = {
        speaker: speakerOf(traceId),
        pending: new Set(),
        indices: new Set(),
        isClosing: false,
        isOver: false,
        hasLoss: false,
      };
      this.#ears.set(sessionId, ear);
    }
    return ear;
  }
}

/** Clients put their name into their trace id, and their number ends it. */
const speakerOf = (traceId: string): number => Number(traceId.split('-').at(-1));

const heardKey = (node: string, { job_id, attempt_id }: JobAssign | AudioAppend | AudioEnd): string =>
  `${node} ${job_id}/${attempt_id}`;
