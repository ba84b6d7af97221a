import { describe, expect, test } from 'vitest';
import type { JobRequest } from '#core/jobs/job-request.ts';
import { defaultSessionSettings } from '#core/settings.ts';
import { SessionWorld } from './session-world.ts';
import { speech } from './speech.ts';

const KIB = 1024;
const speechOf = (bytes: number) => ({ base64: new Uint8Array(bytes), rawBytes: bytes });

const sayMany = (world: SessionWorld, count: number): JobRequest[] =>
  Array.from({ length: count }, () => world.say(speech(500)));

/** So many are ready behind the first, each with so much speech; then that one ends as well. */
const freeAtOnce = (world: SessionWorld, count: number, bytes: number): void => {
  const [first, ...rest] = sayMany(world, count);
  for (const request of rest) world.answer(request, { tts_audio: speechOf(bytes) });
  if (first !== undefined) world.answer(first, { tts_audio: speechOf(bytes) });
};

const stuckWorld = (capabilities: string[] = []): SessionWorld => {
  const world = new SessionWorld({ init: { capabilities } });
  world.isStuck = true;
  return world;
};

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);

describe('many outcomes that become free at once', () => {
  test('[RES21] [I7] leave in portions, each when the one before it is on its way', () => {
    const world = stuckWorld();
    freeAtOnce(world, 40, 120 * KIB);
    expect(world.outcomes).toEqual([0, 1]);
    world.advance(5000);
    expect(world.outcomes).toEqual([0, 1]);
    world.take();
    expect(world.outcomes).toEqual(range(0, 4));
    for (let at = 0; at < 18; at += 1) world.take();
    expect(world.outcomes).toEqual(range(0, 40));
    expect(world.state.results.slots.size).toBe(0);
  });

  test('[RES21] one that is larger than a portion goes alone', () => {
    const world = stuckWorld();
    freeAtOnce(world, 3, 3 * defaultSessionSettings.portionBytesMax);
    const seen = [world.outcomes];
    for (let at = 0; at < 2; at += 1) {
      world.take();
      seen.push(world.outcomes);
    }
    expect(seen).toEqual([[0], [0, 1], [0, 1, 2]]);
  });

  test('[RES21] the answer to a question of an earlier socket is no news', () => {
    const world = stuckWorld(['resume']);
    freeAtOnce(world, 5, 200 * KIB);
    world.goAway();
    world.comeBack(1);
    expect(world.outcomes).toEqual([1]);
    world.tell({ kind: 'clientTook', question: 1 });
    expect(world.outcomes).toEqual([1]);
    world.take();
    expect(world.outcomes).toEqual([1, 2]);
  });

  test('[RES21] [SES5] a close waits for the rest, and the ack is last', () => {
    const world = stuckWorld();
    freeAtOnce(world, 4, 200 * KIB);
    world.message({ type: 'session_close', session_id: world.state.sessionId, reason: 'bye' });
    for (let at = 0; at < 3; at += 1) {
      expect(world.ended).toEqual([]);
      world.take();
    }
    expect(world.outcomes).toEqual([0, 1, 2, 3]);
    expect(world.sent.at(-1)).toMatchObject({ type: 'session_close_ack' });
    expect(world.ended).toEqual(['closed']);
  });

  test('[RES21] [SES6] the end of a drain waits for nobody', () => {
    const world = stuckWorld(['resume']);
    freeAtOnce(world, 4, 200 * KIB);
    world.tell({ kind: 'drainStarted' });
    world.tell({ kind: 'drainEnded' });
    expect(world.outcomes).toEqual([0, 1, 2, 3]);
    expect(world.ended).toEqual(['drained']);
  });

  test('[RES21] [SES10] whoever is lost for good meanwhile leaves nothing behind', () => {
    const world = stuckWorld();
    freeAtOnce(world, 4, 200 * KIB);
    world.goAway();
    expect(world.ended).toEqual(['socket_lost']);
    expect(world.count('results_missing_total{cancelled}')).toBe(3);
  });
});

describe('outcomes for a client that comes back', () => {
  test('[RES21] [SES42] go out in portions as well, and what comes meanwhile stands behind them', () => {
    const world = stuckWorld(['resume', 'ack']);
    const requests = sayMany(world, 8);
    world.goAway();
    for (const request of requests.slice(0, 6)) world.answer(request, { tts_audio: speechOf(120 * KIB) });
    world.comeBack();
    expect(world.outcomes).toEqual([0, 1]);
    for (const request of requests.slice(6)) world.answer(request);
    expect(world.outcomes).toEqual([0, 1]);
    for (let at = 0; at < 3; at += 1) world.take();
    expect(world.outcomes).toEqual(range(0, 8));
    expect(world.sentOf('translation_result').map(({ delivery_seq }) => delivery_seq)).toEqual(range(1, 9));
    expect(world.count('results_resent_total')).toBe(6);
  });

  test('[RES21] [SES47] what was not sent yet is not covered', () => {
    const world = stuckWorld(['resume', 'ack']);
    const requests = sayMany(world, 4);
    world.goAway();
    for (const request of requests) world.answer(request, { tts_audio: speechOf(200 * KIB) });
    world.comeBack();
    world.chunk(speech(1000));
    expect(world.sentOf('audio_ack').at(-1)).toMatchObject({ covered_ms: 500 });
    world.take();
    expect(world.sentOf('audio_ack').at(-1)).toMatchObject({ covered_ms: 1000 });
  });

  test('[RES21] [SES42] who goes in the middle of it gets the rest the next time', () => {
    const world = stuckWorld(['resume']);
    const requests = sayMany(world, 6);
    world.goAway();
    for (const request of requests) world.answer(request, { tts_audio: speechOf(200 * KIB) });
    world.comeBack();
    world.goAway();
    world.comeBack(1);
    world.isStuck = false;
    world.take();
    expect(world.outcomes).toEqual(range(1, 6));
  });
});
