import { quantile } from '../harness/median.ts';
import {
  FIRST_SEQ,
  nodeHeartbeat,
  nodeRegister,
  resultFrame,
  type Speech,
  sessionInit,
  Utterance,
} from './load.ts';
import { RawSocket } from './wire.ts';

/** What one run of the generator is told. */
export interface Order {
  readonly port: number;
  readonly speech: Speech;
  readonly perSecond: number;
  /** The rate while both sides warm up. */
  readonly warmPerSecond: number;
  readonly warmMs: number;
  readonly measureMs: number;
  /** 0: the server brings its own workers. */
  readonly nodeCount: number;
}

/** What it saw while it was measured. */
export interface Sight {
  readonly sent: number;
  readonly answered: number;
  /** Utterances that were not sent in time because the generator was late: such a run is worth nothing. */
  readonly skipped: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  /** Of the generator, in cores. */
  readonly ownCores: number;
}

const SESSION_COUNT = 64;
const ANSWER_WAIT_MS = 2000;
/** A generator that is further behind than this leaves out what it owes. */
const LATE_MAX_MS = 200;

const INDEX = '"utterance_index":';
const indexIn = (payload: Buffer): number => {
  const at = payload.indexOf(INDEX);
  return at < 0
    ? -1
    : Number.parseInt(payload.toString('latin1', at + INDEX.length, at + INDEX.length + 10), 10);
};

class Speaker {
  readonly #socket: RawSocket;
  readonly #utterance: Utterance;
  #seq = FIRST_SEQ;
  #nextIndex: number | null = null;
  /** When each utterance that is still owed a result was sent. */
  #unanswered: number[] = [];
  readonly #onAnswer: (delayMs: number) => void;

  constructor(socket: RawSocket, utterance: Utterance, onAnswer: (delayMs: number) => void) {
    this.#socket = socket;
    this.#utterance = utterance;
    this.#onAnswer = onAnswer;
    socket.onText = (payload) => this.#take(payload);
  }

  speak(): void {
    this.#socket.send(this.#utterance.frames(this.#seq));
    this.#seq += this.#utterance.frameCount;
    this.#unanswered.push(performance.now());
  }

  /** Results come in order, so the first that is owed is the one that came. */
  #take(payload: Buffer): void {
    const head = payload.subarray(0, 40);
    if (!head.includes('"translation_result"')) {
      if (head.includes('"missing_result"')) throw new Error('the server gave an utterance up');
      return;
    }
    const index = indexIn(payload);
    if (this.#nextIndex !== null && index !== this.#nextIndex)
      throw new Error(`result ${index} out of order`);
    this.#nextIndex = index + 1;
    const sentAtMs = this.#unanswered.shift();
    if (sentAtMs !== undefined) this.#onAnswer(performance.now() - sentAtMs);
  }
}

const openNodes = async ({ port, nodeCount }: Order): Promise<void> => {
  for (let at = 0; at < nodeCount; at += 1) {
    const nodeId = `node-bench-${at}`;
    const socket = await RawSocket.open(port, '/ws/node');
    const isReady = socket.until('"ready"');
    socket.sendText(nodeRegister(nodeId));
    await socket.until('node_register_ack');
    socket.sendText(nodeHeartbeat(nodeId));
    await isReady;
    socket.onText = (payload) => {
      if (payload.subarray(0, 40).includes('"job_assign"')) socket.send(resultFrame(payload, nodeId));
    };
    setInterval(() => socket.sendText(nodeHeartbeat(nodeId)), 15_000).unref();
  }
};

const run = async (order: Order): Promise<Sight> => {
  const { port, speech, perSecond, warmPerSecond, warmMs, measureMs } = order;
  await openNodes(order);
  let delays: number[] = [];
  const speakers: Speaker[] = [];
  for (let at = 0; at < SESSION_COUNT; at += 1) {
    const socket = await RawSocket.open(port, '/ws/session');
    const ack = socket.until('session_init_ack');
    socket.sendText(sessionInit(speech));
    const { session_id } = JSON.parse((await ack).toString('utf8')) as { session_id: string };
    speakers.push(new Speaker(socket, new Utterance(session_id, speech), (delayMs) => delays.push(delayMs)));
  }

  let sent = 0;
  let skipped = 0;
  const speakFor = async (durationMs: number, rate: number): Promise<void> => {
    const startedAtMs = performance.now();
    const wanted = Math.round((durationMs / 1000) * rate);
    let spoken = 0;
    await new Promise<void>((resolve) => {
      const tick = (): void => {
        const elapsedMs = performance.now() - startedAtMs;
        const due = Math.min(wanted, Math.floor((elapsedMs / 1000) * rate));
        const tooLate = Math.max(0, due - spoken - Math.ceil((LATE_MAX_MS / 1000) * rate));
        skipped += tooLate;
        spoken += tooLate;
        for (; spoken < due; spoken += 1) {
          speakers[sent % SESSION_COUNT]?.speak();
          sent += 1;
        }
        if (spoken >= wanted) resolve();
        else setTimeout(tick, 1);
      };
      tick();
    });
  };

  /** What was sent last is still on its way. */
  const allAnswered = async (): Promise<void> => {
    for (let waitedMs = 0; waitedMs < ANSWER_WAIT_MS && delays.length < sent; waitedMs += 20) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  await speakFor(warmMs, warmPerSecond);
  await allAnswered();
  delays = [];
  sent = 0;
  skipped = 0;
  process.send?.({ kind: 'measuring' });
  const before = process.cpuUsage();
  const startedAtMs = performance.now();
  await speakFor(measureMs, perSecond);
  const elapsedMs = performance.now() - startedAtMs;
  const { user, system } = process.cpuUsage(before);
  process.send?.({ kind: 'measured' });
  await allAnswered();
  return {
    sent,
    answered: delays.length,
    skipped,
    p50Ms: quantile(delays, 0.5),
    p90Ms: quantile(delays, 0.9),
    ownCores: (user + system) / 1000 / elapsedMs,
  };
};

process.once('message', (order: Order) => {
  run(order)
    .then((sight) => process.send?.({ kind: 'sight', sight }))
    .catch((error: unknown) => process.send?.({ kind: 'failed', message: String(error) }));
});
