import { decodeNodeServerFrame } from '#codec/decode-node.ts';
import type { NodeServerMessage } from '#protocol/messages.ts';
import type { JobAssign, JobCancel } from '#protocol/node-server-messages.ts';
import type { Appointment } from '../agenda.ts';
import type { Habitat } from '../habitat.ts';
import type { SimConnection } from '../network/connection.ts';
import type { Wire } from '../observations.ts';
import type { Random } from '../random.ts';
import { JobBench } from './job-bench.ts';
import type { NodeTraits } from './traits.ts';
import { BAD_REGISTRATIONS, echoOf, heartbeatMessage, registerMessage } from './wire.ts';

const HEARTBEAT_MS = 15_000;
const FULL_LOAD_PERCENT = 97;

/** What a node may know of the others. */
export interface Colleagues {
  otherThan(node: SimNode): SimNode | null;
}

/**
 * A node as the real agents are on the wire: registers, beats, works, comes back with its old id; and lies on demand. What
 * it does with jobs is at its `JobBench`.
 */
export class SimNode {
  readonly name: string;
  readonly traits: NodeTraits;
  readonly #habitat: Habitat;
  readonly #random: Random;
  readonly #bench: JobBench;
  #connection: SimConnection | null = null;
  #nodeId: string | null;
  #isRegistered = false;
  #isStopped = false;
  #beat: Appointment | null = null;
  #tries = 0;
  #muteUntilMs = 0;
  #unreadyUntilMs = 0;
  #busyUntilMs = 0;
  #cpuSpikeUntilMs = 0;
  #isRestarting = false;

  constructor(habitat: Habitat, colleagues: Colleagues, random: Random, traits: NodeTraits) {
    this.name = traits.name;
    this.traits = traits;
    this.#habitat = habitat;
    this.#random = random;
    this.#nodeId = traits.hasOwnId ? `own-${traits.name}` : null;
    this.#bench = new JobBench(habitat, random.fork('bench'), traits, {
      say: (type, job, fields) => this.#answer(type, job, fields),
      crash: () => this.crash(),
      foreignAnswer: (job) => colleagues.otherThan(this)?.answerFor(job),
    });
  }

  get nodeId(): string | null {
    return this.#nodeId;
  }

  get isRegistered(): boolean {
    return this.#isRegistered;
  }

  connect(): void {
    if (this.#isStopped) return;
    const connection = this.#habitat.connect('node', this.name, {
      onText: (data) => this.#onFrame(connection, data),
      onClose: (code) => this.#onClose(connection, code),
    });
    this.#connection = connection;
    this.#isRegistered = false;
    if (connection === null) {
      this.#reconnectLater();
      return;
    }
    this.#habitat.observe({ kind: 'nodeOnline', node: this.name });
    // Agents send a heartbeat under their old id before they register again.
    if (this.#nodeId !== null) this.#heartbeat();
    if (this.#habitat.happens('node_refused', this.name)) {
      this.#register(this.#random.pick(BAD_REGISTRATIONS));
      if (this.#random.happens(0.5)) {
        this.#habitat.agenda.after(this.#random.real(500, 15_000), `${this.name} registers again`, () => {
          if (connection === this.#connection) this.#register();
        });
      }
      return;
    }
    this.#register();
  }

  /** The socket breaks; work goes on, and its answers may come on the next socket. */
  cut(): void {
    this.#connection?.cut();
  }

  goHalfOpen(durationMs: number): void {
    const connection = this.#connection;
    connection?.goHalfOpen();
    this.#habitat.agenda.after(durationMs, `${this.name} finds its line dead`, () => connection?.heal());
  }

  stopReading(durationMs: number): void {
    this.#connection?.stopReading(durationMs);
  }

  heal(): void {
    this.#muteUntilMs = 0;
    this.#unreadyUntilMs = 0;
    this.#busyUntilMs = 0;
    this.#cpuSpikeUntilMs = 0;
    this.#bench.heal();
    this.#connection?.heal();
  }

  /** The process dies with everything in its hands, and comes back under the same id. */
  crash(): void {
    const connection = this.#connection;
    if (connection === null) return;
    this.#offline(1006);
    connection.crash();
    this.#bench.clear();
    this.#habitat.observe({ kind: 'nodeReborn', node: this.name });
    this.#habitat.agenda.after(this.#random.real(500, 8000), `${this.name} restarts`, () => {
      if (this.#connection === null) this.connect();
    });
  }

  /** A second socket while the first still looks open. */
  takeOver(): void {
    if (this.#nodeId === null || this.#connection === null) return;
    this.#offline(1006);
    this.connect();
  }

  /** Goes for good. */
  stop(): void {
    this.#isStopped = true;
    this.#bench.clear();
    this.#connection?.close(1000);
    this.#offline(1000);
  }

  mute(durationMs: number): void {
    this.#muteUntilMs = this.#habitat.agenda.nowMs + durationMs;
  }

  beUnready(durationMs: number): void {
    this.#unreadyUntilMs = this.#habitat.agenda.nowMs + durationMs;
  }

  beBusy(durationMs: number): void {
    this.#busyUntilMs = this.#habitat.agenda.nowMs + durationMs;
  }

  breakDown(durationMs: number): void {
    this.#bench.failsUntilMs = this.#habitat.agenda.nowMs + durationMs;
  }

  spikeCpu(durationMs: number): void {
    this.#cpuSpikeUntilMs = this.#habitat.agenda.nowMs + durationMs;
  }

  /** It wants no more jobs, for a while or until it registers again. */
  askForRest(deadlineMs: number | null): void {
    if (!this.#isRegistered) return;
    this.#say({
      type: 'node_drain',
      node_id: this.#nodeId,
      ...(deadlineMs === null ? {} : { deadline_ms: Math.round(deadlineMs) }),
      reason: 'simulated',
    });
  }

  sendGarbage(): void {
    for (const frame of [
      '{"type":"job_result","job_id":',
      '{"type":"job_result","job_id":"job-0"}',
      '{"type":"mood_report"}',
      '{"type":"job_assign"}',
    ]) {
      this.#connection?.send(frame);
    }
    this.#connection?.sendBinary(Uint8Array.from([9]));
  }

  /** A heartbeat under the id of another, full of bad news about it: it must change nothing there. */
  speakAs(victim: SimNode): void {
    const { nodeId } = victim;
    if (nodeId === null || this.#connection === null || !this.#isRegistered) return;
    const message = heartbeatMessage({
      ...this.#vitals(),
      nodeId,
      isReady: false,
      gpuPercent: FULL_LOAD_PERCENT,
    });
    this.#habitat.intrude(this.#connection, {
      what: `${this.name} heartbeat as ${victim.name}`,
      frame: JSON.stringify(message),
      digest: () => this.#habitat.digestOfNode(nodeId),
    });
  }

  /** Answers a job that another node has: it must change nothing for the job. */
  answerFor(job: Wire): void {
    if (this.#connection === null || !this.#isRegistered || this.#bench.holds(job)) return;
    const jobId = String(job.job_id);
    this.#habitat.intrude(this.#connection, {
      what: `${this.name} result for the ${jobId} of another`,
      frame: JSON.stringify({
        type: 'job_result',
        ...echoOf(job, this.#nodeId),
        ...this.#bench.inventResult(job),
      }),
      digest: () => this.#habitat.digestOfJob(jobId),
    });
  }

  #onFrame(connection: SimConnection | null, data: string | Uint8Array): void {
    if (connection !== this.#connection) return;
    const decoded = decodeNodeServerFrame(typeof data === 'string' ? Buffer.from(data) : data);
    if (decoded.kind !== 'message') {
      const field = decoded.kind === 'invalid' ? `${decoded.type} ${decoded.field}` : decoded.type;
      this.#habitat.observe({ kind: 'unreadable', who: this.name, field });
      return;
    }
    this.#habitat.observe({ kind: 'nodeSaw', node: this.name, message: decoded.message });
    this.#onMessage(decoded.message);
  }

  #onMessage(message: NodeServerMessage): void {
    switch (message.type) {
      case 'node_register_ack':
        this.#nodeId = message.node_id;
        this.#isRegistered = true;
        this.#tries = 0;
        this.#heartbeat();
        this.#beatLater();
        this.#bench.handInKept();
        break;
      case 'job_assign':
        this.#take(message);
        break;
      case 'audio_append':
      case 'audio_end':
        this.#bench.hear(message);
        break;
      case 'job_cancel':
        this.#bench.cancel(message as JobCancel);
        break;
      default:
    }
  }

  #take({ audio, ...job }: JobAssign): void {
    const audioMs = audio.reduce((sum, { durationMs }) => sum + durationMs, 0);
    this.#bench.take(job as Wire, audioMs);
  }

  #onClose(connection: SimConnection | null, code: number): void {
    if (connection !== this.#connection) return;
    this.#offline(code);
    this.#reconnectLater();
  }

  #offline(code: number): void {
    this.#connection = null;
    this.#isRegistered = false;
    this.#beat?.cancel();
    this.#bench.socketLost();
    this.#habitat.observe({ kind: 'nodeOffline', node: this.name, code });
  }

  #reconnectLater(): void {
    const { firstMs, maxMs } = this.traits.reconnect;
    const waitMs = Math.min(maxMs, firstMs * 2 ** this.#tries);
    this.#tries += 1;
    this.#habitat.agenda.after(waitMs, `${this.name} reconnects`, () => {
      if (this.#connection === null) this.connect();
    });
  }

  #register(overrides: object = {}): void {
    this.#say(registerMessage(this.traits, this.#nodeId, overrides));
  }

  #beatLater(): void {
    this.#beat?.cancel();
    this.#beat = this.#habitat.agenda.after(HEARTBEAT_MS, `${this.name} beats`, () => {
      if (this.#habitat.agenda.nowMs >= this.#muteUntilMs) this.#heartbeat();
      this.#beatLater();
    });
  }

  /** Now and then an agent that lacks a model restarts its services: stopped in one heartbeat, running in the next. */
  #heartbeat(): void {
    const lacked = this.#habitat.weightOf('job_lacks_model') > 0;
    this.#isRestarting = lacked && !this.#isRestarting && this.#random.happens(0.2);
    this.#say(heartbeatMessage(this.#vitals()));
  }

  #vitals(): Parameters<typeof heartbeatMessage>[0] {
    const { nowMs } = this.#habitat.agenda;
    return {
      nodeId: this.#nodeId,
      runningJobs: this.#bench.runningCount,
      isReady: nowMs >= this.#unreadyUntilMs,
      cpuPercent: nowMs < this.#cpuSpikeUntilMs ? FULL_LOAD_PERCENT : 20,
      isRestarting: this.#isRestarting,
      gpuPercent: nowMs < this.#busyUntilMs ? FULL_LOAD_PERCENT : 0,
      wallMs: this.#habitat.wallMs(),
    };
  }

  /** False when there is no socket to say it on. */
  #answer(type: string, job: Wire, fields: object): boolean {
    if (!this.#isRegistered) return false;
    this.#say({ type, ...echoOf(job, this.#nodeId), ...fields });
    return true;
  }

  #say(message: Wire): void {
    if (this.#connection === null) return;
    this.#habitat.observe({ kind: 'nodeSaid', node: this.name, message });
    this.#connection.send(JSON.stringify(message));
  }
}
