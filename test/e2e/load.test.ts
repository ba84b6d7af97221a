import { afterEach, describe, expect, test } from 'vitest';
import { newMockNode } from '#load/mock-node.ts';
import { readProfile } from '#load/profile.ts';
import { isWrong } from '#load/report.ts';
import { runLoad } from '#load/run-load.ts';
import { readScenario } from '#load/scenario.ts';
import { compose, type Scheduler } from '#server/compose.ts';
import { loadConfig } from '#server/config/load.ts';

const open: { stop(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.stop();
});

/** A scheduler on the real clock: load is about real time. */
const scheduler = async (): Promise<string> => {
  const started: Scheduler = await compose({
    ...loadConfig({ sets: ['server.port=0'] }),
    log: { write: () => undefined },
  });
  open.push({ stop: () => started.stop(0) });
  const { port } = await started.start();
  return `127.0.0.1:${port}`;
};

const mockNodes = async (host: string, count: number, fields: string): Promise<void> => {
  const profile = readProfile(`name = "test"\n${fields}`, 'test');
  for (let number = 0; number < count; number += 1) {
    const node = newMockNode({ url: `ws://${host}/ws/node`, profile, number });
    open.unshift(node);
    await node.start();
  }
};

const QUICK =
  'sessions = 6\nduration_s = 2\nramp_s = 0.2\n[speech]\nreal_time = false\npause_ms = { min = 300, max = 500 }';

describe('load over real sockets', () => {
  test('[LOD4] [LOD6] a short run on two nodes: everything is answered once and in order', async () => {
    const host = await scheduler();
    await mockNodes(host, 2, 'capacity = 20\n[latency]\nbase_ms = 20\nper_audio_second_ms = 5');
    const report = await runLoad({
      scenario: readScenario(`name = "short"\n${QUICK}`, 'short'),
      url: `ws://${host}/ws/session`,
    });
    expect(report).toMatchObject({
      sessions: { opened: 6, refused: 0, reopened: 0 },
      sentences: { skipped: 0 },
      outcomes: { missing: {} },
      wrong: { lost: 0, duplicated: 0, misordered: 0 },
    });
    expect(report.sentences.sent).toBeGreaterThan(20);
    expect(report.outcomes.translated).toBe(report.sentences.sent);
    expect(isWrong(report)).toBe(false);
  });

  test('[LOD4] [LOD6] nodes that fail, hear nothing and crash: every sentence still has one outcome, in order', async () => {
    const host = await scheduler();
    const failures = '[failures]\nerror = 0.1\nempty = 0.1\ncrash = 0.03';
    await mockNodes(host, 3, `capacity = 20\n[latency]\nbase_ms = 20\nper_audio_second_ms = 5\n${failures}`);
    const report = await runLoad({
      scenario: readScenario(`name = "shaky"\n${QUICK}`, 'shaky'),
      url: `ws://${host}/ws/session`,
    });
    expect(report.wrong).toEqual({ lost: 0, duplicated: 0, misordered: 0 });
    expect(report.outcomes.missing).toHaveProperty('silence');
  });

  test('[LOD4] samples that sound alike for long are one sentence, as the scenario says', async () => {
    const host = await scheduler();
    await mockNodes(host, 1, 'capacity = 20\n[latency]\nbase_ms = 20\nper_audio_second_ms = 5');
    const speech = 'encoding = "pcm16"\nreal_time = false\nutterance_ms = { min = 4000, max = 4000 }';
    const report = await runLoad({
      scenario: readScenario(`name = "tone"\nsessions = 1\nduration_s = 2\n[speech]\n${speech}`, 'tone'),
      url: `ws://${host}/ws/session`,
    });
    expect(report.sentences.sent).toBeGreaterThan(0);
    expect(report.outcomes.translated).toBe(report.sentences.sent);
  });

  test('[LOD4] without a scheduler nobody gets in, and the run has failed', async () => {
    const report = await runLoad({
      scenario: readScenario('name = "nobody"\nsessions = 2\nduration_s = 1\nramp_s = 0', 'nobody'),
      url: 'ws://127.0.0.1:9/ws/session',
    });
    expect(report.sessions).toEqual({ opened: 0, refused: 2, reopened: 0 });
    expect(isWrong(report)).toBe(true);
  });

  test('[LOD7] a run that is told to stop reports what it saw', async () => {
    const host = await scheduler();
    await mockNodes(host, 1, 'capacity = 20\n[latency]\nbase_ms = 10\nper_audio_second_ms = 1');
    const ending = new AbortController();
    const report = await runLoad({
      scenario: readScenario(
        'name = "long"\nsessions = 2\nduration_s = 600\nramp_s = 0\n[speech]\nreal_time = false',
        'long',
      ),
      url: `ws://${host}/ws/session`,
      signal: ending.signal,
      onProgress: (_elapsedMs, sent) => {
        if (sent > 0) ending.abort();
      },
    });
    expect(report.durationS).toBeLessThan(30);
    expect(report.sentences.sent).toBeGreaterThan(0);
    // Who is interrupted in the middle of a sentence gets what was said translated, and had not sent it.
    expect(report.outcomes.translated).toBe(report.sentences.sent);
    expect(isWrong(report)).toBe(false);
  });
});
