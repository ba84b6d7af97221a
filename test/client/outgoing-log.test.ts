import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OutgoingLog } from '#client/outgoing-log.ts';
import { HandTimers } from '#testing/hand-timers.ts';

const CHUNK_BYTES = 320;
const CHUNK_MS = 10;

/** A log whose writes are written down: `[seq, isFinal, bytes]`, or the message. */
const scene = (bytesMax?: number) => {
  const timers = new HandTimers();
  const written: unknown[] = [];
  const dropped: boolean[] = [];
  const network = { bufferedBytes: 0 };
  const log = new OutgoingLog(
    timers,
    {
      write: (record, seq) =>
        written.push(record.kind === 'audio' ? [seq, record.isFinal, record.bytes.length] : record.message),
      socketBufferedBytes: () => network.bufferedBytes,
      dropping: (isSent) => dropped.push(isSent),
      resumed: () => {},
    },
    bytesMax,
  );
  const push = (count = 1, isFinal = false): void => {
    for (let at = 0; at < count; at += 1) log.pushAudio(new Uint8Array(CHUNK_BYTES), CHUNK_MS, isFinal);
  };
  const final = (): void => log.pushAudio(new Uint8Array(), 0, true);
  return { log, timers, written, dropped, network, push, final };
};

describe('what waits', () => {
  test('[SDK8] a final loses its audio at the bound, never itself; control stays; the gap shows in seq', () => {
    const { log, written, dropped, push } = scene(2 * CHUNK_BYTES);
    push();
    push(1, true);
    log.pushControl({ type: 'session_close' });
    push(2);
    expect(dropped).toEqual([false]);
    expect(log.shedCount).toBe(2);
    log.restart(false, true);
    expect(written).toEqual([
      [0, true, 0],
      { type: 'session_close' },
      [1, false, CHUNK_BYTES],
      [2, false, CHUNK_BYTES],
    ]);
  });

  test('[SDK8] nothing has no bound: finals without audio between them are one', () => {
    const { log, push, final } = scene(4 * CHUNK_BYTES);
    for (let at = 0; at < 1_000; at += 1) {
      final();
      push();
      final();
      final();
    }
    expect(log.waitingCount).toBeLessThanOrEqual(12);
  });

  test('[SDK8] audio waits here while the network is behind', () => {
    const { log, timers, written, network, push } = scene();
    log.restart(true, true);
    network.bufferedBytes = 2 * 1024 * 1024;
    push();
    timers.advance(500);
    expect(written).toEqual([]);
    network.bufferedBytes = 0;
    timers.advance(50);
    expect(written).toHaveLength(1);
    expect(timers.pendingCount).toBe(0);
  });
});

describe('what was sent', () => {
  test('[SDK66] at the bound the oldest is let go, counted and told once per crossing', () => {
    const { log, written, dropped, push } = scene(4 * CHUNK_BYTES);
    log.restart(true, true);
    push(6);
    expect(dropped).toEqual([true]);
    expect(log).toMatchObject({ forgottenCount: 2, keptCount: 4, shedCount: 0 });
    log.acknowledged(5, 60, 60);
    expect(log.keptCount).toBe(0);
    push(5);
    expect(dropped).toEqual([true, true]);
    written.length = 0;
    log.disconnected();
    log.resume(8, 90, 60);
    expect(written.map((entry) => (entry as number[])[0])).toEqual([9, 10]);
  });

  test('[SDK66] offsets are reckoned from what the server has named, whatever was shed here', () => {
    const { log, push } = scene(3 * CHUNK_BYTES);
    push(5);
    log.restart(true, true);
    expect(log).toMatchObject({ shedCount: 2, keptCount: 3 });
    log.acknowledged(1, 20, 10);
    expect(log.keptCount).toBe(2);
    log.covered(20);
    expect(log.keptCount).toBe(1);
    log.covered(29);
    expect(log.keptCount).toBe(0);
  });

  test('[SDK67] control is sent again on every socket until it is settled', () => {
    const { log, written, push } = scene();
    log.restart(true, true);
    push();
    const question = log.pushControl({ type: 'session_configure' });
    push();
    log.disconnected();
    log.resume(0, 10, 10);
    expect(written.slice(3)).toEqual([{ type: 'session_configure' }, [1, false, CHUNK_BYTES]]);
    log.settle(question);
    log.disconnected();
    log.resume(1, 20, 20);
    expect(written).toHaveLength(5);
  });
});

test('[SDK66] [I5] whatever the sockets do, the server gets every chunk that was not told as dropped', () => {
  const stepArbitrary = fc.oneof(
    fc.record({ kind: fc.constant('push' as const), count: fc.integer({ min: 1, max: 6 }) }),
    fc.record({ kind: fc.constant('final' as const) }),
    fc.record({ kind: fc.constant('cut' as const), arrived: fc.nat({ max: 5 }) }),
    fc.record({ kind: fc.constant('cover' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  );
  fc.assert(
    fc.property(fc.array(stepArbitrary, { maxLength: 60, size: 'max' }), (steps) => {
      const timers = new HandTimers();
      const received: number[] = [];
      const wire: number[] = [];
      const log = new OutgoingLog(
        timers,
        {
          write: (record, seq) => {
            if (record.kind === 'audio') wire.push(seq);
          },
          socketBufferedBytes: () => 0,
          dropping: () => {},
          resumed: () => {},
        },
        1_000 * CHUNK_BYTES,
      );
      log.restart(true, true);
      let pushedCount = 0;
      const arrive = (count: number): void => {
        for (const seq of wire.splice(0).slice(0, count)) {
          // As the server: in order, no repeats.
          expect(seq).toBe((received.at(-1) ?? -1) + 1);
          received.push(seq);
        }
      };
      const progress = (coveredMs: number): [number | null, number, number] => [
        received.at(-1) ?? null,
        received.length * CHUNK_MS,
        coveredMs,
      ];
      let coveredMs = 0;
      for (const step of steps) {
        if (step.kind === 'push') {
          pushedCount += step.count;
          for (let at = 0; at < step.count; at += 1)
            log.pushAudio(new Uint8Array(CHUNK_BYTES), CHUNK_MS, false);
        } else if (step.kind === 'final') {
          pushedCount += 1;
          log.pushAudio(new Uint8Array(CHUNK_BYTES), CHUNK_MS, true);
        } else if (step.kind === 'cut') {
          arrive(step.arrived);
          log.disconnected();
          log.resume(...progress(coveredMs));
        } else {
          arrive(Number.POSITIVE_INFINITY);
          coveredMs = Math.max(coveredMs, Math.floor((received.length * step.share) / 1) * CHUNK_MS);
          log.acknowledged(...progress(coveredMs));
          expect(log.keptCount).toBe(pushedCount - coveredMs / CHUNK_MS);
        }
      }
      arrive(Number.POSITIVE_INFINITY);
      expect(received).toEqual(Array.from({ length: pushedCount }, (_, seq) => seq));
    }),
  );
});
