import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asJobId, type InstanceId } from '#protocol/ids.ts';
import { ExpiringMap } from '#store/memory/expiring-map.ts';
import { MemoryStore } from '#store/memory/memory-store.ts';
import { SimulatedClock } from '#testing/sim-clock.ts';
import { storeContract } from './store-contract.ts';

storeContract('memory', async () => {
  const clock = new SimulatedClock();
  return { store: new MemoryStore({ clock }), passTime: async (ms) => clock.advanceBy(ms) };
});

const OWNER = 'inst-1' as InstanceId;

describe('memory store', () => {
  it('[STO8] at its bound it refuses new records, renews known ones, and takes new ones when old ones end', async () => {
    const clock = new SimulatedClock();
    const store = new MemoryStore({ clock, recordsMax: 2 });
    const claim = (name: string) =>
      store.perform({ verb: 'claimJob', jobId: asJobId(name), owner: OWNER, ttlMs: 1000 });
    expect([await claim('a'), await claim('b'), await claim('c')]).toEqual(['done', 'done', 'refused']);
    clock.advanceBy(500);
    expect(await claim('a')).toBe('done');
    clock.advanceBy(500);
    expect([await claim('c'), await claim('d')]).toEqual(['done', 'refused']);
  });

  it('[STO2] its answers come when the given queue is turned, in the order of asking', async () => {
    const queue: (() => void)[] = [];
    const answers: string[] = [];
    const store = new MemoryStore({
      clock: new SimulatedClock(),
      completeLater: (complete) => queue.push(complete),
    });
    const claim = (name: string) =>
      store
        .perform({ verb: 'claimJob', jobId: asJobId(name), owner: OWNER, ttlMs: 1000 })
        .then(() => answers.push(name));
    const both = [claim('a'), claim('b')];
    await Promise.resolve();
    expect(answers).toEqual([]);
    for (const complete of queue) complete();
    await Promise.all(both);
    expect(answers).toEqual(['a', 'b']);
  });

  it('[STO7] what has ended leaves memory though nobody asks for it', () => {
    const clock = new SimulatedClock();
    const map = new ExpiringMap<number, string>(clock, 1_000_000);
    for (let key = 0; key < 20_000; key += 1) {
      map.set(key, 'value', 1000);
      clock.advanceBy(10);
    }
    expect(map.size).toBeLessThan(400);
  });

  it('[STO7] [STO8] any writes, reads and passing of time agree with a plain list', () => {
    const key = fc.nat(6);
    const move = fc.oneof(
      fc.record({ kind: fc.constant('set' as const), key, ttlMs: fc.integer({ min: 1, max: 50 }) }),
      fc.record({ kind: fc.constant('delete' as const), key }),
      fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(30) }),
    );
    fc.assert(
      fc.property(fc.array(move, { maxLength: 100 }), (moves) => {
        const clock = new SimulatedClock();
        const map = new ExpiringMap<number, number>(clock, 4);
        let live: { key: number; value: number; endsAtMs: number }[] = [];
        for (const [value, step] of moves.entries()) {
          if (step.kind === 'pass') clock.advanceBy(step.ms);
          live = live.filter(({ endsAtMs }) => endsAtMs > clock.atMs);
          if (step.kind === 'delete') {
            map.delete(step.key);
            live = live.filter((entry) => entry.key !== step.key);
          } else if (step.kind === 'set') {
            const fits = live.length < 4 || live.some((entry) => entry.key === step.key);
            expect(map.set(step.key, value, step.ttlMs)).toBe(fits);
            if (fits) {
              live = live.filter((entry) => entry.key !== step.key);
              live.push({ key: step.key, value, endsAtMs: clock.atMs + step.ttlMs });
            }
          }
          for (let asked = 0; asked <= 6; asked += 1) {
            expect(map.get(asked)).toBe(live.find((entry) => entry.key === asked)?.value);
          }
          expect(map.size).toBeLessThanOrEqual(4);
        }
      }),
    );
  });
});
