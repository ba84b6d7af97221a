import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';
import { WirePeer } from '#testing/wire-peer.ts';
import { Heard } from './heard.ts';

/** A server that only listens: each socket becomes a `WirePeer`, and the test says what is answered. */
export class TinyServer {
  readonly url: string;
  readonly peers: Heard<WirePeer>;
  readonly requests: IncomingMessage[] = [];
  /** Set to answer upgrades with an HTTP status. */
  refuseWith: number | null = null;

  private constructor(url: string, peers: Heard<WirePeer>) {
    this.url = url;
    this.peers = peers;
  }

  /** Gone at the end of the test, with all its sockets. */
  static async start(): Promise<TinyServer> {
    const http = createServer();
    const sockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      handleProtocols: (offered) => [...offered][0] ?? false,
    });
    const peers = new Heard<WirePeer>();
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const { port } = http.address() as AddressInfo;
    const server = new TinyServer(`ws://127.0.0.1:${port}/`, peers);
    http.on('upgrade', (request, socket, head) => {
      if (server.refuseWith !== null)
        socket.end(`HTTP/1.1 ${server.refuseWith} Refused\r\nConnection: close\r\n\r\n`);
      else {
        server.requests.push(request);
        sockets.handleUpgrade(request, socket, head, (accepted) => peers.push(new WirePeer(accepted)));
      }
    });
    onTestFinished(async () => {
      for (const client of sockets.clients) client.terminate();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    });
    return server;
  }

  /** The `count`-th socket. */
  untilPeer(count = 1): Promise<WirePeer> {
    return this.peers.until((peers) => peers[count - 1]);
  }
}
