import type { AudioAppend, AudioEnd, JobCancel } from '#protocol/node-server-messages.ts';
import type { Appointment } from '../agenda.ts';
import type { Habitat } from '../habitat.ts';
import type { Wire } from '../observations.ts';
import type { Random } from '../random.ts';
import { type Conduct, drawConduct, FAILURE_CODES } from './conduct.ts';
import type { NodeTraits } from './traits.ts';
import { EMPTY_RESULTS, failedResult, goodResult, lackingResult } from './wire.ts';

interface HeldJob {
  readonly job: Wire;
  /** Null = nothing will ever come of it, or its audio is still being spoken. */
  readonly work: Appointment | null;
  readonly open?: OpenEar;
}

/** What has come of a job that is still being spoken. */
interface OpenEar {
  readonly conduct: Conduct;
  audioMs: number;
  lastSeq: number;
}

interface BenchLinks {
  /** False when it could not be said. */
  say(type: string, job: Wire, fields: object): boolean;
  crash(): void;
  foreignAnswer(job: Wire): void;
}

const PROGRESS_EVERY_MS = 2000;
const REJECT_REASONS = ['full', 'draining', 'unsupported', 'overloaded'] as const;

/** A slow answer, compared with a usual one: beyond most deadlines, within some. */
const SLOW_FACTOR = 12;
const SLOW_MS = 4000;

/** What one node does with its jobs, each by a conduct that is drawn when the job comes. */
export class JobBench {
  readonly #habitat: Habitat;
  readonly #random: Random;
  readonly #traits: NodeTraits;
  readonly #links: BenchLinks;
  readonly #held = new Map<string, HeldJob>();
  /** Of this process's life: what it will refuse, or ignore, when it comes again. */
  readonly #knownJobs = new Set<string>();
  readonly #knownUtterances = new Set<string>();
  /** Answers that were ready while there was no socket. */
  #kept: { readonly job: Wire; readonly fields: object }[] = [];
  #serial = 0;
  #revision = 0;
  /** Until then it fails every job at once. */
  failsUntilMs = 0;

  constructor(habitat: Habitat, random: Random, traits: NodeTraits, links: BenchLinks) {
    this.#habitat = habitat;
    this.#random = random;
    this.#traits = traits;
    this.#links = links;
  }

  get runningCount(): number {
    return this.#held.size;
  }

  /** A new dispatcher may have given it the very attempt that another node had before. */
  holds(job: Wire): boolean {
    return this.#held.has(keyOf(job));
  }

  take(job: Wire, audioMs: number): void {
    if (this.#isRepeat(job)) return;
    if (this.#habitat.agenda.nowMs < this.failsUntilMs) {
      if (this.#traits.acknowledges) this.#acknowledge(job);
      this.#handIn(job, failedResult('PROCESSING_ERROR', 'broken'));
      return;
    }
    const conduct = drawConduct(this.#habitat, this.#random, this.#traits);
    if (this.#traits.acknowledges && conduct !== 'job_reject') this.#acknowledge(job);
    if (conduct !== 'answer') this.#habitat.noteFault(conduct, this.#traits.name);
    const key = keyOf(job);
    if (conduct === 'job_reject') {
      this.#reject(job);
      return;
    }
    if (this.#traits.sendsProgress && conduct !== 'job_hang') this.#sayProgress(key);
    if (job.open === true) this.#listen(job, { conduct, audioMs, lastSeq: 0 });
    else this.#begin(job, conduct, audioMs);
  }

  /** More of an open job, or its end. A hole in it and the job is no use. */
  hear(message: AudioAppend | AudioEnd): void {
    const key = `${message.job_id}/${message.attempt_id}`;
    const held = this.#held.get(key);
    if (held?.open === undefined) return;
    const { job, open } = held;
    if (message.seq !== open.lastSeq + 1) {
      this.#held.delete(key);
      this.#handIn(job, failedResult('PROCESSING_ERROR', 'a hole in the audio'));
      return;
    }
    open.lastSeq = message.seq;
    if (message.type === 'audio_end') {
      this.#begin(job, open.conduct, open.audioMs);
      return;
    }
    open.audioMs += message.audio.reduce((sum, { durationMs }) => sum + durationMs, 0);
    if (this.#traits.sendsPartials) this.#sayPartial(key);
  }

  /** The rest of what is being spoken will come on no other socket. */
  socketLost(): void {
    for (const [key, { open }] of this.#held) if (open !== undefined) this.#held.delete(key);
  }

  /** Some nodes fail, answer or die before the person has finished. */
  #listen(job: Wire, open: OpenEar): void {
    const key = keyOf(job);
    this.#held.set(key, { job, work: null, open });
    const isHasty =
      ['job_failure', 'job_twice', 'job_crash'].includes(open.conduct) && this.#random.happens(0.5);
    if (!isHasty) return;
    this.#habitat.agenda.after(this.#random.real(50, 1500), `${this.#traits.name} is hasty`, () => {
      if (this.#held.get(key)?.open === undefined) return;
      if (open.conduct === 'job_twice') {
        this.#links.say('job_result', job, this.inventResult(job));
        return;
      }
      this.#held.delete(key);
      this.#finish(job, open.conduct);
    });
  }

  #begin(job: Wire, conduct: Conduct, audioMs: number): void {
    const key = keyOf(job);
    if (conduct === 'job_hang') {
      this.#held.set(key, { job, work: null });
      return;
    }
    const workMs = this.#workMs(conduct, audioMs);
    const { agenda } = this.#habitat;
    if (this.#traits.sendsPartials) {
      for (const share of [0.3, 0.6, 0.9]) {
        agenda.after(workMs * share, `${this.#traits.name} hears`, () => this.#sayPartial(key));
      }
    }
    const work = agenda.after(workMs, `${this.#traits.name} is done`, () => {
      this.#held.delete(key);
      this.#finish(job, conduct);
    });
    this.#held.set(key, { job, work });
  }

  /** Some agents stop and say so, some stop and fail the job, some say nothing; and some do not hear. */
  cancel({ job_id, attempt_id }: JobCancel): void {
    for (const [key, { job, work }] of this.#held) {
      if (job.job_id !== job_id || (attempt_id !== undefined && job.attempt_id !== attempt_id)) continue;
      if (work !== null && this.#habitat.happens('job_deaf_to_cancel', this.#traits.name)) continue;
      work?.cancel();
      this.#held.delete(key);
      if (this.#traits.answersCancel) this.#links.say('job_cancelled', job, {});
      else if (this.#random.happens(0.5)) {
        this.#links.say('job_result', job, failedResult('PROCESSING_ERROR', 'aborted'));
      }
    }
  }

  /** The socket is back: some agents hand in what they finished meanwhile, some have thrown it away. */
  handInKept(): void {
    const kept = this.#kept;
    this.#kept = [];
    for (const { job, fields } of kept) {
      if (this.#random.happens(0.7)) this.#links.say('job_result', job, fields);
    }
  }

  /** The faults are over: what hangs is given up by the process, without a word. */
  heal(): void {
    this.failsUntilMs = 0;
    for (const [key, { work, open }] of this.#held)
      if (work === null && open === undefined) this.#held.delete(key);
  }

  /** The process died. */
  clear(): void {
    for (const { work } of this.#held.values()) work?.cancel();
    this.#held.clear();
    this.#kept = [];
    this.#knownJobs.clear();
    this.#knownUtterances.clear();
  }

  /** Every answer has words of its own, so that it can be told which one was shown. */
  inventResult(job: Wire): object {
    this.#serial += 1;
    return goodResult(`${this.#traits.name} ${job.job_id}/${job.attempt_id} #${this.#serial}`);
  }

  #workMs(conduct: Conduct, audioMs: number): number {
    const { startMs, msPerAudioSecond } = this.#traits;
    const usualMs = (startMs + (audioMs / 1000) * msPerAudioSecond) * this.#random.real(0.6, 1.6);
    return conduct === 'job_slow' ? usualMs * SLOW_FACTOR * this.#random.real(0.2, 1) + SLOW_MS : usualMs;
  }

  #isRepeat(job: Wire): boolean {
    const utterance = `${job.session_id} ${job.utterance_index}`;
    const isKnownJob = this.#knownJobs.has(String(job.job_id));
    const isKnownUtterance = this.#knownUtterances.has(utterance);
    this.#knownJobs.add(String(job.job_id));
    this.#knownUtterances.add(utterance);
    if (!isKnownJob && !(isKnownUtterance && this.#traits.refusesRepeats)) return false;
    if (this.#traits.refusesRepeats) {
      const message = isKnownJob ? 'DUPLICATE_JOB_ID' : 'DUPLICATE_UTTERANCE_INDEX';
      this.#links.say('job_result', job, failedResult('PROCESSING_ERROR', message));
    }
    return true;
  }

  #acknowledge(job: Wire): void {
    this.#links.say('job_ack', job, {});
    if (this.#random.happens(0.5)) this.#links.say('job_started', job, {});
  }

  #reject(job: Wire): void {
    const reason = this.#random.pick(REJECT_REASONS);
    const running = this.#held.size;
    const free = reason === 'unsupported' ? Math.max(0, this.#traits.capacity - running) : 0;
    this.#links.say('job_reject', job, { reason, running_jobs: running, free_slots: free });
  }

  /** Until the work is done. */
  #sayProgress(key: string): void {
    const { agenda } = this.#habitat;
    agenda.after(PROGRESS_EVERY_MS, `${this.#traits.name} is at it`, () => {
      const held = this.#held.get(key);
      if (held === undefined) return;
      this.#links.say('job_progress', held.job, { stage: this.#random.pick(['asr', 'nmt', 'tts']) });
      this.#sayProgress(key);
    });
  }

  #sayPartial(key: string): void {
    const held = this.#held.get(key);
    if (held === undefined) return;
    this.#links.say('asr_partial', held.job, {
      text: 'half of it',
      is_final: false,
      ...(this.#traits.features?.includes('partials') === true ? this.#toldApart() : {}),
    });
  }

  /** Some nodes take back what they called settled. */
  #toldApart(): object {
    this.#revision += 1;
    const settled = this.#random.pick(['half', 'half of', 'calf']);
    const tentative = settled === 'half of' ? ' it' : ' of it';
    return { revision: this.#revision, settled, tentative };
  }

  #finish(job: Wire, conduct: Conduct): void {
    switch (conduct) {
      case 'job_crash':
        this.#links.crash();
        return;
      case 'job_failure':
        this.#handIn(job, failedResult(this.#random.pick(FAILURE_CODES)));
        return;
      case 'job_lacks_model':
        this.#handIn(job, lackingResult(this.#random.pick(['asr', 'nmt', 'tts'])));
        return;
      case 'job_empty':
        this.#handIn(job, this.#random.pick(EMPTY_RESULTS));
        return;
      case 'job_unreadable':
        this.#handIn(job, { ...this.inventResult(job), tts_audio: 'no base64' });
        return;
      case 'job_stale':
        this.#links.say('job_result', job, {
          ...this.inventResult(job),
          attempt_id: Number(job.attempt_id) + (this.#random.happens(0.5) ? 7 : -1),
        });
        break;
      case 'job_foreign':
        this.#links.foreignAnswer(job);
        break;
      default:
    }
    this.#handIn(job, this.inventResult(job));
    if (conduct !== 'job_twice') return;
    const afterMs = this.#random.pick([0, 5, 500, 6000]);
    this.#habitat.agenda.after(afterMs, `${this.#traits.name} answers again`, () => {
      this.#links.say('job_result', job, this.inventResult(job));
    });
  }

  #handIn(job: Wire, fields: object): void {
    if (!this.#links.say('job_result', job, fields)) this.#kept.push({ job, fields });
  }
}

const keyOf = (job: Wire): string => `${job.job_id}/${job.attempt_id}`;
