import type { JobId } from '#protocol/ids.ts';
import type { SessionServerMessage } from '#protocol/messages.ts';
import type { ResultSlot } from './results.ts';
import type { SessionTurn } from './session-state.ts';
import { type UiEventPlace, uiEvent } from './ui-event.ts';

/** News of a job whose outcome is known, or that was given up, says nothing any more. */
const openSlotOf = ({ state }: SessionTurn, jobId: JobId): ResultSlot | undefined =>
  state.results.openByJob.get(jobId);

const placeOf = ({ state }: SessionTurn, slot: ResultSlot): UiEventPlace => ({
  sessionId: state.sessionId,
  traceId: slot.facts.traceId,
  jobId: slot.jobId,
  utteranceIndex: slot.index,
});

const send = ({ effects }: SessionTurn, message: SessionServerMessage): void => {
  effects.push({ kind: 'sendClient', message });
};

export const takeJobDispatched = (turn: SessionTurn, jobId: JobId): void => {
  const slot = openSlotOf(turn, jobId);
  if (slot === undefined) return;
  slot.wasSent = true;
  send(turn, uiEvent(placeOf(turn, slot), 'DISPATCHED'));
};

export const takeJobAccepted = (turn: SessionTurn, jobId: JobId): void => {
  const slot = openSlotOf(turn, jobId);
  if (slot !== undefined) send(turn, uiEvent(placeOf(turn, slot), 'NODE_ACCEPTED'));
};

/** Partial texts wait for nobody. Their job is not named to clients that were not granted `partials` [SES9]. */
export const takeJobPartial = (turn: SessionTurn, jobId: JobId, text: string, isFinal: boolean): void => {
  const slot = openSlotOf(turn, jobId);
  if (slot === undefined) return;
  const { terms, sessionId } = turn.state;
  send(turn, {
    type: 'asr_partial',
    session_id: sessionId,
    utterance_index: slot.index,
    job_id: terms.granted.includes('partials') ? jobId : '',
    text,
    is_final: isFinal,
    trace_id: slot.facts.traceId,
  });
  send(turn, uiEvent({ ...placeOf(turn, slot), jobId: '' }, 'ASR_PARTIAL'));
};
