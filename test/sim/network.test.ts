import { describe, expect, test } from 'vitest';
import { Agenda } from '#sim/agenda.ts';
import { SimConnection } from '#sim/network/connection.ts';
import { Random } from '#sim/random.ts';

/** A line of 10 to 40 ms with both of its ends written down. */
const newLine = () => {
  const agenda = new Agenda();
  const scheduler = { stalledUntilMs: 0 };
  const random = new Random(5);
  const heard: string[] = [];
  const peer: string[] = [];
  const line = new SimConnection('line', agenda, random, () => random.real(10, 40), scheduler, {
    onText: (data) => peer.push(data.toString()),
    onClose: (code) => peer.push(`closed ${code}`),
  });
  line.server.listen({
    onFrame: (bytes) => heard.push(Buffer.from(bytes).toString()),
    onPong: () => heard.push('pong'),
    onBehind: () => 0,
    onClose: () => heard.push('closed'),
  });
  const runTo = (untilMs: number): void => {
    while (agenda.step(untilMs) !== null);
  };
  return { agenda, scheduler, line, heard, peer, runTo };
};

const WORDS = Array.from({ length: 20 }, (_, at) => `frame ${at}`);

describe('a line of the simulated network', () => {
  test('[SIM3] frames come later, each way in the order they were sent', () => {
    const { line, heard, peer, runTo } = newLine();
    for (const word of WORDS) {
      line.send(word);
      line.server.sendText(word);
    }
    runTo(9);
    expect([heard, peer]).toEqual([[], []]);
    runTo(100);
    expect([heard, peer]).toEqual([WORDS, WORDS]);
  });

  test('[SIM3] what nobody reads waits, counts as buffered, and comes in order before what is newer', () => {
    const { line, peer, runTo } = newLine();
    line.server.sendText('first');
    line.stopReading(1000);
    line.server.sendText('second');
    runTo(500);
    expect([peer, line.server.bufferedBytes]).toEqual([[], 'firstsecond'.length]);
    runTo(990);
    line.server.sendText('third');
    runTo(2000);
    expect([peer, line.server.bufferedBytes]).toEqual([['first', 'second', 'third'], 0]);
  });

  test('[SIM3] a scheduler that reads more slowly gets everything in order when it reads on', () => {
    const { line, heard, runTo } = newLine();
    line.send('first');
    line.server.pauseReading();
    line.send('second');
    runTo(500);
    expect(heard).toEqual([]);
    line.server.resumeReading();
    line.send('third');
    runTo(1000);
    expect(heard).toEqual(['first', 'second', 'third']);
  });

  test('[SIM3] a cut loses what is on its way, and each end hears of it once, in its own time', () => {
    const { line, heard, peer, runTo } = newLine();
    line.send('lost');
    line.server.sendText('lost');
    line.cut();
    line.cut();
    runTo(10_000);
    expect([heard, peer]).toEqual([['closed'], ['closed 1006']]);
    line.send('after');
    line.server.sendText('after');
    runTo(20_000);
    expect([heard, peer]).toEqual([['closed'], ['closed 1006']]);
  });

  test('[SIM3] a half-open line tells nobody, answers no ping, and breaks for both when the network is well again', () => {
    const { line, heard, peer, runTo } = newLine();
    line.server.ping();
    runTo(100);
    expect(heard).toEqual(['pong']);
    line.goHalfOpen();
    line.server.ping();
    line.send('lost');
    runTo(60_000);
    expect([heard, peer]).toEqual([['pong'], []]);
    line.heal();
    runTo(70_000);
    expect([heard, peer]).toEqual([['pong', 'closed'], ['closed 1006']]);
  });

  test('[SIM3] a goodbye is answered; one on a dead line ends by being cut off', () => {
    const well = newLine();
    well.line.server.close(4008, 'reason');
    well.runTo(1000);
    expect([well.heard, well.peer]).toEqual([['closed'], ['closed 4008']]);

    const dead = newLine();
    dead.line.goHalfOpen();
    dead.line.server.close(4008, 'reason');
    dead.runTo(1000);
    expect([dead.heard, dead.peer]).toEqual([[], []]);
    dead.line.server.terminate();
    dead.runTo(2000);
    expect([dead.heard, dead.peer]).toEqual([['closed'], []]);
  });

  test('[SIM3] a scheduler that stands still hears everything in order afterwards', () => {
    const { agenda, scheduler, line, heard, runTo } = newLine();
    scheduler.stalledUntilMs = 5000;
    for (const word of WORDS) line.send(word);
    runTo(4999);
    expect(heard).toEqual([]);
    runTo(6000);
    expect([heard, agenda.nowMs]).toEqual([WORDS, 6000]);
  });
});
