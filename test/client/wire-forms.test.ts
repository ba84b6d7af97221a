import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressFault, addressHint, connectFailure } from '#client/address.ts';
import { encodeBinaryFrame } from '#client/binary-frame.ts';
import { openSession } from '#client/open-session.ts';
import { opusPacketMs } from '#client/opus-duration.ts';
import { decodeSessionBinaryFrame } from '#codec/binary-frame.ts';
import { walkOpusPackets } from '#codec/opus-packets.ts';
import { framedOpus, pcmTone } from '#testing/audio-samples.ts';
import { HandTimers } from '#testing/hand-timers.ts';
import { TinyServer } from '../testing/tiny-server.ts';
import { openPair, optionsFor, resumableAck, SESSION_ID, WALL_MS } from './session-pair.ts';

describe('binary frames', () => {
  const context = { encoding: 'pcm16', sampleRateHz: 16_000 } as const;

  test('[SDK62] the server reads what is written', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 4_294_967_295 }),
        fc.boolean(),
        fc.uint8Array({ maxLength: 200 }).map((bytes) => bytes.slice(0, bytes.length - (bytes.length % 2))),
        (seq, isFinal, bytes) => {
          const frame = encodeBinaryFrame(SESSION_ID, { seq, bytes, isFinal }, WALL_MS);
          const decoded = decodeSessionBinaryFrame(frame ?? new Uint8Array(), context);
          if (decoded.kind !== 'message') throw new Error(decoded.kind);
          expect(decoded.message).toMatchObject({ session_id: SESSION_ID, seq, is_final: isFinal });
          expect(Buffer.from(decoded.message.audio?.bytes ?? []).equals(Buffer.from(bytes))).toBe(true);
        },
      ),
    );
    expect(
      encodeBinaryFrame('x'.repeat(256), { seq: 0, bytes: new Uint8Array(), isFinal: true }, 0),
    ).toBeNull();
  });

  test('[SDK62] leave where the server grants them, JSON where it does not', async () => {
    const granted = await openPair(
      {},
      resumableAck({ capabilities: ['pcm16', 'binary'], use_binary_frame: true }),
    );
    granted.session.sendPcm(pcmTone(96));
    granted.session.endUtterance();
    const frames = await granted.peer.until((all) => all.length === 3 && all.slice(1));
    expect(frames.map(({ isBinary, bytes }) => [isBinary, bytes.length])).toEqual([
      [true, 12 + SESSION_ID.length + 3072],
      [true, 10 + SESSION_ID.length],
    ]);
    for (const ack of [
      { capabilities: ['pcm16'], use_binary_frame: true },
      { capabilities: ['pcm16', 'binary'] },
    ]) {
      const { session, peer } = await openPair({}, ack);
      session.endUtterance();
      await peer.untilType('audio_chunk');
    }
  });
});

test('[SDK66] an Opus packet lasts what the server says it lasts', () => {
  for (let toc = 0; toc < 256; toc += 1)
    for (const frameCount of [1, 3, 6]) {
      const packet = Uint8Array.from([toc, frameCount, 1, 2, 3, 4]);
      const run = walkOpusPackets(framedOpus([packet]));
      if (typeof run !== 'string') expect(opusPacketMs(packet), `${toc} ${frameCount}`).toBe(run.durationMs);
    }
  expect(opusPacketMs(new Uint8Array())).toBe(0);
});

describe('addresses', () => {
  test('[SDK63] a wrong scheme is named, with the right one', () => {
    expect(addressFault('https://example.org/ws/session')?.message).toContain('wss://');
    expect(addressFault('http://example.org/ws/session')?.message).toMatch(/"http:".*ws:\/\//);
    expect(addressFault('localhost:5010/ws/session')?.message).toContain('"localhost:"');
    expect(addressFault('example.org')).toMatchObject({ code: 'CONNECT_FAILED' });
    expect(addressFault('ws://127.0.0.1:5010/ws/session')).toBeNull();
    expect(addressFault('wss://example.org/behind/a/proxy')).toBeNull();
  });

  test('[SDK63] a path that looks wrong is named when nobody answers there', async () => {
    expect(addressHint('ws://h/ws/session')).toBe('');
    expect(addressHint('wss://h/prefix/ws/session?ticket=x')).toBe('');
    expect(addressHint('ws://h/ws/node')).toContain('nodes connect');
    expect(addressHint('ws://h/sessions')).toContain('/sessions');
    const server = await TinyServer.start();
    server.refuseWith = 404;
    const opening = openSession({ ...optionsFor(server, new HandTimers()), url: `${server.url}session` });
    await expect(opening).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
      message: expect.stringMatching(/path is \/session; .*\/ws\/session/),
    });
  });

  test('[SDK63] secrets of an address are not repeated', () => {
    const { message } = connectFailure('ws://user:secret@h:1/ws/x?ticket=secret', 1006);
    expect(message).toContain('ws://h:1/ws/x');
    expect(message).not.toContain('secret');
    expect(addressFault('https://user:secret@h/?ticket=secret')?.message).not.toContain('secret');
  });

  test('[SDK63] the wrong scheme fails before any socket is made', async () => {
    const timers = new HandTimers();
    const server = await TinyServer.start();
    const url = server.url.replace('ws:', 'http:');
    await expect(openSession({ ...optionsFor(server, timers), url })).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
    });
    expect(timers.pendingCount).toBe(0);
  });
});
