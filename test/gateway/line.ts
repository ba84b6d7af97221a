import type { IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { newUpgrader } from '#gateway/ws-transport.ts';

/** The system's side of a socket: takes writes only while it is told to, and keeps them. */
export class Line extends Duplex {
  written: Buffer[] = [];
  isStuck = false;
  #pending: (() => void)[] = [];

  /** Bytes of each write so far. */
  get writes(): readonly number[] {
    return this.written.map(({ length }) => length);
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this._writev([{ chunk }], done);
  }

  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: () => void): void {
    this.written.push(Buffer.concat(chunks.map(({ chunk }) => chunk)));
    if (this.isStuck) this.#pending.push(done);
    else done();
  }

  flow(): void {
    this.isStuck = false;
    for (const done of this.#pending.splice(0)) done();
  }
}

/** A socket of the library on the line, its handshake done. */
export const socketOn = async (line: Line, frameBytesMax: number): Promise<WebSocket> => {
  const request = {
    method: 'GET',
    headers: {
      upgrade: 'websocket',
      'sec-websocket-key': Buffer.alloc(16).toString('base64'),
      'sec-websocket-version': '13',
    },
    socket: line,
  } as unknown as IncomingMessage;
  const socket = await new Promise<WebSocket>((resolve) => {
    newUpgrader(frameBytesMax).handleUpgrade(request, line, Buffer.alloc(0), resolve);
  });
  line.written = [];
  return socket;
};
