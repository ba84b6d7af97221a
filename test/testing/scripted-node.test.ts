import { describe, expect, test } from 'vitest';
import { decodeNodeFrame } from '#codec/decode-node.ts';
import { walkOpusPackets } from '#codec/opus-packets.ts';
import { HandTimers } from '#testing/hand-timers.ts';
import {
  answering,
  answeringAfterMs,
  answeringInReverse,
  answeringTwice,
  failing,
  failingThenAnswering,
  inTurn,
  neverAnswering,
} from '#testing/job-behaviours.ts';
import { ScriptedNode, type ScriptedNodeOptions } from '#testing/scripted-node.ts';
import type { WirePeer } from '#testing/wire-peer.ts';
import { jobAssign, NODE_ID } from '../node/node-pair.ts';
import { TinyServer } from './tiny-server.ts';

const acknowledge = async (server: TinyServer, count: number): Promise<WirePeer> => {
  const peer = await server.untilPeer(count);
  await peer.untilType('node_register');
  peer.send({ type: 'node_register_ack', node_id: NODE_ID, message: '', status: 'registering' });
  return peer;
};

const startPair = async (options: ScriptedNodeOptions = {}) => {
  const server = await TinyServer.start();
  const starting = ScriptedNode.start(server.url, options);
  const peer = await acknowledge(server, 1);
  return { server, peer, node: await starting };
};

/** Every frame must be a message to our own codec. */
const decodedOf = (peer: WirePeer) =>
  peer.frames.map(({ bytes }) => {
    const decoded = decodeNodeFrame(bytes);
    if (decoded.kind !== 'message') throw new Error(`a fake sent what is ${decoded.kind}`);
    return decoded.message;
  });

describe('registering', () => {
  test('[SDK43] as the public agent: explicit nulls, no features, a heartbeat right after the ack', async () => {
    const { peer, node } = await startPair();
    await peer.untilType('node_heartbeat');
    expect(peer.frames.map(({ message }) => message.type)).toEqual(['node_register', 'node_heartbeat']);
    expect(peer.ofType('node_register')[0]).toMatchObject({
      node_id: null,
      capability_schema_version: '2.0',
    });
    expect(peer.ofType('node_register')[0]).not.toHaveProperty('advanced_features');
    expect(peer.ofType('node_heartbeat')[0]).toMatchObject({
      node_id: NODE_ID,
      asr_metrics: { processingEfficiency: null },
    });
    expect(node.nodeId).toBe(NODE_ID);
    decodedOf(peer);
  });

  test('[SDK43] with an id, features and other fields when told', async () => {
    const { peer } = await startPair({
      nodeId: 'node-mine',
      features: ['job_ack'],
      registration: { language_pairs: [{ src: 'en', tgt: '*' }] },
    });
    expect(peer.ofType('node_register')[0]).toMatchObject({
      node_id: 'node-mine',
      advanced_features: ['job_ack'],
      language_pairs: [{ src: 'en', tgt: '*' }],
    });
  });

  test('[SDK43] on a reconnect a heartbeat with the old id comes before the registration', async () => {
    const { server, node } = await startPair();
    node.kill();
    const again = node.reconnect();
    const peer = await acknowledge(server, 2);
    await again;
    await peer.untilType('node_heartbeat', 2);
    expect(peer.frames.map(({ message }) => [message.type, message.node_id])).toEqual([
      ['node_heartbeat', NODE_ID],
      ['node_register', NODE_ID],
      ['node_heartbeat', NODE_ID],
    ]);
  });
});

describe('jobs', () => {
  test('[SDK44] are taken one by one and answered in any order, by hand', async () => {
    const { peer, node } = await startPair({
      features: ['job_ack', 'job_reject', 'job_progress', 'partials'],
    });
    for (const index of [0, 1, 2]) peer.send(jobAssign(index));
    const first = await node.nextJob();
    const second = await node.nextJob();
    const third = await node.nextJob();
    expect([first, second, third].map(({ jobId }) => jobId)).toEqual(['job-0', 'job-1', 'job-2']);
    expect(first.audio).toHaveLength(4);
    first.ack();
    first.started();
    first.progress('nmt');
    first.partial('hel');
    third.silence();
    second.fail('TTS_TIMEOUT');
    first.answer({ text_asr: 'said' });
    await peer.untilType('job_result', 3);
    expect(
      peer.ofType('job_result').map(({ job_id, success, text_asr }) => [job_id, success, text_asr]),
    ).toEqual([
      ['job-2', true, ''],
      ['job-1', false, undefined],
      ['job-0', true, 'said'],
    ]);
    const good = peer.ofType('job_result')[2];
    expect(walkOpusPackets(Buffer.from(String(good?.tts_audio), 'base64'))).toMatchObject({
      durationMs: 400,
    });
    second.reject();
    second.confirmCancel();
    await peer.untilType('job_cancelled');
    decodedOf(peer);
  });

  test('[SDK44] answered twice, by a liar, after a cancel, and on another socket', async () => {
    const { server, peer, node } = await startPair();
    peer.send(jobAssign(0));
    const job = await node.nextJob();
    peer.send({ type: 'job_cancel', job_id: 'job-0', attempt_id: 2 });
    peer.send({ type: 'job_cancel', job_id: 'job-0' });
    await node.wire.untilType('job_cancel', 2);
    expect(job.isCancelled).toBe(true);
    job.answer();
    job.answer({ attempt_id: 9, job_id: 'job-of-another', node_id: 'node-of-another' });
    await peer.untilType('job_result', 2);
    expect(peer.ofType('job_result')[1]).toMatchObject({
      attempt_id: 9,
      job_id: 'job-of-another',
      node_id: 'node-of-another',
    });
    node.kill();
    const again = node.reconnect();
    const second = await acknowledge(server, 2);
    await again;
    job.answer();
    expect(await second.untilType('job_result')).toMatchObject({ job_id: 'job-0', node_id: NODE_ID });
  });

  test('[SDK44] by behaviours', async () => {
    const timers = new HandTimers();
    const { peer, node } = await startPair({
      behaviour: inTurn(
        answering({ text_asr: 'prompt' }),
        answeringTwice(),
        failing('JOB_TIMEOUT'),
        failingThenAnswering(),
        neverAnswering(),
        answeringAfterMs(500, timers),
      ),
    });
    for (let index = 0; index < 6; index += 1) peer.send(jobAssign(index));
    await node.untilJobs(6);
    await peer.untilType('job_result', 6);
    timers.advance(500);
    await peer.untilType('job_result', 7);
    expect(peer.ofType('job_result').map(({ job_id, success }) => [job_id, success])).toEqual([
      ['job-0', true],
      ['job-1', true],
      ['job-1', true],
      ['job-2', false],
      ['job-3', false],
      ['job-3', true],
      ['job-5', true],
    ]);
    node.behaviour = answeringInReverse(2);
    peer.send(jobAssign(6));
    peer.send(jobAssign(7));
    await peer.untilType('job_result', 9);
    expect(
      peer
        .ofType('job_result')
        .slice(7)
        .map(({ job_id }) => job_id),
    ).toEqual(['job-7', 'job-6']);
  });

  test('[SDK44] a wait for a job that fails leaves the next job for the next wait', async () => {
    const { peer, node } = await startPair();
    await expect(node.nextJob(1)).rejects.toThrow('not seen');
    peer.send(jobAssign(0));
    expect((await node.nextJob()).jobId).toBe('job-0');
  });
});
