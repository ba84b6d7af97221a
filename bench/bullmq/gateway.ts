import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Queue, QueueEvents } from 'bullmq';
import { type WebSocket, WebSocketServer } from 'ws';
import { sendInOrder } from '../pipeline/servers/in-order.ts';
import { serveMeasured } from '../pipeline/servers/told.ts';
import { type Answer, connectTo, QUEUE, redisPort, type SpokenJob } from './words.ts';

/**
 * What one would build from parts: a socket in front, a queue with its retries and its persistence behind it. As little
 * else as in the bare pipeline: no checks, no deadlines, no limits. Chunks are decoded, a job is added with its audio,
 * results come by the queue's events and are forwarded in order.
 */
const port = redisPort();
/** Finished jobs are dropped at once and few events are kept: what is kept would only cost more. */
const EVENTS_KEPT = 1000;
const queue = new Queue<SpokenJob, Answer>(QUEUE, {
  connection: connectTo(port),
  defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
  streams: { events: { maxLen: EVENTS_KEPT } },
});
const events = new QueueEvents(QUEUE, { connection: connectTo(port) });

interface Session {
  readonly socket: WebSocket;
  chunks: Buffer[];
  index: number;
  sent: number;
  readonly ready: Map<number, string>;
}
const sessions = new Map<string, Session>();

const submit = async (session_id: string, session: Session): Promise<void> => {
  const audio = Buffer.concat(session.chunks).toString('base64');
  const utterance_index = session.index;
  session.chunks = [];
  session.index += 1;
  await queue.add('translate', {
    session_id,
    utterance_index,
    src_lang: 'zh',
    tgt_lang: 'en',
    trace_id: 't',
    audio,
  });
};

const onClient = (socket: WebSocket): void => {
  const sessionId = `s-${sessions.size}`;
  const session: Session = { socket, chunks: [], index: 0, sent: 0, ready: new Map() };
  sessions.set(sessionId, session);
  socket.on('message', (data) => {
    const message = JSON.parse(String(data));
    if (message.type === 'session_init')
      socket.send(JSON.stringify({ type: 'session_init_ack', session_id: sessionId }));
    if (message.type !== 'audio_chunk') return;
    if (message.payload !== '') session.chunks.push(Buffer.from(message.payload, 'base64'));
    if (message.is_final) submit(sessionId, session).catch(fail);
  });
};

events.on('completed', ({ jobId, returnvalue }) => {
  // Declared as text; what comes is parsed already.
  const { session_id, utterance_index, ...rest } = returnvalue as unknown as Answer;
  const session = sessions.get(session_id);
  if (session === undefined) return;
  sendInOrder(
    session,
    utterance_index,
    JSON.stringify({ type: 'translation_result', session_id, utterance_index, job_id: jobId, ...rest }),
  );
});

/** Its exit is what the parent sees: a run with a lost job is worth nothing. */
const fail = (error: unknown): void => {
  console.error(error);
  process.exit(1);
};

await Promise.all([queue.waitUntilReady(), events.waitUntilReady()]);
// What an earlier run left.
await queue.obliterate({ force: true });
const worker = fork(fileURLToPath(new URL('./worker.ts', import.meta.url)), [String(port)], {
  execArgv: process.execArgv,
});
await once(worker, 'message');
worker.on('exit', () => fail(new Error('the worker ended')));

const http = createServer();
const sockets = new WebSocketServer({ server: http, perMessageDeflate: false });
sockets.on('connection', onClient);
http.listen(0, '127.0.0.1', () => serveMeasured((http.address() as AddressInfo).port));
