import { createHash } from 'node:crypto';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { openSession, type Session, type SessionResult } from '#client/mod.ts';
import { pcmBytes, pcmTone } from '#testing/mod.ts';
import { type Cut, CuttingProxy } from './cutting-proxy.ts';
import { Stage } from './stage.ts';

const stage = new Stage();
afterEach(() => stage.strike());

const UTTERANCES = 50;
const CUTS = 20;
/** Utterances that may be under way at once. */
const AHEAD = 4;

/** 0 (inclusive) to 1 (exclusive), the same for the same seed (mulberry32). */
const chanceOf = (seed: number) => {
  let state = seed;
  return (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

/** Each of its own length and pitch: 200 to 1 000 ms. */
const utterance = (index: number): Int16Array => pcmTone(200 + (index % 9) * 100, 300 + index * 10);
const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const randomCuts = (seed: number): Cut[] => {
  const chance = chanceOf(seed);
  return Array.from({ length: CUTS }, () =>
    chance() < 0.5
      ? { direction: 'up', afterBytes: 1 + Math.floor(chance() ** 2 * 50_000) }
      : { direction: 'down', afterBytes: 1 + Math.floor(chance() ** 2 * 8_000) },
  );
};

/** A node that says what it heard, the digest of the audio, as long as the utterance is below `untilIndex`. */
const listeningNode = (on: Stage, nodeUrl: string, untilIndex = Number.POSITIVE_INFINITY) =>
  on.node(nodeUrl, {
    features: ['audio:pcm16', 'audio:opus', 'job_ack'],
    behaviour: (job) => {
      job.ack();
      if (job.utteranceIndex < untilIndex) job.answer({ text_asr: digestOf(job.audio) });
    },
  });

const portOf = (url: string): number => Number(new URL(url).port);
const textOf = (result: SessionResult): string =>
  result.kind === 'translated' ? result.text : result.reason;
const counted = (count: number, from = 0): number[] => Array.from({ length: count }, (_, at) => from + at);
const digests = (count: number): string[] =>
  counted(count).map((index) => digestOf(pcmBytes(utterance(index))));

const openThrough = (port: number, seed: number): Promise<Session> =>
  openSession({
    url: `ws://127.0.0.1:${port}/ws/session`,
    srcLang: 'zh',
    tgtLang: 'en',
    audioFormat: 'pcm16',
    endpointing: false,
    // At once, so that nothing here waits for time to pass.
    chance: () => 0,
    traceId: `seed-${seed}`,
  });

describe('a network that breaks again and again', () => {
  test.each([1, 2, 3])(
    '[SDK64] [SDK66] [I2] a client whose socket is cut 20 times in a conversation of 50 utterances gets every result once, in order (seed %i)',
    async (seed) => {
      const { sessionUrl, nodeUrl } = await stage.set();
      await listeningNode(stage, nodeUrl);
      const proxy = await CuttingProxy.start(portOf(sessionUrl));
      onTestFinished(() => proxy.stop());
      const session = await openThrough(proxy.port, seed);
      const firstId = session.id;
      proxy.cutAt(randomCuts(seed));
      const results: SessionResult[] = [];
      const reading = (async () => {
        for await (const result of session.results) {
          results.push(result);
          const next = results.length + AHEAD - 1;
          if (next < UTTERANCES) say(session, next);
          if (results.length === UTTERANCES) void session.close().catch(() => undefined);
        }
      })();
      for (let index = 0; index < AHEAD; index += 1) say(session, index);
      await reading;

      expect(proxy.cutsLeft).toBe(0);
      expect(results.map(({ index }) => index)).toEqual(counted(UTTERANCES));
      expect(results.map(({ deliverySeq }) => deliverySeq)).toEqual(counted(UTTERANCES, 1));
      expect(results.map(textOf)).toEqual(digests(UTTERANCES));
      expect(session.id).toBe(firstId);
      expect(session.counts).toMatchObject({ chunksShed: 0, chunksForgotten: 0 });
    },
  );

  test('[SDK65] [SDK72] the scheduler is lost with eight utterances under way: the next one takes them up', async () => {
    const first = await stage.set();
    const spare = new Stage();
    onTestFinished(() => spare.strike());
    const second = await spare.set();
    await listeningNode(stage, first.nodeUrl, 4);
    await listeningNode(spare, second.nodeUrl);
    const proxy = await CuttingProxy.start(portOf(first.sessionUrl));
    onTestFinished(() => proxy.stop());
    const session = await openThrough(proxy.port, 0);
    const firstId = session.id;
    for (const index of counted(12)) say(session, index);
    const results: SessionResult[] = [];
    for await (const result of session.results) {
      results.push(result);
      if (results.length === 4) proxy.moveTo(portOf(second.sessionUrl));
      if (results.length === 12) void session.close().catch(() => undefined);
    }
    expect(results.map(({ index }) => index)).toEqual(counted(12));
    expect(results.map(({ deliverySeq }) => deliverySeq)).toEqual(counted(12, 1));
    expect(results.map(textOf)).toEqual(digests(12));
    expect(session.id).not.toBe(firstId);
  });
});

const say = (session: Session, index: number): void => {
  session.sendPcm(utterance(index));
  session.endUtterance();
};
