import type { AudioPiece } from '#protocol/audio.ts';
import type { JobId } from '#protocol/ids.ts';
import type { Caption } from './caption.ts';
import { contextFor } from './groups.ts';
import { beingSpoken } from './growing-speech.ts';
import { takeIndex } from './index-allocator.ts';
import { jobRequestOf } from './job-creation.ts';
import type { SessionTurn } from './session-state.ts';

/** So much speech, and a node has something to go by [CAP1]. */
const OPEN_AFTER_MS = 500;
/** Audio goes on to the node in portions of at least this [CAP3]. */
const APPEND_MS_MIN = 200;

/**
 * The utterance that is being spoken, whose job is open already. Its index was taken when the job was opened, for the
 * job is named after it; nothing else can take an index before it is cut.
 */
export interface OpenUtterance {
  readonly index: number;
  readonly jobId: JobId;
  readonly facts: { readonly traceId: string };
  caption: Caption | null;
  /** Pieces of its audio that were passed on. */
  passedCount: number;
  /** False once no node takes audio of it any more: it will be sent whole. */
  isListenedTo: boolean;
}

const durationMsOf = (pieces: readonly AudioPiece[]): number =>
  pieces.reduce((sum, { durationMs }) => sum + durationMs, 0);

/** Without the silence that was kept in front of it. */
const speechMsOf = ({
  audio,
  audioMs,
}: {
  readonly audio: readonly AudioPiece[];
  readonly audioMs: number;
}) => {
  const start = audio.findIndex(({ isSilent }) => !isSilent);
  return start <= 0 ? audioMs : audioMs - durationMsOf(audio.slice(0, start));
};

/** An `utterance` message that waits for its index may still stand before what is being spoken: then none is open. */
const mayOpen = ({ state }: SessionTurn): boolean =>
  state.phase === 'live' &&
  state.terms.granted.includes('partials') &&
  state.indices.waiting.length === 0 &&
  state.results.slots.size < state.settings.openUtterancesMax;

const openWhatIsSpoken = (turn: SessionTurn): void => {
  const { state, effects } = turn;
  if (!mayOpen(turn)) return;
  const spoken = beingSpoken(state.segmenter);
  if (spoken === null || speechMsOf(spoken) < OPEN_AFTER_MS) return;
  const index = takeIndex(state.indices);
  const context = contextFor(state.groups, spoken.firstArrivedAtMs);
  const request = jobRequestOf(state, { ...spoken, audio: [...spoken.audio] }, index, context);
  state.openUtterance = {
    index,
    jobId: request.jobId,
    facts: { traceId: spoken.wish.traceId },
    caption: null,
    passedCount: spoken.audio.length,
    isListenedTo: true,
  };
  effects.push({ kind: 'openJob', request });
};

/** After every piece: the job is opened, or gets the audio that came since [CAP1, CAP3]. */
export const keepCaptioned = (turn: SessionTurn): void => {
  const { state, effects } = turn;
  const open = state.openUtterance;
  if (open === null) {
    openWhatIsSpoken(turn);
    return;
  }
  if (!open.isListenedTo) return;
  const { growing } = state.segmenter;
  if (growing === null) return;
  const pieces = growing.audio.slice(open.passedCount);
  if (durationMsOf(pieces) < APPEND_MS_MIN) return;
  effects.push({ kind: 'appendAudio', jobId: open.jobId, fromPiece: open.passedCount, pieces });
  open.passedCount += pieces.length;
};

/** The index that the next cut will get. */
export const indexOfNextCut = ({ openUtterance, indices }: SessionTurn['state']): number =>
  openUtterance?.index ?? indices.next;

/** The cut of what was being spoken: its open utterance, if it has one. */
export const takeOpenUtterance = ({ state }: SessionTurn): OpenUtterance | null => {
  const open = state.openUtterance;
  state.openUtterance = null;
  return open;
};

/** No node takes the job while it is open: it goes whole, when it is cut [CAP5]. */
export const takeOpenRefused = ({ state }: SessionTurn, jobId: JobId): void => {
  if (state.openUtterance?.jobId === jobId) state.openUtterance.isListenedTo = false;
};

/** What is being spoken will not be cut: nobody is there to hear its result. */
export const cancelOpenUtterance = (turn: SessionTurn): void => {
  const open = takeOpenUtterance(turn);
  if (open !== null) turn.effects.push({ kind: 'cancelJob', jobId: open.jobId, reason: 'cancelled' });
};
