import { describe, expect, test } from 'vitest';
import { Backoff } from '#client/backoff.ts';
import { afterRefusedResume, mayAskAgain, mayComeBack } from '#client/coming-back.ts';
import { openSession } from '#client/open-session.ts';
import { ERRORS } from '#protocol/errors.ts';
import { HandTimers } from '#testing/hand-timers.ts';
import { TinyServer } from '../testing/tiny-server.ts';
import { allOf, comeBack, cut, eventOf, openResumable, optionsFor, resumeAck } from './session-pair.ts';

describe('waits', () => {
  test('[SDK60] anything between nothing and a step that doubles to the ceiling', () => {
    const longest = new Backoff(() => 1, 5_000);
    expect([1, 2, 3, 4, 5].map(() => longest.nextMs(null))).toEqual([1_000, 2_000, 4_000, 5_000, 5_000]);
    longest.reset();
    expect(longest.nextMs(null)).toBe(1_000);
    expect(new Backoff(() => 0).nextMs(null)).toBe(0);
  });

  test('[SDK60] what the server asks for is kept, even above the ceiling', () => {
    const backoff = new Backoff(() => 0.5, 2_000);
    expect(backoff.nextMs(60_000)).toBe(63_000);
    expect(backoff.nextMs(100)).toBe(1_000);
  });

  test('[SDK60] the time of a close reason is kept; attempts that fail wait longer and longer', async () => {
    const pair = await openResumable();
    pair.peer.close(1012, '{"code":"DRAINING","retry_after_ms":7000}');
    expect(await eventOf(pair.session, 'connection')).toMatchObject({
      state: 'away',
      reason: 'DRAINING',
      retryInMs: 7_350,
    });
    pair.server.refuseWith = 503;
    const waits: unknown[] = [];
    for (let wait = 7_350; waits.length < 6; ) {
      pair.timers.advance(wait);
      expect(await eventOf(pair.session, 'connection')).toMatchObject({ state: 'resuming' });
      const away = await eventOf(pair.session, 'connection');
      expect(away).toMatchObject({ state: 'away', reason: 'CONNECT_FAILED' });
      wait = away.retryInMs ?? 0;
      waits.push(wait);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  });

  test('[SDK60] a socket that lives shorter than 5 s does not shorten the waits', async () => {
    const pair = await openResumable();
    const waits: unknown[] = [];
    for (let count = 2; count <= 5; count += 1) {
      pair.server.peers.items.at(-1)?.terminate();
      const away = await eventOf(pair.session, 'connection');
      waits.push(away.retryInMs);
      pair.timers.advance(away.retryInMs ?? 0);
      const peer = await pair.server.untilPeer(count);
      await peer.untilType('session_resume');
      peer.send(resumeAck({ resume_token: `token-${count}` }));
      expect(await eventOf(pair.session, 'connection')).toMatchObject({ state: 'resuming' });
      expect(await eventOf(pair.session, 'connection')).toMatchObject({ state: 'live' });
      if (count === 4) pair.timers.advance(5_000);
    }
    expect(waits).toEqual([500, 1_000, 2_000, 500]);
  });
});

describe('the end', () => {
  test('[SDK61] a close tells whether to come back, as the catalogue says', () => {
    for (const { code, closeCode, retryable } of Object.values(ERRORS))
      if (closeCode !== undefined) expect(mayComeBack(closeCode, code), code).toBe(retryable);
    for (const closeCode of [1001, 1005, 1006, 1011, 1012, 4008, 4009, 4011])
      expect(mayComeBack(closeCode, null), String(closeCode)).toBe(true);
    for (const closeCode of [1000, 1008, 1009, 4001, 4003, 4004])
      expect(mayComeBack(closeCode, null), String(closeCode)).toBe(false);
  });

  test('[SDK61] a refused message tells it by its own word, else by its code', () => {
    expect(mayAskAgain('NO_CAPACITY', null)).toBe(true);
    expect(mayAskAgain('SOMETHING_NEW', null)).toBe(true);
    expect(mayAskAgain('UNAUTHENTICATED', null)).toBe(false);
    expect(mayAskAgain('UNAUTHENTICATED', true)).toBe(true);
    expect(mayAskAgain('NO_CAPACITY', false)).toBe(false);
    expect(afterRefusedResume('RESUME_EXPIRED', null)).toBe('anew');
    expect(afterRefusedResume('RESUME_EXPIRED', true)).toBe('anew');
    expect(afterRefusedResume('INVALID_MESSAGE', null)).toBe('anew');
    expect(afterRefusedResume('INVALID_SESSION', null)).toBe('anew');
    expect(afterRefusedResume('NO_CAPACITY', null)).toBe('later');
    expect(afterRefusedResume('FORBIDDEN', null)).toBe('stop');
  });

  test.each([
    [4001, 'UNAUTHENTICATED'],
    [4003, 'FORBIDDEN'],
    [4004, 'IDENTITY_REPLACED'],
    [1008, 'ORIGIN_REFUSED'],
  ])('[SDK61] close %i ends the session, and its reason is told', async (closeCode, code) => {
    const { session, peer, server, timers } = await openResumable();
    peer.close(closeCode, JSON.stringify({ code }));
    await expect(allOf(session.results)).rejects.toMatchObject({ code });
    expect(await allOf(session.events)).toEqual([
      { kind: 'connection', state: 'closed', reason: code, retryInMs: null },
    ]);
    expect(session.connection).toBe('closed');
    expect(timers.pendingCount).toBe(0);
    expect(server.peers.items).toHaveLength(1);
  });

  test('[SDK61] failed attempts in a row are limited when the caller says so', async () => {
    const pair = await openResumable({ reconnect: { attemptsMax: 2 } });
    pair.server.refuseWith = 503;
    pair.peer.terminate();
    const ended = expect(allOf(pair.session.results)).rejects.toMatchObject({ code: 'CONNECT_FAILED' });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const { retryInMs } = await eventOf(pair.session, 'connection');
      pair.timers.advance(retryInMs ?? 0);
      expect(await eventOf(pair.session, 'connection')).toMatchObject({ state: 'resuming' });
    }
    await ended;
    expect(pair.timers.pendingCount).toBe(0);
  });

  test('[SDK61] a resume that is refused for now is asked again, with the same token', async () => {
    const pair = await openResumable();
    const second = await cut(pair);
    await second.untilType('session_resume');
    second.send({ type: 'error', code: 'NO_CAPACITY', message: 'busy', retry_after_ms: 2_000 });
    expect(await eventOf(pair.session, 'connection')).toMatchObject({ state: 'resuming' });
    const third = await comeBack(pair);
    expect(await third.untilType('session_resume')).toMatchObject({ resume_token: 'token-1' });
  });

  test('[SDK61] the person refused on coming back: the session ends', async () => {
    const pair = await openResumable();
    const second = await cut(pair);
    await second.untilType('session_resume');
    second.send({ type: 'error', code: 'FORBIDDEN', message: 'no' });
    await expect(allOf(pair.session.results)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(pair.timers.pendingCount).toBe(0);
  });
});

describe('tickets', () => {
  test('[SDK75] each socket has its own, in the query beside what stands there', async () => {
    let count = 0;
    const ticket = (): Promise<string> => {
      count += 1;
      return Promise.resolve(`t&${count}`);
    };
    const pair = await openResumable({ ticket });
    expect(pair.server.requests[0]?.url).toBe('/?ticket=t%261');
    await cut(pair);
    expect(pair.server.requests[1]?.url).toBe('/?ticket=t%262');
  });

  test('[SDK75] one that cannot be had is a failed attempt; one that comes too late is not used', async () => {
    const server = await TinyServer.start();
    const timers = new HandTimers();
    const options = optionsFor(server, timers);
    const cause = new Error('the page is offline');
    await expect(openSession({ ...options, ticket: () => Promise.reject(cause) })).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
      cause,
    });
    let give: (ticket: string) => void = () => {};
    const opening = openSession({
      ...options,
      ticket: () =>
        new Promise((resolve) => {
          give = resolve;
        }),
      openTimeoutMs: 700,
    });
    timers.advance(700);
    give('late');
    await expect(opening).rejects.toMatchObject({ code: 'OPEN_TIMEOUT' });
    expect(server.requests).toEqual([]);
    expect(timers.pendingCount).toBe(0);
  });

  test('[SDK75] a lost ticket on the way back is waited out like a lost socket', async () => {
    const tickets = ['first', null, 'third'];
    const pair = await openResumable({
      ticket: () => {
        const next = tickets.shift();
        return next == null ? Promise.reject(new Error('no ticket')) : Promise.resolve(next);
      },
    });
    pair.peer.terminate();
    const away = await eventOf(pair.session, 'connection');
    pair.timers.advance(away.retryInMs ?? 0);
    expect(await eventOf(pair.session, 'connection')).toMatchObject({ state: 'resuming' });
    const peer = await comeBack(pair);
    expect(await peer.untilType('session_resume')).toMatchObject({ resume_token: 'token-1' });
    expect(pair.server.requests[1]?.url).toBe('/?ticket=third');
  });
});
