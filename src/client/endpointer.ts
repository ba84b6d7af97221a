/**
 * Where a speaker pauses, by energy alone [SDK70].
 *
 * Frames of 20 ms are measured against the quietest frames of the last seconds (the noise floor). Speech
 * begins when several frames stand clearly above it, and goes on until all of a pause is close to it: two
 * thresholds, so that a level between them changes nothing. A steady noise, however loud, becomes floor
 * within `FLOOR_MS`, so that a fan cannot hold an utterance open.
 *
 * shape: samples of 16 kHz mono, signed 16-bit. units: levels in dB below full scale.
 */
const SAMPLES_PER_FRAME = 320;
const FRAME_MS = 20;
/** Of how long a time the quietest frame counts; longer than a breath group, shorter than a sentence. */
const FLOOR_MS = 3_000;
const FLOOR_SLOT_COUNT = 6;
const FRAMES_PER_SLOT = FLOOR_MS / FLOOR_SLOT_COUNT / FRAME_MS;
/** Digital silence must not make a whisper of the line's own noise into speech. */
const FLOOR_DB_MIN = -62;
/** Somebody who speaks from the first sample is not the noise of the room. */
const FLOOR_DB_MAX = -35;
const SPEECH_ABOVE_FLOOR_DB = 12;
/** A pause is close to the floor, or far below the voice: the lower part of the way from the one to the other. */
const PAUSE_ABOVE_FLOOR_DB = 7;
const PAUSE_SHARE = 0.3;
/** How fast a loud word is forgotten. */
const VOICE_FALLS_DB_PER_FRAME = 0.1;
/** A click or a key is shorter. */
const ONSET_FRAMES = 3;
const SILENCE_DB = -100;
/** Quieter than any microphone: a gate or a recording's first samples, which say nothing about the room. */
const ROOM_DB_MIN = -75;

export interface Endpointer {
  /** Places in `samples` (counts of samples from its start, ascending) at which an utterance ends. */
  push(samples: Int16Array): readonly number[];
  /** The utterance was ended otherwise: what follows begins anew. The noise floor stays. */
  endUtterance(): void;
}

/** `pauseMs`: how long it must be quiet after speech, 600 is usual. */
export const createEndpointer = (pauseMs: number): Endpointer => {
  const pauseFrames = Math.max(1, Math.ceil(pauseMs / FRAME_MS));
  const frame = newFrame();
  const floor = newNoiseFloor();
  let isSpeech = false;
  let loudFrames = 0;
  let quietFrames = 0;
  let voiceDb = SILENCE_DB;

  /** One frame; true = the utterance ends here. */
  const step = (levelDb: number): boolean => {
    floor.push(levelDb);
    const floorDb = floor.db();
    const aboveDb = levelDb - floorDb;
    voiceDb = Math.max(levelDb, voiceDb - VOICE_FALLS_DB_PER_FRAME);
    const pauseDb = Math.max(PAUSE_ABOVE_FLOOR_DB, (voiceDb - floorDb) * PAUSE_SHARE);
    const isLoud = aboveDb >= SPEECH_ABOVE_FLOOR_DB;
    loudFrames = isLoud ? loudFrames + 1 : 0;
    if (!isSpeech) {
      if (loudFrames >= ONSET_FRAMES) isSpeech = true;
      quietFrames = 0;
      return false;
    }
    if (loudFrames >= ONSET_FRAMES) quietFrames = 0;
    // Single loud frames inside a pause, and levels between the thresholds, neither end nor restart it.
    else if (aboveDb < pauseDb) quietFrames += 1;
    if (quietFrames < pauseFrames) return false;
    isSpeech = false;
    quietFrames = 0;
    return true;
  };

  return {
    push: (samples) => {
      const ends: number[] = [];
      samples.forEach((sample, at) => {
        const levelDb = frame.push(sample);
        if (levelDb !== null && step(levelDb)) ends.push(at + 1);
      });
      return ends;
    },
    endUtterance: () => {
      isSpeech = false;
      loudFrames = 0;
      quietFrames = 0;
    },
  };
};

/** Collects a frame; gives its level when it is full. A constant offset of the microphone does not count. */
const newFrame = () => {
  let count = 0;
  let sum = 0;
  let squares = 0;
  return {
    push: (sample: number): number | null => {
      count += 1;
      sum += sample;
      squares += sample * sample;
      if (count < SAMPLES_PER_FRAME) return null;
      const power = (squares - (sum * sum) / count) / count / 32_768 ** 2;
      count = 0;
      sum = 0;
      squares = 0;
      return power > 0 ? Math.max(SILENCE_DB, 10 * Math.log10(power)) : SILENCE_DB;
    },
  };
};

/** The quietest frame of the last `FLOOR_MS`, kept as the minimum of each of a few slots of time. */
const newNoiseFloor = () => {
  let slots: number[] = [];
  let current = Number.POSITIVE_INFINITY;
  let framesInSlot = 0;
  return {
    push: (levelDb: number): void => {
      if (levelDb >= ROOM_DB_MIN) current = Math.min(current, levelDb);
      framesInSlot += 1;
      if (framesInSlot < FRAMES_PER_SLOT) return;
      slots = [...slots, current].slice(-FLOOR_SLOT_COUNT);
      current = Number.POSITIVE_INFINITY;
      framesInSlot = 0;
    },
    db: (): number => {
      const quietestDb = Math.min(current, ...slots);
      if (quietestDb === Number.POSITIVE_INFINITY) return FLOOR_DB_MIN;
      // Before a whole window has passed its quietest frame may be speech.
      const cappedDb = slots.length < FLOOR_SLOT_COUNT ? Math.min(quietestDb, FLOOR_DB_MAX) : quietestDb;
      return Math.max(cappedDb, FLOOR_DB_MIN);
    },
  };
};
