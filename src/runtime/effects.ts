import type { Now } from '#core/clock.ts';
import type { CommonEffect } from '#core/effects.ts';
import type { DispatcherEffect, DispatcherEvent } from '#core/jobs/dispatcher-contract.ts';
import type { JobRequest } from '#core/jobs/job-request.ts';
import type { SessionEffect, SessionEvent } from '#core/session/session-contract.ts';
import type { SessionId } from '#protocol/ids.ts';
import type { Enqueued, Log, Meter } from './contract.ts';
import type { EventClass } from './mailbox.ts';
import type { NodeLinks } from './node-links.ts';
import { missingOutcome } from './open-jobs.ts';
import type { Seat, SessionActors, SessionSeat } from './seats.ts';
import type { StoreDesk } from './store-desk.ts';

export interface EffectTargets {
  readonly meter: Meter;
  readonly log: Log;
  readonly storeDesk: StoreDesk;
  readonly nodes: NodeLinks;
  sessions(): SessionActors;
  tellDispatcher(event: DispatcherEvent, eventClass: EventClass): Enqueued;
  /** The platform gets its turn as soon as the event that is handled now has come to its end. */
  endTurn(): void;
  /** The session said that it is over. */
  sessionOver(seat: SessionSeat): void;
}

/** Does what steps ask for. Nothing here decides anything but what happens at a bound. */
export class EffectPerformer {
  readonly #to: EffectTargets;

  constructor(targets: EffectTargets) {
    this.#to = targets;
  }

  forSession(seat: SessionSeat, effect: SessionEffect, now: Now): void {
    switch (effect.kind) {
      case 'sendClient':
        seat.link.send(effect.message);
        return;
      case 'askTaken': {
        const { question } = effect;
        seat.link.whenTaken(() => this.#tellSession(seat.sessionId, { kind: 'clientTook', question }));
        return;
      }
      case 'closeClient':
        seat.link.close(effect.code, effect.reason);
        return;
      case 'attachClient':
        seat.link = seat.arriving.get(effect.connectionId) ?? seat.link;
        seat.arriving.delete(effect.connectionId);
        return;
      case 'openJob': {
        const { jobId } = effect.request;
        seat.jobs.speak(jobId);
        const told = this.#to.tellDispatcher({ kind: 'jobOpened', request: effect.request }, 'request');
        if (told !== 'queued') this.#tellSession(seat.sessionId, { kind: 'openJobRefused', jobId });
        return;
      }
      case 'appendAudio': {
        const { jobId, fromPiece, pieces } = effect;
        this.#to.tellDispatcher({ kind: 'jobAudioAppended', jobId, fromPiece, pieces }, 'sheddable');
        return;
      }
      case 'submitJob':
        this.#submit(seat, effect.request, now);
        return;
      case 'hastenJob': {
        const { jobId } = effect;
        const job = seat.jobs.find(jobId);
        if (job !== undefined) job.hastenings += 1;
        this.#to.tellDispatcher({ kind: 'jobHastened', jobId }, 'certain');
        return;
      }
      case 'cancelJob': {
        const { jobId, reason } = effect;
        const job = seat.jobs.find(jobId);
        if (job !== undefined) job.cancelReason ??= reason;
        seat.jobs.endSpoken(jobId);
        this.#to.tellDispatcher({ kind: 'jobCancelled', jobId, reason }, 'certain');
        return;
      }
      case 'ended':
        this.#to.sessionOver(seat);
        return;
      default:
        this.#common(seat, effect);
    }
  }

  forDispatcher(seat: Seat, effect: DispatcherEffect): void {
    switch (effect.kind) {
      case 'sendNode': {
        const isTaken = this.#to.nodes.send(effect.connectionId, effect.message);
        if (effect.offer === undefined) return;
        const answer = isTaken ? 'accepted' : 'refused';
        this.#to.tellDispatcher({ kind: 'offerAnswered', ...effect.offer, answer }, 'certain');
        // The job is with its node. What is said of it can wait for what the sockets have brought meanwhile.
        if (isTaken) this.#to.endTurn();
        return;
      }
      case 'closeNode':
        this.#to.nodes.close(effect.connectionId, effect.code, effect.reason);
        return;
      case 'tellSession':
        this.#tellSession(effect.sessionId, effect.event);
        return;
      default:
        this.#common(seat, effect);
    }
  }

  /** A dispatcher that cannot take the job now ends it at once, so that the session need not ask again [RUN12]. */
  #submit(seat: SessionSeat, request: JobRequest, now: Now): void {
    const spoken = seat.jobs.endSpoken(request.jobId);
    const outlived = spoken?.failuresOutlived ?? 0;
    seat.jobs.add(request, now, outlived);
    if (this.#to.tellDispatcher({ kind: 'jobSubmitted', request, outlived }, 'request') === 'queued') return;
    const { jobId } = request;
    const job = seat.jobs.end(jobId);
    if (job === undefined) return;
    // What it may have of it from before is nobody's now.
    if (spoken !== null)
      this.#to.tellDispatcher({ kind: 'jobCancelled', jobId, reason: 'no_capacity' }, 'certain');
    const outcome = missingOutcome(job, 'no_capacity', now);
    this.#to.sessions().find(seat.sessionId)?.tell({ kind: 'jobEnded', jobId, outcome }, 'certain');
  }

  /** A session that is gone has nobody to tell; its jobs were cancelled when it went. */
  #tellSession(sessionId: SessionId, event: SessionEvent): void {
    const actor = this.#to.sessions().find(sessionId);
    if (actor === undefined) return;
    const { jobs } = actor.state;
    switch (event.kind) {
      case 'jobPartial':
        if (actor.tell(event, 'sheddable') === 'shed') {
          this.#to.meter.count('messages_ignored_total', 1, { type: 'asr_partial' });
        }
        return;
      case 'jobDispatched': {
        // A new dispatcher tells it again of a job that it took over [RUN18].
        const job = jobs.find(event.jobId);
        if (job?.isDispatchTold === true) return;
        if (job !== undefined) job.isDispatchTold = true;
        break;
      }
      case 'jobAccepted': {
        const job = jobs.find(event.jobId);
        if (job?.isAcceptanceTold === true) return;
        if (job !== undefined) job.isAcceptanceTold = true;
        break;
      }
      case 'jobEnded':
        jobs.end(event.jobId);
        break;
      default:
    }
    actor.tell(event, 'certain');
  }

  #common(seat: Seat, effect: CommonEffect): void {
    switch (effect.kind) {
      case 'setTimer':
        seat.timers.set(effect.key, effect.atMs);
        return;
      case 'clearTimer':
        seat.timers.clear(effect.key);
        return;
      case 'count':
        this.#to.meter.count(effect.name, effect.by ?? 1, effect.labels);
        return;
      case 'observe':
        this.#to.meter.observe(effect.name, effect.value, effect.labels);
        return;
      case 'log':
        this.#to.log.write(effect.level, effect.event, effect.fields);
        return;
      case 'store':
        this.#to.storeDesk.ask(effect.request, (settled) => seat.settle(settled));
    }
  }
}
