import { indexOfNextCut } from './captions.ts';
import { freeze } from './freezing.ts';
import { notify } from './notices.ts';
import type { SessionTurn } from './session-state.ts';
import { keepTimer } from './session-timers.ts';
import type { SpeechWish, SpokenUtterance } from './spoken-utterance.ts';
import { openCuts } from './utterances.ts';

/** We asked the client to wait with its audio, so its silence says nothing. Asked again, it waits on [SEG36]. */
export const holdAudio = (turn: SessionTurn, forMs: number): void => {
  const untilAtMs = turn.now.atMs + forMs;
  freeze(turn, 'held', untilAtMs);
  keepTimer(turn, 'held', untilAtMs);
  notify(turn, { kind: 'slow_down', reason: 'audio_backlog', retry_after_ms: forMs });
};

/** An utterance of which no audio is left. */
export const shedUtterance = (turn: SessionTurn, shedMs: number, wish: SpeechWish): SpokenUtterance => {
  const { state, now } = turn;
  return {
    audio: [],
    encoding: state.terms.encoding,
    sampleRateHz: state.terms.sampleRateHz,
    audioMs: 0,
    audioBytes: 0,
    audioStartMs: state.acceptedAudioMs,
    audioEndMs: state.acceptedAudioMs,
    firstArrivedAtMs: now.atMs,
    speechStartWallMs: now.wallMs - shedMs,
    wish,
    cut: 'gap',
    isManual: false,
    isShed: true,
  };
};

/**
 * Audio was dropped at a bound before it reached us. It is announced at once. Where an utterance is growing its result is
 * the outcome, of what is left of it; else the pause after it, or a final, ends an utterance that is missing [SEG35].
 */
export const takeShedAudio = (turn: SessionTurn, durationMs: number): void => {
  const { state, now } = turn;
  if (durationMs <= 0) return;
  state.shedMs += durationMs;
  notify(turn, {
    kind: 'shed',
    reason: 'audio_backlog',
    utterance_index: indexOfNextCut(state),
  });
  const { growing, limits } = state.segmenter;
  if (growing === null && limits.pauseMs > 0) {
    keepShedTimer(turn, now.atMs + durationMs + limits.pauseMs);
  }
};

/** While we do not read its socket nothing says that the stretch is over [SEG42]. */
const keepShedTimer = (turn: SessionTurn, atMs: number): void => {
  keepTimer(turn, 'shed', turn.state.segmenter.isUnread ? null : atMs);
};

/** A final: what was dropped before it is over, unless speech comes within the hangover. */
export const finalAfterShed = (turn: SessionTurn): void => {
  const { shedMs, segmenter } = turn.state;
  if (shedMs === 0 || segmenter.growing !== null) return;
  keepShedTimer(turn, turn.now.atMs + segmenter.limits.hangoverManualMs);
};

/** Its socket is read again: what follows what was dropped comes now, or it is over. */
export const awaitAfterShed = (turn: SessionTurn): void => {
  const { shedMs, segmenter } = turn.state;
  const { growing, hangover, limits } = segmenter;
  if (shedMs === 0 || growing !== null) return;
  const waitMs = hangover === null ? limits.pauseMs : limits.hangoverManualMs;
  if (hangover !== null || waitMs > 0) keepShedTimer(turn, turn.now.atMs + waitMs);
};

/** What was dropped is part of an utterance that was cut, or of the one that has begun to grow. */
export const absorbShed = (turn: SessionTurn, hasCut: boolean): void => {
  const { state } = turn;
  if (state.shedMs === 0) return;
  if (hasCut) state.shedMs = 0;
  if (hasCut || state.segmenter.growing !== null) keepTimer(turn, 'shed', null);
};

/** The stretch that was dropped is over and nothing of it is left: one utterance ends as missing(`shed`). */
export const endShed = (turn: SessionTurn): void => {
  const { state } = turn;
  const { shedMs } = state;
  keepTimer(turn, 'shed', null);
  if (shedMs === 0 || state.segmenter.growing !== null) return;
  state.shedMs = 0;
  openCuts(turn, [shedUtterance(turn, shedMs, state.nextWish ?? state.wish)]);
};
