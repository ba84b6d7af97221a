import { onTestFinished } from 'vitest';
import { createSpeechNode } from '#node/create-speech-node.ts';
import type { NodeJob, NodeJobContext, NodeJobOutput } from '#node/node-job.ts';
import type { NodeStatusEvent } from '#node/node-status.ts';
import type { SpeechNode } from '#node/speech-node.ts';
import type { NodeRegistration, SpeechNodeOptions } from '#node/speech-node-options.ts';
import { HandTimers } from '#testing/hand-timers.ts';
import type { WireMessage, WirePeer } from '#testing/wire-peer.ts';
import { Heard } from '../testing/heard.ts';
import { TinyServer } from '../testing/tiny-server.ts';

export const WALL_MS = 1_790_000_000_000;
export const NODE_ID = 'node-0123456789ABCDEF0123456789ABCDEF';

export const REGISTRATION: NodeRegistration = {
  version: '1.0.0',
  platform: 'linux',
  hardware: { cpu_cores: 4, memory_gb: 8 },
  capability_by_type: [{ type: 'asr', ready: true }],
};

/** A job in the hands of the test. */
export interface GivenJob {
  readonly job: NodeJob;
  readonly context: NodeJobContext;
  finish(output?: NodeJobOutput): void;
  throws(error: unknown): void;
}

export interface NodePair {
  readonly server: TinyServer;
  readonly node: SpeechNode;
  readonly timers: HandTimers;
  readonly statuses: Heard<NodeStatusEvent>;
  readonly given: Heard<GivenJob>;
  readonly started: Promise<{ readonly nodeId: string }>;
}

/** A node that has begun to connect to a tiny server, which may refuse the upgrade with an HTTP status. */
export const startNode = async (
  options: Partial<SpeechNodeOptions> = {},
  refuseWith: number | null = null,
): Promise<NodePair> => {
  const server = await TinyServer.start();
  server.refuseWith = refuseWith;
  const timers = new HandTimers();
  const statuses = new Heard<NodeStatusEvent>();
  const given = new Heard<GivenJob>();
  const node = createSpeechNode({
    url: server.url,
    registration: REGISTRATION,
    capacity: 2,
    timers,
    clockMs: () => timers.atMs,
    wallClockMs: () => WALL_MS,
    chance: () => 0,
    onStatus: (event) => statuses.push(event),
    onJob: (job, context) =>
      new Promise((resolve, reject) => {
        given.push({ job, context, finish: (output = {}) => resolve(output), throws: reject });
      }),
    ...options,
  });
  const started = node.start();
  started.catch(() => {});
  // Handlers of the test may never end: the node waits for none of them.
  onTestFinished(async () => {
    const stopping = node.stop({ deadlineMs: 0 });
    timers.advance(1);
    await stopping;
  });
  return { server, node, timers, statuses, given, started };
};

export interface RegisteredPair extends NodePair {
  /** The server's end of the first socket. */
  readonly peer: WirePeer;
  readonly register: WireMessage;
}

export const acknowledge = (peer: WirePeer, features: readonly string[] = [], nodeId = NODE_ID): void =>
  peer.send({
    type: 'node_register_ack',
    node_id: nodeId,
    message: 'welcome',
    status: 'registering',
    features,
  });

/** The same, registered, with these features granted. */
export const registeredNode = async (
  features: readonly string[] = [],
  options: Partial<SpeechNodeOptions> = {},
): Promise<RegisteredPair> => {
  const pair = await startNode(options);
  const peer = await pair.server.untilPeer();
  const register = await peer.untilType('node_register');
  acknowledge(peer, features);
  await pair.started;
  return { ...pair, peer, register };
};

/** The next socket, once the node has registered on it; the server's end. */
export const registeredAgain = async (pair: NodePair, count: number, nodeId = NODE_ID): Promise<WirePeer> => {
  const peer = await pair.server.untilPeer(count);
  await peer.untilType('node_register');
  acknowledge(peer, [], nodeId);
  await peer.untilType('node_heartbeat');
  return peer;
};

export const jobAssign = (index: number, fields: object = {}): object => ({
  type: 'job_assign',
  job_id: `job-${index}`,
  attempt_id: 1,
  session_id: 's-1',
  utterance_index: index,
  src_lang: 'en',
  tgt_lang: 'zh',
  pipeline: { use_asr: true, use_nmt: true, use_tts: true },
  audio: 'AAAAAA==',
  audio_format: 'pcm16',
  sample_rate: 16_000,
  trace_id: 'trace-1',
  ...fields,
});
