import { type JobBehaviour, neverAnswering } from './job-behaviours.ts';
import { legacyHeartbeat, legacyRegister } from './node-registration.ts';
import { ScriptedJob } from './scripted-job.ts';
import {
  type WireClose,
  type WireConnectOptions,
  type WireFrame,
  type WireMessage,
  WirePeer,
} from './wire-peer.ts';

const HEARTBEAT_MS = 15_000;

export interface ScriptedNodeOptions extends WireConnectOptions {
  /** Null (the default) = the server gives one. */
  readonly nodeId?: string | null;
  /** Asked for in `advanced_features`; none = a legacy agent. */
  readonly features?: readonly string[];
  /** Fields of `node_register` that differ from the agent's usual one. */
  readonly registration?: object;
  /** Sent by itself on the real clock, 15 000 when left out; null = only by hand. */
  readonly heartbeatEveryMs?: number | null;
  /** By itself, for every job; by hand when left out. */
  readonly behaviour?: JobBehaviour;
}

/** A node that speaks raw wire and does what the script says, lies and deaths included. */
export class ScriptedNode {
  /** Every job that ever came, over all sockets. */
  readonly jobs: ScriptedJob[] = [];
  behaviour: JobBehaviour;
  readonly #url: string;
  readonly #options: ScriptedNodeOptions;
  #wire: WirePeer;
  #nodeId: string | null;
  #takenCount = 0;
  #beating: ReturnType<typeof setInterval> | null = null;

  private constructor(url: string, options: ScriptedNodeOptions, wire: WirePeer) {
    this.#url = url;
    this.#options = options;
    this.#wire = wire;
    this.#nodeId = options.nodeId ?? null;
    this.behaviour = options.behaviour ?? neverAnswering();
  }

  /** Connects and registers as the agent does. Rejects when no ack comes. */
  static async start(url: string, options: ScriptedNodeOptions = {}): Promise<ScriptedNode> {
    const node = await ScriptedNode.connect(url, options);
    await node.register();
    return node;
  }

  /** Connects only; the rest by hand. */
  static async connect(url: string, options: ScriptedNodeOptions = {}): Promise<ScriptedNode> {
    let node: ScriptedNode | null = null;
    const early: WireFrame[] = [];
    const wire = await WirePeer.connect(url, options, (frame) => {
      if (node === null) early.push(frame);
      else node.#heard(frame);
    });
    node = new ScriptedNode(url, options, wire);
    for (const frame of early) node.#heard(frame);
    return node;
  }

  /** The present socket: frames, waiting, closing. */
  get wire(): WirePeer {
    return this.#wire;
  }

  /** As the last ack said. */
  get nodeId(): string | null {
    return this.#nodeId;
  }

  get frames(): readonly WireFrame[] {
    return this.#wire.frames;
  }

  /** Sends `node_register`, waits for the ack, then sends a heartbeat at once and one every 15 s. */
  async register(overrides: object = {}): Promise<WireMessage> {
    const count = this.#wire.ofType('node_register_ack').length + 1;
    this.sendRegister(overrides);
    const ack = await this.#wire.untilType('node_register_ack', count);
    this.#nodeId = String(ack.node_id);
    this.heartbeat();
    this.#startBeating();
    return ack;
  }

  /** Without waiting: for registrations that will be refused. */
  sendRegister(overrides: object = {}): void {
    const { features, registration } = this.#options;
    const asked = features === undefined ? {} : { advanced_features: features };
    this.send(legacyRegister(this.#nodeId, { ...asked, ...registration, ...overrides }));
  }

  heartbeat(overrides: object = {}): void {
    this.send(legacyHeartbeat(this.#nodeId, overrides));
  }

  send(message: object): void {
    this.#wire.send(message);
  }

  /** The next job that nobody has taken yet, waiting for it if need be. */
  async nextJob(timeoutMs?: number): Promise<ScriptedJob> {
    const at = this.#takenCount;
    this.#takenCount += 1;
    try {
      return await this.#wire.until(() => this.jobs[at], timeoutMs);
    } catch (error) {
      this.#takenCount = at;
      throw error;
    }
  }

  /** All jobs so far once there are `count`. */
  untilJobs(count: number, timeoutMs?: number): Promise<readonly ScriptedJob[]> {
    return this.#wire.until(() => this.jobs.length >= count && this.jobs, timeoutMs);
  }

  untilClosed(timeoutMs?: number): Promise<WireClose> {
    return this.#wire.untilClosed(timeoutMs);
  }

  /** As a crash: the socket is gone without a word. */
  kill(): void {
    this.#stopBeating();
    this.#wire.terminate();
  }

  close(code?: number, reason?: string): void {
    this.#stopBeating();
    this.#wire.close(code, reason);
  }

  /**
   * A new socket with the old identity, as the agent does it: a heartbeat with the old id first, then the
   * registration. The old socket is left as it is: kill it before, or let the server replace it. Jobs of
   * before can be answered afterwards, on the new socket.
   */
  async reconnect(overrides: object = {}): Promise<WireMessage> {
    this.#stopBeating();
    this.#wire = await WirePeer.connect(this.#url, this.#options, (frame) => this.#heard(frame));
    if (this.#nodeId !== null) this.heartbeat();
    return this.register(overrides);
  }

  #heard({ message }: WireFrame): void {
    if (message.type === 'job_cancel') {
      for (const job of this.jobs)
        if (job.jobId === message.job_id && (message.attempt_id ?? job.attemptId) === job.attemptId)
          job.markCancelled();
    }
    if (message.type === 'audio_append' || message.type === 'audio_end') {
      const { job_id, attempt_id } = message;
      this.jobs.find((job) => job.jobId === job_id && job.attemptId === attempt_id)?.hear(message);
    }
    if (message.type !== 'job_assign') return;
    const job = new ScriptedJob(message, {
      nodeId: () => this.#nodeId,
      send: (reply) => this.send(reply),
    });
    this.jobs.push(job);
    this.behaviour(job);
  }

  #startBeating(): void {
    this.#stopBeating();
    const { heartbeatEveryMs = HEARTBEAT_MS } = this.#options;
    if (heartbeatEveryMs === null) return;
    this.#beating = setInterval(() => {
      if (this.#wire.closed === null) this.heartbeat();
      else this.#stopBeating();
    }, heartbeatEveryMs);
    this.#beating.unref();
  }

  #stopBeating(): void {
    if (this.#beating !== null) clearInterval(this.#beating);
    this.#beating = null;
  }
}
