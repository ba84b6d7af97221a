import type { ClientLink } from '#core/ports.ts';
import type { SessionState } from '#core/session/session.ts';
import type { SessionEffect, SessionEvent, SessionOpen } from '#core/session/session-contract.ts';
import { CLOSE_CODES, closeReason } from '#protocol/close-codes.ts';
import type { SessionId } from '#protocol/ids.ts';
import type { SessionClientMessage } from '#protocol/messages.ts';
import { ActorTimers } from './actor-timers.ts';
import type { Enqueued, RuntimePorts, RuntimeSettings } from './contract.ts';
import type { Domain } from './domain.ts';
import type { EffectPerformer } from './effects.ts';
import { errorChain } from './error-chain.ts';
import { OpenJobs } from './open-jobs.ts';
import type { SessionActors, SessionSeat } from './seats.ts';
import type { TurnLoop } from './turn-loop.ts';

export interface SessionDeskParts {
  readonly ports: Pick<RuntimePorts, 'clock' | 'log' | 'meter'>;
  readonly settings: Pick<RuntimeSettings, 'instanceId' | 'session' | 'mailboxMax' | 'sessionsMax'>;
  readonly domain: Domain;
  readonly loop: TurnLoop;
  readonly performer: EffectPerformer;
  /** The session is gone and wants none of its jobs any more. */
  cancelJobs(seat: SessionSeat): void;
}

/** A final may stand in a chunk, and `utterance` is somebody's whole sentence: neither is shed [RUN15]. */
const isSheddable = (message: SessionClientMessage): boolean =>
  message.type === 'audio_chunk' && !message.is_final;

/** The sessions of this process: their birth, what their sockets say, and their deaths. */
export class SessionDesk {
  readonly actors: SessionActors;
  readonly #parts: SessionDeskParts;

  constructor(parts: SessionDeskParts) {
    this.#parts = parts;
    const { mailboxMax } = parts.settings;
    this.actors = parts.loop.host.kind<SessionId, SessionSeat, SessionEvent, SessionEffect>(
      {
        step: (seat, event, now) => parts.domain.stepSession(seat.session, event, now),
        perform: (seat, effect, now) => parts.performer.forSession(seat, effect, now),
        died: (seat, error) => this.#died(seat, error),
      },
      { sheddable: mailboxMax, control: mailboxMax, request: mailboxMax },
    );
  }

  /** `full`: `sessionsMax` live already. */
  open(open: SessionOpen, link: ClientLink): 'opened' | 'full' {
    const { settings, domain, ports, loop } = this.#parts;
    if (this.actors.count >= settings.sessionsMax) return 'full';
    const { sessionId } = open;
    let session: SessionState;
    try {
      session = domain.newSession(open, settings.session, ports.clock.now(), settings.instanceId);
    } catch (error) {
      this.#reportDeath(sessionId, link, error);
      return 'opened';
    }
    const actor = this.actors.spawn(sessionId, {
      sessionId,
      session,
      link,
      jobs: new OpenJobs(),
      timers: new ActorTimers(loop.wheel, (key, firing) => {
        actor.tell({ kind: 'timerFired', key }, 'certain', firing);
      }),
      settle: (settled) => {
        actor.tell(settled, 'certain');
      },
    });
    actor.tell({ kind: 'opened' }, 'certain');
    return 'opened';
  }

  tellMessage(
    sessionId: SessionId,
    message: SessionClientMessage,
    arrivedAtMs: number = this.#parts.ports.clock.now().atMs,
  ): Enqueued {
    const actor = this.actors.find(sessionId);
    if (actor === undefined) return 'gone';
    const told = actor.tell(
      { kind: 'clientMessage', message, arrivedAtMs },
      isSheddable(message) ? 'sheddable' : 'control',
    );
    if (told === 'shed' && message.type === 'audio_chunk') {
      const shedMs = message.audio?.durationMs ?? 0;
      this.#parts.ports.meter.count('audio_discarded_ms_total', shedMs, { reason: 'shed' });
    }
    return told;
  }

  /** An event that always fits; nothing happens when the session is gone. */
  tellCertain(sessionId: SessionId, event: SessionEvent): void {
    this.actors.find(sessionId)?.tell(event, 'certain');
  }

  /** It said itself that it is over. Its link may serve another session. */
  over(seat: SessionSeat): void {
    this.actors.find(seat.sessionId)?.end();
    this.#release(seat);
    seat.link.sessionEnded();
  }

  /** A fault of ours: this session alone is lost, and its peer is told [RUN17]. */
  #died(seat: SessionSeat, error: unknown): void {
    this.#release(seat);
    this.#reportDeath(seat.sessionId, seat.link, error);
  }

  #release(seat: SessionSeat): void {
    seat.timers.clearAll();
    this.#parts.cancelJobs(seat);
  }

  #reportDeath(sessionId: SessionId, link: ClientLink, error: unknown): void {
    const { log, meter } = this.#parts.ports;
    log.write('error', 'session failed', { sessionId, error: errorChain(error) });
    meter.count('sessions_ended_total', 1, { reason: 'failed' });
    link.close(CLOSE_CODES.internal, closeReason('INTERNAL_ERROR'));
    link.sessionEnded();
  }
}
