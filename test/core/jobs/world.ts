import assert from 'node:assert/strict';
import { seededChance } from '#core/chance.ts';
import { type DispatcherState, newDispatcher, stepDispatcher } from '#core/jobs/dispatcher.ts';
import type { DispatcherEvent } from '#core/jobs/dispatcher-contract.ts';
import type { Job } from '#core/jobs/job.ts';
import type { JobOutcome } from '#core/jobs/job-outcome.ts';
import type { JobRequest } from '#core/jobs/job-request.ts';
import type { NodeRecord } from '#core/nodes/node.ts';
import type { Principal, StoreRequest } from '#core/ports.ts';
import type { SessionEvent } from '#core/session/session-contract.ts';
import { type DispatchSettings, defaultDispatchSettings } from '#core/settings.ts';
import { asJobId, asNodeId, type ConnectionId, type InstanceId } from '#protocol/ids.ts';
import type { NodeAgentMessage, NodeServerMessage } from '#protocol/messages.ts';
import type { JobResult, NodeHeartbeat, NodeRegister } from '#protocol/node-agent-messages.ts';
import type { JobAssign } from '#protocol/node-server-messages.ts';
import { checkInvariants } from './invariants.ts';
import { answer, connection, heartbeat, jobRequest, nodePrincipal, registration } from './words.ts';

export interface SentMessage {
  readonly to: ConnectionId;
  readonly message: NodeServerMessage;
}

type LinkAnswer = 'accepted' | 'refused' | 'silent';

/**
 * The dispatcher with everything around it played by hand: a clock that moves when told, timers, links that answer
 * offers, and a record of all it caused. The invariants are checked after every single step.
 */
export class World {
  readonly state: DispatcherState;
  readonly timers = new Map<string, number>();
  readonly sent: SentMessage[] = [];
  readonly closed: { to: ConnectionId; code: number; reason: string }[] = [];
  readonly told: SessionEvent[] = [];
  readonly stored: StoreRequest[] = [];
  readonly counts = new Map<string, number>();
  readonly observed = new Map<string, number[]>();
  readonly logged: string[] = [];
  /** How the link of a socket answers an offer. */
  linkOf: (to: ConnectionId) => LinkAnswer = () => 'accepted';
  atMs = 1000;
  #hasRefused = false;

  constructor(settings: Partial<DispatchSettings> = {}, seed = 1) {
    let ids = 0;
    const next = (): string => {
      ids += 1;
      return ids.toString(16).toUpperCase().padStart(32, '0');
    };
    this.state = newDispatcher(
      { ...defaultDispatchSettings, ...settings },
      { chance: seededChance(seed), ids: { next, uuid: next }, owner: 'inst-1' as InstanceId },
    );
  }

  get wallMs(): number {
    return 1_790_000_000_000 + this.atMs;
  }

  /** Runs the event and all answers of links that follow from it. */
  step(event: DispatcherEvent): void {
    const inbox: DispatcherEvent[] = [event];
    for (let next = inbox.shift(); next !== undefined; next = inbox.shift()) {
      const slotsBefore = new Map(
        [...this.state.registry.nodes.values()].map((node) => [node, node.slots.size]),
      );
      inbox.push(...this.#perform(next));
      checkInvariants(this.state, {
        timers: this.timers,
        slotsBefore,
        isEveryLinkOpen: !this.#hasRefused,
      });
      for (const jobId of new Set(this.told.map((one) => ('jobId' in one ? one.jobId : '')))) {
        assert.ok(this.ends(jobId).length <= 1, `${jobId} ended twice`);
      }
    }
  }

  #perform(event: DispatcherEvent): DispatcherEvent[] {
    const answers: DispatcherEvent[] = [];
    for (const effect of stepDispatcher(this.state, event, { atMs: this.atMs, wallMs: this.wallMs })) {
      switch (effect.kind) {
        case 'setTimer':
          assert.ok(effect.atMs >= this.atMs);
          this.timers.delete(effect.key);
          this.timers.set(effect.key, effect.atMs);
          break;
        case 'clearTimer':
          this.timers.delete(effect.key);
          break;
        case 'sendNode': {
          this.sent.push({ to: effect.connectionId, message: effect.message });
          if (effect.offer === undefined) break;
          const link = this.linkOf(effect.connectionId);
          if (link !== 'accepted') this.#hasRefused = true;
          if (link !== 'silent') answers.push({ kind: 'offerAnswered', ...effect.offer, answer: link });
          break;
        }
        case 'closeNode':
          this.closed.push({ to: effect.connectionId, code: effect.code, reason: effect.reason });
          break;
        case 'tellSession':
          this.told.push(effect.event);
          break;
        case 'store':
          this.stored.push(effect.request);
          break;
        case 'count': {
          const key = [effect.name, ...Object.values(effect.labels ?? {})].join(' ');
          this.counts.set(key, (this.counts.get(key) ?? 0) + (effect.by ?? 1));
          break;
        }
        case 'observe':
          this.observed.set(effect.name, [...(this.observed.get(effect.name) ?? []), effect.value]);
          break;
        case 'log':
          this.logged.push(effect.event);
          break;
      }
    }
    return answers;
  }

  /** Lets time pass; timers fire in order of time, then of setting. */
  advance(durationMs: number): void {
    const endMs = this.atMs + durationMs;
    for (;;) {
      let due: [string, number] | null = null;
      for (const timer of this.timers) {
        if (timer[1] <= endMs && (due === null || timer[1] < due[1])) due = timer;
      }
      if (due === null) break;
      this.atMs = Math.max(this.atMs, due[1]);
      this.timers.delete(due[0]);
      this.step({ kind: 'timerFired', key: due[0] });
    }
    this.atMs = endMs;
  }

  connect(name: string, principal: Principal = nodePrincipal()): ConnectionId {
    this.step({ kind: 'nodeConnected', connectionId: connection(name), principal });
    return connection(name);
  }

  say(name: string, message: NodeAgentMessage): void {
    this.step({ kind: 'nodeMessage', connectionId: connection(name), message });
  }

  hangUp(name: string): void {
    this.step({ kind: 'nodeSocketClosed', connectionId: connection(name) });
  }

  /** A node `name` on a socket `socket` that is ready for jobs. */
  join(
    name: string,
    overrides: Partial<NodeRegister> = {},
    more: { socket?: string; heartbeat?: Partial<NodeHeartbeat>; principal?: Principal } = {},
  ): void {
    const socket = more.socket ?? name;
    this.connect(socket, more.principal);
    this.say(socket, registration({ node_id: name, ...overrides }));
    this.beat(name, more.heartbeat, socket);
  }

  beat(name: string, overrides: Partial<NodeHeartbeat> = {}, socket = name): void {
    const node = this.state.registry.nodes.get(asNodeId(name));
    const known = node?.declared;
    this.say(
      socket,
      heartbeat(name, {
        ...(known === undefined
          ? {}
          : {
              installed_services: known.services,
              capability_by_type: known.capabilities,
              resource_usage: { cpu_percent: 10, gpu_percent: 10, running_jobs: node?.slots.size ?? 0 },
            }),
        ...overrides,
      }),
    );
  }

  submit(name: string, overrides: Partial<JobRequest> = {}): void {
    this.step({ kind: 'jobSubmitted', request: jobRequest(name, overrides) });
  }

  hasten(name: string): void {
    this.step({ kind: 'jobHastened', jobId: asJobId(`job-${name}`) });
  }

  cancel(name: string): void {
    this.step({ kind: 'jobCancelled', jobId: asJobId(`job-${name}`), reason: 'cancelled' });
  }

  /** The node answers an assignment: the last one it got, or the one given. */
  answer(
    name: string,
    overrides: Partial<JobResult> = {},
    assign = this.lastAssign(name),
    socket = name,
  ): void {
    this.say(socket, answer(name, assign, overrides));
  }

  node(name: string): NodeRecord {
    const node = this.state.registry.nodes.get(asNodeId(name));
    assert.ok(node !== undefined, `no node ${name}`);
    return node;
  }

  job(name: string): Job {
    const job = this.state.jobs.get(asJobId(`job-${name}`));
    assert.ok(job !== undefined, `no open job ${name}`);
    return job;
  }

  messages<Type extends NodeServerMessage['type']>(
    socket: string,
    type: Type,
  ): Extract<NodeServerMessage, { type: Type }>[] {
    return this.sent
      .filter(({ to }) => to === connection(socket))
      .map(({ message }) => message)
      .filter((message): message is Extract<NodeServerMessage, { type: Type }> => message.type === type);
  }

  assigns(socket: string): JobAssign[] {
    return this.messages(socket, 'job_assign');
  }

  lastAssign(socket: string): JobAssign {
    const assign = this.assigns(socket).at(-1);
    assert.ok(assign !== undefined, `${socket} got no job`);
    return assign;
  }

  /** Names of the sockets that were given a job, in order. */
  get places(): string[] {
    return this.sent
      .filter(({ message }) => message.type === 'job_assign')
      .map(({ to }) => to.replace('conn-', ''));
  }

  ends(jobId: string): JobOutcome[] {
    return this.told.flatMap((event) =>
      event.kind === 'jobEnded' && event.jobId === jobId ? [event.outcome] : [],
    );
  }

  /** The one end of a job: `result`, `silence`, or the reason it is missing; null while it is open. */
  end(name: string): string | null {
    const [outcome] = this.ends(`job-${name}`);
    if (outcome === undefined) return null;
    return outcome.kind === 'missing' ? outcome.reason : outcome.kind;
  }

  count(key: string): number {
    return this.counts.get(key) ?? 0;
  }
}

/** Job 1 runs on the first of these nodes. */
export const running = (...names: string[]): World => {
  const world = new World();
  for (const name of names) world.join(name);
  world.submit('1');
  return world;
};
