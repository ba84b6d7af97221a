import { describe, expect, test } from 'vitest';
import { Connection } from '#gateway/connection.ts';
import { LoopLag } from '#gateway/loop-lag.ts';
import { contextOf } from './desk.ts';
import { FakeTransport } from './fake-transport.ts';
import { HandRuntime } from './hand-runtime.ts';

interface Socket {
  readonly hand: HandRuntime;
  readonly transport: FakeTransport;
  readonly connection: Connection;
  readonly lag: LoopLag;
  goneCount(): number;
}

const open = (side: 'session' | 'node' = 'session'): Socket => {
  const hand = new HandRuntime();
  const transport = new FakeTransport();
  const lag = new LoopLag(hand.runtime, hand.runtime.noteStall);
  let goneCount = 0;
  const connection = new Connection(side, contextOf(hand, {}, lag), transport, {
    onText: () => {},
    onGone: () => {
      goneCount += 1;
    },
    onClosed: () => {},
  });
  return { hand, transport, connection, lag, goneCount: () => goneCount };
};

const MIB = 1024 * 1024;

describe('slow reader', () => {
  test('[GAT9] a frame that would bring what waits above 4 MiB closes the socket with 4011, told once', () => {
    const { hand, transport, connection, goneCount } = open();
    transport.isStuck = true;
    for (let at = 0; at < 4; at += 1) expect(connection.send('x'.repeat(MIB))).toBe(true);
    expect(connection.send('y')).toBe(false);
    expect(connection.send('y')).toBe(false);
    expect(transport.closed).toEqual({ code: 4011, reason: { code: 'SLOW_READER', retry_after_ms: 5000 } });
    expect(goneCount()).toBe(1);
    expect(hand.counts.get('slow_readers_total session')).toBe(1);
  });

  test('[GAT9] one frame of any size passes when nothing waits', () => {
    const { transport, connection } = open('node');
    expect(connection.send(Buffer.alloc(6 * MIB, 65))).toBe(true);
    expect(transport.closed).toBeNull();
  });

  test('[GAT9] or when little waits: a result comes behind two short frames of the same turn', () => {
    const { transport, connection } = open();
    transport.isStuck = true;
    connection.send('ASR_FINAL');
    connection.send('NMT_DONE');
    expect(connection.send(Buffer.alloc(6 * MIB, 65))).toBe(true);
    expect(connection.send('y')).toBe(false);
  });

  test('[RES21] it is told once, and as soon as it looks, that all which was sent has been taken', () => {
    const { hand, transport, connection } = open();
    const told: number[] = [];
    connection.whenTaken(() => told.push(hand.nowMs));
    expect(told).toEqual([1000]);
    transport.isStuck = true;
    connection.send('x'.repeat(1000));
    connection.whenTaken(() => told.push(hand.nowMs));
    connection.send('y'.repeat(500));
    hand.advance(100);
    expect(told).toEqual([1000]);
    // What was sent later does not count.
    transport.bufferedBytes = 500;
    hand.advance(10);
    expect(told).toEqual([1000, 1110]);
    hand.advance(1000);
    expect(told).toHaveLength(2);
  });

  test('[RES21] whoever waits for a socket that ends is never told, and nothing goes on looking', () => {
    const { hand, transport, connection } = open();
    transport.isStuck = true;
    connection.send('x');
    connection.whenTaken(() => expect.unreachable());
    transport.vanish();
    hand.advance(1000);
    connection.whenTaken(() => expect.unreachable());
    // The lag of the loop is measured on.
    expect(hand.timerCount).toBe(1);
  });

  test('[GAT9] bytes that wait 10 s close the socket, though nothing more is sent', () => {
    const { hand, transport, connection } = open();
    transport.isStuck = true;
    connection.send('hello');
    hand.advance(9999);
    transport.pongs();
    expect(transport.closed).toBeNull();
    hand.advance(1);
    expect(transport.closed).toMatchObject({ code: 4011 });
  });

  test('[GAT9] also those that came right behind others which were taken', () => {
    const { hand, transport, connection } = open();
    transport.isStuck = true;
    connection.send('taken');
    hand.advance(500);
    connection.send('left');
    transport.bufferedBytes = 4;
    hand.advance(9500);
    transport.pongs();
    expect(transport.closed).toBeNull();
    hand.advance(10_000);
    expect(transport.closed).toMatchObject({ code: 4011 });
  });

  test('[GAT59] a socket that is being closed takes nothing and counts nothing', () => {
    const { hand, transport, connection } = open('node');
    transport.isOpen = false;
    expect(connection.offer('job')).toBe(false);
    expect(connection.send('word')).toBe(false);
    expect(hand.counts.get('frames_sent_total node')).toBeUndefined();
    expect(hand.counts.get('slow_readers_total node')).toBeUndefined();
  });

  test('[GAT9] the deadline ends at its instant also where sum and difference of times round apart', () => {
    const { hand, transport, connection } = open();
    transport.isStuck = true;
    // Here (at + 10 000) - at is a little under 10 000.
    hand.advance(8000.1);
    connection.send('hello');
    transport.pongs();
    hand.advance(10_000);
    transport.pongs();
    hand.advance(0);
    expect(transport.closed).toMatchObject({ code: 4011 });
  });

  test('[GAT9] a reader that is behind but reads on is kept: no byte of it waits 10 s', () => {
    const { hand, transport, connection } = open();
    transport.isStuck = true;
    for (let second = 0; second < 60; second += 1) {
      connection.send('x'.repeat(1000));
      hand.advance(1000);
      transport.pongs();
      // Five frames always wait: each for five seconds.
      transport.bufferedBytes = Math.min(transport.bufferedBytes, 5000);
    }
    expect(transport.closed).toBeNull();
  });

  test('[GAT9] a reader that has caught up is kept, though nothing more is sent', () => {
    const { hand, transport, connection } = open();
    transport.isStuck = true;
    connection.send('hello');
    hand.advance(9000);
    transport.pongs();
    transport.bufferedBytes = 0;
    hand.advance(20_000);
    expect(transport.closed).toBeNull();
  });

  test('[GAT9] a reader ever further behind is cut once a byte has waited 10 s, though it reads on', () => {
    const { hand, transport, connection } = open();
    transport.isStuck = true;
    let second = 0;
    for (; second < 60 && transport.closed === null; second += 1) {
      connection.send('x'.repeat(1000));
      transport.bufferedBytes = Math.max(0, transport.bufferedBytes - 200);
      hand.advance(1000);
      transport.pongs();
    }
    expect(transport.closed).toMatchObject({ code: 4011 });
    // Byte n is sent at n / 1000 s and leaves at n / 200 s: 2 500 bytes on, the wait is 10 s.
    expect(second).toBeGreaterThanOrEqual(11);
    expect(second).toBeLessThanOrEqual(15);
  });
});

describe('rates', () => {
  test('[GAT10] messages above 100/s after a burst of 10 s are read more slowly, never cut', () => {
    const { hand, transport } = open();
    for (let at = 0; at < 1000; at += 1) transport.says('{}');
    expect(transport.isPaused).toBe(false);
    transport.says('{}');
    expect(transport.isPaused).toBe(true);
    hand.advance(9);
    expect(transport.isPaused).toBe(true);
    hand.advance(1);
    expect(transport).toMatchObject({ isPaused: false, closed: null });
    expect(hand.counts.get('reading_paused_total session')).toBe(1);
  });

  test('[GAT10] bytes above 256 KiB/s likewise; frames already on their way lengthen the wait', () => {
    const { hand, transport } = open();
    const frame = Buffer.alloc(256 * 1024, 32);
    for (let at = 0; at < 11; at += 1) transport.says(frame);
    expect(transport.isPaused).toBe(true);
    transport.says(frame);
    hand.advance(1999);
    expect(transport.isPaused).toBe(true);
    hand.advance(1);
    expect(transport.isPaused).toBe(false);
  });

  test('[GAT10] a node has 4 MiB/s and no limit of messages', () => {
    const { transport } = open('node');
    for (let at = 0; at < 5000; at += 1) transport.says('{}');
    expect(transport.isPaused).toBe(false);
    for (let at = 0; at < 6; at += 1) transport.says(Buffer.alloc(7 * MIB, 32));
    expect(transport.isPaused).toBe(true);
  });

  test('[GAT10] a socket that we do not read is not found dead', () => {
    const { hand, transport } = open();
    for (let at = 0; at < 9000; at += 1) transport.says('{}');
    hand.advance(79_000);
    expect(transport).toMatchObject({ isPaused: true, closed: null });
    hand.advance(1001);
    expect(transport.isPaused).toBe(false);
    hand.advance(45_000);
    expect(transport.closed).toMatchObject({ code: 4008 });
  });

  test('[GAT10] a paused socket that ends is read again, so that its goodbye is heard', () => {
    const { transport, connection } = open();
    for (let at = 0; at < 1500; at += 1) transport.says('{}');
    connection.closeFor('DRAINING');
    expect(transport.isPaused).toBe(false);
  });
});

describe('keep-alive', () => {
  test('[GAT13][W93] a ping every 20 s; 45 s without pong or frame and the socket is closed with 4008, then cut', () => {
    const { hand, transport } = open();
    hand.advance(44_999);
    expect(transport).toMatchObject({ pingCount: 2, closed: null });
    hand.advance(1);
    expect(transport.closed).toEqual({ code: 4008, reason: { code: 'PING_TIMEOUT' } });
    hand.advance(5000);
    expect(transport.isTerminated).toBe(true);
  });

  test('[GAT13] a pong or any frame is a sign of life', () => {
    const { hand, transport } = open();
    for (let at = 0; at < 10; at += 1) {
      hand.advance(44_000);
      if (at % 2 === 0) transport.pongs();
      else transport.says('nonsense');
    }
    expect(transport.closed).toBeNull();
  });

  test('[GAT14] the time we stood still is not held against the peer', () => {
    const { hand, transport } = open();
    hand.advance(30_000);
    hand.stall(120_000);
    expect(transport.closed).toBeNull();
    hand.advance(14_000);
    expect(transport.closed).toBeNull();
    hand.advance(2000);
    expect(transport.closed).toMatchObject({ code: 4008 });
  });

  test('[JOB46] every stall is told to the runtime, for the deadlines of nodes', () => {
    const { hand } = open();
    hand.advance(1000);
    hand.stall(2700);
    hand.advance(5000);
    expect(hand.stallsMs).toEqual([2200]);
  });

  test('[GAT14] the worst stall is told to scrapes once', () => {
    const { hand, lag } = open();
    hand.advance(1000);
    hand.stall(2700);
    expect(lag.takeWorstMs()).toBe(2200);
    expect(lag.takeWorstMs()).toBe(0);
  });
});
