import assert from 'node:assert/strict';
import type { DispatcherState } from '#core/jobs/dispatcher.ts';
import { type DispatcherTimer, parseTimerKey, timerKey } from '#core/jobs/dispatcher-timers.ts';
import { type Attempt, isLive, isUnderWay, type Job } from '#core/jobs/job.ts';
import { hasFreeSlot, type NodeRecord, slotKey } from '#core/nodes/node.ts';
import { standingMiss } from '#core/nodes/rules.ts';

/** What must hold after every step of the dispatcher, whatever happened in it. */
export interface Outside {
  readonly timers: ReadonlyMap<string, number>;
  /** Slots each node held before the step: a capacity that shrinks takes nothing away, but nothing comes on top. */
  readonly slotsBefore: ReadonlyMap<NodeRecord, number>;
  /** Links that refuse leave jobs waiting while their node has room. */
  readonly isEveryLinkOpen: boolean;
}

const attemptsOfJob = (state: DispatcherState, jobId: string): readonly Attempt[] => {
  for (const job of state.jobs.values()) if (job.request.jobId === jobId) return job.attempts;
  for (const ended of state.endedJobs.values()) if (ended.jobId === jobId) return ended.attempts;
  return [];
};

const isSent = ({ phase }: Attempt): boolean => phase === 'sent' || phase === 'acked' || phase === 'started';

const hasSubject = (state: DispatcherState, timer: DispatcherTimer): boolean => {
  const { nodes, connections } = state.registry;
  switch (timer.kind) {
    case 'pending':
      return state.jobs.get(timer.jobId)?.phase === 'waiting';
    case 'offer':
    case 'ack':
    case 'deadline':
    case 'progress':
    case 'overtaken': {
      const attempt = state.jobs
        .get(timer.jobId)
        ?.attempts.find(({ attemptId }) => attemptId === timer.attemptId);
      if (attempt === undefined) return false;
      if (timer.kind === 'offer') return attempt.phase === 'offering';
      if (!attempt.waits.has(timer.kind)) return false;
      return timer.kind === 'ack' || timer.kind === 'overtaken' ? attempt.phase === 'sent' : isSent(attempt);
    }
    case 'zombie':
      return (
        nodes.get(timer.nodeId)?.slots.get(slotKey(timer.jobId, timer.attemptId))?.zombieUntilAtMs != null
      );
    case 'heartbeat':
      return nodes.get(timer.nodeId)?.connectionId != null;
    case 'warmup':
      return nodes.get(timer.nodeId)?.status === 'registering';
    case 'room':
      return (nodes.get(timer.nodeId)?.withheldSlots ?? 0) > 0;
    case 'gone':
      return nodes.get(timer.nodeId)?.goneSinceAtMs != null;
    case 'drain':
      return nodes.get(timer.nodeId)?.drain?.endsAtMs != null;
    case 'mark':
      return (nodes.get(timer.nodeId)?.marks.size ?? 0) > 0;
    case 'ejection':
      return nodes.get(timer.nodeId)?.faults.ejectedUntilAtMs != null;
    case 'slowStart':
      return (nodes.get(timer.nodeId)?.rankedShare ?? 1) < 1;
    case 'refused':
      return connections.get(timer.connectionId)?.refusedCode != null;
  }
};

const checkTimers = (state: DispatcherState, { timers }: Outside): void => {
  for (const key of timers.keys()) {
    const timer = parseTimerKey(key);
    assert.ok(timer !== null && hasSubject(state, timer), `timer ${key} belongs to nothing`);
  }
  const needed: DispatcherTimer[] = [];
  for (const { phase, request, attempts } of state.jobs.values()) {
    const { jobId } = request;
    if (phase === 'waiting') needed.push({ kind: 'pending', jobId });
    for (const attempt of attempts) {
      const { attemptId } = attempt;
      if (attempt.phase === 'offering') needed.push({ kind: 'offer', jobId, attemptId });
      if (isSent(attempt)) needed.push({ kind: 'deadline', jobId, attemptId });
    }
  }
  for (const { nodeId, slots, connectionId, status, withheldSlots } of state.registry.nodes.values()) {
    if (withheldSlots > 0) needed.push({ kind: 'room', nodeId });
    if (connectionId === null) needed.push({ kind: 'gone', nodeId });
    else if (status !== 'offline') needed.push({ kind: 'heartbeat', nodeId });
    for (const { jobId, attemptId, zombieUntilAtMs } of slots.values()) {
      if (zombieUntilAtMs !== null) needed.push({ kind: 'zombie', jobId, attemptId, nodeId });
    }
  }
  for (const timer of needed) assert.ok(timers.has(timerKey(timer)), `no timer ${timerKey(timer)}`);
};

const checkSlots = (state: DispatcherState, { slotsBefore }: Outside): void => {
  for (const node of state.registry.nodes.values()) {
    const bound = Math.max(node.declared.capacity, slotsBefore.get(node) ?? 0);
    assert.ok(node.slots.size <= bound, `node ${node.nodeId} holds more than its capacity`);
    assert.ok(node.connectionId !== null || node.slots.size === 0, 'a node that is gone holds nothing');
    for (const { jobId, attemptId, zombieUntilAtMs } of node.slots.values()) {
      const attempt = attemptsOfJob(state, jobId).find((one) => one.attemptId === attemptId);
      assert.ok(attempt !== undefined, 'a slot without an attempt');
      assert.equal(attempt.nodeId, node.nodeId);
      assert.equal(attempt.phase === 'zombie', zombieUntilAtMs !== null, 'zombie in one place only');
      assert.notEqual(attempt.phase, 'ended', 'a slot for an ended attempt');
    }
  }
};

const checkJob = (state: DispatcherState, job: Job): void => {
  const { attempts, phase, request } = job;
  const live = attempts.filter(isLive);
  assert.ok(live.length <= 2, 'more than two live attempts');
  for (const attempt of live) {
    const node = state.registry.nodes.get(attempt.nodeId);
    assert.ok(node?.slots.has(slotKey(request.jobId, attempt.attemptId)), 'a live attempt without a slot');
  }
  for (const attempt of attempts.filter((one) => one.phase === 'zombie')) {
    const node = state.registry.nodes.get(attempt.nodeId);
    assert.ok(node?.slots.has(slotKey(request.jobId, attempt.attemptId)), 'a zombie without a slot');
  }
  assert.notEqual(phase, 'ended', 'an ended job is kept');
  assert.equal(
    isUnderWay(job),
    phase !== 'waiting' && phase !== 'unheard',
    'waits with something under way, or the reverse',
  );
  assert.equal(state.openJobs.has(job), job.isOpen);
  assert.ok(job.isOpen || phase !== 'unheard', 'only an open job is heard by nobody');
  if (phase === 'offering') {
    assert.ok(live.length > 0 && live.every((attempt) => attempt.phase === 'offering'));
  }
  assert.equal(new Set(attempts.map(({ attemptId }) => attemptId)).size, attempts.length);
};

const checkWaiting = (state: DispatcherState, { isEveryLinkOpen }: Outside): void => {
  const waiting = [...state.jobs.values()].filter(({ phase }) => phase === 'waiting');
  const queued = [...state.waiting.groups.values()].flatMap(({ jobs }) => jobs);
  assert.equal(state.waiting.size, waiting.length);
  assert.deepEqual(new Set(queued), new Set(waiting));
  assert.ok(state.waiting.size <= state.settings.waitingJobsMax);
  if (!isEveryLinkOpen) return;
  for (const job of waiting) {
    for (const node of state.registry.nodes.values()) {
      const fits =
        standingMiss(node, job.requirement, state.settings.requireGpu) === null &&
        hasFreeSlot(node) &&
        !job.attempts.some(
          (one) =>
            one.nodeId === node.nodeId &&
            one.generation === node.generation &&
            one.rejection === 'unsupported',
        );
      assert.ok(!fits, `job ${job.request.jobId} waits while ${node.nodeId} is free`);
    }
  }
};

export const checkInvariants = (state: DispatcherState, outside: Outside): void => {
  checkSlots(state, outside);
  for (const job of state.jobs.values()) checkJob(state, job);
  checkWaiting(state, outside);
  checkTimers(state, outside);
};
