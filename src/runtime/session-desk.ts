import type { ClientLink } from '#core/ports.ts';
import type { SessionState } from '#core/session/session.ts';
import type { SessionEffect, SessionEvent, SessionOpen } from '#core/session/session-contract.ts';
import type { AudioPiece } from '#protocol/audio.ts';
import { CLOSE_CODES, closeReason } from '#protocol/close-codes.ts';
import type { SessionId } from '#protocol/ids.ts';
import type { SessionClientMessage } from '#protocol/messages.ts';
import { ActorTimers } from './actor-timers.ts';
import { AudioBudget } from './audio-budget.ts';
import { AudioValve, audioOf, speechMsOf } from './audio-valve.ts';
import type { Enqueued, RuntimePorts, RuntimeSettings } from './contract.ts';
import type { Domain } from './domain.ts';
import type { EffectPerformer } from './effects.ts';
import { errorChain } from './error-chain.ts';
import { OpenJobs } from './open-jobs.ts';
import { ResumeDesk } from './resume-desk.ts';
import type { SessionActor, SessionActors, SessionSeat } from './seats.ts';
import type { TurnLoop } from './turn-loop.ts';

export interface SessionDeskParts {
  readonly ports: Pick<RuntimePorts, 'clock' | 'ids' | 'log' | 'meter'>;
  readonly settings: Pick<
    RuntimeSettings,
    | 'instanceId'
    | 'session'
    | 'mailboxMax'
    | 'sessionsMax'
    | 'audioBytesMax'
    | 'sessionAudioBytesMax'
    | 'pauseMs'
  >;
  readonly domain: Domain;
  readonly loop: TurnLoop;
  readonly performer: EffectPerformer;
  /** The session is gone and wants none of its jobs any more. */
  cancelJobs(seat: SessionSeat): void;
}

/** Events that wait, as a share of the bound, above which more of the same client's is left in the network for now. */
const MAILBOX_REST_SHARE = 0.25;
/** The same, above which a client that speaks is asked to wait. */
const MAILBOX_HIGH_WATER_SHARE = 0.5;

/** A final may stand in a chunk, and `utterance` is somebody's whole sentence: neither is shed [RUN15]. */
const isSheddable = (message: SessionClientMessage): boolean =>
  message.type === 'audio_chunk' && !message.is_final;

/** The sessions of this process: their birth, what their sockets say, and their deaths. */
export class SessionDesk {
  readonly actors: SessionActors;
  readonly returns: ResumeDesk;
  readonly #parts: SessionDeskParts;
  readonly #budget: AudioBudget;

  constructor(parts: SessionDeskParts) {
    this.#parts = parts;
    this.#budget = new AudioBudget(parts.settings);
    this.returns = new ResumeDesk(parts.ports.ids, () => this.actors);
    const { mailboxMax } = parts.settings;
    this.actors = parts.loop.host.kind<SessionId, SessionSeat, SessionEvent, SessionEffect>(
      {
        step: (seat, event, now) => {
          const { domain } = parts;
          const effects = domain.stepSession(seat.session, seat.valve.taken(event), now);
          seat.valve.share.buffer(domain.bufferedAudioBytes(seat.session));
          if (seat.valve.share.hold(domain.resultSpeechBytes(seat.session))) this.#tellSpeechOver(seat);
          return effects;
        },
        perform: (seat, effect, now) => parts.performer.forSession(seat, effect, now),
        died: (seat, error) => this.#died(seat, error),
      },
      { sheddable: mailboxMax, control: mailboxMax, request: mailboxMax },
    );
  }

  /** Held by all sessions together. */
  get audioBytes(): number {
    return this.#budget.heldBytes;
  }

  /** Of that, speech of results. */
  get resultSpeechBytes(): number {
    return this.#budget.resultBytes;
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
    const valve = new AudioValve(this.#budget);
    const actor = this.actors.spawn(sessionId, {
      sessionId,
      session,
      link,
      jobs: new OpenJobs(valve.share),
      valve,
      arriving: new Map(),
      principal: open.principal,
      timers: new ActorTimers(loop.wheel, (key, firing) => {
        actor.tell({ kind: 'timerFired', key }, 'certain', firing);
      }),
      settle: (settled) => {
        actor.tell(settled, 'certain');
      },
    });
    actor.tell(this.returns.opened(actor.state), 'certain');
    return 'opened';
  }

  tellMessage(
    sessionId: SessionId,
    message: SessionClientMessage,
    arrivedAtMs: number = this.#parts.ports.clock.now().atMs,
  ): Enqueued {
    const actor = this.actors.find(sessionId);
    if (actor === undefined) return 'gone';
    this.returns.heard(sessionId);
    const { valve } = actor.state;
    const audio = audioOf(message);
    if (audio !== null && !valve.hasRoomFor(message))
      return this.#tellWithout(actor, message, audio, arrivedAtMs);
    const event = { kind: 'clientMessage', message, arrivedAtMs } as const;
    const told = actor.tell(event, isSheddable(message) ? 'sheddable' : 'control');
    if (told === 'queued') valve.queued(event);
    if (audio === null) return told;
    if (told === 'shed') this.#shed(actor, audio);
    const { mailboxMax } = this.#parts.settings;
    if (actor.depth > mailboxMax * MAILBOX_REST_SHARE) actor.state.link.readLater();
    const isBehind = actor.depth > mailboxMax * MAILBOX_HIGH_WATER_SHARE;
    if (told === 'shed' || isBehind || valve.share.isHigh) this.#hold(actor);
    return told;
  }

  /** No room for its audio: what it ends, or the index it takes, still counts [GAT52]. */
  #tellWithout(
    actor: SessionActor,
    message: SessionClientMessage,
    audio: AudioPiece,
    arrivedAtMs: number,
  ): Enqueued {
    this.#hold(actor);
    if (isSheddable(message)) {
      this.#shed(actor, audio);
      return 'shed';
    }
    this.#countShed(audio);
    return actor.tell(actor.state.valve.emptied(message, audio, arrivedAtMs), 'control');
  }

  #shed(actor: SessionActor, audio: AudioPiece): void {
    this.#countShed(audio);
    const speechMs = speechMsOf(audio);
    if (speechMs > 0 && actor.state.valve.shed(speechMs)) {
      actor.tell({ kind: 'audioShed', durationMs: 0 }, 'certain');
    }
  }

  #countShed({ durationMs }: AudioPiece): void {
    this.#parts.ports.meter.count('audio_discarded_ms_total', durationMs, { reason: 'shed' });
  }

  /** How much it is, is looked at when it is heard. */
  #tellSpeechOver({ sessionId }: SessionSeat): void {
    this.tellCertain(sessionId, { kind: 'speechOver', keptBytes: 0, waitingBytes: 0 });
  }

  /** Asks the client to wait, at most once in that time, and tells its session that it does [GAT51]. */
  #hold(actor: SessionActor): void {
    const { ports, settings } = this.#parts;
    const { link, valve } = actor.state;
    const { pauseMs } = settings;
    if (!valve.mayHold(ports.clock.now().atMs, pauseMs)) return;
    ports.meter.count('backpressure_sent_total', 1);
    link.send({ type: 'backpressure', action: 'PAUSE', resume_after_ms: pauseMs });
    actor.tell({ kind: 'audioHeld', forMs: pauseMs }, 'certain');
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
    seat.valve.share.release();
    this.returns.over(seat);
  }

  #reportDeath(sessionId: SessionId, link: ClientLink, error: unknown): void {
    const { log, meter } = this.#parts.ports;
    log.write('error', 'session failed', { sessionId, error: errorChain(error) });
    meter.count('actor_failures_total', 1, { kind: 'session' });
    meter.count('sessions_ended_total', 1, { reason: 'failed' });
    link.close(CLOSE_CODES.internal, closeReason('INTERNAL_ERROR'));
    link.sessionEnded();
  }
}
