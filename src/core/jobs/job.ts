import type { JobId, NodeId } from '#protocol/ids.ts';
import type { JobRejectReason, JobStage } from '#protocol/node-agent-messages.ts';
import type { MissingReason } from '#protocol/reasons.ts';
import type { Now } from '../clock.ts';
import type { Requirement } from '../nodes/requirements.ts';
import type { RefusalReason } from '../nodes/selection.ts';
import type { FairWait, WaitKind } from './fair-waits.ts';
import { type JobRecord, newJobRecord } from './job-history.ts';
import type { JobRequest } from './job-request.ts';

/**
 * `unheard`: it is open, and no node has it. `running`: some attempt was sent, or its answer is still awaited from a
 * node that changed its socket.
 */
export type JobPhase = 'unheard' | 'waiting' | 'offering' | 'running' | 'ended';
export type AttemptPhase = 'offering' | 'sent' | 'acked' | 'started' | 'zombie' | 'ended';
/** Why the attempt was made. */
export type AttemptWhy = 'first' | 'failover' | 'hedge' | 'retry';
/** How it stopped to be live. */
export type AttemptEnd =
  | 'won'
  | 'failed'
  | 'refused'
  | 'rejected'
  | 'unanswered_offer'
  | 'no_ack'
  | 'no_progress'
  | 'hung'
  | 'lost'
  | 'taken_over'
  | 'superseded'
  | 'cancelled';
/** What made a job look for another node. */
export type Loss = 'failed' | 'hung' | 'no_ack' | 'lost';

/** One try on one node. Attempts of a job are numbered 1, 2, 3…; an id is never used again [JOB4]. */
export interface Attempt {
  readonly attemptId: number;
  readonly nodeId: NodeId;
  /** The node's generation then: tells whether it has another socket now. */
  readonly generation: number;
  readonly why: AttemptWhy;
  /** The attempt that gives way as soon as this one is taken; null = none [JOB53]. */
  readonly replaces: number | null;
  /** The job's name on that node's wire [JOB26]. */
  readonly wireJobId: string;
  /** Time it gets from the moment it is sent. */
  deadlineMs: number;
  phase: AttemptPhase;
  /** A zombie after a takeover: the job waits for its answer before it looks elsewhere [JOB24]. */
  isAwaited: boolean;
  /** Its one result came. */
  hasAnswered: boolean;
  /** Why the node would not take it; null = it did not say so. */
  rejection: JobRejectReason | null;
  /** The last thing the node said it was at. */
  stage: JobStage | null;
  sentAtMs: number | null;
  sentWallMs: number | null;
  /** What is waited for while it is live. */
  readonly waits: Map<WaitKind, FairWait>;
  /** Null: it was given the whole audio. Else it is given it as it comes, and this is how far [CAP3]. */
  feed: AttemptFeed | null;
}

/** How much of an open job's audio an attempt has. */
export interface AttemptFeed {
  pieceCount: number;
  lastSeq: number;
  /** It has been told that there is no more. */
  isEnded: boolean;
}

/** One utterance in one language on its way through nodes. Its audio lives as long as this record [JOB30]. */
export interface Job {
  /** While it is open: as far as it is known. */
  request: JobRequest;
  requirement: Requirement;
  submittedAtMs: number;
  submittedWallMs: number;
  /** Its audio is still being spoken: it is in no queue, has no deadline and nobody is told of its end [CAP2]. */
  isOpen: boolean;
  /** What happened to it, for people who ask [JOB40]. */
  readonly record: JobRecord;
  phase: JobPhase;
  attempts: Attempt[];
  lastAttemptId: number;
  /** Any node may have had it, from a dispatcher that is no more: its names are used up [JOB90]. */
  readonly isReborn: boolean;
  /** Attempts that a link took and no node rejected. */
  sentCount: number;
  rejectedCount: number;
  retryCount: number;
  /** Answers of nodes that they could not do it. */
  failureCount: number;
  firstSentAtMs: number | null;
  lastSentWallMs: number | null;
  lastLoss: Loss | null;
  lastErrorCode: string | null;
  /** Why no node was found when last one was looked for. */
  lastRefusal: RefusalReason;
  /** Who would not take it, link or node, in the search for a node that goes on. */
  readonly refusedBy: Set<NodeId>;
  /** Its place in the queue and its longest stay there; kept while it is only offered in between. */
  queueTurn: number;
  waitUntilAtMs: number;
  /** Its session knows of this stay. */
  isWaitTold: boolean;
  isDispatchTold: boolean;
  isAcceptanceTold: boolean;
  /** Its node answered a later job and not this one, and another was asked for that [JOB45]. */
  isTriedBeside: boolean;
  /** How often it was said that results of later jobs of its session are held because of it [JOB17, JOB53]. */
  hastenings: number;
}

/** What is remembered of an ended job: whose results to expect and drop, and its record. No audio. */
export interface EndedJob {
  readonly jobId: JobId;
  readonly attempts: readonly Attempt[];
  readonly outcome: 'result' | 'silence' | MissingReason;
  readonly record: JobRecord;
}

const JOB_MOVES: Readonly<Record<JobPhase, readonly JobPhase[]>> = {
  unheard: ['offering', 'waiting', 'ended'],
  waiting: ['offering', 'ended'],
  offering: ['unheard', 'waiting', 'running', 'ended'],
  running: ['unheard', 'offering', 'waiting', 'ended'],
  ended: [],
};

const ATTEMPT_MOVES: Readonly<Record<AttemptPhase, readonly AttemptPhase[]>> = {
  offering: ['sent', 'zombie', 'ended'],
  sent: ['acked', 'started', 'zombie', 'ended'],
  acked: ['started', 'zombie', 'ended'],
  started: ['zombie', 'ended'],
  zombie: ['ended'],
  ended: [],
};

/** Staying where it is, is no move. Any other way than the table's is a fault of ours and throws [JOB29]. */
export const moveJob = (job: Job, to: JobPhase): void => {
  if (job.phase === to) return;
  if (!JOB_MOVES[job.phase].includes(to)) throw new Error(`job may not go from ${job.phase} to ${to}`);
  job.phase = to;
};

export const moveAttempt = (attempt: Attempt, to: AttemptPhase): void => {
  if (attempt.phase === to) return;
  if (!ATTEMPT_MOVES[attempt.phase].includes(to)) {
    throw new Error(`attempt may not go from ${attempt.phase} to ${to}`);
  }
  attempt.phase = to;
};

/** More numbers than one dispatcher can give to the attempts of a job, refused offers included. */
const ATTEMPT_IDS_OF_A_LIFE = 100_000;

/** `outlived`: dispatchers that had it before and failed, with all they knew of its attempts. */
export const newJob = (request: JobRequest, requirement: Requirement, now: Now, outlived = 0): Job => ({
  request,
  requirement,
  submittedAtMs: now.atMs,
  submittedWallMs: now.wallMs,
  record: newJobRecord(request, now),
  isOpen: false,
  phase: 'waiting',
  attempts: [],
  lastAttemptId: outlived * ATTEMPT_IDS_OF_A_LIFE,
  isReborn: outlived > 0,
  sentCount: 0,
  rejectedCount: 0,
  retryCount: 0,
  failureCount: 0,
  firstSentAtMs: null,
  lastSentWallMs: null,
  lastLoss: null,
  lastErrorCode: null,
  lastRefusal: 'no_nodes',
  refusedBy: new Set(),
  queueTurn: 0,
  waitUntilAtMs: 0,
  isWaitTold: false,
  isDispatchTold: false,
  isAcceptanceTold: false,
  isTriedBeside: false,
  hastenings: 0,
});

export const isLive = ({ phase }: Attempt): boolean => phase !== 'zombie' && phase !== 'ended';

/** Its node cannot do this job: it is not asked again on that socket [JOB42]. */
export const isUnsuited = ({ rejection }: Attempt): boolean => rejection === 'unsupported';

/** It lacks the end of the audio: whatever it answers is about less than was said [CAP6]. */
export const isHalfFed = ({ feed }: Attempt): boolean => feed !== null && !feed.isEnded;

export const liveAttempts = (job: Job): readonly Attempt[] => job.attempts.filter(isLive);

/** Those that the job waits for: they live, or are awaited from a changed socket. */
export const attemptsUnderWay = (job: Job): readonly Attempt[] =>
  job.attempts.filter((attempt) => isLive(attempt) || attempt.isAwaited);

/** Something is still under way for the job, so that it need not look for another node. */
export const isUnderWay = (job: Job): boolean => attemptsUnderWay(job).length > 0;

/** A search for a node begins, or has found one: who refused the job in it may be asked again in the next [JOB3]. */
export const forgetRefusals = (job: Job): void => job.refusedBy.clear();

export const attemptOf = (attempts: readonly Attempt[], attemptId: number): Attempt | undefined =>
  attempts.find((attempt) => attempt.attemptId === attemptId);
