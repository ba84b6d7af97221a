import type { SessionTurn } from './session-state.ts';

/** A message that is well formed and cannot be obeyed: the client hears which field and what it should be. */
export const refuseField = ({ state, effects }: SessionTurn, field: string, expected: string): void => {
  effects.push({
    kind: 'sendClient',
    message: {
      type: 'error',
      code: 'INVALID_MESSAGE',
      message: `${field}: expected ${expected}`,
      details: { field, expected },
      trace_id: state.traceId,
    },
  });
};
