import { type ChildProcess, spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';

const MAIN = fileURLToPath(new URL('../../speech-node/src/main.ts', import.meta.url));
const WAIT_MS = 25_000;

export type Message = Readonly<Record<string, unknown>>;
type Look<Found> = () => Found | null | undefined | false;

/** Conditions that are looked at again whenever something was heard. */
class Watch {
  readonly #watchers = new Set<() => void>();

  changed(): void {
    for (const watch of [...this.#watchers]) watch();
  }

  until<Found>(what: string, look: Look<Found>): Promise<Found> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        clearTimeout(deadline);
        this.#watchers.delete(watch);
      };
      const deadline = setTimeout(() => {
        done();
        reject(new Error(`not within ${WAIT_MS} ms: ${what}`));
      }, WAIT_MS);
      const watch = (): void => {
        const found = look();
        if (found === null || found === undefined || found === false) return;
        done();
        resolve(found);
      };
      this.#watchers.add(watch);
      watch();
    });
  }
}

/** The program as a user starts it, with everything it writes. */
export class Program {
  out = '';
  err = '';
  /** Null while it runs; killed by a signal counts as -1. */
  exitCode: number | null = null;
  readonly child: ChildProcess;
  #openStreams = 2;
  readonly #watch = new Watch();

  constructor(args: readonly string[], options: { env?: NodeJS.ProcessEnv; isIpc?: boolean } = {}) {
    this.child = spawn(process.execPath, ['--conditions=source', MAIN, ...args], {
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe', ...(options.isIpc === true ? (['ipc'] as const) : [])],
    });
    this.child.stdout?.on('data', (data: Buffer) => this.#heard({ out: data.toString() }));
    this.child.stderr?.on('data', (data: Buffer) => this.#heard({ err: data.toString() }));
    // The event `close` does not come once the channel was cut from here.
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('end', () => this.#heard({ openStreams: -1 }));
    this.child.on('exit', (code) => {
      this.exitCode = code ?? -1;
      this.#watch.changed();
    });
    onTestFinished(() => {
      this.child.kill('SIGKILL');
    });
  }

  get events(): readonly Message[] {
    return this.out
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Message);
  }

  untilEvent(kind: string): Promise<Message> {
    return this.#watch.until(`event ${kind}`, () => this.events.find((event) => event.kind === kind));
  }

  /** With everything written before. */
  async untilExit(): Promise<number> {
    await this.#watch.until('exit', () => this.exitCode !== null && this.#openStreams === 0);
    return this.exitCode ?? -1;
  }

  #heard({ out = '', err = '', openStreams = 0 }): void {
    this.out += out;
    this.err += err;
    this.#openStreams += openStreams;
    this.#watch.changed();
  }
}

/** A scheduler that takes every node and hears what it says. */
export class ListeningScheduler {
  readonly url: string;
  readonly messages: Message[] = [];
  readonly authorizations: (string | undefined)[] = [];
  #socket: WebSocket | null = null;
  readonly #watch = new Watch();

  private constructor(port: number, server: WebSocketServer) {
    this.url = `ws://127.0.0.1:${port}/ws/node`;
    server.on('connection', (socket, request) => {
      this.#socket = socket;
      this.authorizations.push(request.headers.authorization);
      socket.on('message', (data: Buffer) => {
        const message = JSON.parse(data.toString()) as Message;
        this.messages.push(message);
        if (message.type === 'node_register') this.send(registerAck(message));
        this.#watch.changed();
      });
    });
  }

  static async start(): Promise<ListeningScheduler> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await new Promise((resolve) => server.once('listening', resolve));
    onTestFinished(async () => {
      for (const client of server.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
    });
    return new ListeningScheduler((server.address() as AddressInfo).port, server);
  }

  send(message: Message): void {
    this.#socket?.send(JSON.stringify(message));
  }

  untilMessage(type: string, jobId?: string): Promise<Message> {
    return this.#watch.until(`message ${type}`, () =>
      this.messages.find(
        (message) => message.type === type && (jobId === undefined || message.job_id === jobId),
      ),
    );
  }
}

const registerAck = ({ node_id, advanced_features }: Message): Message => ({
  type: 'node_register_ack',
  node_id: node_id ?? 'node-test',
  message: 'registered',
  status: 'registering',
  features: advanced_features,
});
