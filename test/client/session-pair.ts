import { openSession } from '#client/open-session.ts';
import type { Session } from '#client/session.ts';
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

export const optionsFor = (server: TinyServer, timers: HandTimers): SessionOptions => ({
  url: server.url,
  srcLang: 'zh',
  tgtLang: 'en',
  audioFormat: 'pcm16',
  timers,
  wallClockMs: () => WALL_MS,
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

export const firstOf = async <Item>(items: AsyncIterable<Item>): Promise<Item> => {
  for await (const item of items) return item;
  throw new Error('nothing came');
};

export const allOf = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
};
