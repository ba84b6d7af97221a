import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const TEXT = 0x81;
const CLOSE = 8;
const PING = 9;

/** A frame of a client with a mask of zeros, which changes nothing: made once, sent often, and as cheap as can be. */
export const clientFrame = (payload: Buffer, opcode = TEXT): Buffer => {
  const { length } = payload;
  const head =
    length < 126
      ? Buffer.from([opcode, 0x80 | length])
      : length < 65_536
        ? Buffer.from([opcode, 0x80 | 126, length >> 8, length & 255])
        : Buffer.from([opcode, 0x80 | 127, 0, 0, 0, 0, ...uint32(length)]);
  return Buffer.concat([head, Buffer.alloc(4), payload]);
};

const uint32 = (value: number): readonly number[] => [
  (value >>> 24) & 255,
  (value >>> 16) & 255,
  (value >>> 8) & 255,
  value & 255,
];

/** Where the payload begins in a server's frame, and how long it is; null until its head is there. */
const headOf = (buffer: Buffer, at: number): { readonly start: number; readonly length: number } | null => {
  if (buffer.length < at + 2) return null;
  const short = (buffer[at + 1] ?? 0) & 127;
  if (short < 126) return { start: at + 2, length: short };
  if (short === 126) {
    return buffer.length < at + 4 ? null : { start: at + 4, length: buffer.readUInt16BE(at + 2) };
  }
  return buffer.length < at + 10 ? null : { start: at + 10, length: buffer.readUInt32BE(at + 6) };
};

/**
 * A WebSocket client on bare TCP: no checks, no fragments, nothing it does not need. The generator must cost little, or
 * it is measured instead of the server.
 */
export class RawSocket {
  readonly #socket: Socket;
  #rest: Buffer = Buffer.alloc(0);
  onText: (payload: Buffer) => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async open(port: number, path: string): Promise<RawSocket> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    );
    const raw = new RawSocket(socket);
    let head = Buffer.alloc(0);
    while (!head.includes('\r\n\r\n')) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      head = Buffer.concat([head, chunk]);
    }
    if (!head.toString('latin1').startsWith('HTTP/1.1 101'))
      throw new Error(`refused: ${head.toString('latin1')}`);
    const end = head.indexOf('\r\n\r\n') + 4;
    socket.on('data', (chunk: Buffer) => raw.#take(chunk));
    socket.on('error', () => undefined);
    if (end < head.length) queueMicrotask(() => raw.#take(head.subarray(end)));
    return raw;
  }

  send(frame: Buffer): void {
    this.#socket.write(frame);
  }

  sendText(message: object): void {
    this.send(clientFrame(Buffer.from(JSON.stringify(message))));
  }

  /** Resolves with the first text that has it in its head. */
  async until(word: string): Promise<Buffer> {
    return new Promise((resolve) => {
      const before = this.onText;
      this.onText = (payload) => {
        before(payload);
        if (!payload.subarray(0, 400).includes(word)) return;
        this.onText = before;
        resolve(payload);
      };
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    const buffer = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (let head = headOf(buffer, at); head !== null; head = headOf(buffer, at)) {
      const end = head.start + head.length;
      if (buffer.length < end) break;
      const opcode = (buffer[at] ?? 0) & 15;
      const payload = buffer.subarray(head.start, end);
      if (opcode === 1) this.onText(payload);
      else if (opcode === PING) this.send(clientFrame(payload, 0x8a));
      else if (opcode === CLOSE) this.#socket.end();
      at = end;
    }
    this.#rest = at === buffer.length ? Buffer.alloc(0) : Buffer.from(buffer.subarray(at));
  }
}
