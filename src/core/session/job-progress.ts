import type { JobId } from '#protocol/ids.ts';
import type { SessionServerMessage } from '#protocol/messages.ts';
import type { AsrPartial } from '#protocol/session-server-messages.ts';
import { count } from '../effects.ts';
import type { PartialText } from '../jobs/partial-text.ts';
import { type Caption, nextCaption } from './caption.ts';
import { notify } from './notices.ts';
import type { ResultSlot } from './results.ts';
import type { SessionEvent } from './session-contract.ts';
import type { SessionTurn } from './session-state.ts';
import { type UiEventPlace, uiEvent } from './ui-event.ts';

/** News of a job whose outcome is known, or that was given up, says nothing any more. */
const openSlotOf = ({ state }: SessionTurn, jobId: JobId): ResultSlot | undefined =>
  state.results.openByJob.get(jobId);

/** What partial texts are about: an utterance whose outcome is open, or one that is being spoken [CAP4]. */
type Captioned = Pick<ResultSlot, 'index' | 'jobId' | 'caption'> & {
  readonly facts: { readonly traceId: string };
};

const captionedOf = (turn: SessionTurn, jobId: JobId): Captioned | undefined => {
  const { openUtterance } = turn.state;
  return openUtterance?.jobId === jobId ? openUtterance : openSlotOf(turn, jobId);
};

const placeOf = ({ state }: SessionTurn, slot: Captioned): UiEventPlace => ({
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

type News<Kind extends SessionEvent['kind']> = Extract<SessionEvent, { kind: Kind }>;

/** The place in the queue, and why it has to wait [SES72]. */
export const takeJobWaiting = (turn: SessionTurn, { jobId, position, reason }: News<'jobWaiting'>): void => {
  const slot = openSlotOf(turn, jobId);
  if (slot === undefined) return;
  notify(turn, { kind: 'queued', reason, utterance_index: slot.index, queue_position: position });
};

export const takeJobNodeLost = (turn: SessionTurn, { jobId, loss }: News<'jobNodeLost'>): void => {
  const slot = openSlotOf(turn, jobId);
  if (slot !== undefined) notify(turn, { kind: 'node_lost', reason: loss, utterance_index: slot.index });
};

/** In the words of the reference: the node's own text, and no job. */
const legacyPartial = ({ state }: SessionTurn, slot: Captioned, partial: PartialText): AsrPartial => ({
  type: 'asr_partial',
  session_id: state.sessionId,
  utterance_index: slot.index,
  job_id: '',
  text: partial.text,
  is_final: partial.isFinal,
  trace_id: slot.facts.traceId,
});

const shownPartial = (turn: SessionTurn, slot: Captioned, caption: Caption): AsrPartial => ({
  type: 'asr_partial',
  session_id: turn.state.sessionId,
  utterance_index: slot.index,
  job_id: slot.jobId,
  text: caption.settled + caption.tentative,
  is_final: caption.isFinal,
  trace_id: slot.facts.traceId,
  revision: caption.revision,
  settled: caption.settled,
  tentative: caption.tentative,
});

/** Partial texts wait for nobody. What changes and what stays is told to clients granted `partials` [SES9, SES60]. */
export const takeJobPartial = (turn: SessionTurn, jobId: JobId, partial: PartialText): void => {
  const slot = captionedOf(turn, jobId);
  if (slot === undefined) return;
  if (turn.state.terms.granted.includes('partials')) {
    const caption = nextCaption(slot.caption, partial);
    if (caption === null) {
      turn.effects.push(count('messages_ignored_total', { type: 'asr_partial' }));
      return;
    }
    slot.caption = caption;
    send(turn, shownPartial(turn, slot, caption));
  } else {
    send(turn, legacyPartial(turn, slot, partial));
  }
  send(turn, uiEvent({ ...placeOf(turn, slot), jobId: '' }, 'ASR_PARTIAL'));
};
