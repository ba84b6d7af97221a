import type { AudioPiece } from '#protocol/audio.ts';
import { chunkFrame, opusAudio, resultFrame } from '../codec/frames.ts';
import { type Contest, hold, sidesOf, type Way } from '../harness/alternate.ts';
import type { Figure } from '../harness/figure.ts';
import { jobWay } from './dispatcher.ts';
import { CHUNKS_PER_UTTERANCE, chunkWay, utteranceWay } from './session.ts';

/** Packets of 20 ms in a chunk of 0.1 s, as the clients send it. */
const PACKETS = 5;
const INPUT_COUNT = 16;
const RESULT_BASE64_BYTES = 24_000;

const salts = Array.from({ length: INPUT_COUNT }, (_, salt) => salt);
const pieces = salts.map(
  (salt): AudioPiece => ({
    encoding: 'opus',
    bytes: opusAudio(PACKETS, salt),
    durationMs: PACKETS * 20,
    sampleRateHz: 16_000,
    isSilent: false,
  }),
);
const chunkFrames = salts.map((salt) => chunkFrame(opusAudio(PACKETS, salt), salt));
const resultFrames = salts.map((salt) => resultFrame(RESULT_BASE64_BYTES, salt));

const parse = (frames: readonly Buffer[], call: number): unknown =>
  JSON.parse(frames[call % INPUT_COUNT]?.toString('utf8') ?? '');

/** What every way to do it must pay at least: the frames read as JSON, nothing done with them. */
const parseChunk: Way = (call) => parse(chunkFrames, call);
const parseResult: Way = (call) => parse(resultFrames, call);
const parseUtterance: Way = (call) => {
  for (let chunk = 0; chunk < CHUNKS_PER_UTTERANCE; chunk += 1) parse(chunkFrames, call + chunk);
  return parse(resultFrames, call);
};

interface Bound {
  readonly floor: number;
  readonly goal: number;
}

/** How many times dearer the steps (`baseline`) are than the yardstick (`ours`): less is better. */
const dearness = (contest: Contest, { floor, goal }: Bound, rounds: number): Figure => {
  const outcome = hold(contest, rounds);
  return {
    id: '',
    what: contest.name,
    ratio: outcome.ratio,
    better: 'less',
    floor,
    goal,
    detail: sidesOf(outcome),
  };
};

/** What the steps of the actors cost by themselves: no sockets, no codec, no timers. */
export const stepFigures = (rounds: number): readonly Figure[] => [
  dearness(
    {
      name: 'session: a chunk of Opus of 0.1 s, against JSON.parse of its frame',
      baseline: chunkWay(pieces),
      ours: parseChunk,
    },
    { floor: 1, goal: 0.5 },
    rounds,
  ),
  dearness(
    {
      name: `session: an utterance (${CHUNKS_PER_UTTERANCE} chunks, final, job, result), against JSON.parse of its frames`,
      baseline: utteranceWay(pieces),
      ours: parseUtterance,
    },
    { floor: 1, goal: 0.6 },
    rounds,
  ),
  dearness(
    {
      name: 'dispatcher: a job among 10 nodes, submission to end, against JSON.parse of its result of 24 kB',
      baseline: jobWay(10),
      ours: parseResult,
    },
    { floor: 2, goal: 1.25 },
    rounds,
  ),
  dearness(
    {
      name: 'dispatcher: a job among 1 000 nodes, against among 10',
      baseline: jobWay(1000),
      ours: jobWay(10),
    },
    { floor: 2.5, goal: 1.5 },
    rounds,
  ),
];
