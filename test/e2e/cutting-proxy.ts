import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** When a connection breaks: after so many bytes in one direction. */
export interface Cut {
  readonly direction: 'up' | 'down';
  readonly afterBytes: number;
}

/**
 * TCP between a client and the scheduler that breaks, once for each cut of its list, in the middle of whatever is
 * being said. What had not passed is lost on both sides, as with a network that goes away.
 */
export class CuttingProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #cutsLeft: readonly Cut[] = [];
  #targetPort: number;

  private constructor(server: Server, targetPort: number) {
    this.#server = server;
    this.#targetPort = targetPort;
    this.port = (server.address() as AddressInfo).port;
  }

  static async start(targetPort: number): Promise<CuttingProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const proxy = new CuttingProxy(server, targetPort);
    server.on('connection', (client) => proxy.#join(client, connect(proxy.#targetPort, '127.0.0.1')));
    return proxy;
  }

  /** From here on; the first one hits the connection that is open now. */
  cutAt(cuts: readonly Cut[]): void {
    this.#cutsLeft = cuts;
  }

  get cutsLeft(): number {
    return this.#cutsLeft.length;
  }

  /** Everybody is thrown out, and finds another scheduler at the same address: as after a crash. */
  moveTo(targetPort: number): void {
    this.#targetPort = targetPort;
    for (const socket of this.#sockets) socket.destroy();
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #join(client: Socket, server: Socket): void {
    let isCut = false;
    /** Bytes that passed since this cut is the next one. */
    let counted: { cut: Cut; bytes: number } | null = null;
    const pass = (from: Socket, to: Socket, direction: Cut['direction']): void => {
      from.on('data', (bytes) => {
        if (isCut) return;
        const cut = this.#cutsLeft[0];
        if (cut === undefined || cut.direction !== direction) {
          to.write(bytes);
          return;
        }
        if (counted?.cut !== cut) counted = { cut, bytes: 0 };
        const left = cut.afterBytes - counted.bytes;
        counted.bytes += bytes.length;
        if (bytes.length < left) {
          to.write(bytes);
          return;
        }
        isCut = true;
        this.#cutsLeft = this.#cutsLeft.slice(1);
        // The part that passes is on its way before the end of the connection.
        to.end(bytes.subarray(0, left));
        from.destroy();
      });
    };
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      // The close event follows and ends both.
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    pass(client, server, 'up');
    pass(server, client, 'down');
  }
}
