import { count } from '../effects.ts';
import { type OpenUtterance, takeOpenUtterance } from './captions.ts';
import { contextFor } from './groups.ts';
import { type Allotted, jumpDueAtMs, takeAllotted, takeIndex } from './index-allocator.ts';
import { jobRequestOf } from './job-creation.ts';
import { notifyLimit } from './notices.ts';
import { missingOutcome, passResultsOn } from './outcomes.ts';
import { endSlot, openSlot } from './results.ts';
import type { Cuts } from './segmenter.ts';
import type { SessionTurn } from './session-state.ts';
import { keepTimer } from './session-timers.ts';
import { factsOf, type SpokenUtterance } from './spoken-utterance.ts';

/** The reference counts cuts in two words: what the client sent, and what a pause ended. */
const countCut = ({ effects }: SessionTurn, { cut }: SpokenUtterance): void => {
  effects.push(count('utterances_cut_total', { reason: cut }));
  if (cut === 'manual') effects.push(count('web_task_finalized_total', { reason: 'send' }));
  if (cut === 'pause' || cut === 'gap') effects.push(count('web_task_finalized_total', { reason: 'pause' }));
};

/**
 * An utterance with its index: one slot that will end in exactly one outcome [I1], and one job. Where too many are open
 * it ends at once, in its place, without a job [SES11].
 */
const openUtterance = (
  turn: SessionTurn,
  { index, item: spoken }: Allotted<SpokenUtterance>,
  open: OpenUtterance | null = null,
): void => {
  const { state, effects, now } = turn;
  const { results, settings, groups } = state;
  if (spoken.isShed === true) effects.push(count('utterances_shed_total'));
  else countCut(turn, spoken);
  const hasRoom = results.slots.size < settings.openUtterancesMax;
  const request = jobRequestOf(state, spoken, index, contextFor(groups, spoken.firstArrivedAtMs));
  const { jobId } = request;
  const slot = openSlot(results, {
    index,
    jobId,
    facts: factsOf(spoken),
    openedAtMs: now.atMs,
    openedWallMs: now.wallMs,
  });
  slot.caption = open?.caption ?? null;
  if (hasRoom && spoken.isShed !== true) {
    if (spoken.cut === 'max_length') notifyLimit(turn, index, 'utterance_bytes');
    effects.push({ kind: 'submitJob', request });
    return;
  }
  if (!hasRoom) notifyLimit(turn, index, 'open_utterances');
  if (open !== null) effects.push({ kind: 'cancelJob', jobId, reason: 'no_capacity' });
  const reason = spoken.isShed === true ? 'shed' : 'no_capacity';
  endSlot(results, jobId, missingOutcome(turn, slot, reason), now.atMs);
  passResultsOn(turn);
};

export const openAllotted = (turn: SessionTurn, allotted: readonly Allotted<SpokenUtterance>[]): void => {
  for (const utterance of allotted) openUtterance(turn, utterance);
};

/** `utterance` messages whose index is free now, and the timer of those that still wait. */
export const openWaiting = (turn: SessionTurn): void => {
  const { indices, segmenter } = turn.state;
  const { isUnread } = segmenter;
  // What they wait for may have come, and was not read.
  openAllotted(turn, takeAllotted(indices, isUnread ? Number.NEGATIVE_INFINITY : turn.now.atMs));
  keepTimer(turn, 'jump', isUnread ? null : jumpDueAtMs(indices));
};

/** Utterances cut from chunks, in the order of speech. */
export const openCuts = (turn: SessionTurn, cuts: Cuts): void => {
  if (cuts.length === 0) return;
  for (const spoken of cuts) {
    const open = takeOpenUtterance(turn);
    openUtterance(turn, { index: open?.index ?? takeIndex(turn.state.indices), item: spoken }, open);
    openWaiting(turn);
  }
};
