import type { FastifyInstance } from 'fastify';
import type { Gateway } from '#gateway/gateway.ts';

export interface Address {
  readonly port: number;
  /** `http://host:port`, without a slash at the end. */
  readonly url: string;
}

/** Where requests and sockets come from. */
export interface Listener {
  listen(): Promise<Address>;
  /** Takes no more and ends what is open. */
  close(): Promise<void>;
}

/** Makes the listener of a scheduler. Tests may give one that feeds `gateway.accept` by hand. */
export type Transports = (edge: {
  readonly app: FastifyInstance;
  readonly gateway: Gateway;
  readonly host: string;
  readonly port: number;
}) => Listener;

/** The port could not be taken; `code` is the system's word, such as EADDRINUSE. */
export class ListenError extends Error {
  readonly code: string;

  constructor(host: string, port: number, cause: unknown) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    const why = code === 'EADDRINUSE' ? 'the port is taken by another program' : code;
    super(`cannot listen on ${host}:${port}: ${why}`, { cause });
    this.name = 'ListenError';
    this.code = code;
  }
}

/** One TCP port for plain HTTP and for both kinds of socket. */
export const tcpTransports: Transports = ({ app, gateway, host, port }) => ({
  listen: async () => {
    app.server.on('upgrade', (request, socket, head) => gateway.handleUpgrade(request, socket, head));
    try {
      await app.listen({ host, port });
    } catch (error) {
      throw new ListenError(host, port, error);
    }
    const address = app.server.address();
    const takenPort = typeof address === 'object' && address !== null ? address.port : port;
    return { port: takenPort, url: `http://${host.includes(':') ? `[${host}]` : host}:${takenPort}` };
  },
  close: () => app.close(),
});
