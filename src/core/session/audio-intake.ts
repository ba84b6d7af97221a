import type { AudioPiece } from '#protocol/audio.ts';
import type { AudioChunk, Utterance } from '#protocol/session-client-messages.ts';
import { count } from '../effects.ts';
import { noteGap } from './audio-ack.ts';
import { keepCaptioned } from './captions.ts';
import { adoptNextWish } from './configuring.ts';
import { refuseField } from './field-refusal.ts';
import type { HeardPiece } from './hangover.ts';
import { noteRequest, setIndexOrigin, waitForIndex } from './index-allocator.ts';
import { notify } from './notices.ts';
import {
  type Cuts,
  cutNow,
  NO_CUTS,
  segmentDueAtMs,
  segmentTimerFired,
  takeFinal,
  takePiece,
} from './segmenter.ts';
import { takeSeq } from './seq-window.ts';
import type { SessionTurn } from './session-state.ts';
import { keepTimerBy } from './session-timers.ts';
import { absorbShed, finalAfterShed, shedUtterance, takeShedAudio } from './shedding.ts';
import type { SpeechWish, SpokenUtterance } from './spoken-utterance.ts';
import { openCuts, openWaiting } from './utterances.ts';

/** `utterance` messages shorter than this are pieces of a stream. Source: small print 12. */
const WHOLE_UTTERANCE_MS_MIN = 1000;

/** What the segmenter discarded and found empty, into the counters; its cuts into jobs; its timer to where it is due. */
export const settleSegmenter = (turn: SessionTurn, cuts: Cuts): void => {
  const { state, effects } = turn;
  const { segmenter } = state;
  if (segmenter.discardedMs > 0) {
    effects.push(count('audio_discarded_ms_total', { reason: 'silence' }, segmenter.discardedMs));
    segmenter.discardedMs = 0;
  }
  if (segmenter.emptyFinals > 0) {
    effects.push(count('empty_finals_total', undefined, segmenter.emptyFinals));
    segmenter.emptyFinals = 0;
  }
  openCuts(turn, cuts);
  absorbShed(turn, cuts.length > 0);
  keepCaptioned(turn);
  const dueAtMs = segmentDueAtMs(segmenter);
  // A hangover of no time at all is over now: a timer would only be later.
  if (segmenter.hangover !== null && dueAtMs !== null && dueAtMs <= turn.now.atMs) segmentFired(turn);
  else keepTimerBy(turn, 'segment', dueAtMs);
};

const hasSound = (audio: AudioPiece | null): audio is AudioPiece =>
  audio !== null && audio.bytes.byteLength > 0;

/** Puts a piece on the speaker's axis of offsets. */
const accept = (
  { state }: SessionTurn,
  piece: AudioPiece,
  wish: SpeechWish,
  clientTimestampMs: number | undefined,
  arrivedAtMs: number,
): HeardPiece => {
  const startMs = state.acceptedAudioMs;
  state.acceptedAudioMs += piece.durationMs;
  return { piece, startMs, arrivedAtMs, clientTimestampMs, wish };
};

/** Of a stream, what was accepted is told once for so much of it: it is the one thing to tell of most chunks. */
const COUNT_EVERY_MS = 1000;

/** `isStreaming`: more is coming, so that it may be told later. */
export const countReceived = ({ state, effects }: SessionTurn, isStreaming: boolean): void => {
  const receivedMs = state.acceptedAudioMs - state.countedAudioMs;
  if (receivedMs === 0 || (isStreaming && receivedMs < COUNT_EVERY_MS)) return;
  state.countedAudioMs = state.acceptedAudioMs;
  effects.push(count('audio_received_ms_total', undefined, receivedMs));
};

export const refuseAudio = ({ effects }: SessionTurn): void => {
  effects.push(count('audio_refused_total', { reason: 'closing' }));
};

const heardChunk = (
  turn: SessionTurn,
  audio: AudioPiece,
  { client_timestamp_ms }: AudioChunk,
  arrivedAtMs: number,
): HeardPiece => {
  const { wish, nextWish } = turn.state;
  const heard = accept(turn, audio, wish, client_timestamp_ms, arrivedAtMs);
  return nextWish === null ? heard : { ...heard, nextWish };
};

/** The hottest message: a bounded amount of work, and mostly no effect when nothing is cut [SES8]. */
export const takeChunk = (turn: SessionTurn, message: AudioChunk, arrivedAtMs: number): void => {
  const { state, effects, now } = turn;
  const { segmenter } = state;
  const lastSeq = state.seqs.last;
  const verdict = takeSeq(state.seqs, message.seq);
  if (verdict === 'repeat') {
    effects.push(count('seq_repeats_total'));
    return;
  }
  if (verdict === 'gap') {
    effects.push(count('seq_gaps_total'));
    noteGap(turn, lastSeq + 1, message.seq - 1);
  }
  if (lastSeq < 0) setIndexOrigin(state.indices, message.seq);
  const { audio } = message;
  const heard = hasSound(audio)
    ? takePiece(segmenter, heardChunk(turn, audio, message, arrivedAtMs), now)
    : NO_CUTS;
  const closed = message.is_final ? takeFinal(segmenter, now) : NO_CUTS;
  adoptNextWish(state);
  if (message.is_final) finalAfterShed(turn);
  settleSegmenter(turn, closed.length === 0 ? heard : [...heard, ...closed]);
};

const wishOf = ({ state }: SessionTurn, message: Utterance): SpeechWish => {
  const features = message.features ?? (state.nextWish ?? state.wish).features;
  return {
    srcLang: message.src_lang,
    tgtLang: message.tgt_lang,
    ...(message.dialect === undefined ? {} : { dialect: message.dialect }),
    ...(features === undefined ? {} : { features }),
    traceId: message.trace_id ?? state.traceId,
  };
};

const wholeUtterance = (turn: SessionTurn, message: Utterance, heard: HeardPiece): SpokenUtterance => {
  const { atMs, wallMs } = turn.now;
  const { audio } = message;
  return {
    audio: [audio],
    encoding: audio.encoding,
    sampleRateHz: audio.sampleRateHz,
    audioMs: audio.durationMs,
    audioBytes: audio.bytes.byteLength,
    audioStartMs: heard.startMs,
    audioEndMs: heard.startMs + audio.durationMs,
    firstArrivedAtMs: atMs,
    speechStartWallMs: wallMs - audio.durationMs,
    wish: heard.wish,
    cut: 'utterance',
    isManual: message.manual_cut,
  };
};

const refuseTooLong = (turn: SessionTurn): void => {
  turn.effects.push(count('audio_refused_total', { reason: 'too_long' }));
  refuseField(turn, 'audio', `at most ${turn.state.settings.utteranceMaxBytes} bytes of audio`);
};

/**
 * A whole utterance, or a piece of a stream in the form of one. Speech that came in chunks before it was spoken before
 * it, so that is cut first [IDX6]. Without audio it is a bare final.
 */
export const takeUtterance = (turn: SessionTurn, message: Utterance, arrivedAtMs: number): void => {
  const { state, effects, now } = turn;
  const { segmenter, indices } = state;
  const { audio, utterance_index } = message;
  if (audio.bytes.byteLength > state.settings.utteranceMaxBytes) {
    refuseTooLong(turn);
    return;
  }
  if (!noteRequest(indices, utterance_index)) {
    effects.push(count('utterance_index_repeats_total'));
    return;
  }
  if (!hasSound(audio)) {
    settleSegmenter(turn, message.manual_cut ? takeFinal(segmenter, now) : NO_CUTS);
  } else {
    const heard = accept(turn, audio, wishOf(turn, message), undefined, arrivedAtMs);
    if (message.manual_cut || audio.durationMs >= WHOLE_UTTERANCE_MS_MIN) {
      settleSegmenter(turn, cutNow(segmenter, 'gap'));
      const spoken = wholeUtterance(turn, message, heard);
      waitForIndex(indices, utterance_index, spoken, now.atMs + state.settings.utteranceJumpWaitMs);
    } else {
      settleSegmenter(turn, takePiece(segmenter, heard, now));
    }
  }
  // A piece, too, may be the index that others wait for.
  openWaiting(turn);
};

/** An `utterance` message whose audio was dropped at a bound: it takes its index, and is missing; a piece is a gap [SEG35]. */
export const takeShedUtterance = (turn: SessionTurn, message: Utterance, shedMs: number): void => {
  const { state, effects, now } = turn;
  const { indices } = state;
  const { utterance_index } = message;
  if (!noteRequest(indices, utterance_index)) {
    effects.push(count('utterance_index_repeats_total'));
    return;
  }
  if (!message.manual_cut && shedMs < WHOLE_UTTERANCE_MS_MIN) {
    takeShedAudio(turn, shedMs);
    openWaiting(turn);
    return;
  }
  notify(turn, { kind: 'shed', reason: 'audio_backlog', utterance_index });
  // What was spoken before it keeps its place before it [IDX6].
  settleSegmenter(turn, cutNow(turn.state.segmenter, 'gap'));
  const spoken = shedUtterance(turn, shedMs, wishOf(turn, message));
  waitForIndex(indices, utterance_index, spoken, now.atMs + state.settings.utteranceJumpWaitMs);
  openWaiting(turn);
};

export const segmentFired = (turn: SessionTurn): void => {
  settleSegmenter(turn, segmentTimerFired(turn.state.segmenter, turn.now));
};
