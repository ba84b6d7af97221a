import { describe, expect, test } from 'vitest';
import { WirePeer } from '#testing/wire-peer.ts';
import { TinyServer } from './tiny-server.ts';

const connected = async () => {
  const server = await TinyServer.start();
  const peer = await WirePeer.connect(server.url);
  return { peer, other: await server.untilPeer() };
};

describe('waiting', () => {
  test('[SDK40] what has already come is found at once, what comes later when it comes', async () => {
    const { peer, other } = await connected();
    other.send({ type: 'a', n: 1 });
    await peer.untilType('a');
    expect(await peer.untilType('a')).toEqual({ type: 'a', n: 1 });
    const second = peer.untilType('a', 2);
    other.send({ type: 'a', n: null });
    expect(await second).toEqual({ type: 'a', n: null });
    expect(peer.frames.map(({ message }) => message.type)).toEqual(['a', 'a']);
  });

  test('[SDK40] past the deadline it fails with the types received, never with content', async () => {
    const { peer, other } = await connected();
    other.send({ type: 'translation_result', text_asr: 'a secret sentence' });
    await peer.untilType('translation_result');
    const failure = await peer.untilType('b', 1, 1).catch((error: Error) => error.message);
    expect(failure).toBe('not seen within 1 ms; received: translation_result x1');
  });

  test('[SDK40] a socket that closes ends the waiting for frames; the close itself can be awaited', async () => {
    const { peer, other } = await connected();
    const waiting = peer.untilType('never');
    const failing = expect(waiting).rejects.toThrow('the socket closed (4011 {"code":"SLOW_READER"})');
    other.close(4011, '{"code":"SLOW_READER"}');
    await failing;
    expect(await peer.untilClosed()).toEqual({ code: 4011, reason: '{"code":"SLOW_READER"}' });
  });

  test('[SDK40] a look that throws fails the wait, and an upgrade that fails the connecting', async () => {
    const { peer } = await connected();
    await expect(
      peer.until(() => {
        throw new Error('bad look');
      }),
    ).rejects.toThrow('bad look');
    await expect(WirePeer.connect('ws://127.0.0.1:1/')).rejects.toThrow();
  });

  test('[SDK40] binary and unreadable frames are kept as they came', async () => {
    const { peer, other } = await connected();
    other.sendBinary(new Uint8Array([1, 2]));
    other.sendText('{"no":"type"}');
    other.sendText('not json');
    await peer.until((frames) => frames.length === 3);
    expect(peer.frames.map(({ message, isBinary }) => [message.type, isBinary])).toEqual([
      ['(unreadable)', true],
      ['(unreadable)', false],
      ['(unreadable)', false],
    ]);
    expect([...(peer.frames[0]?.bytes ?? [])]).toEqual([1, 2]);
  });
});
