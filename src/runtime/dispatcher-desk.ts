import type { DispatcherState } from '#core/jobs/dispatcher.ts';
import type { DispatcherEffect, DispatcherEvent } from '#core/jobs/dispatcher-contract.ts';
import type { NodeLink, Principal } from '#core/ports.ts';
import { CLOSE_CODES, closeReason } from '#protocol/close-codes.ts';
import type { ConnectionId, NodeId } from '#protocol/ids.ts';
import type { NodeAgentMessage } from '#protocol/messages.ts';
import { ActorTimers } from './actor-timers.ts';
import type { Enqueued, NodeAsked, RuntimePorts, RuntimeSettings } from './contract.ts';
import type { Domain } from './domain.ts';
import type { EffectPerformer } from './effects.ts';
import { errorChain } from './error-chain.ts';
import type { EventClass } from './mailbox.ts';
import type { NodeLinks } from './node-links.ts';
import { missingOutcome } from './open-jobs.ts';
import { RestartPause } from './restart-pause.ts';
import type {
  DispatcherActor,
  DispatcherActors,
  DispatcherSeat,
  SessionActors,
  SessionSeat,
} from './seats.ts';
import type { TurnLoop } from './turn-loop.ts';

/** A job that was open in this many failures may be their cause and is not tried again [RUN19]. */
const FAILURES_OUTLIVED_MAX = 3;

export interface DispatcherDeskParts {
  readonly ports: Pick<RuntimePorts, 'chance' | 'clock' | 'ids' | 'log' | 'meter'>;
  readonly settings: Pick<RuntimeSettings, 'instanceId' | 'dispatch' | 'dispatcherMailboxMax'>;
  readonly domain: Domain;
  readonly loop: TurnLoop;
  readonly performer: EffectPerformer;
  readonly nodes: NodeLinks;
  sessions(): SessionActors;
}

/** The dispatcher of this process, the sockets of its nodes, and its return after a failure. */
export class DispatcherDesk {
  readonly #parts: DispatcherDeskParts;
  readonly #kind: DispatcherActors;
  readonly #restartPause = new RestartPause();
  #actor: DispatcherActor;

  constructor(parts: DispatcherDeskParts) {
    this.#parts = parts;
    const { domain, nodes, performer, settings } = parts;
    const { dispatcherMailboxMax } = settings;
    this.#kind = parts.loop.host.kind<'dispatcher', DispatcherSeat, DispatcherEvent, DispatcherEffect>(
      {
        step: (seat, event, now) => {
          if (event.kind === 'nodeMessage') nodes.noteTaken(event.connectionId);
          return domain.stepDispatcher(seat.dispatcher, event, now);
        },
        perform: (seat, effect) => performer.forDispatcher(seat, effect),
        died: (seat, error) => this.#died(seat, error),
      },
      { sheddable: dispatcherMailboxMax, control: dispatcherMailboxMax, request: dispatcherMailboxMax },
    );
    this.#actor = this.#spawn();
  }

  get state(): DispatcherState {
    return this.#actor.state.dispatcher;
  }

  get isRunning(): boolean {
    return !this.#actor.isPaused;
  }

  /** Events that wait. */
  get depth(): number {
    return this.#actor.depth;
  }

  /** The most events that ever waited, over all its lives. */
  get highWater(): number {
    return this.#kind.highWater;
  }

  start(): void {
    this.#actor.resume();
  }

  tell(event: DispatcherEvent, eventClass: EventClass): Enqueued {
    return this.#actor.tell(event, eventClass);
  }

  attachNode(connectionId: ConnectionId, principal: Principal, link: NodeLink): void {
    this.#parts.nodes.attach(connectionId, link);
    this.#actor.tell({ kind: 'nodeConnected', connectionId, principal }, 'certain');
  }

  /** At the bound only sockets that take more than their share are refused [RUN16]. */
  tellNodeMessage(connectionId: ConnectionId, message: NodeAgentMessage): Enqueued {
    const { nodes, ports, settings } = this.#parts;
    if (!nodes.has(connectionId)) return 'gone';
    const event: DispatcherEvent = { kind: 'nodeMessage', connectionId, message };
    let told = this.#actor.tell(event, message.type === 'asr_partial' ? 'sheddable' : 'control');
    if (told === 'full' && nodes.isWithinShare(connectionId, settings.dispatcherMailboxMax)) {
      told = this.#actor.tell(event, 'certain');
    }
    if (told === 'queued') nodes.noteQueued(connectionId);
    if (told === 'shed') ports.meter.count('node_messages_ignored_total', 1, { type: message.type });
    return told;
  }

  askNode(event: Extract<DispatcherEvent, { nodeId: NodeId }>): NodeAsked {
    if (!this.state.registry.nodes.has(event.nodeId)) return 'unknown';
    return this.#actor.tell(event, 'request') === 'queued' ? 'asked' : 'busy';
  }

  detachNode(connectionId: ConnectionId): void {
    if (!this.#parts.nodes.detach(connectionId)) return;
    this.#actor.tell({ kind: 'nodeSocketClosed', connectionId }, 'certain');
  }

  /** Tells every node to come back elsewhere; the dispatcher gives up its leases of them. */
  dismissNodes(): void {
    const { nodes } = this.#parts;
    const connectionIds = nodes.connectionIds();
    nodes.closeAll(CLOSE_CODES.restart, closeReason('DRAINING'));
    for (const connectionId of connectionIds) {
      this.#actor.tell({ kind: 'nodeSocketClosed', connectionId }, 'certain');
    }
  }

  /** Cancels what is still wanted of a session that is gone. */
  cancelJobs(seat: SessionSeat): void {
    const { spoken } = seat.jobs;
    if (spoken !== null) {
      this.#actor.tell({ kind: 'jobCancelled', jobId: spoken.jobId, reason: 'cancelled' }, 'certain');
    }
    for (const { request, cancelReason } of seat.jobs.all()) {
      if (cancelReason !== null) continue;
      this.#actor.tell({ kind: 'jobCancelled', jobId: request.jobId, reason: 'cancelled' }, 'certain');
    }
  }

  /** It takes events from now on, but handles none until `resume`. */
  #spawn(): DispatcherActor {
    const { domain, loop, ports, settings } = this.#parts;
    const { chance, ids } = ports;
    const actor: DispatcherActor = this.#kind.spawn(
      'dispatcher',
      {
        dispatcher: domain.newDispatcher(settings.dispatch, { chance, ids, owner: settings.instanceId }),
        timers: new ActorTimers(loop.wheel, (key, firing) => {
          actor.tell({ kind: 'timerFired', key }, 'certain', firing);
        }),
        settle: (settled) => {
          actor.tell(settled, 'certain');
        },
      },
      true,
    );
    actor.tell({ kind: 'started' }, 'certain');
    return actor;
  }

  /** Sockets of nodes close, since what the old state knew of them is lost; jobs wait for them in the new one [RUN18]. */
  #died(seat: DispatcherSeat, error: unknown): void {
    const { loop, nodes, ports } = this.#parts;
    const { atMs } = ports.clock.now();
    const pauseMs = this.#restartPause.next(atMs);
    ports.meter.count('actor_failures_total', 1, { kind: 'dispatcher' });
    ports.log.write('error', 'dispatcher failed', { pauseMs, error: errorChain(error) });
    seat.timers.clearAll();
    nodes.closeAll(CLOSE_CODES.internal, closeReason('INTERNAL_ERROR', pauseMs));
    const actor = this.#spawn();
    this.#actor = actor;
    this.#submitAgain(actor);
    loop.timerAt(atMs + pauseMs, () => actor.resume());
  }

  #submitAgain(actor: DispatcherActor): void {
    const now = this.#parts.ports.clock.now();
    for (const session of this.#parts.sessions().actors()) {
      const { jobs } = session.state;
      const { spoken } = jobs;
      if (spoken !== null) {
        // The new one knows nothing of it: it comes whole, under numbers that no node has had [CAP5, JOB90].
        spoken.failuresOutlived += 1;
        session.tell({ kind: 'openJobRefused', jobId: spoken.jobId }, 'certain');
      }
      for (const job of jobs.all()) {
        const { request } = job;
        const { jobId } = request;
        job.failuresOutlived += 1;
        const reason = job.failuresOutlived < FAILURES_OUTLIVED_MAX ? job.cancelReason : 'node_failed';
        if (reason === null) {
          actor.tell({ kind: 'jobSubmitted', request, outlived: job.failuresOutlived }, 'certain');
          for (let told = 0; told < job.hastenings; told += 1) {
            actor.tell({ kind: 'jobHastened', jobId }, 'certain');
          }
          continue;
        }
        jobs.end(jobId);
        session.tell({ kind: 'jobEnded', jobId, outcome: missingOutcome(job, reason, now) }, 'certain');
      }
    }
  }
}
