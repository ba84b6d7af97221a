import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { sendInOrder } from './in-order.ts';
import { serveMeasured } from './told.ts';

/**
 * The least that can do the work: no checks, no deadlines, no limits, nothing that fails. Chunks are decoded, a job is
 * encoded once, results are forwarded in order.
 */
const nodes: WebSocket[] = [];
const sessions = new Map<
  string,
  { socket: WebSocket; chunks: Buffer[]; index: number; sent: number; ready: Map<number, string> }
>();
let jobs = 0;

const onClient = (socket: WebSocket): void => {
  const sessionId = `s-${sessions.size}`;
  const session = { socket, chunks: [] as Buffer[], index: 0, sent: 0, ready: new Map<number, string>() };
  sessions.set(sessionId, session);
  socket.on('message', (data) => {
    const message = JSON.parse(String(data));
    if (message.type === 'session_init')
      socket.send(JSON.stringify({ type: 'session_init_ack', session_id: sessionId }));
    if (message.type !== 'audio_chunk') return;
    if (message.payload !== '') session.chunks.push(Buffer.from(message.payload, 'base64'));
    if (!message.is_final) return;
    const audio = Buffer.concat(session.chunks).toString('base64');
    const job = {
      type: 'job_assign',
      job_id: `job-${jobs}`,
      attempt_id: 1,
      session_id: sessionId,
      utterance_index: session.index,
      src_lang: 'zh',
      tgt_lang: 'en',
      trace_id: 't',
      audio,
    };
    session.chunks = [];
    session.index += 1;
    nodes[jobs % nodes.length]?.send(JSON.stringify(job));
    jobs += 1;
  });
};

const onNode = (socket: WebSocket): void => {
  socket.on('message', (data) => {
    const message = JSON.parse(String(data));
    if (message.type === 'node_register') {
      nodes.push(socket);
      socket.send(JSON.stringify({ type: 'node_register_ack', node_id: message.node_id }));
    }
    if (message.type === 'node_heartbeat')
      socket.send(JSON.stringify({ type: 'node_status', status: 'ready' }));
    if (message.type !== 'job_result') return;
    const session = sessions.get(message.session_id);
    if (session === undefined) return;
    const {
      job_id,
      session_id,
      utterance_index,
      text_asr,
      text_translated,
      tts_format,
      trace_id,
      tts_audio,
    } = message;
    sendInOrder(
      session,
      utterance_index,
      JSON.stringify({
        type: 'translation_result',
        session_id,
        utterance_index,
        job_id,
        text_asr,
        text_translated,
        tts_format,
        trace_id,
        tts_audio,
      }),
    );
  });
};

const http = createServer();
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
http.on('upgrade', (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, request.url === '/ws/node' ? onNode : onClient);
});
http.listen(0, '127.0.0.1', () => serveMeasured((http.address() as AddressInfo).port));
