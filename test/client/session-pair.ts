import { openSession } from '#client/open-session.ts';
import type { Session } from '#client/session.ts';
import type { SessionEvent } from '#client/session-event.ts';
import type { SessionOptions } from '#client/session-options.ts';
import { HandTimers } from '#testing/hand-timers.ts';
import type { WireMessage, WirePeer } from '#testing/wire-peer.ts';
import { TinyServer } from '../testing/tiny-server.ts';

export const WALL_MS = 1_790_000_000_000;
export const SESSION_ID = 's-0123456789ABCDEF0123456789ABCDEF';

export const initAck = (fields: object = {}): object => ({
  type: 'session_init_ack',
  session_id: SESSION_ID,
  message: 'session created',
  trace_id: 'trace-1',
  capabilities: ['pcm16', 'opus', 'partials', 'notices', 'errors'],
  ...fields,
});

export const translation = (index: number, fields: object = {}): object => ({
  type: 'translation_result',
  session_id: SESSION_ID,
  utterance_index: index,
  job_id: `job-${index}`,
  text_asr: `heard ${index}`,
  text_translated: `translated ${index}`,
  tts_audio: 'AQID',
  tts_format: 'opus',
  trace_id: 'trace-1',
  group_id: 'group-1',
  part_index: index,
  ...fields,
});

/** As a server that keeps sessions acknowledges. */
export const resumableAck = (fields: object = {}): object =>
  initAck({
    capabilities: ['pcm16', 'opus', 'resume', 'ack', 'partials', 'notices', 'errors'],
    resume_token: 'token-1',
    resume_window_ms: 120_000,
    ...fields,
  });

export const resumeAck = (fields: object = {}): object => ({
  type: 'session_resume_ack',
  session_id: SESSION_ID,
  resume_token: 'token-2',
  received_ms: 0,
  covered_ms: 0,
  next_utterance_index: 0,
  ...fields,
});

export const optionsFor = (server: TinyServer, timers: HandTimers): SessionOptions => ({
  url: server.url,
  srcLang: 'zh',
  tgtLang: 'en',
  audioFormat: 'pcm16',
  timers,
  wallClockMs: () => WALL_MS,
  chance: () => 0.5,
});

export interface SessionPair {
  readonly server: TinyServer;
  /** The server's end of the socket. */
  readonly peer: WirePeer;
  readonly session: Session;
  readonly timers: HandTimers;
  readonly init: WireMessage;
}

/** An open session and the server's end of it. */
export const openPair = async (
  options: Partial<SessionOptions> = {},
  ack: object = {},
): Promise<SessionPair> => {
  const server = await TinyServer.start();
  const timers = new HandTimers();
  const opening = openSession({ ...optionsFor(server, timers), ...options });
  const peer = await server.untilPeer();
  const init = await peer.untilType('session_init');
  peer.send(initAck(ack));
  return { server, peer, session: await opening, timers, init };
};

/** The same with a server that keeps sessions, and speaks JSON. */
export const openResumable = (
  options: Partial<SessionOptions> = {},
  ack: object = {},
): Promise<SessionPair> => openPair(options, resumableAck(ack));

/** The next event of a kind; those before it are passed over. */
export const eventOf = async <Kind extends SessionEvent['kind']>(
  { events }: Session,
  kind: Kind,
): Promise<Extract<SessionEvent, { kind: Kind }>> => {
  for await (const event of events)
    if (event.kind === kind) return event as Extract<SessionEvent, { kind: Kind }>;
  throw new Error(`no ${kind} came`);
};

/** The server's end of the next socket, once the client has noticed that the present one is gone. */
export const comeBack = async ({ server, session, timers }: SessionPair): Promise<WirePeer> => {
  const { retryInMs } = await eventOf(session, 'connection');
  const count = server.peers.items.length + 1;
  timers.advance(retryInMs ?? 0);
  return server.untilPeer(count);
};

/** Cuts the socket as a broken network does, and takes the next one. */
export const cut = (pair: SessionPair): Promise<WirePeer> => {
  pair.server.peers.items.at(-1)?.terminate();
  return comeBack(pair);
};

export const seqsOf = (peer: WirePeer): unknown[] => peer.ofType('audio_chunk').map(({ seq }) => seq);

export const firstOf = async <Item>(items: AsyncIterable<Item>): Promise<Item> => {
  for await (const item of items) return item;
  throw new Error('nothing came');
};

export const allOf = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
};
