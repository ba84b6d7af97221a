import { describe, expect, test } from 'vitest';
import type { Census } from '#http/census.ts';
import { CensusDesk } from '#http/census-desk.ts';
import { inSlices, SLICE_COUNT } from '#http/slices.ts';
import { statsOf } from '#http/stats.ts';
import { asNodeId } from '#protocol/ids.ts';
import type { Runtime } from '#runtime/contract.ts';

const desk = (sessionCount: number) => {
  let nowMs = 0;
  let breaths = 0;
  let looks = 0;
  const runtime = {
    ports: { clock: { now: () => ({ atMs: nowMs, wallMs: nowMs }) } },
    view: {
      *sessions() {
        for (let at = 0; at < sessionCount; at += 1) {
          looks += 1;
          yield { init: {}, away: at % 4 === 0 ? {} : null, wish: { srcLang: 'zh', tgtLang: `l${at % 20}` } };
        }
      },
      dispatcher: { registry: { nodes: new Map(), pools: { requireGpu: true } }, jobs: new Map() },
    },
  } as unknown as Runtime;
  const census = new CensusDesk(runtime, async () => {
    breaths += 1;
  });
  return {
    census,
    pass: (ms: number) => {
      nowMs += ms;
    },
    get breaths() {
      return breaths;
    },
    get looks() {
      return looks;
    },
  };
};

describe('census', () => {
  test('[HTT5] ten thousand sessions are counted in slices', async () => {
    const many = desk(10_000);
    const { languages, activeSessionCount } = await many.census.census();
    expect(many.breaths).toBe(10_000 / SLICE_COUNT);
    expect(languages.get('zh')).toEqual({ asSource: 10_000, asTarget: 0 });
    expect(activeSessionCount).toBe(7500);
    expect(languages.get('l0')).toEqual({ asSource: 0, asTarget: 500 });
  });

  test('[HTT5] who asks while it is taken, or within a second, shares it', async () => {
    const some = desk(700);
    const all = await Promise.all([some.census.census(), some.census.census(), some.census.census()]);
    expect(new Set(all).size).toBe(1);
    some.pass(999);
    expect(await some.census.census()).toBe(all[0]);
    expect(some.looks).toBe(700);
    some.pass(1);
    expect(await some.census.census()).not.toBe(all[0]);
    expect(some.looks).toBe(1400);
  });

  test('[HTT5] one that failed does not stand in the way of the next', async () => {
    let isBroken = true;
    const nodes = new Map();
    const runtime = {
      ports: { clock: { now: () => ({ atMs: 0, wallMs: 0 }) } },
      view: {
        sessions: () => [].values(),
        get dispatcher() {
          if (isBroken) throw new Error('broken');
          return { registry: { nodes, pools: { requireGpu: true } }, jobs: new Map() };
        },
      },
    } as unknown as Runtime;
    const census = new CensusDesk(runtime, async () => {});
    await expect(census.census()).rejects.toThrow('broken');
    isBroken = false;
    expect(await census.census()).toMatchObject({ activeSessionCount: 0 });
  });

  test('[HTT5] what is added while it is counted does not make it endless', async () => {
    const items = new Map([[0, 0]]);
    let looks = 0;
    await inSlices(
      items.keys(),
      async () => {},
      () => {
        looks += 1;
        if (items.size < 2000) items.set(items.size, 0);
      },
    );
    expect(looks).toBe(2000);
  });
});

test('[HTT58] what nodes could take is told to thousandths, sums too', () => {
  const node = (nodeId: string, cpu: number) => ({
    nodeId: asNodeId(nodeId),
    cpu,
    gpu: 1 / 3,
    memory: 0,
    efficiencies: new Map(),
    asrEfficiency: null,
  });
  const { compute_power } = statsOf({
    activeSessionCount: 0,
    languages: new Map(),
    nodesByReadyType: new Map(),
    onlineNodes: [node('a', 0.1), node('b', 0.2)],
  } as unknown as Census).nodes;
  expect(compute_power).toMatchObject({
    total_cpu_power: 0.3,
    total_gpu_power: 0.667,
    node_power_details: [
      { cpu_power: 0.1, gpu_power: 0.333 },
      { cpu_power: 0.2, gpu_power: 0.333 },
    ],
  });
});
