import type { DispatcherEffect, DispatcherEvent } from '#core/jobs/dispatcher-contract.ts';
import type { SessionEffect, SessionEvent } from '#core/session/session-contract.ts';
import type { Domain } from '#runtime/domain.ts';
import type { Observer } from './observations.ts';
import type { Trace } from './trace.ts';

const detailOf = (event: SessionEvent | DispatcherEvent): string => {
  switch (event.kind) {
    case 'clientMessage':
    case 'nodeMessage':
      return ` ${event.message.type}`;
    case 'timerFired':
      return ` ${event.key}`;
    case 'jobEnded':
      return ` ${event.jobId} ${event.outcome.kind}`;
    case 'offerAnswered':
      return ` ${event.jobId}/${event.attemptId} ${event.answer}`;
    default:
      return '';
  }
};

/** Counters and observations follow from the rest and would only hide it. */
const wordOf = (effect: SessionEffect | DispatcherEffect): string => {
  switch (effect.kind) {
    case 'count':
    case 'observe':
      return '';
    case 'sendClient':
    case 'sendNode':
      return ` ${effect.message.type}`;
    case 'tellSession':
      return ` tell:${effect.event.kind}`;
    case 'store':
      return ` ${effect.request.verb}`;
    case 'setTimer':
    case 'clearTimer':
      return ` ${effect.kind}:${effect.key}`;
    case 'submitJob':
      return ` submit:${effect.request.utteranceIndex}:${effect.request.jobId}`;
    case 'cancelJob':
      return ` cancel:${effect.jobId}:${effect.reason}`;
    default:
      return ` ${effect.kind}`;
  }
};

const wordsOf = (effects: readonly (SessionEffect | DispatcherEffect)[]): string => {
  let words = '';
  for (const effect of effects) words += wordOf(effect);
  return words;
};

/** The core with an observer at its side: checkers see every step, and events and effects go into the trace. */
export const watchedDomain = (domain: Domain, trace: Trace, observe: Observer): Domain => ({
  newSession: domain.newSession,
  bufferedAudioBytes: domain.bufferedAudioBytes,
  resultSpeechBytes: domain.resultSpeechBytes,
  newDispatcher: domain.newDispatcher,
  stepSession: (state, event, now) => {
    const effects = domain.stepSession(state, event, now);
    trace.note(`${state.sessionId} ${event.kind}${detailOf(event)} ->${wordsOf(effects)}`);
    observe({ kind: 'sessionStep', now, state, event, effects });
    return effects;
  },
  stepDispatcher: (state, event, now) => {
    const effects = domain.stepDispatcher(state, event, now);
    trace.note(`dispatcher ${event.kind}${detailOf(event)} ->${wordsOf(effects)}`);
    observe({ kind: 'dispatcherStep', now, state, event, effects });
    return effects;
  },
});
