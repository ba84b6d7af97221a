import { expect, test } from 'vitest';
import { newTally, Person } from '#load/person.ts';
import { HandTimers } from '#testing/hand-timers.ts';
import { TinyServer } from '../testing/tiny-server.ts';

test('[LOD4] a sentence whose session went for good while it was spoken is sent and lost', () => {
  const tally = newTally();
  const options = {
    url: 'ws://127.0.0.1:1/ws/session',
    srcLang: 'zh',
    tgtLang: 'en',
    audioFormat: 'opus',
  } as const;
  const person = new Person(
    tally,
    options,
    () => null,
    () => 0,
  );
  person.finish();
  expect(tally).toMatchObject({ sent: 1, lost: 1, translated: 0 });
});

const arriving = async () => {
  const server = await TinyServer.start();
  const timers = new HandTimers();
  const tally = newTally();
  const options = { url: server.url, srcLang: 'zh', tgtLang: 'en', audioFormat: 'opus', timers } as const;
  const person = new Person(
    tally,
    options,
    () => null,
    () => 0,
  );
  const opening = person.open();
  const peer = await server.untilPeer();
  await peer.untilType('session_init');
  return { server, timers, tally, person, opening, peer };
};

test('[LOD4] who was not let in by the time of leaving goes, and does not come in afterwards', async () => {
  const { tally, person, opening, peer, timers } = await arriving();
  await person.leave(true);
  await opening;
  await peer.untilClosed();
  expect(tally).toMatchObject({ opened: 0, refused: 1 });
  expect(timers.pendingCount).toBe(0);
});

test('[LOD4] who goes without a goodbye does not come back', async () => {
  const { tally, person, opening, peer, timers, server } = await arriving();
  peer.send({
    type: 'session_init_ack',
    session_id: 's-1',
    message: 'welcome',
    trace_id: 't-1',
    capabilities: ['opus', 'resume'],
    resume_token: 'token-1',
  });
  await opening;
  await person.leave(false);
  await peer.untilClosed();
  expect(peer.ofType('session_close')).toEqual([]);
  expect(timers.pendingCount).toBe(0);
  timers.advance(60_000);
  expect(server.peers.items).toHaveLength(1);
  expect(tally).toMatchObject({ opened: 1, refused: 0, reopened: 0 });
});
