import { describe, expect, test } from 'vitest';
import { walkOpusPackets } from '#codec/opus-packets.ts';
import { framedOpus, opusSpeechPackets, pcmBytes, pcmTone } from '#testing/audio-samples.ts';
import type { WirePeer } from '#testing/wire-peer.ts';
import { openPair, SESSION_ID, WALL_MS } from './session-pair.ts';

const payloadsOf = (peer: WirePeer): Buffer[] =>
  peer.ofType('audio_chunk').map(({ payload }) => Buffer.from(String(payload), 'base64'));

describe('raw samples', () => {
  test('[SDK2] any number of samples leaves as chunks of 96 ms, in order, the rest with the final', async () => {
    const { session, peer } = await openPair();
    const samples = pcmTone(1_000);
    for (let at = 0; at < samples.length; at += 333) session.sendPcm(samples.subarray(at, at + 333));
    session.endUtterance();
    await peer.untilType('audio_chunk', 11);
    const chunks = peer.ofType('audio_chunk');
    expect(chunks.map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(chunks.map(({ is_final }) => is_final)).toEqual([...Array(10).fill(false), true]);
    expect(payloadsOf(peer).map(({ length }) => length)).toEqual([...Array(10).fill(3072), 32_000 - 30_720]);
    expect(Buffer.concat(payloadsOf(peer)).equals(pcmBytes(samples))).toBe(true);
    expect(chunks[0]).toMatchObject({ session_id: SESSION_ID, client_timestamp_ms: WALL_MS });
  });

  test('[SDK2] full chunks need no base64 padding', async () => {
    const { session, peer } = await openPair();
    session.sendPcm(pcmTone(96));
    const chunk = await peer.untilType('audio_chunk');
    expect(String(chunk.payload)).toHaveLength(4096);
    expect(String(chunk.payload)).not.toContain('=');
  });

  test('[SDK3] with nothing left the final is empty, and numbering goes on over utterances', async () => {
    const { session, peer } = await openPair();
    session.sendPcm(pcmTone(96));
    session.endUtterance();
    session.sendPcm(pcmTone(48));
    session.endUtterance();
    await peer.untilType('audio_chunk', 3);
    expect(
      peer
        .ofType('audio_chunk')
        .map(({ seq, is_final, payload }) => [seq, is_final, String(payload).length > 0]),
    ).toEqual([
      [0, false, true],
      [1, true, false],
      [2, true, true],
    ]);
  });
});

describe('Opus packets', () => {
  test('[SDK4] packets leave at once, framed, and end with an empty final', async () => {
    const { session, peer } = await openPair({ audioFormat: 'opus' });
    const packets = opusSpeechPackets(260);
    session.sendOpusPackets(packets);
    session.endUtterance();
    await peer.untilType('audio_chunk', 2);
    const [audio, final] = payloadsOf(peer);
    expect(audio?.equals(framedOpus(packets))).toBe(true);
    expect(walkOpusPackets(audio ?? Buffer.alloc(0))).toMatchObject({ durationMs: 260 });
    expect(final).toHaveLength(0);
    expect(peer.ofType('audio_chunk')[1]).toMatchObject({ is_final: true, payload: '' });
  });

  test('[SDK4] a long run is split between packets', async () => {
    const { session, peer } = await openPair({ audioFormat: 'opus' });
    const packets = Array.from({ length: 100 }, (_, at) => new Uint8Array(1_500).fill(at));
    session.sendOpusPackets(packets);
    await peer.untilType('audio_chunk', 3);
    const payloads = payloadsOf(peer);
    expect(Math.max(...payloads.map(({ length }) => length))).toBeLessThanOrEqual(64 * 1024);
    expect(Buffer.concat(payloads).equals(framedOpus(packets))).toBe(true);
  });

  test('[SDK4] an empty or oversized packet, or none, sends nothing', async () => {
    const { session } = await openPair({ audioFormat: 'opus' });
    const bad = (packet: Uint8Array) => () => session.sendOpusPackets([packet]);
    expect(bad(new Uint8Array())).toThrow(expect.objectContaining({ code: 'INVALID_CALL' }));
    expect(bad(new Uint8Array(65_536))).toThrow(expect.objectContaining({ code: 'INVALID_CALL' }));
    session.sendOpusPackets([]);
    expect(session.counts.chunksSent).toBe(0);
  });

  test('[SDK4] samples of any other type are refused: fractions would be sent as silence', async () => {
    const { session } = await openPair();
    for (const samples of [new Float32Array(100), new Uint8Array(100), [1, 2, 3], 'x', null]) {
      expect(() => session.sendPcm(samples as never)).toThrow(
        expect.objectContaining({ code: 'INVALID_CALL', message: expect.stringContaining('Int16Array') }),
      );
    }
    expect(session.counts.chunksSent).toBe(0);
  });

  test('[SDK4] samples into an Opus session, and packets into a PCM session, are refused', async () => {
    const opus = await openPair({ audioFormat: 'opus' });
    expect(() => opus.session.sendPcm(pcmTone(20))).toThrow(
      expect.objectContaining({ code: 'INVALID_CALL' }),
    );
    const pcm = await openPair();
    expect(() => pcm.session.sendOpusPackets(opusSpeechPackets(20))).toThrow(
      expect.objectContaining({ code: 'INVALID_CALL' }),
    );
  });
});
