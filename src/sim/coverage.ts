import type { JobRequest } from '#core/jobs/job-request.ts';
import { FAULT_NAMES } from './faults.ts';
import type { DispatcherStep, Observation, SessionStep } from './observations.ts';

/**
 * How often each fault struck and each transition of a state was taken. A run that never went somewhere says nothing about
 * it, so what must occur is listed here and its absence is reported [SIM11].
 */
export class Coverage {
  readonly counts = new Map<string, number>();
  /** Of sessions, nodes, jobs and attempts, each by its own record. */
  readonly #phases = new Map<object, string>();
  readonly #jobs = new Map<string, object>();

  note(what: string, times = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + times);
  }

  observe(observation: Observation): void {
    switch (observation.kind) {
      case 'fault':
        this.note(`fault ${observation.fault}`);
        break;
      case 'intrusion':
        this.note('intrusion');
        break;
      case 'clientOffline':
        this.note(`client closed ${observation.code}`);
        break;
      case 'nodeOffline':
        this.note(`node closed ${observation.code}`);
        break;
      case 'nodeSaw':
        if (observation.message.type === 'job_assign' && observation.message.open === true) {
          this.note('node heard open job_assign');
        }
        if (observation.message.type.startsWith('audio_'))
          this.note(`node heard ${observation.message.type}`);
        break;
      case 'clientSaw':
        this.#onClientSaw(observation);
        break;
      case 'sessionStep':
        this.#onSession(observation);
        break;
      case 'dispatcherStep':
        this.#onDispatcher(observation);
        break;
      default:
    }
  }

  /** The process's own counters: one line for each name and label. */
  addCounts(counts: ReadonlyMap<string, number>): void {
    for (const [key, times] of counts) if (COUNTED.test(key)) this.note(key, times);
  }

  /** What only clients hear that asked for something. */
  #onClientSaw({ client, message }: Extract<Observation, { kind: 'clientSaw' }>): void {
    if (!client.startsWith('sdk-')) return;
    this.note(`wish ${message.type}`);
    if (message.type === 'notice') this.note(`notice ${message.kind}`);
  }

  #onSession({ state }: SessionStep): void {
    this.#move('session', state, state.phase);
  }

  #onDispatcher({ state, event, effects }: DispatcherStep): void {
    for (const node of state.registry.nodes.values()) this.#move('node', node, node.status);
    this.#onNodeRecords(state);
    if (event.kind === 'jobSubmitted') this.#noteJob(state, event.request.jobId);
    for (const job of state.jobs.values()) {
      this.#move('job', job, job.phase);
      for (const attempt of job.attempts) this.#move('attempt', attempt, attempt.phase);
    }
    for (const effect of effects) {
      if (effect.kind !== 'tellSession' || effect.event.kind !== 'jobEnded') continue;
      this.#move('job', this.#jobs.get(effect.event.jobId) ?? {}, 'ended');
      this.#jobs.delete(effect.event.jobId);
    }
  }

  /** Ejections and marks end by time or by word of the node: seen by what was there a step ago. */
  #onNodeRecords({ registry }: DispatcherStep['state']): void {
    for (const node of registry.nodes.values()) {
      this.#move('ejection', node.faults, node.faults.ejectedUntilAtMs === null ? 'out' : 'in');
      this.#move('mark', node.marks, node.lackingTypes === 0 ? 'out' : 'in');
    }
  }

  #noteJob({ jobs }: DispatcherStep['state'], jobId: JobRequest['jobId']): void {
    const job = jobs.get(jobId);
    if (job !== undefined) this.#jobs.set(jobId, job);
  }

  #move(kind: string, record: object, to: string): void {
    const from = this.#phases.get(record);
    if (from === to) return;
    this.#phases.set(record, to);
    this.note(`${kind} ${from ?? 'new'} > ${to}`);
  }
}

/** Counters whose labels tell of decisions; the rest are volumes. */
const COUNTED =
  /^(utterances_|sessions_ended|jobs_ended|attempts_|results_|audio_|seq_|empty_finals|outcomes_|utterance_index|identity|nodes_re|no_available|store_failures|slow_readers|backpressure|connections_closed_by_us|messages_held|frames_malformed|frames_ignored|sessions_re|sessions_away|reading_paused|open_jobs)/;

const labelled = (name: string, label: string, values: readonly string[]): readonly string[] =>
  values.map((value) => `${name} ${label}=${value}`);

/** What a long enough run must have seen. */
const MUST_OCCUR: readonly string[] = [
  ...FAULT_NAMES.map((name) => `fault ${name}`),
  'intrusion',
  'world calm',
  'world with faults',
  'world tight',
  'world unhurried',
  'world drained',
  ...['new > live', 'live > closing', 'live > draining', 'live > ended', 'closing > ended'].map(
    (move) => `session ${move}`,
  ),
  ...[
    'new > waiting',
    'new > offering',
    'unheard > offering',
    'unheard > waiting',
    'running > unheard',
    'waiting > offering',
    'waiting > ended',
    'offering > running',
    'running > offering',
    'running > waiting',
    'running > ended',
  ].map((move) => `job ${move}`),
  ...[
    'new > offering',
    'offering > sent',
    'sent > acked',
    'sent > zombie',
    'sent > ended',
    'acked > started',
    'acked > zombie',
    'started > zombie',
    'zombie > ended',
  ].map((move) => `attempt ${move}`),
  ...[
    'new > registering',
    'registering > ready',
    'ready > degraded',
    'ready > offline',
    'degraded > ready',
    'offline > registering',
    'ready > draining',
    'draining > registering',
  ].map((move) => `node ${move}`),
  ...['ejection out > in', 'ejection in > out', 'mark out > in', 'mark in > out'],
  ...labelled('utterances_cut_total', 'reason', [
    'manual',
    'pause',
    'gap',
    'max_duration',
    'close',
    'utterance',
  ]),
  ...labelled('sessions_ended_total', 'reason', ['closed', 'socket_lost', 'drained', 'failed']),
  ...labelled('jobs_ended_total', 'outcome', [
    'result',
    'silence',
    'no_capacity',
    'node_failed',
    'timeout',
    'order_timeout',
    'rejected',
    'cancelled',
    'session_closed',
  ]),
  ...labelled('attempts_started_total', 'why', ['first', 'failover', 'hedge', 'retry']),
  ...labelled('attempts_ended_total', 'how', [
    'won',
    'failed',
    'rejected',
    'no_progress',
    'no_ack',
    'hung',
    'lost',
    'taken_over',
    'superseded',
    'cancelled',
  ]),
  ...labelled('results_dropped_total', 'why', ['late', 'stale', 'foreign', 'duplicate']),
  ...labelled('audio_discarded_ms_total', 'reason', ['silence', 'cancelled', 'shed']),
  'utterances_shed_total',
  'backpressure_sent_total',
  ...['asr_partial', 'notice', 'error', 'session_configured'].map((type) => `wish ${type}`),
  ...['queued', 'capacity', 'shed', 'slow_down', 'node_lost', 'draining'].map((kind) => `notice ${kind}`),
  'node heard open job_assign',
  'node heard audio_append',
  'node heard audio_end',
  'open_jobs_refused_total',
  'seq_repeats_total',
  'seq_gaps_total',
  'empty_finals_total',
  'utterance_index_repeats_total',
  ...labelled('identity_refused_total', 'side', ['session', 'node']),
  ...labelled('nodes_registered_total', 'how', ['new', 'return', 'takeover']),
  ...labelled('nodes_refused_total', 'code', [
    'INVALID_CAPABILITY_SCHEMA',
    'NO_GPU_AVAILABLE',
    'NODE_ID_CONFLICT',
  ]),
  ...labelled('no_available_node_total selector=types', 'reason', [
    'capacity_exceeded',
    'excluded',
    'service_unavailable',
  ]),
  'sessions_replaced_total',
  'sessions_away_total',
  'sessions_resumed_total',
  'outcomes_never_fetched_total',
  'sessions_refused_total reason=resume_expired',
  'results_resent_total form=whole',
  'reading_paused_total side=session',
  'slow_readers_total side=session',
  'slow_readers_total side=node',
  'connections_closed_by_us_total side=session code=4004',
  'connections_closed_by_us_total side=session code=4008',
  'connections_closed_by_us_total side=session code=4011',
  'connections_closed_by_us_total side=session code=1011',
  'connections_closed_by_us_total side=node code=1011',
  'connections_closed_by_us_total side=node code=4004',
  'connections_closed_by_us_total side=node code=4008',
  'connections_closed_by_us_total side=node code=4012',
  'frames_malformed_total side=session',
  'frames_malformed_total side=node',
];

/** What of it a run has not seen. */
export const missingFrom = (counts: ReadonlyMap<string, number>): readonly string[] =>
  MUST_OCCUR.filter((what) => !counts.has(what));
