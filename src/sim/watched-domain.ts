import type { Domain } from '#runtime/domain.ts';
import type { World } from './world.ts';

/** The core with an observer at its side: checkers see every step, and its events and effects go into the trace. */
export const watchedDomain = (
  domain: Domain,
  world: Pick<World, 'trace' | 'sessions' | 'dispatcher'>,
  fail: (error: unknown) => void,
): Domain => {
  /** A breach must stop the seed, and must not look to supervision like a fault of the actor. */
  const check = (look: () => void): void => {
    try {
      look();
    } catch (error) {
      fail(error);
    }
  };
  return {
    newSession: domain.newSession,
    newDispatcher: domain.newDispatcher,
    stepSession: (state, event, now) => {
      const effects = domain.stepSession(state, event, now);
      const detail = event.kind === 'clientMessage' ? ` ${event.message.type}` : '';
      world.trace.note(
        `${state.sessionId} ${event.kind}${detail} -> ${effects.map(({ kind }) => kind).join(' ')}`,
      );
      check(() => world.sessions.saw(state.sessionId, event, effects, now));
      return effects;
    },
    stepDispatcher: (state, event, now) => {
      const due = world.dispatcher.before(state, event);
      const effects = domain.stepDispatcher(state, event, now);
      const detail =
        event.kind === 'nodeMessage'
          ? ` ${event.message.type}`
          : event.kind === 'timerFired'
            ? ` ${event.key}`
            : '';
      world.trace.note(`dispatcher ${event.kind}${detail} -> ${effects.map(({ kind }) => kind).join(' ')}`);
      check(() => world.dispatcher.after(state, due, effects));
      return effects;
    },
  };
};
