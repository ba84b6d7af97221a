import type { JobOutcome } from '#core/jobs/job-outcome.ts';
import type { JobResult } from '#protocol/node-agent-messages.ts';
import type { JobAssign } from '#protocol/node-server-messages.ts';
import type { TranslationResult } from '#protocol/session-server-messages.ts';
import type { DispatcherStep, Observation, SessionStep } from '../observations.ts';
import { Breach } from './breach.ts';
import type { Checker } from './checker.ts';

/** At most so many attempts of a job are live. */
const LIVE_MAX = 2;

type Verdict = 'good' | 'silence' | 'no';

/** What a result means for its job, judged by the wire alone. */
const verdictOf = ({ success, error, extra, text_asr, text_translated, tts_audio }: JobResult): Verdict => {
  if (!success && `${error?.code} ${error?.message}`.includes('DUPLICATE_')) return 'no';
  if (extra?.reason === 'ASR_EMPTY' || extra?.reason === 'NO_TEXT_ASSIGNED') return 'silence';
  if (!success) return 'no';
  const hasText = `${text_asr ?? ''}${text_translated ?? ''}`.trim() !== '';
  return hasText || (tts_audio?.rawBytes ?? 0) > 0 ? 'good' : 'silence';
};

/**
 * I4: while a job is open the first good result of any attempt that was really made wins, whoever else is still at it; after
 * its end nothing counts; what a listener sees is what won, word for word.
 */
export class FirstResultChecker implements Checker {
  readonly #openJobs = new Set<string>();
  /** Node by connection, and its present connection: from what the scheduler told it. */
  readonly #nodeByConnection = new Map<string, string>();
  readonly #connectionByNode = new Map<string, string>();
  /** The scheduler's name of the job, by node, wire name and attempt; gone once answered. */
  readonly #assigned = new Map<string, string>();
  /** Those among them that were not told the end of the audio: what they answer is no answer [CAP6]. */
  readonly #halfFed = new Set<string>();
  /** Over all dispatchers there were; a new one begins anywhere above. */
  readonly #lastAttempt = new Map<string, number>();
  readonly #numberedNow = new Set<string>();
  /** What ended a job: words, or null for none. */
  readonly #words = new Map<string, string | null>();

  observe(observation: Observation): void {
    if (observation.kind === 'dispatcherStep') this.#onDispatcher(observation);
    else if (observation.kind === 'sessionStep') this.#onSession(observation);
    else if (observation.kind === 'clientSaw' && observation.message.type === 'translation_result') {
      this.#checkWords(observation.message);
    }
  }

  #onDispatcher(step: DispatcherStep): void {
    const { event } = step;
    const claim = event.kind === 'nodeMessage' ? this.#claimOf(event.connectionId, event.message) : null;
    if (event.kind === 'started') this.#forget();
    if (event.kind === 'jobSubmitted') this.#openJobs.add(event.request.jobId);
    const ended = this.#endingsOf(step);
    if (claim !== null) {
      const outcome = ended.get(claim.jobId);
      if (claim.verdict === 'good' && wordsOf(outcome) !== claim.words) {
        throw new Breach('I4', `${claim.jobId} did not take the first good result`);
      }
      if (claim.verdict === 'silence' && outcome?.kind !== 'silence') {
        throw new Breach('I4', `${claim.jobId} did not take the news that nothing was heard`);
      }
    }
    for (const [jobId, outcome] of ended) {
      if (outcome.kind !== 'missing' && claim?.jobId !== jobId) {
        throw new Breach('I4', `${jobId} took a result that none of its attempts gave`);
      }
    }
    this.#noteEffects(step);
    this.#checkLive(step);
  }

  /** A dispatcher that begins knows neither nodes nor attempts, and no node knows it. */
  #forget(): void {
    this.#openJobs.clear();
    this.#nodeByConnection.clear();
    this.#connectionByNode.clear();
    this.#assigned.clear();
    this.#halfFed.clear();
    this.#numberedNow.clear();
  }

  /** The open job that this message ends, if it comes from an attempt that was made there and was not answered. */
  #claimOf(
    connectionId: string,
    message: Extract<DispatcherStep['event'], { kind: 'nodeMessage' }>['message'],
  ): { readonly jobId: string; readonly verdict: Verdict; readonly words: string | null } | null {
    if (message.type !== 'job_result') return null;
    const node = this.#nodeByConnection.get(connectionId);
    if (node === undefined || this.#connectionByNode.get(node) !== connectionId) return null;
    if (message.node_id !== node) return null;
    const key = assignmentKey(node, message);
    const jobId = this.#assigned.get(key);
    if (jobId === undefined) return null;
    const verdict = verdictOf(message);
    if (verdict !== 'no' || !`${message.error?.message}`.includes('DUPLICATE_')) this.#assigned.delete(key);
    if (this.#halfFed.has(key) || !this.#openJobs.has(jobId) || verdict === 'no') return null;
    return { jobId, verdict, words: message.text_asr ?? '' };
  }

  #endingsOf({ effects }: DispatcherStep): Map<string, JobOutcome> {
    const ended = new Map<string, JobOutcome>();
    for (const effect of effects) {
      if (effect.kind !== 'tellSession' || effect.event.kind !== 'jobEnded') continue;
      const { jobId, outcome } = effect.event;
      ended.set(jobId, outcome);
      if (!this.#openJobs.delete(jobId)) throw new Breach('I4', `${jobId} ended again`);
      this.#words.set(jobId, wordsOf(outcome));
    }
    return ended;
  }

  #noteEffects({ effects, event }: DispatcherStep): void {
    if (event.kind === 'nodeSocketClosed') {
      const node = this.#nodeByConnection.get(event.connectionId);
      if (node !== undefined && this.#connectionByNode.get(node) === event.connectionId) {
        this.#connectionByNode.delete(node);
      }
    }
    for (const effect of effects) {
      if (effect.kind !== 'sendNode') continue;
      const { connectionId, message, offer } = effect;
      if (message.type === 'node_register_ack') {
        this.#nodeByConnection.set(connectionId, message.node_id);
        this.#connectionByNode.set(message.node_id, connectionId);
      } else if (message.type === 'job_assign' && offer !== undefined) {
        this.#noteAssignment(connectionId, message, offer.jobId);
      } else if (message.type === 'audio_end') {
        this.#halfFed.delete(assignmentKey(this.#nodeByConnection.get(connectionId) ?? '', message));
      }
    }
  }

  #noteAssignment(connectionId: string, message: JobAssign, jobId: string): void {
    const node = this.#nodeByConnection.get(connectionId);
    if (node === undefined) throw new Breach('I4', `${jobId} was offered to a socket that is no node`);
    const last = this.#lastAttempt.get(jobId) ?? 0;
    const isNext = this.#numberedNow.has(jobId) ? message.attempt_id === last + 1 : message.attempt_id > last;
    if (!isNext) {
      throw new Breach('I4', `${jobId} has attempt ${message.attempt_id} after ${last}`);
    }
    this.#numberedNow.add(jobId);
    this.#lastAttempt.set(jobId, message.attempt_id);
    this.#assigned.set(assignmentKey(node, message), jobId);
    if (message.open === true) this.#halfFed.add(assignmentKey(node, message));
  }

  #checkLive({ state }: DispatcherStep): void {
    for (const { request, attempts } of state.jobs.values()) {
      const live = attempts.filter(({ phase }) => phase !== 'zombie' && phase !== 'ended');
      if (live.length > LIVE_MAX) throw new Breach('I4', `${request.jobId} has ${live.length} live attempts`);
      if (live.length === LIVE_MAX && live[0]?.nodeId === live[1]?.nodeId) {
        throw new Breach('I4', `${request.jobId} runs twice on one node`);
      }
    }
  }

  #onSession({ effects }: SessionStep): void {
    for (const effect of effects) {
      if (effect.kind === 'sendClient' && effect.message.type === 'translation_result') {
        this.#checkWords(effect.message);
      }
    }
  }

  #checkWords({ job_id, text_asr }: TranslationResult): void {
    if (this.#words.get(job_id) !== text_asr) {
      throw new Breach('I4', `a listener was shown other words than those that ended ${job_id}`);
    }
  }
}

const wordsOf = (outcome: JobOutcome | undefined): string | null =>
  outcome?.kind === 'result' ? (outcome.result.text_asr ?? '') : null;

const assignmentKey = (
  node: string,
  { job_id, attempt_id }: { readonly job_id: string; readonly attempt_id: number },
): string => `${node} ${job_id}/${attempt_id}`;
