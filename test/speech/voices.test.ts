import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { durationMs, samplesFromPcm16 } from '../../speech-node/src/samples.ts';
import { createSpeaker, type Speaker } from '../../speech-node/src/speaker.ts';
import {
  createVoiceProcess,
  type VoiceEngine,
  type VoiceProcess,
} from '../../speech-node/src/voice-process.ts';
import { isAlive } from '../is-alive.ts';
import { unbothered } from './engines-for-tests.ts';

const opened: { close(): void }[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

const speaker = (): Speaker => {
  const made = createSpeaker();
  opened.push(made);
  return made;
};
const voiceProcess = (engine: VoiceEngine, timeoutMs = 20_000): VoiceProcess => {
  const made = createVoiceProcess(engine, timeoutMs);
  opened.push(made);
  return made;
};
describe('voices', () => {
  it.each([
    ['zh', '你的国家能为你做什么'],
    ['es', 'buenos días, señora'],
    ['en', 'good morning, my friend'],
  ])('[SPN7] %s is spoken, audibly and as long as it should be', async (language, text) => {
    const speech = await speaker().speak(text, language, unbothered());
    expect(durationMs(speech)).toBeGreaterThan(700);
    expect(durationMs(speech)).toBeLessThan(5_000);
    expect(speech.some((sample) => Math.abs(sample) > 0.1)).toBe(true);
    expect(speech.every((sample) => Math.abs(sample) <= 1.2)).toBe(true);
  });

  it('[SPN15] a language without a voice is refused', async () => {
    const made = speaker();
    expect(made.speaks('tlh')).toBe(false);
    expect(made.speaks('constructor')).toBe(false);
    await expect(made.speak('qapla', 'tlh', unbothered())).rejects.toMatchObject({
      code: 'UNSUPPORTED_LANGUAGE',
    });
  });
});

describe('the process border', () => {
  it('[SPN7] only the file of the other process names the GPL package', () => {
    const folder = new URL('../../speech-node/src/', import.meta.url);
    const naming = readdirSync(folder).filter((file) =>
      /from '@echogarden\/espeak|import\('@echogarden\/espeak/.test(
        readFileSync(new URL(file, folder), 'utf8'),
      ),
    );
    expect(naming).toEqual(['espeak-worker.ts']);
  });

  it('[SPN7] eSpeak NG speaks in a process of its own, which is kept for the next text', async () => {
    const espeak = voiceProcess('espeak');
    expect(espeak.pid).toBeNull();
    await espeak.speak('hola', 'es', unbothered());
    const first = espeak.pid;
    expect(first).not.toBeNull();
    expect(first).not.toBe(process.pid);
    await espeak.speak('hola', 'es', unbothered());
    expect(espeak.pid).toBe(first);
  });

  it('[SPN7] texts asked for at once are each answered with their own speech', async () => {
    const espeak = voiceProcess('espeak');
    const texts = [
      'uno',
      'uno dos tres cuatro cinco',
      'uno dos tres cuatro cinco seis siete ocho nueve diez',
    ];
    const speeches = await Promise.all(texts.map((text) => espeak.speak(text, 'es', unbothered())));
    const lengths = speeches.map(({ pcm16 }) => samplesFromPcm16(pcm16).length);
    expect([...lengths].sort((one, other) => one - other)).toEqual(lengths);
    expect(new Set(lengths).size).toBe(3);
  });

  it('[SPN13] a voice that does not exist is PROCESSING_ERROR, and the next text is spoken', async () => {
    const espeak = voiceProcess('espeak');
    await expect(espeak.speak('hola', 'no-such-voice', unbothered())).rejects.toMatchObject({
      code: 'PROCESSING_ERROR',
    });
    await expect(espeak.speak('hola', 'es', unbothered())).resolves.toMatchObject({ sampleRateHz: 22_050 });
  });

  it('[SPN13] a process that takes too long is ended, and its text is TTS_TIMEOUT', async () => {
    const espeak = voiceProcess('espeak', 1);
    const first = espeak.speak('hola', 'es', unbothered());
    const { pid } = espeak;
    await expect(first).rejects.toMatchObject({ code: 'TTS_TIMEOUT' });
    expect(espeak.pid).toBeNull();
    await expect.poll(() => isAlive(pid ?? 0), { timeout: 5_000 }).toBe(false);
  });

  it('[SPN13] a process that dies fails the text it was at; the one behind it is spoken by a new one', async () => {
    const espeak = voiceProcess('espeak');
    const lost = espeak.speak('hola', 'es', unbothered());
    const behind = espeak.speak('adiós', 'es', unbothered());
    const { pid } = espeak;
    process.kill(pid ?? 0, 'SIGKILL');
    await expect(lost).rejects.toMatchObject({ code: 'PROCESSING_ERROR' });
    await expect(behind).resolves.toMatchObject({ sampleRateHz: 22_050 });
    expect(espeak.pid).not.toBe(pid);
  });

  it('[SPN12] a text that is no longer wanted ends at once, waiting or spoken, and others are not disturbed', async () => {
    const espeak = voiceProcess('espeak');
    const wish = new AbortController();
    const spoken = espeak.speak('hola', 'es', wish.signal);
    const waiting = espeak.speak('hola', 'es', wish.signal);
    const wanted = espeak.speak('adiós', 'es', unbothered());
    wish.abort(new Error('no longer wanted'));
    await expect(spoken).rejects.toThrow('no longer wanted');
    await expect(waiting).rejects.toThrow('no longer wanted');
    await expect(wanted).resolves.toMatchObject({ sampleRateHz: 22_050 });
  });

  it('[SPN7] closing ends the processes', async () => {
    const flite = voiceProcess('flite');
    await flite.speak('hello', 'slt', unbothered());
    const { pid } = flite;
    flite.close();
    expect(flite.pid).toBeNull();
    await expect.poll(() => isAlive(pid ?? 0), { timeout: 5_000 }).toBe(false);
  });
});
