import type { GatewayContext } from '#gateway/context.ts';
import { noStalls, type StallMeter } from '#gateway/loop-lag.ts';
import { NodeConnection } from '#gateway/node-connection.ts';
import { anonymousPrincipal } from '#gateway/principal.ts';
import { SessionConnection } from '#gateway/session-connection.ts';
import { defaultGatewaySettings, type GatewaySettings } from '#gateway/settings.ts';
import type { ConnectionId } from '#protocol/ids.ts';
import { FakeTransport } from './fake-transport.ts';
import type { HandRuntime, OpenedSession } from './hand-runtime.ts';

export const contextOf = (
  hand: HandRuntime,
  settings: Partial<GatewaySettings> = {},
  stalls: StallMeter = noStalls,
): GatewayContext => ({
  runtime: hand.runtime,
  settings: { ...defaultGatewaySettings, ...settings },
  meter: {
    count: (name, by, labels) => hand.count(name, by, labels),
    tally: (name, labels) => ({ add: (by) => hand.count(name, by, labels) }),
  },
  stalls,
});

let connections = 0;
const nextConnectionId = (): ConnectionId => {
  connections += 1;
  return `conn-${connections}` as ConnectionId;
};

/** A session socket that has just been accepted. */
export const acceptSession = (hand: HandRuntime, settings?: Partial<GatewaySettings>): FakeTransport => {
  const transport = new FakeTransport();
  new SessionConnection(contextOf(hand, settings), transport, {
    connectionId: nextConnectionId(),
    principal: anonymousPrincipal('session'),
  });
  return transport;
};

export const acceptNode = (hand: HandRuntime, settings?: Partial<GatewaySettings>): FakeTransport => {
  const transport = new FakeTransport();
  new NodeConnection(contextOf(hand, settings), transport, {
    connectionId: nextConnectionId(),
    principal: anonymousPrincipal('node'),
  });
  return transport;
};

export const init = (fields: object = {}): object => ({
  type: 'session_init',
  client_version: '1',
  platform: 'web',
  src_lang: 'zh',
  tgt_lang: 'en',
  ...fields,
});

/** A session socket past its handshake, with its session. */
export const openSession = (
  hand: HandRuntime,
  fields: object = {},
): { readonly transport: FakeTransport; readonly session: OpenedSession; readonly sessionId: string } => {
  const transport = acceptSession(hand);
  transport.says(init(fields));
  const session = hand.sessions.at(-1);
  if (session === undefined) throw new Error('no session was opened');
  return { transport, session, sessionId: session.open.sessionId };
};

export const chunk = (sessionId: string, fields: object = {}): object => ({
  type: 'audio_chunk',
  session_id: sessionId,
  seq: 0,
  is_final: false,
  payload: '',
  ...fields,
});
