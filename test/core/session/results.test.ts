import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JobOutcome } from '#core/jobs/job-outcome.ts';
import { holdDue } from '#core/session/hold.ts';
import { endSlot, newResultQueue, openSlot, type ResultQueue, releaseReady } from '#core/session/results.ts';
import { asJobId, type JobId } from '#protocol/ids.ts';

const HOLD_MS = 9000;
const SILENCE: JobOutcome = {
  kind: 'silence',
  times: { createdWallMs: 0, endedWallMs: 0, queuedMs: 0, attempts: 1 },
};
const FACTS = {
  audioStartMs: 0,
  audioEndMs: 0,
  firstArrivedAtMs: 0,
  speechStartWallMs: 0,
  traceId: 'trace-1',
};
const jobOf = (index: number): JobId => asJobId(`job-${index}`);

/** The queue on a clock that moves when told, with its hold worked off as the session does. */
class Holder {
  readonly queue: ResultQueue = newResultQueue('own');
  readonly left: { readonly index: number; readonly atMs: number; readonly heldMs: number }[] = [];
  readonly hastened: string[] = [];
  readonly givenUp: string[] = [];
  atMs = 0;
  dueAtMs: number | null = null;

  open(...indices: readonly number[]): this {
    for (const index of indices) {
      openSlot(this.queue, {
        index,
        jobId: jobOf(index),
        facts: FACTS,
        openedAtMs: this.atMs,
        openedWallMs: 0,
      });
    }
    return this;
  }

  end(...indices: readonly number[]): this {
    for (const index of indices) {
      endSlot(this.queue, jobOf(index), SILENCE, this.atMs);
      this.#pass();
    }
    return this;
  }

  to(atMs: number): this {
    while (this.dueAtMs !== null && this.dueAtMs <= atMs) {
      this.atMs = this.dueAtMs;
      this.#pass();
    }
    this.atMs = atMs;
    return this;
  }

  /** Nothing is looked at until then. */
  stall(untilAtMs: number): this {
    this.atMs = untilAtMs;
    this.#pass();
    return this;
  }

  get indices(): number[] {
    return this.left.map(({ index }) => index);
  }

  #pass(): void {
    const due = holdDue(this.queue, HOLD_MS, this.atMs);
    for (const { index } of due.hasten) this.hastened.push(`${index}@${this.atMs}`);
    for (const { index, jobId } of due.giveUp) {
      this.givenUp.push(`${index}@${this.atMs}`);
      endSlot(this.queue, jobId, SILENCE, this.atMs);
    }
    for (const { slot, heldMs } of releaseReady(this.queue, this.atMs)) {
      this.left.push({ index: slot.index, atMs: this.atMs, heldMs });
    }
    this.dueAtMs = due.nextAtMs;
  }
}

describe('order', () => {
  test.each([
    ['[RES1] in order', [0, 1, 2], [0, 1, 2]],
    ['[RES1] [W39] the other way round', [2, 1, 0], [0, 1, 2]],
    ['[RES1] the middle first', [1, 0, 2], [0, 1, 2]],
  ])('%s', (_what, endings, expected) => {
    expect(new Holder().open(0, 1, 2).end(...endings).indices).toEqual(expected);
  });

  test('[RES2] nothing waits for what comes after it, or for an index that was never taken', () => {
    const holder = new Holder().open(3, 7, 8).end(3);
    expect(holder.indices).toEqual([3]);
    expect(holder.end(7).indices).toEqual([3, 7]);
    expect(holder.dueAtMs).toBeNull();
  });

  test('[RES5] only the first ending of a job counts, and none of an unknown one', () => {
    const { queue } = new Holder().open(0, 1);
    expect(endSlot(queue, jobOf(1), SILENCE, 5)?.index).toBe(1);
    expect(endSlot(queue, jobOf(1), SILENCE, 6)).toBeNull();
    expect(endSlot(queue, jobOf(9), SILENCE, 6)).toBeNull();
    expect(queue.slots.get(1)?.ending?.readyAtMs).toBe(5);
  });
});

describe('the hold', () => {
  test('[RES3] after a third of it every job in front is hastened, and after two, no more', () => {
    const holder = new Holder().open(0, 1, 2, 3).to(100).end(2);
    holder.to(100 + HOLD_MS / 3 - 1);
    expect(holder.hastened).toEqual([]);
    holder.to(100 + HOLD_MS / 3);
    expect(holder.hastened).toEqual(['0@3100', '1@3100']);
    const all = ['0@3100', '1@3100', '0@6100', '1@6100'];
    expect(holder.to(8000).end(3).to(9099).hastened).toEqual(all);
  });

  test('[RES3] a job that a later result waits for is hastened by its own time', () => {
    const holder = new Holder().open(0, 1, 2, 3).end(1).to(1000).end(3).to(5000);
    expect(holder.hastened).toEqual(['0@3000', '2@4000']);
    expect(holder.to(8000).hastened).toEqual(['0@3000', '2@4000', '0@6000', '2@7000']);
  });

  test('[RES3] one that was under way for a third of the hold by then is hastened at once besides', () => {
    const young = new Holder().open(0, 1).to(2999).end(1);
    expect(young.hastened).toEqual([]);
    const old = new Holder().open(0, 1).to(3000).end(1);
    expect(old.hastened).toEqual(['0@3000']);
    expect(old.to(11_999).hastened).toEqual(['0@3000', '0@6000', '0@9000']);
    expect(old.to(12_000).givenUp).toEqual(['0@12000']);
  });

  test('[RES4] [W42] at its end those in front are given up and the rest leaves', () => {
    const holder = new Holder().open(0, 1, 2, 3).to(100).end(2);
    holder.to(100 + HOLD_MS - 1);
    expect(holder.indices).toEqual([]);
    holder.to(100 + HOLD_MS);
    expect(holder.givenUp).toEqual(['0@9100', '1@9100']);
    expect(holder.left).toEqual([
      { index: 0, atMs: 9100, heldMs: 0 },
      { index: 1, atMs: 9100, heldMs: 0 },
      { index: 2, atMs: 9100, heldMs: 9000 },
    ]);
    expect(holder.dueAtMs).toBeNull();
  });

  test('[RES8] after our own stall nothing is given up before what came meanwhile could be read', () => {
    const holder = new Holder().open(0, 1).end(1);
    holder.stall(40_000);
    // Both hastenings were missed: the second one is what finds a node that is left.
    expect(holder.hastened).toEqual(['0@40000', '0@40000']);
    expect(holder.to(40_000 + HOLD_MS / 3 - 1).givenUp).toEqual([]);
    expect(holder.end(0).indices).toEqual([0, 1]);

    const silent = new Holder().open(0, 1).end(1);
    expect(silent.stall(40_000).to(43_000).givenUp).toEqual(['0@43000']);

    const brief = new Holder()
      .open(0, 1)
      .end(1)
      .to(HOLD_MS - 1);
    expect(brief.stall(HOLD_MS + 1000).to(HOLD_MS + 1999).givenUp).toEqual([]);
    expect(brief.to(HOLD_MS + 2000).givenUp).toEqual([`0@${HOLD_MS + 2000}`]);
  });

  test('[RES8] a process that is always late gives up as well', () => {
    const holder = new Holder().open(0, 1).end(1);
    while (holder.dueAtMs !== null && holder.atMs < 10 * HOLD_MS) holder.stall(holder.dueAtMs + 300);
    expect(holder.givenUp).toEqual(['0@9900']);
  });

  test('[RES4] counts from the moment the later result was ready, whichever that is', () => {
    const holder = new Holder().open(0, 1, 2, 3).end(3).to(4000).end(1).to(20_000);
    expect(holder.givenUp).toEqual(['0@9000', '2@9000']);
  });

  test('[RES4] what is open behind is not touched', () => {
    const holder = new Holder().open(0, 1, 2).end(1).to(50_000);
    expect(holder.indices).toEqual([0, 1]);
    expect(holder.queue.openByJob.size).toBe(1);
  });
});

type Move = { readonly open: number } | { readonly end: number } | { readonly waitMs: number };
const move: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ open: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ end: fc.nat({ max: 40 }) }),
  fc.record({ waitMs: fc.integer({ min: 0, max: 6000 }) }),
);

test('[RES1] [RES4] [I2] any order of endings and time leaves in index order, once, and none is held longer than the hold', () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 80, size: 'max' }), (moves) => {
      const holder = new Holder();
      let next = 0;
      const readyAtMs = new Map<number, number>();
      for (const action of moves) {
        if ('open' in action) {
          next += action.open;
          holder.open(next);
        } else if ('waitMs' in action) holder.to(holder.atMs + action.waitMs);
        else {
          const [index] = [...holder.queue.slots.keys()].slice(
            action.end % Math.max(1, holder.queue.slots.size),
          );
          if (index === undefined) continue;
          if (!readyAtMs.has(index)) readyAtMs.set(index, holder.atMs);
          holder.end(index);
        }
        const { indices } = holder;
        expect(indices).toEqual([...new Set(indices)].sort((a, b) => a - b));
        for (const { ending } of holder.queue.slots.values()) {
          if (ending !== null) expect(holder.atMs - ending.readyAtMs).toBeLessThan(HOLD_MS);
        }
      }
      for (const { index, atMs } of holder.left) {
        const ready = readyAtMs.get(index);
        if (ready !== undefined) expect(atMs - ready).toBeLessThanOrEqual(HOLD_MS);
      }
      // All that was opened leaves once its jobs end.
      holder.end(...[...holder.queue.openByJob.values()].map(({ index }) => index));
      expect(holder.queue.slots.size).toBe(0);
      expect(holder.dueAtMs).toBeNull();
      const hastened = holder.hastened.map((text) => text.split('@')[0]);
      for (const index of hastened) {
        expect(hastened.filter((other) => other === index).length).toBeLessThanOrEqual(3);
      }
    }),
    { numRuns: 500 },
  );
});
