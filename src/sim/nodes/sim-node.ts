import type { Appointment } from '../agenda.ts';
import { readTaggedAudio } from '../audio.ts';
import { Breach } from '../checkers/breach.ts';
import type { SimConnection } from '../network/connection.ts';
import type { Random } from '../random.ts';
import type { World } from '../world.ts';

type Wire = Readonly<Record<string, unknown>> & { readonly type: string };

interface HeldJob {
  readonly message: Wire;
  appointment: Appointment | null;
}

export interface SimNodeTraits {
  readonly name: string;
  readonly capacity: number;
  /** Asked for in `advanced_features`; none = a legacy agent. */
  readonly features: readonly string[];
  /** Milliseconds of work for a second of audio. */
  readonly speedMs: number;
}

const heartbeatMs = 15_000;
const reconnectMs = 5000;
const servicesOf = ['asr', 'nmt', 'tts'].map((type) => ({
  service_id: `sim-${type}`,
  type,
  device: 'gpu',
  status: 'running',
}));
const capabilities = ['asr', 'nmt', 'tts'].map((type) => ({ type, ready: true }));

/** What a node does with one job, drawn from the faults of its world. */
type Behaviour =
  | 'normal'
  | 'job_slow'
  | 'job_hang'
  | 'job_crash'
  | 'job_twice'
  | 'job_stale'
  | 'job_failure'
  | 'job_empty'
  | 'node_foreign_result';

/** A node as the real agents are on the wire: registers, beats, works, comes back with its old id; and lies on demand. */
export class SimNode {
  readonly traits: SimNodeTraits;
  readonly #world: World;
  readonly #random: Random;
  readonly #jobs = new Map<string, HeldJob>();
  #connection: SimConnection | null = null;
  #nodeId: string | null = null;
  #beat: Appointment | null = null;
  #serial = 0;
  #isMute = false;

  constructor(world: World, random: Random, traits: SimNodeTraits) {
    this.#world = world;
    this.#random = random;
    this.traits = traits;
  }

  get nodeId(): string | null {
    return this.#nodeId;
  }

  connect(): void {
    this.#connection = this.#world.connect('node', this.traits.name, {
      onText: (data) => this.#heard(JSON.parse(data.toString()) as Wire),
      onClose: () => this.#lost(),
    });
    // Agents send a heartbeat under their old id before they register again.
    if (this.#nodeId !== null) this.#heartbeat();
    this.#say({
      type: 'node_register',
      node_id: this.#nodeId,
      version: '2.0.0',
      capability_schema_version: '2.0',
      platform: 'linux',
      hardware: { cpu_cores: 8, memory_gb: 32, gpus: [{ name: 'sim', memory_gb: 8 }] },
      installed_models: [],
      installed_services: servicesOf,
      capability_by_type: capabilities,
      features_supported: {},
      accept_public_jobs: true,
      advanced_features: this.traits.features,
      max_concurrent_jobs: this.traits.capacity,
    });
  }

  /** The socket breaks; what is being worked on goes on, and its answers come on the next socket. */
  cut(): void {
    this.#connection?.cut();
  }

  goHalfOpen(): void {
    this.#connection?.goHalfOpen();
  }

  heal(): void {
    this.#isMute = false;
    this.#connection?.heal();
    // A hung job of a healed node is given up by its process.
    for (const [key, job] of this.#jobs) if (job.appointment === null) this.#jobs.delete(key);
  }

  /** The process dies with everything in its hands, and comes back under the same id. */
  crash(): void {
    this.#dropJobs();
    this.#beat?.cancel();
    const connection = this.#connection;
    this.#connection = null;
    connection?.crash();
    this.#world.agenda.after(this.#random.real(500, 8000), `${this.traits.name} restarts`, () =>
      this.connect(),
    );
  }

  /** A second socket while the first still looks open. */
  takeOver(): void {
    if (this.#nodeId !== null) this.connect();
  }

  mute(durationMs: number): void {
    this.#isMute = true;
    this.#world.agenda.after(durationMs, `${this.traits.name} beats again`, () => {
      this.#isMute = false;
    });
  }

  sendGarbage(): void {
    this.#connection?.send('{"type":"job_result","job_id":');
    this.#connection?.send('{"type":"job_result","job_id":"job-0"}');
    this.#connection?.send('{"type":"mood_report"}');
  }

  /** A message under the id of another node: it must change nothing. */
  speakAs(other: SimNode): void {
    if (other.#nodeId === null) return;
    const victim = other.#nodeId;
    this.#world.intrude(this.#connection, `heartbeat as ${victim}`, () => this.#world.digestOfNode(victim), {
      ...this.#heartbeatMessage(),
      node_id: victim,
      capability_by_type: [],
      installed_services: [],
    });
  }

  /** Answers a job that another node has. */
  answerFor(message: Wire): void {
    this.#answer(message, {});
  }

  #heard(message: Wire): void {
    switch (message.type) {
      case 'node_register_ack':
        this.#nodeId = String(message.node_id);
        this.#world.declared.set(this.#nodeId, this.traits.capacity);
        this.#heartbeat();
        this.#keepBeating();
        return;
      case 'job_assign':
        this.#take(message);
        return;
      case 'job_cancel':
        this.#cancel(message);
    }
  }

  #lost(): void {
    this.#connection = null;
    this.#beat?.cancel();
    this.#world.agenda.after(reconnectMs, `${this.traits.name} reconnects`, () => {
      if (this.#connection === null) this.connect();
    });
  }

  #keepBeating(): void {
    this.#beat?.cancel();
    this.#beat = this.#world.agenda.after(heartbeatMs, `${this.traits.name} beats`, () => {
      if (!this.#isMute) this.#heartbeat();
      this.#keepBeating();
    });
  }

  #heartbeatMessage(): Wire {
    return {
      type: 'node_heartbeat',
      node_id: this.#nodeId,
      timestamp: 0,
      resource_usage: { cpu_percent: 20, gpu_percent: 0, mem_percent: 40, running_jobs: this.#jobs.size },
      installed_services: servicesOf,
      capability_by_type: capabilities,
    };
  }

  #heartbeat(): void {
    this.#say(this.#heartbeatMessage());
  }

  #take(message: Wire): void {
    const key = `${message.job_id}/${message.attempt_id}`;
    this.#checkAudio(message);
    if (this.traits.features.includes('job_ack')) this.#reply('job_ack', message, {});
    const job: HeldJob = { message, appointment: null };
    this.#jobs.set(key, job);
    const behaviour = this.#draw();
    if (behaviour !== 'normal') this.#world.noteFault(behaviour);
    if (behaviour === 'job_hang') return;
    const seconds = Number(message.sample_rate) > 0 ? String(message.audio).length / 12_000 : 1;
    const workMs = (200 + seconds * this.traits.speedMs) * this.#random.real(0.6, 1.6);
    const delayMs = behaviour === 'job_slow' ? workMs * 12 + 4000 : workMs;
    job.appointment = this.#world.agenda.after(delayMs, `${this.traits.name} works`, () => {
      this.#jobs.delete(key);
      this.#finish(message, behaviour);
    });
  }

  #draw(): Behaviour {
    return this.#random.weighted<Behaviour>({ normal: 4, ...this.#world.jobFaults() }) ?? 'normal';
  }

  #finish(message: Wire, behaviour: Behaviour): void {
    switch (behaviour) {
      case 'job_crash':
        this.crash();
        return;
      case 'job_failure':
        this.#reply('job_result', message, {
          success: false,
          error: {
            code: this.#random.pick(['PROCESSING_ERROR', 'MODEL_NOT_AVAILABLE', 'INVALID_AUDIO']),
            message: 'sim',
          },
        });
        return;
      case 'job_empty':
        this.#reply('job_result', message, {
          success: true,
          text_asr: '',
          text_translated: '',
          tts_audio: '',
        });
        return;
      case 'job_stale':
        this.#answer(message, { attempt_id: Number(message.attempt_id) + 7 });
        this.#answer(message, {});
        return;
      case 'node_foreign_result':
        this.#world.otherNodeOf(this)?.answerFor(message);
        this.#answer(message, {});
        return;
      default:
        this.#answer(message, {});
        if (behaviour === 'job_twice') this.#answer(message, {});
    }
  }

  /** Every answer has words of its own, so that it can be told which one was shown. */
  #answer(message: Wire, overrides: object): void {
    this.#serial += 1;
    this.#reply('job_result', message, {
      success: true,
      text_asr: `${this.traits.name} ${message.job_id} ${this.#serial}`,
      text_translated: 'sim',
      tts_audio: 'AwD4//4DAPj//g==',
      tts_format: 'opus',
      processing_time_ms: 100,
      ...overrides,
    });
  }

  #reply(
    type: string,
    { job_id, attempt_id, session_id, utterance_index, trace_id }: Wire,
    fields: object,
  ): void {
    this.#say({
      type,
      job_id,
      attempt_id,
      node_id: this.#nodeId,
      session_id,
      utterance_index,
      trace_id,
      ...fields,
    });
  }

  #say(message: Wire): void {
    this.#connection?.send(JSON.stringify(message));
  }

  /** Some agents hear a cancel and stop, some run on and answer late. */
  #cancel(message: Wire): void {
    for (const [key, job] of this.#jobs) {
      if (job.message.job_id !== message.job_id) continue;
      if (message.attempt_id !== undefined && job.message.attempt_id !== message.attempt_id) continue;
      if (this.#world.happens('job_deaf_to_cancel')) continue;
      job.appointment?.cancel();
      this.#jobs.delete(key);
      if (this.#random.happens(0.5)) {
        this.#reply('job_result', job.message, {
          success: false,
          error: { code: 'PROCESSING_ERROR', message: 'aborted' },
        });
      }
    }
  }

  #dropJobs(): void {
    for (const job of this.#jobs.values()) job.appointment?.cancel();
    this.#jobs.clear();
  }

  /** A job holds one speaker's audio, whole pieces of it, in the order they were spoken [I5]. */
  #checkAudio(message: Wire): void {
    const encoding = message.audio_format === 'pcm16' ? 'pcm16' : 'opus';
    const stretches = readTaggedAudio(encoding, Buffer.from(String(message.audio), 'base64'));
    if (stretches === null) throw new Breach('I5', `${message.job_id} holds broken audio`);
    const [first] = stretches;
    let last = 0;
    for (const { speaker, piece } of stretches) {
      if (speaker !== first?.speaker) throw new Breach('I5', `${message.job_id} mixes two speakers`);
      if (piece <= last) throw new Breach('I5', `${message.job_id} holds piece ${piece} after ${last}`);
      last = piece;
    }
  }
}
