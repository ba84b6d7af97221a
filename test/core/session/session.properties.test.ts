import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bufferedMs } from '#core/session/growing-speech.ts';
import { MISSING_REASONS } from '#protocol/reasons.ts';
import { SESSION_ID, SessionWorld } from './session-world.ts';
import { silence, speech } from './speech.ts';

type Move = (world: SessionWorld) => void;

/** The nth job that was ever submitted: open, ended, or given up. */
const nthJob = (world: SessionWorld, nth: number) =>
  world.submitted[nth % Math.max(1, world.submitted.length)];

const durationMs = fc.oneof(fc.constantFrom(96, 260, 1000, 2560), fc.integer({ min: 1, max: 4000 }));

const speaking: fc.Arbitrary<Move> = fc.oneof(
  fc
    .record({
      ms: durationMs,
      isSilent: fc.boolean(),
      isFinal: fc.boolean(),
      back: fc.constantFrom(0, 0, 0, 1, 2),
    })
    .map(
      ({ ms, isSilent, isFinal, back }): Move =>
        (world) => {
          const seq = Math.max(0, world.nextSeq - back);
          world.chunk(isSilent ? silence(ms) : speech(ms), { seq, isFinal });
        },
    ),
  fc.constant<Move>((world) => world.final()),
  fc.record({ ms: durationMs, index: fc.nat({ max: 12 }), manual_cut: fc.boolean() }).map(
    ({ ms, index, manual_cut }): Move =>
      (world) =>
        world.utterance(index, speech(ms), { manual_cut }),
  ),
);

const playing: fc.Arbitrary<Move> = fc.boolean().map(
  (isStart): Move =>
    (world) => {
      const group_id = world.state.groups.current?.groupId ?? 'group_none';
      const fields = { session_id: SESSION_ID, trace_id: 't', group_id };
      if (isStart) world.message({ type: 'tts_started', ...fields, ts_start_ms: 0 });
      else world.message({ type: 'tts_play_ended', ...fields, ts_end_ms: 0 });
    },
);

const working: fc.Arbitrary<Move> = fc
  .record({ nth: fc.nat({ max: 40 }), what: fc.nat({ max: 5 }), reason: fc.constantFrom(...MISSING_REASONS) })
  .map(
    ({ nth, what, reason }): Move =>
      (world) => {
        const request = nthJob(world, nth);
        if (request === undefined) return;
        const { jobId } = request;
        if (what === 0) world.dispatched(request);
        else if (what === 1) world.tell({ kind: 'jobAccepted', jobId });
        else if (what === 2) world.partial(jobId, 'x');
        else if (what === 3) world.fail(request, reason);
        else if (what === 4) world.endJob(jobId, { kind: 'silence', times: world.times() });
        else world.answer(request);
      },
  );

const waiting: fc.Arbitrary<Move> = fc
  .oneof(fc.constantFrom(10, 150, 300, 3000), fc.nat({ max: 12_000 }))
  .map(
    (ms): Move =>
      (world) =>
        world.advance(ms),
  );

const stalling: fc.Arbitrary<Move> = fc.nat({ max: 5000 }).map(
  (ms): Move =>
    (world) => {
      world.atMs += ms;
    },
);

const close: Move = (world) =>
  world.message({ type: 'session_close', session_id: SESSION_ID, reason: 'client_disconnect' });
const lifeMoves: readonly Move[] = [
  close,
  (world) => world.tell({ kind: 'drainStarted' }),
  (world) => world.tell({ kind: 'socketLost' }),
];

const everyday = fc.oneof(
  { weight: 6, arbitrary: speaking },
  { weight: 6, arbitrary: working },
  { weight: 4, arbitrary: waiting },
  { weight: 1, arbitrary: playing },
  { weight: 1, arbitrary: stalling },
);
/** With captions while somebody speaks, and without. */
const asked = fc.constantFrom<readonly string[]>([], ['partials']);
const settings = fc.record({
  openUtterancesMax: fc.constantFrom(2, 200),
  utteranceMaxBytes: fc.constantFrom(9000, 1 << 20),
});

/** Each index that got an utterance, and what came of it. */
const endings = (world: SessionWorld): number[] =>
  world.outcomes.map((outcome) => (typeof outcome === 'number' ? outcome : Number.parseInt(outcome, 10)));

const coveredMs = (world: SessionWorld): number => {
  const { segmenter, indices } = world.state;
  const inJobsMs = world.submitted.reduce((sum, { audioMs }) => sum + audioMs, 0);
  const waitingMs = indices.waiting.reduce((sum, { item }) => sum + item.audioMs, 0);
  return inJobsMs + waitingMs + bufferedMs(segmenter) + world.count('audio_discarded_ms_total');
};

test('[I1] [I2] [RES1] [SES7] whatever happens, each utterance ends once, in order, and a closed session leaves nothing', () => {
  fc.assert(
    fc.property(
      settings,
      asked,
      fc.array(everyday, { maxLength: 80, size: 'max' }),
      (wish, capabilities, moves) => {
        const world = new SessionWorld({ settings: wish, init: { capabilities: [...capabilities] } });
        for (const move of moves) {
          move(world);
          const indices = endings(world);
          expect(indices).toEqual([...new Set(indices)].sort((a, b) => a - b));
        }
        const cutCount = () => world.count('utterances_cut_total');
        expect(endings(world).length + world.state.results.slots.size).toBe(cutCount());
        close(world);
        world.advance(world.state.settings.closeWaitMs);
        expect(world.ended).toEqual(['closed']);
        expect(endings(world)).toHaveLength(cutCount());
        expect(world.sent.at(-1)?.type).toBe('session_close_ack');
        const seqs = world.state.outbox.deliverySeq;
        expect(seqs).toBe(cutCount());
      },
    ),
    { numRuns: 400 },
  );
});

test('[SEG17] [I5] accepted audio is in a job, in a buffer, or was counted as discarded, at every moment', () => {
  fc.assert(
    fc.property(fc.array(everyday, { maxLength: 80, size: 'max' }), (moves) => {
      const world = new SessionWorld();
      for (const move of moves) {
        move(world);
        expect(coveredMs(world)).toBeCloseTo(world.state.acceptedAudioMs, 6);
      }
      world.tell({ kind: 'socketLost' });
      expect(coveredMs(world)).toBeCloseTo(world.count('audio_received_ms_total'), 6);
    }),
    { numRuns: 300 },
  );
});

test('[SES7] [SES15] every event has an answer in every phase, and the end comes at most once, in bounded time', () => {
  const anyMove = fc.oneof(
    { weight: 15, arbitrary: everyday },
    { weight: 1, arbitrary: fc.constantFrom(...lifeMoves) },
  );
  fc.assert(
    fc.property(fc.array(anyMove, { maxLength: 80, size: 'max' }), (moves) => {
      const world = new SessionWorld();
      for (const move of moves) move(world);
      const isEnding = world.state.phase !== 'live';
      world.advance(60_000);
      expect(world.ended).toHaveLength(isEnding ? 1 : 0);
      if (isEnding) expect(world.timers.size).toBe(0);
      expect(world.sentOf('error')).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test('[RES4] in any course of events no result is held longer than the hold, when timers fire in time', () => {
  const inTime = fc.oneof(speaking, working, waiting);
  fc.assert(
    fc.property(fc.array(inTime, { maxLength: 80, size: 'max' }), (moves) => {
      const world = new SessionWorld();
      for (const move of moves) move(world);
      world.advance(world.state.settings.holdMs);
      for (const heldMs of world.observed.get('result_hold_ms') ?? []) {
        expect(heldMs).toBeLessThanOrEqual(world.state.settings.holdMs);
      }
      const [head] = world.state.results.slots.values();
      const isAnyReady = [...world.state.results.slots.values()].some(({ ending }) => ending !== null);
      expect(head !== undefined && isAnyReady).toBe(false);
    }),
    { numRuns: 300 },
  );
});
