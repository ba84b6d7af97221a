import type { IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { newUpgrader, WsTransport } from '#gateway/ws-transport.ts';

/** The system's side of a socket: takes writes only while it is told to, and counts them. */
class Line extends Duplex {
  writes: number[] = [];
  isStuck = false;
  #pending: (() => void)[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this._writev([{ chunk }], done);
  }

  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: () => void): void {
    this.writes.push(chunks.reduce((bytes, { chunk }) => bytes + chunk.length, 0));
    if (this.isStuck) this.#pending.push(done);
    else done();
  }

  flow(): void {
    this.isStuck = false;
    for (const done of this.#pending.splice(0)) done();
  }
}

const opened = async (): Promise<{ transport: WsTransport; line: Line; behind: () => number }> => {
  const line = new Line();
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
    newUpgrader(1000).handleUpgrade(request, line, Buffer.alloc(0), resolve);
  });
  line.writes = [];
  let behind = 0;
  const transport = new WsTransport(socket, line);
  transport.listen({
    onFrame: () => undefined,
    onPong: () => undefined,
    onClose: () => undefined,
    onBehind: () => {
      behind += 1;
    },
  });
  return { transport, line, behind: () => behind };
};

describe('the way to the system', () => {
  test('[GAT30] frames of one turn leave in one write, in their order, with a goodbye behind them', async () => {
    const { transport, line, behind } = await opened();
    for (const text of ['one', 'two', 'three']) transport.sendText(text);
    expect(transport.isGathering).toBe(true);
    expect(transport.bufferedBytes).toBeGreaterThan(0);
    expect(line.writes).toEqual([]);
    await setImmediate();
    expect(line.writes).toEqual([2 + 3 + 2 + 3 + 2 + 5]);
    expect([transport.isGathering, transport.bufferedBytes, behind()]).toEqual([false, 0, 0]);
    transport.sendText(Buffer.from('last'));
    transport.close(1000, '');
    await setImmediate();
    expect(line.writes).toHaveLength(2);
  });

  test('[GAT30] what the system does not take at once is told when the turn ends', async () => {
    const { transport, line, behind } = await opened();
    line.isStuck = true;
    transport.sendText('waits');
    expect(behind()).toBe(0);
    await setImmediate();
    expect(behind()).toBe(1);
    expect(transport.bufferedBytes).toBeGreaterThan(0);
    line.flow();
    await setImmediate();
    expect(transport.bufferedBytes).toBe(0);
  });

  test('[GAT30] a socket that is ended in the same turn takes what was gathered with it', async () => {
    const { transport, line, behind } = await opened();
    transport.sendText('gone');
    transport.terminate();
    await setImmediate();
    expect([transport.isOpen, behind()]).toEqual([false, 0]);
    expect(line.writes).toEqual([]);
  });
});
