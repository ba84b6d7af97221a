import { describe, expect, test } from 'vitest';
import { seededChance } from '#core/chance.ts';
import { compose } from '#server/compose.ts';
import { loadConfig } from '#server/config/load.ts';
import { ConfigError } from '#server/config/problem.ts';
import { serve } from '#server/serve.ts';
import { ListenError } from '#server/tcp-listener.ts';
import { opusSpeech } from '#testing/audio-samples.ts';
import { FakeClient } from '#testing/fake-client.ts';
import { ScriptedNode } from '#testing/scripted-node.ts';
import { WirePeer } from '#testing/wire-peer.ts';
import { init } from '../gateway/desk.ts';
import { FakeTransport } from '../gateway/fake-transport.ts';
import { until } from '../gateway/until.ts';
import { type Staged, stageScheduler } from './stage.ts';

const readyNode = async ({ nodeUrl }: Staged): Promise<ScriptedNode> => {
  const node = await ScriptedNode.start(nodeUrl, {
    heartbeatEveryMs: null,
    behaviour: (job) => job.answer(),
  });
  await node.wire.until(() => node.wire.ofType('node_status').some(({ status }) => status === 'ready'));
  return node;
};

/** One sentence there and back. */
const speak = async (stage: Staged, client: FakeClient): Promise<void> => {
  const count = client.outcomes().length + 1;
  client.chunk({ payload: opusSpeech(1000), isFinal: true });
  client.heartbeat();
  await client.untilType('server_heartbeat', count);
  await stage.driver.advanceBy(500);
  expect((await client.untilOutcomes(count)).at(-1)).toMatchObject({
    type: 'translation_result',
    utterance_index: count - 1,
  });
};

describe('scheduler', () => {
  test('[GAT20][R6] garbage on other sockets does not touch a conversation', async () => {
    await using stage = await stageScheduler();
    const node = await readyNode(stage);
    const client = await FakeClient.connect(stage.sessionUrl);
    await client.init();
    await speak(stage, client);

    const chance = seededChance(42);
    const rude = await WirePeer.connect(stage.sessionUrl);
    const rudeNode = await WirePeer.connect(stage.nodeUrl);
    for (let at = 0; at < 450; at += 1) {
      const noise = Buffer.from(Array.from({ length: 1 + Math.floor(chance() * 400) }, () => chance() * 256));
      for (const peer of [rude, rudeNode]) {
        peer.sendBinary(noise);
        peer.sendText(noise.toString('latin1'));
        peer.sendText(`{"type":"audio_chunk","session_id":"${client.sessionId}","seq":${chance()}}`);
        peer.sendText(`{"type":"job_result","job_id":"x","node_id":"${node.nodeId}","seq":{}}`);
      }
      if (at % 90 === 0) await speak(stage, client);
    }
    await speak(stage, client);
    expect(client.wire.ofType('error')).toEqual([]);
    expect(node.wire.closed).toBeNull();
    expect(rude.closed).toBeNull();
  });

  test('[CFG25] a port that is taken is one sentence, and nothing is left running', async () => {
    await using stage = await stageScheduler();
    const { config } = loadConfig({ sets: [`server.port=${stage.port}`] });
    const events: string[] = [];
    const second = await compose({ config, log: { write: (_level, event) => events.push(event) } });
    await expect(second.start()).rejects.toThrow(
      `cannot listen on 127.0.0.1:${stage.port}: the port is taken by another program`,
    );
    await second.stop(0);
    expect(events).toEqual([]);
    await expect(serve({ port: stage.port, sets: ['log.level=error'], env: {} })).rejects.toBeInstanceOf(
      ListenError,
    );
  });

  test('[CFG25] a configuration that cannot be used is refused before anything runs', async () => {
    await expect(serve({ sets: ['server.host=0.0.0.0'], env: {} })).rejects.toBeInstanceOf(ConfigError);
  });

  test('[CFG25] stopping twice is one stop', async () => {
    const stage = await stageScheduler();
    const one = stage.scheduler.stop(0);
    expect(stage.scheduler.stop(1000)).toBe(one);
    await stage[Symbol.asyncDispose]();
    await one;
  });

  test('[CFG26] sockets may come from elsewhere than a port', async () => {
    const { config } = loadConfig({});
    const transport = new FakeTransport();
    const scheduler = await compose({
      config,
      log: { write: () => {} },
      transports: ({ gateway }) => ({
        listen: async () => {
          gateway.accept('session', transport);
          return { port: 0, url: 'nowhere:' };
        },
        close: async () => transport.vanish(),
      }),
    });
    await scheduler.start();
    transport.says(init());
    await until(() => transport.messages.some(({ type }) => type === 'session_init_ack'));
    transport.vanish();
    await scheduler.stop(0);
  });
});
