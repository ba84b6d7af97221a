import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Doorkeeper } from '#gateway/auth/doorkeeper.ts';
import { Tickets } from '#gateway/auth/tickets.ts';
import { type TokenGrant, Tokens } from '#gateway/auth/tokens.ts';
import { Gateway } from '#gateway/gateway.ts';
import type { GatewaySettings } from '#gateway/settings.ts';
import { contextOf } from './desk.ts';
import { HandRuntime } from './hand-runtime.ts';

/** A gateway on a real port over a runtime and a clock turned by hand. */
export interface RealGateway extends AsyncDisposable {
  readonly hand: HandRuntime;
  readonly gateway: Gateway;
  readonly tickets: Tickets;
  readonly port: number;
  readonly url: string;
}

/** Open sockets by side, and what waits to be read by their peers. */
export const figuresOf = (gateway: Gateway): { session: number; node: number; outboundBytes: number } => {
  const figures = { session: 0, node: 0, outboundBytes: 0 };
  for (const { side, waitingBytes } of gateway.sockets()) {
    figures[side] += 1;
    figures.outboundBytes += waitingBytes;
  }
  return figures;
};

export const startGateway = async (
  settings: Partial<GatewaySettings> = {},
  grants: readonly TokenGrant[] = [],
  isInsecure = false,
): Promise<RealGateway> => {
  const hand = new HandRuntime();
  const tickets = new Tickets(hand.runtime.ports);
  const origins = settings.origins ?? [];
  const gateway = new Gateway(
    contextOf(hand, settings),
    new Doorkeeper({ tokens: new Tokens(grants), tickets, origins, isInsecure }),
  );
  const server: Server = createServer((_request, response) => response.writeHead(404).end());
  server.on('upgrade', (request, socket, head) => gateway.handleUpgrade(request, socket, head));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    hand,
    gateway,
    tickets,
    port,
    url: `ws://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      gateway.terminateAll();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
