import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asJobId, asNodeId } from '#protocol/ids.ts';
import type { NodeAgentMessage } from '#protocol/messages.ts';
import { JOB_REJECT_REASONS, type JobResult } from '#protocol/node-agent-messages.ts';
import type { JobAssign } from '#protocol/node-server-messages.ts';
import { answer, capabilities, connection, failure, registration, SILENT } from './words.ts';
import { World } from './world.ts';

/**
 * Whatever happens, in whatever order: the invariants hold after every step (the world checks them), and once the
 * world is left alone every job has had its one end and nothing is held any more.
 */

const RESULTS: Readonly<Record<string, Partial<JobResult>>> = {
  good: {},
  silent: SILENT,
  rejected: failure('TOO_LONG'),
  failed: failure('PROCESSING_ERROR'),
  repeated: failure('DUPLICATE_JOB_ID'),
  lacking: {
    success: false,
    error: { code: 'MODEL_NOT_AVAILABLE', message: 'not running', details: { service_id: 'tts-1' } },
  },
};

const PARTS = {
  node: fc.constantFrom('a', 'b', 'c', 'd'),
  /** Each node has a few sockets, so that takeovers, late ends and returns happen. */
  socket: fc.nat(2),
  job: fc.constantFrom('1', '2', '3', '4', '5', '6', '7', '8'),
  /** Any assignment ever sent, also long after its job's end. */
  assign: fc.nat(200),
};

const { node, socket, job, assign } = PARTS;
const kindOf = <Kind extends string>(kind: Kind) => fc.constant(kind);

const command = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: kindOf('join'),
      node,
      socket,
      capacity: fc.integer({ min: 0, max: 3 }),
      features: fc.subarray(['job_ack', 'job_progress', 'job_reject', 'drain']),
      isPublic: fc.nat(4).map((n) => n > 0),
      tgt: fc.constantFrom('en', 'es', '*', null),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: kindOf('beat'),
      node,
      isWell: fc.nat(4).map((n) => n > 0),
      load: fc.constantFrom(10, 100),
      runningJobs: fc.nat(4),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: kindOf('drain'),
      node,
      deadlineMs: fc.constantFrom(0, 3000, 100_000, null),
      isByNode: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: kindOf('undrain'), node }) },
  { weight: 2, arbitrary: fc.record({ kind: kindOf('hangUp'), node, socket }) },
  { weight: 8, arbitrary: fc.record({ kind: kindOf('submit'), job, tgt: fc.constantFrom('en', 'es') }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: kindOf('answer'),
      assign,
      /** Now and then a node answers for another. */
      by: fc.option(node, { freq: 8 }),
      what: fc.constantFrom(...Object.keys(RESULTS), 'good', 'good'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: kindOf('progress'),
      assign,
      type: fc.constantFrom(
        'job_ack' as const,
        'job_started' as const,
        'job_cancelled' as const,
        'job_progress' as const,
        'job_reject' as const,
      ),
      reason: fc.constantFrom(...JOB_REJECT_REASONS),
      room: fc.nat(2),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: kindOf('stalled'), ms: fc.constantFrom(100, 5000) }) },
  { weight: 1, arbitrary: fc.record({ kind: kindOf('cancel'), job }) },
  { weight: 3, arbitrary: fc.record({ kind: kindOf('hasten'), job }) },
  { weight: 5, arbitrary: fc.record({ kind: kindOf('pass'), ms: fc.constantFrom(100, 1000, 4000, 20_000) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: kindOf('link'),
      node,
      says: fc.constantFrom('accepted' as const, 'refused' as const, 'silent' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: kindOf('lateAnswer'),
      assign,
      says: fc.constantFrom('accepted' as const, 'refused' as const),
    }),
  },
);
type Command = typeof command extends fc.Arbitrary<infer Value> ? Value : never;

const socketName = (name: string, n: number): string => `${name}${n}`;
const nodeOfSocket = (text: string): string => text.replace('conn-', '').slice(0, 1);

const anyAssign = (world: World, pick: number): { assign: JobAssign; by: string } | null => {
  const all = world.sent.flatMap(({ to, message }) =>
    message.type === 'job_assign' ? [{ assign: message, by: nodeOfSocket(to) }] : [],
  );
  return all[pick % Math.max(1, all.length)] ?? null;
};

/** The node says it on the socket it has now, if any. */
const sayAs = (world: World, name: string, message: NodeAgentMessage): void => {
  const connectionId = [...world.state.registry.nodes.values()].find(
    ({ nodeId }) => nodeId === name,
  )?.connectionId;
  if (connectionId != null) world.say(connectionId.replace('conn-', ''), message);
};

const openSockets = (world: World): string[] =>
  [...world.state.registry.connections.keys()].map((id) => id.replace('conn-', ''));

const run = (world: World, todo: Command): void => {
  switch (todo.kind) {
    case 'join': {
      const name = socketName(todo.node, todo.socket);
      if (!openSockets(world).includes(name)) world.connect(name);
      const message = registration({
        node_id: todo.node,
        max_concurrent_jobs: todo.capacity,
        accept_public_jobs: todo.isPublic,
        ...(todo.features.length > 0 ? { advanced_features: todo.features } : {}),
        ...(todo.tgt === null ? {} : { language_pairs: [{ src: 'zh', tgt: todo.tgt }] }),
      });
      world.say(name, message);
      return;
    }
    case 'beat': {
      const { isWell, load, runningJobs } = todo;
      const known = [...world.state.registry.nodes.keys()].find((nodeId) => nodeId === todo.node);
      if (known === undefined) return;
      const socketNow = world.node(known).connectionId?.replace('conn-', '');
      if (socketNow === undefined) return;
      world.beat(
        known,
        {
          capability_by_type: isWell ? capabilities() : [],
          resource_usage: { cpu_percent: load, running_jobs: runningJobs },
        },
        socketNow,
      );
      return;
    }
    case 'drain': {
      const { deadlineMs } = todo;
      if (!todo.isByNode) {
        world.step({ kind: 'nodeDrainAsked', nodeId: asNodeId(todo.node), deadlineMs, reason: 'model' });
        return;
      }
      const given = deadlineMs === null ? {} : { deadline_ms: deadlineMs };
      sayAs(world, todo.node, { type: 'node_drain', node_id: todo.node, ...given });
      return;
    }
    case 'undrain':
      world.step({ kind: 'nodeUndrainAsked', nodeId: asNodeId(todo.node) });
      return;
    case 'hangUp':
      world.hangUp(socketName(todo.node, todo.socket));
      return;
    case 'submit':
      world.submit(todo.job, { tgtLang: todo.tgt });
      return;
    case 'answer': {
      const found = anyAssign(world, todo.assign);
      if (found === null) return;
      const by = todo.by ?? found.by;
      sayAs(world, by, answer(by, found.assign, RESULTS[todo.what]));
      return;
    }
    case 'progress': {
      const found = anyAssign(world, todo.assign);
      if (found === null) return;
      const { job_id, attempt_id, session_id, trace_id } = found.assign;
      const names = { job_id, attempt_id, node_id: found.by };
      const { type, reason, room } = todo;
      const message = ((): NodeAgentMessage => {
        switch (type) {
          case 'job_cancelled':
            return { type, ...names };
          case 'job_progress':
            return { type, ...names, stage: 'asr' };
          case 'job_reject':
            return { type, ...names, reason, running_jobs: room, free_slots: room };
          default:
            return { type, ...names, session_id, trace_id };
        }
      })();
      sayAs(world, found.by, message);
      return;
    }
    case 'stalled':
      world.step({ kind: 'stalled', durationMs: todo.ms });
      return;
    case 'cancel':
      world.cancel(todo.job);
      return;
    case 'hasten':
      world.hasten(todo.job);
      return;
    case 'pass':
      world.advance(todo.ms);
      return;
    case 'link': {
      const before = world.linkOf;
      world.linkOf = (to) => (nodeOfSocket(to) === todo.node ? todo.says : before(to));
      return;
    }
    case 'lateAnswer': {
      const found = anyAssign(world, todo.assign);
      if (found === null) return;
      const jobId = asJobId(found.assign.job_id.split('~')[0] ?? '');
      world.step({ kind: 'offerAnswered', jobId, attemptId: found.assign.attempt_id, answer: todo.says });
    }
  }
};

/** No more events from outside: only time passes. */
const settle = (world: World): void => {
  world.linkOf = () => 'accepted';
  world.advance(300_000);
};

describe('any sequence of events', () => {
  const commands = fc.array(command, { minLength: 1, maxLength: 120, size: 'max' });
  const seen = new Map<string, number>();

  it('[I3] [I4] [W29] [JOB4] [JOB5] [JOB28] [JOB29] keeps the invariants, and ends every job exactly once', () => {
    fc.assert(
      fc.property(commands, fc.integer({ min: 0, max: 3 }), (list, failoverMaxAttempts) => {
        const world = new World({ failoverMaxAttempts, waitingJobsMax: 4 });
        for (const todo of list) run(world, todo);
        settle(world);
        expect(world.state.jobs.size).toBe(0);
        expect(world.state.waiting.size).toBe(0);
        for (const { slots } of world.state.registry.nodes.values()) expect(slots.size).toBe(0);
        const submitted = new Set(list.flatMap((todo) => (todo.kind === 'submit' ? [todo.job] : [])));
        for (const name of submitted) {
          expect(world.ends(`job-${name}`)).toHaveLength(1);
          const end = world.end(name) ?? '';
          seen.set(end, (seen.get(end) ?? 0) + 1);
        }
        expect(world.count('jobs_submitted_total')).toBe(submitted.size);

        for (const name of openSockets(world)) world.hangUp(name);
        world.advance(600_000);
        expect([...world.timers.keys()]).toEqual([]);
        expect(world.state.registry.nodes.size).toBe(0);
        expect(world.state.registry.pools.places.count).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  it('[JOB5] and the runs above saw every kind of end', () => {
    expect([...seen.keys()].sort()).toEqual([
      'cancelled',
      'no_capacity',
      'node_failed',
      'rejected',
      'result',
      'silence',
      'timeout',
    ]);
  });

  it('[JOB4] [JOB18] attempts of a job have ids 1, 2, 3 and are at most four', () => {
    fc.assert(
      fc.property(commands, (list) => {
        const world = new World();
        for (const todo of list) if (todo.kind !== 'link') run(world, todo);
        const byJob = new Map<string, number[]>();
        for (const { to, message } of world.sent) {
          if (message.type !== 'job_assign') continue;
          expect(to).toBe(connection(to.replace('conn-', '')));
          const jobId = message.job_id.split('~')[0] ?? '';
          byJob.set(jobId, [...(byJob.get(jobId) ?? []), message.attempt_id]);
        }
        for (const attempts of byJob.values()) {
          expect(attempts).toEqual(attempts.map((_, at) => at + 1));
          // Those that were rejected come on top.
          if (!list.some((todo) => todo.kind === 'progress' && todo.type === 'job_reject')) {
            expect(attempts.length).toBeLessThanOrEqual(4);
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});
