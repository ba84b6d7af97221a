import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '#core/ports.ts';
import { asJobId, asNodeId, asSessionId, type InstanceId } from '#protocol/ids.ts';

/** A store with nothing in it, and its time. */
export interface StoreUnderTest {
  readonly store: Store;
  /** Lets that much of the store's own time pass. */
  passTime(ms: number): Promise<void>;
}

const ANNA = 'inst-anna' as InstanceId;
const BERT = 'inst-bert' as InstanceId;
const JOB = asJobId('job-1');
const NODE = asNodeId('node 1: "the ünusual"');
const SESSION = asSessionId('s-1');
const TTL_MS = 60_000;

/** Every rule of docs/spec/store.md that holds for any store; run it for each of them. */
export const storeContract = (name: string, open: () => Promise<StoreUnderTest>): void => {
  describe(`${name}: the contract of stores`, () => {
    let store: Store;
    let passTime: StoreUnderTest['passTime'];
    beforeEach(async () => {
      ({ store, passTime } = await open());
    });
    afterEach(() => store.close());

    const claim = (owner: InstanceId, ttlMs = TTL_MS) =>
      store.perform({ verb: 'claimJob', jobId: JOB, owner, ttlMs });
    const release = (owner: InstanceId) => store.perform({ verb: 'releaseJob', jobId: JOB, owner });
    const putNode = (owner: InstanceId, generation: number, ttlMs = TTL_MS) =>
      store.perform({ verb: 'putNode', nodeId: NODE, owner, generation, ttlMs });
    const dropNode = (owner: InstanceId, generation: number) =>
      store.perform({ verb: 'dropNode', nodeId: NODE, owner, generation });
    const putSession = (owner: InstanceId, record: string, ttlMs = TTL_MS) =>
      store.perform({ verb: 'putSession', sessionId: SESSION, owner, record, ttlMs });
    const dropSession = (owner: InstanceId) =>
      store.perform({ verb: 'dropSession', sessionId: SESSION, owner });

    it('[STO2] an answer never comes inside the call', async () => {
      const order: string[] = [];
      const asked = claim(ANNA).then(() => order.push('answered'));
      order.push('asked');
      await asked;
      expect(order).toEqual(['asked', 'answered']);
    });

    it('[STO1] what was never said is absent', async () => {
      expect(await store.readJob(JOB)).toBeNull();
      expect(await store.readNode(NODE)).toBeNull();
      expect(await store.readSession(SESSION)).toBeNull();
      expect(await release(ANNA)).toBe('absent');
      expect(await dropNode(ANNA, 1)).toBe('absent');
      expect(await dropSession(ANNA)).toBe('absent');
    });

    it('[STO3] [W32] of two instances that claim a job one gets it, also when they ask at once', async () => {
      expect((await Promise.all([claim(ANNA), claim(BERT)])).sort()).toEqual(['done', 'taken']);
      const { owner } = (await store.readJob(JOB)) ?? {};
      expect([ANNA, BERT]).toContain(owner);
    });

    it('[STO3] an instance may claim again what it holds, which renews the claim', async () => {
      await claim(ANNA);
      await passTime(TTL_MS - 1000);
      expect(await claim(ANNA)).toBe('done');
      await passTime(TTL_MS - 1000);
      expect(await claim(BERT)).toBe('taken');
      expect(await store.readJob(JOB)).toEqual({ owner: ANNA });
    });

    it('[STO4] only its owner releases a job', async () => {
      await claim(ANNA);
      expect(await release(BERT)).toBe('taken');
      expect(await store.readJob(JOB)).toEqual({ owner: ANNA });
      expect(await release(ANNA)).toBe('done');
      expect(await claim(BERT)).toBe('done');
    });

    it('[STO5] a lower generation of a node is stale and changes nothing', async () => {
      expect(await putNode(ANNA, 1)).toBe('done');
      expect(await putNode(BERT, 3)).toBe('done');
      expect(await putNode(ANNA, 2)).toBe('stale');
      expect(await store.readNode(NODE)).toEqual({ owner: BERT, generation: 3 });
    });

    it('[STO5] the same generation again renews the record', async () => {
      await putNode(ANNA, 5);
      await passTime(TTL_MS - 1000);
      expect(await putNode(ANNA, 5)).toBe('done');
      await passTime(TTL_MS - 1000);
      expect(await store.readNode(NODE)).toEqual({ owner: ANNA, generation: 5 });
    });

    it('[STO4] [W69] a node is dropped only by the owner and generation that stand in its record', async () => {
      await putNode(ANNA, 1);
      await putNode(ANNA, 2);
      expect(await dropNode(ANNA, 1)).toBe('stale');
      expect(await dropNode(BERT, 2)).toBe('stale');
      expect(await store.readNode(NODE)).toEqual({ owner: ANNA, generation: 2 });
      expect(await dropNode(ANNA, 2)).toBe('done');
      expect(await store.readNode(NODE)).toBeNull();
    });

    it('[STO6] a session record is the last one put, letter by letter', async () => {
      const record = '{"srcLang":"zh","note":"é \\u0000 \\"quoted\\""}';
      expect(await putSession(ANNA, 'old')).toBe('done');
      expect(await putSession(BERT, record)).toBe('done');
      expect(await store.readSession(SESSION)).toEqual({ owner: BERT, record });
    });

    it('[STO4] only its owner drops a session record', async () => {
      await putSession(ANNA, 'record');
      expect(await dropSession(BERT)).toBe('taken');
      expect(await store.readSession(SESSION)).toEqual({ owner: ANNA, record: 'record' });
      expect(await dropSession(ANNA)).toBe('done');
      expect(await store.readSession(SESSION)).toBeNull();
    });

    it('[STO7] [W78] every record ends after its time, and not before', async () => {
      await claim(ANNA, 10_000);
      await putNode(ANNA, 7, 20_000);
      await putSession(ANNA, 'record', 30_000);
      await passTime(9000);
      expect(await store.readJob(JOB)).toEqual({ owner: ANNA });
      await passTime(1000);
      expect(await store.readJob(JOB)).toBeNull();
      expect(await claim(BERT)).toBe('done');
      expect(await store.readNode(NODE)).toEqual({ owner: ANNA, generation: 7 });
      await passTime(10_000);
      expect(await store.readNode(NODE)).toBeNull();
      expect(await putNode(BERT, 1)).toBe('done');
      expect(await store.readSession(SESSION)).toEqual({ owner: ANNA, record: 'record' });
      await passTime(10_000);
      expect(await store.readSession(SESSION)).toBeNull();
    });

    it('[STO1] records of several kinds and of other ids do not touch each other', async () => {
      const other = asJobId('job-2');
      await claim(ANNA);
      await store.perform({ verb: 'claimJob', jobId: other, owner: BERT, ttlMs: TTL_MS });
      await putNode(ANNA, 1);
      await putSession(ANNA, 'record');
      await release(ANNA);
      expect(await store.readJob(other)).toEqual({ owner: BERT });
      expect(await store.readNode(NODE)).toEqual({ owner: ANNA, generation: 1 });
      expect(await store.readSession(SESSION)).toEqual({ owner: ANNA, record: 'record' });
    });

    it('[STO9] once closed it refuses and does not reject', async () => {
      await store.close();
      expect(await claim(ANNA)).toBe('refused');
      expect(await putNode(ANNA, 1)).toBe('refused');
      expect(await dropSession(ANNA)).toBe('refused');
    });
  });
};
