import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { WsTransport } from '#gateway/ws-transport.ts';
import { Line, socketOn } from './line.ts';

const opened = async (): Promise<{ transport: WsTransport; line: Line; behind: () => number }> => {
  const line = new Line();
  const socket = await socketOn(line, 1000);
  let behind = 0;
  const transport = new WsTransport(socket, line, 1000);
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

  test('[GAT30] the first urgent frame of a turn leaves at once, with those before it, and only the first', async () => {
    const { transport, line } = await opened();
    transport.sendText('before');
    transport.sendText('urgent', true);
    expect(line.writes).toEqual([2 + 6 + 2 + 6]);
    transport.sendText('urgent too', true);
    transport.sendText('last');
    expect(line.writes).toHaveLength(1);
    await setImmediate();
    expect(line.writes.slice(1)).toEqual([2 + 10 + 2 + 4]);
    transport.sendText('again', true);
    expect(line.writes).toHaveLength(3);
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
