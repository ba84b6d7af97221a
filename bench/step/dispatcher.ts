import { seededChance } from '#core/chance.ts';
import { type DispatcherState, newDispatcher, stepDispatcher } from '#core/jobs/dispatcher.ts';
import type { DispatcherEffect, DispatcherEvent } from '#core/jobs/dispatcher-contract.ts';
import { timerKey } from '#core/jobs/dispatcher-timers.ts';
import { defaultDispatchSettings } from '#core/settings.ts';
import type { AudioPiece } from '#protocol/audio.ts';
import { asJobId, asNodeId, asSessionId, type ConnectionId, type InstanceId } from '#protocol/ids.ts';
import type { NodeAgentMessage } from '#protocol/messages.ts';
import type { JobAssign } from '#protocol/node-server-messages.ts';
import type { Way } from '../harness/alternate.ts';
import { nodeHeartbeat, nodeRegister } from '../pipeline/load.ts';

const PLACES = 4;
/** Share of all places that is taken while it is measured. */
const LOAD = 0.5;
/** How long a job takes; by it the clock goes on from job to job. */
const JOB_MS = 2000;
const SLOW_START_STAGES = 3;
const SLOW_START_STAGE_MS = 5000;
const SESSION_COUNT = 640;
/** A connection is named after its node. */
const CONNECTION = 'conn-';
const WALL_AHEAD_MS = 1_790_000_000_000;
const AUDIO: readonly AudioPiece[] = [
  { encoding: 'opus', bytes: new Uint8Array(7200), durationMs: 3000, sampleRateHz: 16_000, isSilent: false },
];

interface Held {
  readonly connectionId: ConnectionId;
  readonly nodeId: string;
  readonly assign: JobAssign;
}

/** A dispatcher with its nodes, half of their places taken. Effects are looked at and dropped. */
class Fleet {
  readonly #state: DispatcherState;
  /** Jobs that run, as a ring: the next one takes the place of the oldest, which ends in the same call. */
  readonly #running: Held[] = [];
  #atMs = 0;
  #jobCount = 0;
  readonly #jobGapMs: number;

  constructor(nodeCount: number) {
    let ids = 0;
    const next = (): string => {
      ids += 1;
      return ids.toString(16).padStart(32, '0');
    };
    this.#state = newDispatcher(defaultDispatchSettings, {
      chance: seededChance(1),
      ids: { next, uuid: next },
      owner: 'inst-1' as InstanceId,
    });
    const nodeIds = Array.from({ length: nodeCount }, (_, at) => `node-${at}`);
    for (const nodeId of nodeIds) this.#join(nodeId);
    for (let stage = 0; stage < SLOW_START_STAGES; stage += 1) {
      this.#atMs += SLOW_START_STAGE_MS;
      for (const nodeId of nodeIds)
        this.#step({ kind: 'timerFired', key: timerKey({ kind: 'slowStart', nodeId: asNodeId(nodeId) }) });
    }
    const runningCount = nodeCount * PLACES * LOAD;
    this.#jobGapMs = JOB_MS / runningCount;
    while (this.#running.length < runningCount) this.#running.push(this.#submit());
  }

  /** The oldest job ends (result, told to its session) and one begins (submitted, offered, accepted). */
  job(): readonly DispatcherEffect[] {
    this.#atMs += this.#jobGapMs;
    const at = this.#jobCount % this.#running.length;
    const held = this.#running[at];
    if (held === undefined) throw new Error('no job runs');
    this.#running[at] = this.#submit();
    const { job_id, attempt_id, session_id, utterance_index, trace_id } = held.assign;
    const effects = this.#say(held.connectionId, {
      type: 'job_result',
      job_id,
      attempt_id,
      node_id: held.nodeId,
      session_id,
      utterance_index,
      success: true,
      text_asr: 'Guten Tag, wie geht es dir, Günter?',
      text_translated: 'Good afternoon, how are you?',
      trace_id,
    });
    if (!effects.some((effect) => effect.kind === 'tellSession' && effect.event.kind === 'jobEnded'))
      throw new Error('the job did not end');
    return effects;
  }

  #submit(): Held {
    this.#jobCount += 1;
    const effects = this.#step({
      kind: 'jobSubmitted',
      request: {
        jobId: asJobId(`job-${this.#jobCount}`),
        sessionId: asSessionId(`s-${this.#jobCount % SESSION_COUNT}`),
        tenant: 'default',
        utteranceIndex: this.#jobCount,
        srcLang: 'zh',
        tgtLang: 'en',
        pipeline: { use_asr: true, use_nmt: true, use_tts: true },
        audio: AUDIO,
        encoding: 'opus',
        sampleRateHz: 16_000,
        audioMs: 3000,
        audioBytes: 7200,
        cut: 'manual',
        audioStartMs: 0,
        cutFlags: 'manual',
        traceId: 'trace-1',
        priority: 2,
      },
    });
    for (const effect of effects) {
      if (effect.kind !== 'sendNode' || effect.message.type !== 'job_assign') continue;
      if (effect.offer === undefined) throw new Error('a job without an offer');
      this.#step({ kind: 'offerAnswered', ...effect.offer, answer: 'accepted' });
      const { connectionId, message: assign } = effect;
      return { connectionId, nodeId: connectionId.slice(CONNECTION.length), assign };
    }
    throw new Error('the job found no node');
  }

  #join(nodeId: string): void {
    const connectionId = `${CONNECTION}${nodeId}` as ConnectionId;
    const principal = {
      kind: 'node',
      tenant: 'default',
      subject: '',
      scopes: [],
      isAnonymous: true,
    } as const;
    this.#step({ kind: 'nodeConnected', connectionId, principal });
    this.#say(connectionId, { ...nodeRegister(nodeId), max_concurrent_jobs: PLACES } as NodeAgentMessage);
    this.#say(connectionId, nodeHeartbeat(nodeId) as NodeAgentMessage);
  }

  #say(connectionId: ConnectionId, message: NodeAgentMessage): readonly DispatcherEffect[] {
    return this.#step({ kind: 'nodeMessage', connectionId, message });
  }

  #step(event: DispatcherEvent): readonly DispatcherEffect[] {
    return stepDispatcher(this.#state, event, { atMs: this.#atMs, wallMs: this.#atMs + WALL_AHEAD_MS });
  }
}

/** A job from its submission to its end, among so many nodes at work. */
export const jobWay = (nodeCount: number): Way => {
  const fleet = new Fleet(nodeCount);
  return () => fleet.job();
};
