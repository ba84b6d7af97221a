import { compose } from '#server/compose.ts';
import { loadConfig } from '#server/config/load.ts';
import { opusSpeech } from '#testing/audio-samples.ts';
import { FakeClient, legacyInit } from '#testing/fake-client.ts';
import { ScriptedNode } from '#testing/scripted-node.ts';

/**
 * Real sockets: how long after the death of a node its job has arrived at another one. One run each; ms by the wall.
 */
export const failoverMs = async (rounds: number): Promise<readonly number[]> => {
  const scheduler = await compose(loadConfig({ sets: ['server.port=0', 'log.level=error'] }));
  const { port } = await scheduler.start();
  const nodeUrl = `ws://127.0.0.1:${port}/ws/node`;
  const times: number[] = [];
  try {
    const client = await FakeClient.connect(`ws://127.0.0.1:${port}/ws/session`);
    await client.init(legacyInit());
    for (let round = 0; round < rounds; round += 1) {
      const first = await ScriptedNode.start(nodeUrl);
      client.chunk({ payload: opusSpeech(1000, round), isFinal: true });
      await first.nextJob();
      const second = await ScriptedNode.start(nodeUrl);
      await second.wire.until(() =>
        second.wire.ofType('node_status').some(({ status }) => status === 'ready'),
      );
      const killedAtMs = performance.now();
      first.kill();
      const job = await second.nextJob();
      times.push(performance.now() - killedAtMs);
      job.answer();
      await client.untilOutcomes(round + 1);
      second.kill();
    }
  } finally {
    await scheduler.stop(0);
  }
  return times;
};
