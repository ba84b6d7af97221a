import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openSession } from '#client/open-session.ts';
import { HandTimers } from '#testing/hand-timers.ts';
import { ModelServer } from './model-server.ts';
import { allOf } from './session-pair.ts';

const SAMPLES_PER_CHUNK = 1_536;

/** `count` chunks less one sample that names the utterance and the chunk; the final takes the last chunk with it. */
const utterance = (name: number, count: number): { samples: Int16Array; text: string } => {
  const samples = new Int16Array(count * SAMPLES_PER_CHUNK - 1);
  const words: string[] = [];
  for (let chunk = 0; chunk < count; chunk += 1) {
    samples[chunk * SAMPLES_PER_CHUNK] = (name << 4) | chunk;
    words.push(Buffer.from(Int16Array.of((name << 4) | chunk).buffer).toString('hex'));
  }
  return { samples, text: words.join(' ') };
};

const stepArbitrary = fc.oneof(
  { weight: 3, arbitrary: fc.constant('listen' as const) },
  { weight: 3, arbitrary: fc.constant('speak' as const) },
  { weight: 6, arbitrary: fc.constant('translate' as const) },
  { weight: 2, arbitrary: fc.constant('acknowledge' as const) },
  { weight: 2, arbitrary: fc.constant('cut' as const) },
  { weight: 1, arbitrary: fc.constant('crash' as const) },
  { weight: 8, arbitrary: fc.constant('flow' as const) },
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 4 }) },
);

test('[SDK64] [SDK65] [SDK66] [SDK72] [I2] whatever is cut, lost and forgotten: each utterance has its outcome once, in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(stepArbitrary, { maxLength: 120, size: 'max' }), async (steps) => {
      const timers = new HandTimers();
      const server = new ModelServer();
      const opening = openSession({
        url: 'ws://model/ws/session',
        srcLang: 'zh',
        tgtLang: 'en',
        audioFormat: 'pcm16',
        endpointing: false,
        WebSocket: server.WebSocket,
        timers,
        wallClockMs: () => 0,
        chance: () => 0.5,
      });
      server.listen();
      server.speak();
      const session = await opening;
      const said: string[] = [];
      const say = (count: number): void => {
        const { samples, text } = utterance(said.length, count);
        said.push(text);
        session.sendPcm(samples);
        session.endUtterance();
      };
      /** The socket comes back if it was gone, and a dozen messages pass. */
      const flow = (): void => {
        timers.advance(1_000);
        for (let round = 0; round < 6; round += 1) {
          server.listen();
          server.speak();
        }
      };
      for (const step of steps) {
        if (typeof step === 'number') say(step);
        else if (step === 'flow') flow();
        else server[step]();
      }
      // The faults have stopped: now everything ends.
      const closing = session.close({ deadlineMs: 10_000_000 });
      for (let round = 0; round < 2_000 && session.connection !== 'closed'; round += 1) {
        server.listen();
        server.translate();
        server.acknowledge();
        server.speak();
        if (session.connection !== 'live') timers.advance(1_000);
      }
      expect(session.connection).toBe('closed');
      await closing;
      const results = await allOf(session.results);
      expect(server.faults).toEqual([]);
      expect(results.map((result) => (result.kind === 'translated' ? result.text : result.reason))).toEqual(
        said,
      );
      expect(results.map(({ index }) => index)).toEqual(said.map((_, index) => index));
      expect(results.map(({ deliverySeq }) => deliverySeq)).toEqual(said.map((_, index) => index + 1));
      expect(timers.pendingCount).toBe(0);
    }),
    { numRuns: 300 },
  );
});
