import { describe, expect, it } from 'vitest';
import { Caption, type CaptionText } from '../../speech-node/src/caption.ts';
import { type CaptionContext, CaptionPlaces, captionWhileOpen } from '../../speech-node/src/live-captions.ts';
import { encodeOpus } from '../../speech-node/src/opus.ts';
import { ENGINE_RATE_HZ, samplesFromPcm16 } from '../../speech-node/src/samples.ts';
import { useRealEngines } from './engines-for-tests.ts';
import { INAUGURAL } from './recordings.ts';
import { wordsOf } from './word-error.ts';

/** A tenth of a second of a tone, or of nothing. */
const piece = (level = 8_000): Uint8Array =>
  new Uint8Array(Int16Array.from({ length: 1_600 }, (_, at) => (at % 2 === 0 ? level : -level)).buffer);

/** Audio that a test gives piece by piece. */
class Feed {
  readonly job = { audio_format: 'pcm16', sample_rate: ENGINE_RATE_HZ, audioPieces: this } as const;
  #waiting: (() => void) | null = null;
  readonly #pieces: Uint8Array[] = [];
  #end: 'no' | 'yes' | Error = 'no';

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const next = this.#pieces.shift();
      if (next !== undefined) yield next;
      else if (this.#end instanceof Error) throw this.#end;
      else if (this.#end === 'yes') return;
      else
        await new Promise<void>((resolve) => {
          this.#waiting = resolve;
        });
    }
  }

  /** Resolves when all of it was taken. */
  async give(...pieces: readonly Uint8Array[]): Promise<void> {
    this.#pieces.push(...pieces);
    this.#waiting?.();
    await expect.poll(() => this.#pieces.length, { interval: 1 }).toBe(0);
  }

  end(how: 'yes' | Error = 'yes'): void {
    this.#end = how;
    this.#waiting?.();
  }
}

/** A recognizer of which the test says when it is done. */
class Recognizer {
  readonly lengths: number[] = [];
  #done: ((text: string) => void) | null = null;

  recognize = (samples: Float32Array): Promise<string> => {
    this.lengths.push(samples.length);
    return new Promise((resolve) => {
      this.#done = resolve;
    });
  };

  answer(text: string): void {
    this.#done?.(text);
    this.#done = null;
  }
}

const start = (places = new CaptionPlaces(1), time: Partial<CaptionContext> = { clockMs: () => 0 }) => {
  const feed = new Feed();
  const recognizer = new Recognizer();
  const told: string[] = [];
  const onText = ({ settled, tentative }: CaptionText) => told.push(`${settled}|${tentative}`);
  const ended = captionWhileOpen(recognizer, feed.job, new Caption(), { places, onText, ...time });
  return { feed, recognizer, told, ended };
};
const pieces = (count: number, level?: number) => Array.from({ length: count }, () => piece(level));

describe('with a scripted recognizer', () => {
  it('[SPN46] each 0.4 s of new audio gives a text of all of it; while one is made no other begins', async () => {
    const { feed, recognizer, told, ended } = start();
    await feed.give(...pieces(3));
    expect(recognizer.lengths).toEqual([]);
    await feed.give(...pieces(1));
    expect(recognizer.lengths).toEqual([6_400]);
    await feed.give(...pieces(20));
    expect(recognizer.lengths).toEqual([6_400]);
    recognizer.answer('and so');
    await expect.poll(() => told).toEqual(['|and so']);
    await expect.poll(() => recognizer.lengths).toEqual([6_400, 38_400]);
    recognizer.answer('and so my');
    await expect.poll(() => told).toEqual(['|and so', 'and so| my']);
    feed.end();
    await ended;
  });

  it('[SPN46] a text takes a place among all jobs, and half of a core at most goes into one job', async () => {
    const places = new CaptionPlaces(1);
    let nowMs = 0;
    const pauses: number[] = [];
    let goOn = (): void => undefined;
    const pause = (ms: number): Promise<void> => {
      pauses.push(ms);
      return new Promise((resolve) => {
        goOn = resolve;
      });
    };
    const one = start(places, { clockMs: () => nowMs, pause });
    const other = start(places);
    await one.feed.give(...pieces(4));
    await other.feed.give(...pieces(4));
    expect([one.recognizer.lengths.length, other.recognizer.lengths.length]).toEqual([1, 0]);
    nowMs = 300;
    one.recognizer.answer('hello');
    await expect.poll(() => pauses).toEqual([300]);
    await one.feed.give(...pieces(9));
    expect(one.recognizer.lengths).toHaveLength(1);
    await other.feed.give(...pieces(1));
    expect(other.recognizer.lengths).toEqual([8_000]);
    other.recognizer.answer('good morning');
    await expect.poll(() => other.told).toHaveLength(1);
    goOn();
    await expect.poll(() => one.recognizer.lengths).toHaveLength(2);
    one.feed.end();
    other.feed.end();
    await Promise.all([one.ended, other.ended]);
  });

  it('[SPN46] silence is not listened to again and again', async () => {
    const { feed, recognizer, ended } = start();
    await feed.give(...pieces(30, 3));
    expect(recognizer.lengths).toEqual([]);
    await feed.give(piece());
    expect(recognizer.lengths).toHaveLength(1);
    recognizer.answer('yes');
    await feed.give(...pieces(30, 3));
    expect(recognizer.lengths).toHaveLength(1);
    feed.end();
    await ended;
  });

  it('[SPN46] what lies more than 12 s back is settled and not gone over again', async () => {
    const { feed, recognizer, told, ended } = start();
    await feed.give(...pieces(4));
    await feed.give(...pieces(90), ...pieces(1, 0), ...pieces(55));
    recognizer.answer('one two');
    await expect.poll(() => recognizer.lengths).toHaveLength(2);
    expect(told).toEqual(['|one two']);
    expect(recognizer.lengths.at(-1)).toBeLessThanOrEqual(12 * ENGINE_RATE_HZ);
    expect(recognizer.lengths.at(-1)).toBeGreaterThan(9 * ENGINE_RATE_HZ);
    recognizer.answer('one two three');
    await expect.poll(() => recognizer.lengths).toHaveLength(3);
    expect(told.at(-1)).toBe('one two three|');
    expect(recognizer.lengths.at(-1)).toBeLessThan(7 * ENGINE_RATE_HZ);
    feed.end();
    await ended;
  });

  it('[SPN46] captions do not hold up the job: a text that comes after the end is not told', async () => {
    const { feed, recognizer, told, ended } = start();
    await feed.give(...pieces(4));
    feed.end();
    await ended;
    recognizer.answer('too late');
    await Promise.resolve();
    expect(told).toEqual([]);
  });

  it('[SPN46] a recognizer that fails and audio that cannot be read leave the job to its result', async () => {
    const feed = new Feed();
    const ended = captionWhileOpen(
      { recognize: () => Promise.reject(new Error('cannot')) },
      feed.job,
      new Caption(),
      { places: new CaptionPlaces(1), onText: () => undefined },
    );
    await feed.give(...pieces(10));
    await feed.give(Uint8Array.of(1, 2, 3));
    await ended;
  });

  it('[SPN46] audio that will never be complete rejects as the SDK says', async () => {
    const { feed, ended } = start();
    feed.end(new Error('no longer wanted'));
    await expect(ended).rejects.toThrow('no longer wanted');
  });
});

describe('with the real recognizer', () => {
  const engines = useRealEngines();

  it.each(['pcm16', 'opus'] as const)('[SPN45] a speech in %s is captioned as it goes', async (format) => {
    const samples = samplesFromPcm16(INAUGURAL.wav.pcm16);
    const feed = new Feed();
    const told: CaptionText[] = [];
    let textsCount = 0;
    const recognize = async (heard: Float32Array): Promise<string> => {
      const text = await engines().recognize(heard);
      textsCount += 1;
      return text;
    };
    const ended = captionWhileOpen({ recognize }, { ...feed.job, audio_format: format }, new Caption(), {
      places: new CaptionPlaces(1),
      onText: (text) => told.push(text),
      clockMs: () => 0,
    });
    // A speaker who waits for each caption: as fast as the machine, and the same on every machine.
    for (let at = 0; at < samples.length; at += 8_000) {
      const part = samples.subarray(at, at + 8_000);
      const before = textsCount;
      await feed.give(
        format === 'opus'
          ? encodeOpus(part)
          : Uint8Array.from(INAUGURAL.wav.pcm16.subarray(2 * at, 2 * (at + 8_000))),
      );
      const isLoud = part.some((sample) => Math.abs(sample) > 0.1);
      if (isLoud && part.length === 8_000)
        await expect.poll(() => textsCount, { interval: 5, timeout: 10_000 }).toBeGreaterThan(before);
    }
    feed.end();
    await ended;
    expect(told.length).toBeGreaterThan(10);
    let settled = '';
    for (const text of told) {
      expect(text.settled.startsWith(settled)).toBe(true);
      settled = text.settled;
    }
    const said = wordsOf(INAUGURAL.transcript);
    const settledWords = wordsOf(settled);
    expect(settledWords.length).toBeGreaterThan(said.length / 2);
    const right = settledWords.filter((word) => said.includes(word));
    expect(right.length / settledWords.length).toBeGreaterThan(0.8);
  });
});
