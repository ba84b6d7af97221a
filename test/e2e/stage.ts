import { noStalls } from '#gateway/loop-lag.ts';
import { compose, type Scheduler } from '#server/compose.ts';
import { loadConfig } from '#server/config/load.ts';
import {
  FakeClient,
  ScriptedNode,
  type ScriptedNodeOptions,
  SkewedTime,
  WebClient,
  type WebClientOptions,
} from '#testing/mod.ts';

/** A running scheduler with its addresses and its time. */
export interface Scene {
  readonly scheduler: Scheduler;
  readonly time: SkewedTime;
  readonly sessionUrl: string;
  readonly nodeUrl: string;
  readonly httpUrl: string;
}

/** The real scheduler on a free port with real sockets, and everything that was opened on it; struck after a test. */
export class Stage {
  readonly #open: (() => void)[] = [];
  #scene: Scene | null = null;

  async set(): Promise<Scene> {
    const time = new SkewedTime();
    const scheduler = await compose({
      ...loadConfig({ sets: ['server.port=0'] }),
      clock: time,
      driver: time,
      // A clock that jumps would look like a stall of ours, and deadlines would move with it.
      stalls: noStalls,
      log: { write: () => undefined },
    });
    const { port } = await scheduler.start();
    this.#scene = {
      scheduler,
      time,
      sessionUrl: `ws://127.0.0.1:${port}/ws/session`,
      nodeUrl: `ws://127.0.0.1:${port}/ws/node`,
      httpUrl: `http://127.0.0.1:${port}`,
    };
    return this.#scene;
  }

  /** A registered node that is ready; it never answers unless told. */
  async node(url: string, options: ScriptedNodeOptions = {}): Promise<ScriptedNode> {
    const node = await ScriptedNode.start(url, options);
    this.#open.push(() => node.kill());
    await node.wire.until(() => node.wire.ofType('node_status').some(({ status }) => status === 'ready'));
    return node;
  }

  async bareNode(url: string): Promise<ScriptedNode> {
    const node = await ScriptedNode.connect(url);
    this.#open.push(() => node.kill());
    return node;
  }

  async web(url: string, options: WebClientOptions = {}): Promise<WebClient> {
    const web = await WebClient.open(url, options);
    this.#open.push(() => web.client.terminate());
    return web;
  }

  async bareClient(url: string): Promise<FakeClient> {
    const client = await FakeClient.connect(url);
    this.#open.push(() => client.terminate());
    return client;
  }

  /** Everything this client sent is handled, and everything that was due to it before has arrived. */
  async settle(web: WebClient): Promise<void> {
    const count = web.client.wire.ofType('server_heartbeat').length + 1;
    web.client.heartbeat();
    await web.client.untilType('server_heartbeat', count);
  }

  /** Everything this node sent is handled: a malformed message is answered in order. */
  async settleNode(node: ScriptedNode): Promise<void> {
    const count = node.wire.ofType('error').length + 1;
    node.send({ type: 'node_error', node_id: node.nodeId });
    await node.wire.untilType('error', count);
  }

  /** Lets time pass, after all that was sent is handled, in steps that heartbeats and pings can keep up with. */
  async pass(time: SkewedTime, ms: number, web: WebClient, nodes: readonly ScriptedNode[]): Promise<void> {
    await this.settle(web);
    for (let left = ms; left > 0; left -= 10_000) {
      time.skip(Math.min(left, 10_000));
      for (const node of nodes) node.heartbeat();
      await this.settle(web);
      for (const node of nodes) await this.settleNode(node);
    }
  }

  async strike(): Promise<void> {
    for (const close of this.#open.splice(0)) close();
    await this.#scene?.scheduler.stop(0);
    this.#scene = null;
  }
}
