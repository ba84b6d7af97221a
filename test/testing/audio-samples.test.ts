import { describe, expect, test } from 'vitest';
import { pieceFromBytes } from '#codec/audio.ts';
import { walkOpusPackets } from '#codec/opus-packets.ts';
import {
  framedOpus,
  opusPacket,
  opusSilence,
  opusSpeech,
  opusSpeechPackets,
  pcmBytes,
  pcmSilence,
  pcmTone,
} from '#testing/audio-samples.ts';

describe('audio made to measure', () => {
  test('[SDK45] Opus speech and silence have true durations; only silence is silent', () => {
    expect(walkOpusPackets(opusSpeech(2_560))).toEqual({
      packetCount: 128,
      durationMs: 2_560,
      isSilent: false,
    });
    expect(walkOpusPackets(opusSilence(260))).toEqual({ packetCount: 13, durationMs: 260, isSilent: true });
    expect(walkOpusPackets(opusSpeech(250))).toMatchObject({ durationMs: 260 });
  });

  test('[SDK45] packets of every frame length carry it in their first byte', () => {
    for (const frameMs of [10, 20, 40, 60] as const)
      expect(walkOpusPackets(framedOpus([opusPacket({ frameMs })]))).toMatchObject({ durationMs: frameMs });
  });

  test('[SDK45] sizes are those of the real clients', () => {
    // 24 kbit/s; digital silence of 260 ms is 130 bytes on the wire.
    expect(opusSpeech(1_000).length * 8).toBeCloseTo(24_000 + 50 * 16, -2);
    expect(opusSilence(260)).toHaveLength(130);
  });

  test('[SDK45] the same call gives the same bytes, another seed gives others', () => {
    expect(opusSpeech(500, 3)).toEqual(opusSpeech(500, 3));
    expect(opusSpeech(500, 3)).not.toEqual(opusSpeech(500, 4));
    const [first, second] = opusSpeechPackets(40);
    expect(first).not.toEqual(second);
  });

  test('[SDK45] a tone is heard as speech, PCM silence is silent, both as long as asked', () => {
    expect(pieceFromBytes(pcmBytes(pcmTone(500)), 'pcm16', 16_000)).toMatchObject({
      durationMs: 500,
      isSilent: false,
    });
    expect(pieceFromBytes(pcmBytes(pcmSilence(500)), 'pcm16', 16_000)).toMatchObject({
      durationMs: 500,
      isSilent: true,
    });
    expect([...pcmBytes(Int16Array.of(1, -2))]).toEqual([1, 0, 254, 255]);
  });
});
