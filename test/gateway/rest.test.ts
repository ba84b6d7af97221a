import { describe, expect, test } from 'vitest';
import { acceptSession, chunk, init, openSession } from './desk.ts';
import { HandRuntime } from './hand-runtime.ts';

/** A session socket; `say` sends chunks with these numbers, `heard` is what has reached the session. */
const scene = () => {
  const hand = new HandRuntime();
  const { transport, session, sessionId } = openSession(hand);
  const say = (...seqs: number[]): void => {
    for (const seq of seqs) transport.says(chunk(sessionId, { seq }));
  };
  const heard = () => session.messages.map((message) => (message.type === 'audio_chunk' ? message.seq : -1));
  return { hand, transport, session, say, heard };
};

describe('a session that is behind', () => {
  test('[GAT43] nothing more is read; what was read already comes afterwards, in its order', () => {
    const { hand, transport, session, say, heard } = scene();
    say(1);
    session.link.readLater();
    expect(transport.isPaused).toBe(true);
    say(2, 3);
    expect(heard()).toEqual([1]);
    hand.advance(9);
    expect(heard()).toEqual([1]);
    hand.advance(1);
    expect(heard()).toEqual([1, 2, 3]);
    expect(transport.isPaused).toBe(false);
    say(4);
    expect(heard()).toEqual([1, 2, 3, 4]);
  });

  test('[GAT43] it may rest again in the middle of what was kept back', () => {
    const { hand, transport, session, say, heard } = scene();
    session.link.readLater();
    say(1, 2, 3, 4);
    const { push } = session.messages;
    session.messages.push = (...messages) => {
      session.link.readLater();
      return push.apply(session.messages, messages);
    };
    hand.advance(10);
    expect(heard()).toEqual([1]);
    expect(transport.isPaused).toBe(true);
    hand.advance(30);
    expect(heard()).toEqual([1, 2, 3, 4]);
    hand.advance(10);
    expect(transport.isPaused).toBe(false);
  });

  test('[GAT43] when the socket ends, what was kept back is handled first', () => {
    const { transport, session, say, heard } = scene();
    session.link.readLater();
    say(1, 2);
    transport.vanish();
    expect(heard()).toEqual([1, 2]);
    expect(session.isLost).toBe(true);
  });

  test('[GAT43] what we close ourselves is over at once, and no timer is left', () => {
    const { hand, transport, session, say, heard } = scene();
    session.link.readLater();
    say(1);
    session.link.close(1000, '');
    transport.vanish();
    expect(heard()).toEqual([]);
    expect(hand.timerCount).toBe(0);
  });

  test('[GAT43] [GAT10] a rest neither shortens nor lengthens the wait of a socket that is read more slowly', () => {
    const { hand, transport, session, say } = scene();
    say(...Array.from({ length: 1100 }, (_, seq) => seq));
    expect(transport.isPaused).toBe(true);
    session.link.readLater();
    hand.advance(500);
    expect(transport.isPaused).toBe(true);
    hand.advance(1000);
    expect(transport.isPaused).toBe(false);
  });
});

describe('a session whose socket is not read', () => {
  test('[SEG42] [GAT10] hears of it, and when it is read again', () => {
    const { hand, session, say } = scene();
    // The burst is 1000 frames, and `session_init` was the first of them.
    for (let seq = 0; seq < 999; seq += 1) say(seq);
    expect(session.readings).toEqual([]);
    say(999);
    expect(session.readings).toEqual([false]);
    hand.advance(10);
    expect(session.readings).toEqual([false, true]);
  });

  test('[SEG42] [GAT43] hears of a rest likewise', () => {
    const { hand, session, say } = scene();
    say(1);
    session.link.readLater();
    expect(session.readings).toEqual([false]);
    hand.advance(10);
    expect(session.readings).toEqual([false, true]);
  });

  test('[SEG42] is told at once when it was opened on such a socket', () => {
    const hand = new HandRuntime();
    const transport = acceptSession(hand);
    for (let at = 0; at < 1000; at += 1) transport.says('{}');
    transport.says(init());
    expect(hand.sessions[0]?.readings).toEqual([false]);
  });
});
