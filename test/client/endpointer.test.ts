import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createEndpointer } from '#client/endpointer.ts';
import { pcmTone } from '#testing/audio-samples.ts';
import { eventOf, openPair, openResumable } from './session-pair.ts';

const SAMPLES_PER_MS = 16;

const recording = (name: string): Int16Array => {
  const wav = readFileSync(new URL(`../../samples/${name}.wav`, import.meta.url));
  const start = wav.indexOf('data', 12, 'latin1') + 8;
  const count = Math.floor((wav.length - start) / 2);
  return Int16Array.from({ length: count }, (_, at) => wav.readInt16LE(start + at * 2));
};

/** White noise of a level, the same every time. */
const noise = (durationMs: number, levelDb: number): Int16Array => {
  let state = 1;
  const peak = 32_768 * Math.sqrt(3) * 10 ** (levelDb / 20);
  return Int16Array.from({ length: durationMs * SAMPLES_PER_MS }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return Math.max(-32_768, Math.min(32_767, Math.round((state / 0x4000_0000 - 1) * peak)));
  });
};

/** Noise that comes and goes as syllables do: 140 ms on, 60 ms half as loud by 12 dB. */
const syllables = (durationMs: number, levelDb: number): Int16Array => {
  const loud = noise(durationMs, levelDb);
  return loud.map((sample, at) => (Math.floor(at / SAMPLES_PER_MS) % 200 < 140 ? sample : sample / 4));
};

const joined = (...parts: readonly Int16Array[]): Int16Array => {
  const all = new Int16Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

const mixed = (speech: Int16Array, room: Int16Array): Int16Array =>
  speech.map((sample, at) => Math.max(-32_768, Math.min(32_767, sample + (room[at] ?? 0))));

const endsMs = (samples: Int16Array, pauseMs = 600): number[] =>
  createEndpointer(pauseMs)
    .push(samples)
    .map((end) => end / SAMPLES_PER_MS);

describe('recorded speech', () => {
  test('[SDK70] is cut inside its three pauses, and nowhere else', () => {
    const ends = endsMs(recording('jfk-inaugural-1961'));
    expect(ends).toHaveLength(3);
    // The pauses of the recording: 2.1 to 3.3 s, 4.3 to 5.4 s, 7.5 to 8.2 s.
    const pauses = [
      [2_700, 3_300],
      [4_800, 5_400],
      [8_000, 8_250],
    ] as const;
    pauses.forEach(([from, to], at) => {
      expect(ends[at]).toBeGreaterThanOrEqual(from);
      expect(ends[at]).toBeLessThanOrEqual(to);
    });
  });

  test('[SDK70] a sentence without a pause is not cut', () => {
    expect(endsMs(recording('librivox-sense-and-sensibility'))).toEqual([]);
  });

  test('[SDK70] in a noisier room the longest pauses are still found', () => {
    const speech = recording('jfk-inaugural-1961');
    const ends = endsMs(mixed(speech, noise(11_100, -38)));
    expect(ends.length).toBeGreaterThanOrEqual(2);
    for (const end of ends)
      expect([2, 4, 5, 8].includes(Math.floor(end / 1_000)), `cut at ${end}`).toBe(true);
  });

  test('[SDK70] the places do not depend on how the samples are handed over', () => {
    const samples = recording('jfk-inaugural-1961');
    const endpointer = createEndpointer(600);
    const ends: number[] = [];
    for (let at = 0; at < samples.length; at += 333)
      for (const end of endpointer.push(samples.subarray(at, at + 333)))
        ends.push((at + end) / SAMPLES_PER_MS);
    expect(ends).toEqual(endsMs(samples));
  });
});

describe('made sound', () => {
  test('[SDK70] steady noise alone is no speech, at any level of a room', () => {
    for (const levelDb of [-70, -60, -50, -40, -32])
      expect(endsMs(noise(20_000, levelDb)), `${levelDb} dB`).toEqual([]);
  });

  test('[SDK70] the cut comes a pause after the last word, quiet or in noise', () => {
    for (const roomDb of [-90, -60, -45]) {
      const room = noise(8_000, roomDb);
      const speech = joined(
        new Int16Array(1_000 * SAMPLES_PER_MS),
        syllables(2_000, -20),
        new Int16Array(5_000 * SAMPLES_PER_MS),
      );
      const [end, ...more] = endsMs(mixed(speech, room));
      expect(end, `${roomDb} dB`).toBeGreaterThanOrEqual(3_540);
      expect(end, `${roomDb} dB`).toBeLessThanOrEqual(3_700);
      expect(more).toEqual([]);
    }
  });

  test('[SDK70] a short breath does not end it, clicks in a pause do not hold it open', () => {
    const quiet = (durationMs: number): Int16Array => noise(durationMs, -60);
    const click = noise(10, -10);
    const breath = joined(quiet(500), syllables(800, -20), quiet(400), syllables(800, -20), quiet(1_000));
    expect(endsMs(breath)).toHaveLength(1);
    const clicks = joined(quiet(500), syllables(800, -20), quiet(200), click, quiet(200), click, quiet(500));
    expect(endsMs(clicks)).toHaveLength(1);
    expect(endsMs(joined(quiet(500), click, quiet(2_000)))).toEqual([]);
  });

  test('[SDK70] a machine that starts in the middle is taken for speech for 4 s at most', () => {
    const ends = endsMs(joined(noise(2_000, -60), noise(20_000, -25)));
    expect(ends).toHaveLength(1);
    expect(ends[0]).toBeLessThanOrEqual(6_000);
  });

  test('[SDK70] a constant offset of the microphone is no sound', () => {
    expect(
      endsMs(
        joined(
          noise(4_000, -60),
          noise(4_000, -60).map((sample) => sample + 8_000),
        ),
      ),
    ).toEqual([]);
  });
});

describe('in a session', () => {
  const said = joined(noise(500, -60), syllables(1_000, -20), noise(1_500, -60));
  const quietMs = 3_000;

  test('[SDK71] a pause of 600 ms sends the final at the place of the pause, and later audio follows it', async () => {
    const { session, peer } = await openPair();
    session.sendPcm(said);
    session.endUtterance();
    const finals = await peer.until(() => {
      const found = peer.ofType('audio_chunk').filter(({ is_final }) => is_final === true);
      return found.length === 2 && found;
    });
    const chunks = peer.ofType('audio_chunk');
    const bytesOf = (some: typeof chunks): number =>
      some.reduce((sum, { payload }) => sum + Buffer.from(String(payload), 'base64').length, 0);
    const beforeMs = bytesOf(chunks.filter(({ seq }) => Number(seq) <= Number(finals[0]?.seq))) / 32;
    expect(beforeMs).toBeGreaterThanOrEqual(2_040);
    expect(beforeMs).toBeLessThanOrEqual(2_200);
    expect(bytesOf(chunks)).toBe(quietMs * 32);
  });

  test.each([
    ['endpointing: false', { endpointing: false }],
    ['manualOnly', { endpointing: { manualOnly: true } }],
    ['a longer pause', { endpointing: { pauseMs: 2_000 } }],
  ] as const)('[SDK71] %s: no final by itself', async (_, options) => {
    const { session, peer } = await openPair(options);
    session.sendPcm(said);
    session.sendPcm(pcmTone(96));
    await peer.untilType('audio_chunk', 32);
    expect(peer.ofType('audio_chunk').filter(({ is_final }) => is_final === true)).toEqual([]);
  });

  test('[SDK71] what is asked of the server: a pause only for Opus, where nobody measures here', async () => {
    const pcm = await openPair({ endpointing: { pauseMs: 500, maxDurationMs: 9_000 } });
    expect(pcm.init.endpointing).toEqual({ max_duration_ms: 9_000 });
    const opus = await openPair({ audioFormat: 'opus', endpointing: { pauseMs: 500 } });
    expect(opus.init.endpointing).toEqual({ pause_ms: 500 });
    const none = await openPair({ endpointing: false });
    expect(none.init).not.toHaveProperty('endpointing');
  });
});

describe('configure', () => {
  const configured = (fields: object = {}): object => ({
    type: 'session_configured',
    session_id: 's',
    src_lang: 'zh',
    tgt_lang: 'fr',
    endpointing: { pause_ms: 3_000 },
    ...fields,
  });

  test('[SDK67] resolves with what is in effect, in the order of asking', async () => {
    const { session, peer } = await openPair();
    const first = session.configure({ tgtLang: 'fr' });
    const second = session.configure({
      endpointing: { maxDurationMs: 9_000 },
      features: { emotion_detection: true },
    });
    await peer.untilType('session_configure', 2);
    expect(peer.ofType('session_configure')).toEqual([
      { type: 'session_configure', session_id: session.id, tgt_lang: 'fr' },
      {
        type: 'session_configure',
        session_id: session.id,
        endpointing: { max_duration_ms: 9_000 },
        features: { emotion_detection: true },
      },
    ]);
    peer.send(configured());
    peer.send(configured({ features: { emotion_detection: true } }));
    expect(await first).toEqual({
      srcLang: 'zh',
      tgtLang: 'fr',
      endpointing: { pause_ms: 3_000 },
      features: null,
    });
    expect(await second).toMatchObject({ features: { emotion_detection: true } });
  });

  test('[SDK67] keeps its place behind the audio before it', async () => {
    const { session, peer, timers } = await openPair();
    peer.send({ type: 'backpressure', action: 'PAUSE', resume_after_ms: 800 });
    await eventOf(session, 'paused');
    session.sendPcm(pcmTone(96));
    void session.configure({ tgtLang: 'fr' }).catch(() => {});
    timers.advance(800);
    await peer.untilType('session_configure');
    expect(peer.frames.map(({ message }) => message.type).slice(-2)).toEqual([
      'audio_chunk',
      'session_configure',
    ]);
  });

  test('[SDK67] a field that the server refuses is named; other errors are not taken for an answer', async () => {
    const { session, peer } = await openPair();
    const refused = expect(session.configure({ tgtLang: 'auto' })).rejects.toMatchObject({
      code: 'INVALID_MESSAGE',
      message: 'tgt_lang: expected a language',
    });
    await peer.untilType('session_configure');
    peer.send({ type: 'error', code: 'INVALID_MESSAGE', message: 'seq', details: { field: 'seq' } });
    peer.send({
      type: 'error',
      code: 'INVALID_MESSAGE',
      message: 'tgt_lang: expected a language',
      details: { field: 'tgt_lang' },
    });
    await refused;
    const next = session.configure({ tgtLang: 'fr' });
    peer.send(configured());
    await next;
  });

  test('[SDK67] no answer in time, too many at once, and after the end', async () => {
    const { session, peer, timers } = await openPair();
    const late = expect(session.configure({ tgtLang: 'fr' })).rejects.toMatchObject({
      code: 'CONFIGURE_TIMEOUT',
    });
    timers.advance(10_000);
    await late;
    const many = Array.from({ length: 16 }, () =>
      session.configure({ tgtLang: 'fr' }).catch(({ code }) => code),
    );
    await expect(session.configure({ tgtLang: 'fr' })).rejects.toMatchObject({ code: 'INVALID_CALL' });
    const closing = session.close();
    await peer.untilType('session_close');
    peer.send({ type: 'session_close_ack', session_id: session.id });
    await closing;
    expect(new Set(await Promise.all(many))).toEqual(new Set(['INVALID_CALL']));
    await expect(session.configure({ tgtLang: 'fr' })).rejects.toMatchObject({ code: 'INVALID_CALL' });
    expect(timers.pendingCount).toBe(0);
  });

  test('[SDK67] a lost question is asked again; a new session begins with what was taken', async () => {
    const pair = await openResumable();
    const { session, peer } = pair;
    const first = session.configure({ srcLang: 'de' });
    await peer.untilType('session_configure');
    peer.send(configured());
    await first;
    const second = session.configure({ tgtLang: 'fr' });
    await peer.untilType('session_configure', 2);
    peer.terminate();
    const away = await eventOf(session, 'connection');
    pair.timers.advance(away.retryInMs ?? 0);
    const next = await pair.server.untilPeer(2);
    await next.untilType('session_resume');
    next.send({ type: 'error', code: 'RESUME_EXPIRED', message: 'gone' });
    expect(await next.untilType('session_init')).toMatchObject({ src_lang: 'de', tgt_lang: 'en' });
    next.send({ type: 'session_init_ack', session_id: 's-2', capabilities: ['pcm16'] });
    expect(await next.untilType('session_configure')).toMatchObject({ session_id: 's-2', tgt_lang: 'fr' });
    next.send(configured());
    expect(await second).toMatchObject({ tgtLang: 'fr' });
  });

  test('[SDK71] a changed pause is measured here from then on', async () => {
    const { session, peer } = await openPair({ endpointing: { pauseMs: 5_000 } });
    const change = session.configure({ endpointing: { pauseMs: 400 } });
    await peer.untilType('session_configure');
    peer.send(configured());
    await change;
    session.sendPcm(said());
    await peer.until(() => peer.ofType('audio_chunk').some(({ is_final }) => is_final === true));
  });

  test.each([
    ['who turned listening off', false],
    ['who ends utterances by hand', { manualOnly: true }],
  ] as const)('[SDK71] %s and changes another limit still hears no pause', async (_who, endpointing) => {
    const { session, peer } = await openPair({ endpointing });
    const change = session.configure({ endpointing: { maxDurationMs: 9_000 } });
    await peer.untilType('session_configure');
    peer.send(configured());
    await change;
    session.sendPcm(said());
    await peer.untilType('audio_chunk', 31);
    expect(peer.ofType('audio_chunk').filter(({ is_final }) => is_final === true)).toEqual([]);
  });

  test('[SDK71] another limit that is changed in the middle of a pause does not make it unheard', async () => {
    const { session, peer } = await openPair();
    session.sendPcm(joined(noise(500, -60), syllables(1_000, -20), noise(300, -60)));
    const change = session.configure({ endpointing: { maxDurationMs: 9_000 } });
    await peer.untilType('session_configure');
    peer.send(configured());
    await change;
    session.sendPcm(noise(500, -60));
    await peer.until(() => peer.ofType('audio_chunk').some(({ is_final }) => is_final === true));
  });

  const said = (): Int16Array => joined(noise(500, -60), syllables(1_000, -20), noise(1_500, -60));
});
