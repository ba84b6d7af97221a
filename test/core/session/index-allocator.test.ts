import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type IndexAllocator,
  jumpDueAtMs,
  newIndexAllocator,
  noteRequest,
  setIndexOrigin,
  takeAllotted,
  takeAllWaiting,
  takeIndex,
  waitForIndex,
} from '#core/session/index-allocator.ts';

const WAIT_MS = 300;

/** Requests are told apart by the index they asked for; cuts say `cut`. */
class Allotter {
  readonly allocator: IndexAllocator<string> = newIndexAllocator();
  readonly given: string[] = [];
  readonly indices: number[] = [];
  repeats = 0;
  atMs = 0;

  cut(): this {
    this.#give(takeIndex(this.allocator), 'cut');
    return this.#release();
  }

  ask(index: number): this {
    if (!noteRequest(this.allocator, index)) {
      this.repeats += 1;
      return this;
    }
    waitForIndex(this.allocator, index, `asked ${index}`, this.atMs + WAIT_MS);
    return this.#release();
  }

  /** A short `utterance`: its index is used up, its audio goes another way. */
  merge(index: number): this {
    noteRequest(this.allocator, index);
    return this.#release();
  }

  to(atMs: number): this {
    for (;;) {
      const dueAtMs = jumpDueAtMs(this.allocator);
      if (dueAtMs === null || dueAtMs > atMs) break;
      this.atMs = Math.max(this.atMs, dueAtMs);
      this.#release();
    }
    this.atMs = atMs;
    return this;
  }

  #release(): this {
    for (const { index, item } of takeAllotted(this.allocator, this.atMs)) this.#give(index, item);
    return this;
  }

  #give(index: number, what: string): void {
    this.indices.push(index);
    this.given.push(`${index} ${what}`);
  }
}

test('[IDX1] [W12] cuts and messages share one count', () => {
  expect(new Allotter().cut().ask(1).cut().cut().ask(4).given).toEqual([
    '0 cut',
    '1 asked 1',
    '2 cut',
    '3 cut',
    '4 asked 4',
  ]);
});

describe('the origin', () => {
  test.each([
    ['of a new page', 0, '0 cut'],
    ['of a page that reconnected', 41, '41 cut'],
    ['of a number that no index can follow', 4_294_967_295, '0 cut'],
  ])('[IDX2] %s', (_what, seq, expected) => {
    const allotter = new Allotter();
    setIndexOrigin(allotter.allocator, seq);
    expect(allotter.cut().given).toEqual([expected]);
  });

  test('[IDX2] does not move once an index is taken', () => {
    const allotter = new Allotter().ask(0);
    setIndexOrigin(allotter.allocator, 41);
    expect(allotter.cut().given).toEqual(['0 asked 0', '1 cut']);
  });
});

describe('an index that is ahead', () => {
  test('[IDX3] 2, 0, 1 come out as 0, 1, 2', () => {
    expect(new Allotter().ask(2).ask(0).ask(1).given).toEqual(['0 asked 0', '1 asked 1', '2 asked 2']);
  });

  test('[IDX3] [W13] leaps after 300 ms, and the place is remembered', () => {
    const allotter = new Allotter().ask(5).to(299);
    expect(allotter.given).toEqual([]);
    expect(allotter.to(300).ask(6).given).toEqual(['5 asked 5', '6 asked 6']);
  });

  test('[IDX3] one that leaps takes lower ones along, in order', () => {
    const allotter = new Allotter().ask(9).to(200).ask(5).to(300);
    expect(allotter.given).toEqual(['5 asked 5', '9 asked 9']);
    expect(jumpDueAtMs(allotter.allocator)).toBeNull();
  });

  test('[IDX3] one behind it waits for its own time', () => {
    const allotter = new Allotter().ask(5).to(200).ask(9).to(300);
    expect(allotter.given).toEqual(['5 asked 5']);
    expect(allotter.to(500).given).toEqual(['5 asked 5', '9 asked 9']);
  });

  test('[IDX3] does not wait for indices that chunks fill, or that short messages used up', () => {
    expect(new Allotter().ask(1).cut().given).toEqual(['0 cut', '1 asked 1']);
    const allotter = new Allotter().merge(0).merge(1).ask(3);
    expect(allotter.given).toEqual([]);
    expect(allotter.merge(2).given).toEqual(['3 asked 3']);
  });

  test('[IDX3] at most 16 wait; then the lowest leaps', () => {
    const allotter = new Allotter();
    for (let at = 0; at < 17; at += 1) allotter.ask(100 - at * 2);
    expect(allotter.given).toEqual(['68 asked 68']);
  });

  test('[IDX3] everything leaps when the session ends', () => {
    const { allocator } = new Allotter().ask(5).ask(3);
    expect(takeAllWaiting(allocator).map(({ index }) => index)).toEqual([3, 5]);
  });
});

describe('an index that is behind', () => {
  test('[IDX4] goes to the next free one when a chunk took it', () => {
    expect(new Allotter().cut().cut().ask(0).ask(1).given).toEqual([
      '0 cut',
      '1 cut',
      '2 asked 0',
      '3 asked 1',
    ]);
  });

  test('[IDX4] goes to the next free one when it was leapt over', () => {
    expect(new Allotter().ask(5).to(300).ask(3).given).toEqual(['5 asked 5', '6 asked 3']);
  });

  test('[IDX5] is a repeat when an earlier message named it, also one that still waits', () => {
    const allotter = new Allotter().ask(0).ask(0).ask(4).ask(4).to(1000).ask(4);
    expect(allotter.given).toEqual(['0 asked 0', '4 asked 4']);
    expect(allotter.repeats).toBe(3);
  });
});

test('[IDX5] [I7] the last 1 024 requests are remembered; an older one is a new request', () => {
  const allotter = new Allotter();
  for (let index = 0; index <= 1024; index += 1) allotter.ask(index);
  expect(allotter.allocator.seen.size).toBe(1024);
  allotter.ask(1);
  expect(allotter.repeats).toBe(1);
  allotter.ask(0);
  expect(allotter.repeats).toBe(1);
  expect(allotter.indices.at(-1)).toBe(1025);
});

test('[IDX1] [IDX3] [IDX5] indices only grow, every request gets one exactly once, and none waits longer than 300 ms', () => {
  const move = fc.oneof(
    fc.record({ ask: fc.nat({ max: 30 }) }),
    fc.constant({ cut: true as const }),
    fc.record({ waitMs: fc.nat({ max: 400 }) }),
  );
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60, size: 'max' }), fc.nat({ max: 20 }), (moves, origin) => {
      const allotter = new Allotter();
      setIndexOrigin(allotter.allocator, origin);
      const askedAtMs = new Map<string, number>();
      for (const action of moves) {
        if ('cut' in action) allotter.cut();
        else if ('waitMs' in action) allotter.to(allotter.atMs + action.waitMs);
        else {
          if (!askedAtMs.has(`asked ${action.ask}`)) askedAtMs.set(`asked ${action.ask}`, allotter.atMs);
          allotter.ask(action.ask);
        }
        for (const { dueAtMs } of allotter.allocator.waiting)
          expect(dueAtMs).toBeGreaterThanOrEqual(allotter.atMs);
      }
      allotter.to(allotter.atMs + WAIT_MS);
      const { indices, given } = allotter;
      expect(indices).toEqual([...new Set(indices)].sort((a, b) => a - b));
      const items = given.map((text) => text.slice(text.indexOf(' ') + 1)).filter((item) => item !== 'cut');
      expect(items.sort()).toEqual([...askedAtMs.keys()].sort());
    }),
    { numRuns: 500 },
  );
});
