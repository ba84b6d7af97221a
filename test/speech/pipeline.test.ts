import { describe, expect, it } from 'vitest';
import { decodeOpus, encodeOpus } from '../../speech-node/src/opus.ts';
import { runPipeline, type SpeechJob } from '../../speech-node/src/pipeline.ts';
import { durationMs, ENGINE_RATE_HZ, samplesFromPcm16 } from '../../speech-node/src/samples.ts';
import { unbothered, useRealEngines } from './engines-for-tests.ts';
import { pcmJob, scriptedEngines, silentPcm } from './pipeline-job.ts';
import { INAUGURAL, NOVEL } from './recordings.ts';
import { pooledWordErrorRate, wordErrors } from './word-error.ts';

const CHINESE = /[\u4e00-\u9fff]/;

describe('with real engines', () => {
  const engines = useRealEngines();
  const run = (job: SpeechJob, onText?: (text: string, isFinal: boolean) => void) =>
    runPipeline(engines(), job, { signal: unbothered(), ...(onText !== undefined && { onText }) });

  it('[SPN5] recordings become the text that was said, a gloss and speech', async () => {
    const outcomes = [];
    for (const { wav, transcript } of [INAUGURAL, NOVEL]) {
      const output = await run(pcmJob(wav.pcm16));
      outcomes.push(wordErrors(transcript, output.text_asr ?? ''));
      expect(output.text_translated).toMatch(CHINESE);
      expect(output.tts_format).toBe('opus');
      const speech = decodeOpus(output.tts_audio ?? new Uint8Array(0), 60 * ENGINE_RATE_HZ);
      expect(durationMs(speech)).toBeGreaterThan(1_000);
      expect(speech.some((sample) => Math.abs(sample) > 0.1)).toBe(true);
    }
    expect(pooledWordErrorRate(outcomes)).toBeLessThanOrEqual(0.1);
  });

  it('[SPN5] Opus is understood like PCM', async () => {
    const audioBytes = encodeOpus(samplesFromPcm16(INAUGURAL.wav.pcm16));
    const output = await run(pcmJob(audioBytes, { audio_format: 'opus', padding_ms: 220 }));
    const outcome = wordErrors(INAUGURAL.transcript, output.text_asr ?? '');
    expect(pooledWordErrorRate([outcome])).toBeLessThanOrEqual(0.1);
  });

  it('[SPN5] the times of the stages are told and fit into the whole', async () => {
    const beforeMs = Date.now();
    const output = await run(pcmJob(NOVEL.wav.pcm16));
    const { asr_ms, nmt_ms, tts_ms, total_ms } = output.extra.service_timings;
    expect(asr_ms).toBeGreaterThan(0);
    expect(tts_ms).toBeGreaterThan(0);
    expect(Math.abs(asr_ms + nmt_ms + tts_ms - total_ms)).toBeLessThanOrEqual(2);
    expect(output.processing_time_ms).toBe(total_ms);
    expect(output.node_completed_at_ms).toBeGreaterThanOrEqual(beforeMs);
  });

  it('[SPN9] silence gives a good result with nothing in it', async () => {
    for (const job of [
      pcmJob(silentPcm(3_000)),
      pcmJob(new Uint8Array(0)),
      pcmJob(encodeOpus(new Float32Array(2 * ENGINE_RATE_HZ)), { audio_format: 'opus' }),
    ]) {
      const output = await run(job);
      expect(Object.keys(output).sort()).toEqual(['extra', 'node_completed_at_ms', 'processing_time_ms']);
      expect(output.extra.reason).toBe('ASR_EMPTY');
    }
  });

  it('[SPN19] what is recognized is told while the job runs, the last time as final', async () => {
    const told: { text: string; isFinal: boolean }[] = [];
    const output = await run(pcmJob(INAUGURAL.wav.pcm16), (text, isFinal) => told.push({ text, isFinal }));
    expect(told.at(-1)).toEqual({ text: output.text_asr, isFinal: true });
    expect(told.slice(0, -1).every(({ isFinal }) => !isFinal)).toBe(true);
  });

  it('[SPN10] without translation the English text itself is spoken', async () => {
    const output = await run(
      pcmJob(NOVEL.wav.pcm16, { pipeline: { use_asr: true, use_nmt: false, use_tts: true }, tgt_lang: 'fi' }),
    );
    expect(output.text_translated).toBeUndefined();
    const speech = decodeOpus(output.tts_audio ?? new Uint8Array(0), 60 * ENGINE_RATE_HZ);
    const heard = await engines().recognize(speech);
    expect(pooledWordErrorRate([wordErrors(output.text_asr ?? '', heard)])).toBeLessThanOrEqual(0.3);
  });
});

describe('with scripted engines', () => {
  const audible = silentPcm(100);
  const run = (
    engines: Parameters<typeof scriptedEngines>[0],
    job: Partial<SpeechJob> = {},
    signal: AbortSignal = unbothered(),
  ) => runPipeline(scriptedEngines(engines), pcmJob(audible, job), { signal });

  it('[SPN5] pieces of speech are joined in order', async () => {
    const texts = ['one', '', 'two'];
    const output = await run({
      findSpeech: async () => texts.map((_, index) => ({ start: index, end: index + 1 })),
      recognize: async () => texts.shift() ?? '',
    });
    expect(output.text_asr).toBe('one two');
  });

  it('[SPN10] without speech there is only text, and no voice is asked', async () => {
    const output = await run(
      { speak: () => Promise.reject(new Error('asked')), speaks: () => false },
      { pipeline: { use_asr: true, use_nmt: true, use_tts: false } },
    );
    expect(output.text_translated).toBe('你好');
    expect(output.tts_audio).toBeUndefined();
    expect(output.tts_format).toBeUndefined();
  });

  it('[SPN10] a job without recognition is refused: nothing else gives it a text', async () => {
    const pipeline = { use_asr: false, use_nmt: true, use_tts: true };
    await expect(run({}, { pipeline })).rejects.toMatchObject({ code: 'UNSUPPORTED_FEATURE' });
  });

  it.each([
    ['de', 'zh', undefined],
    ['auto', 'zh', ['de', 'fr']],
    ['en', 'en', undefined],
    ['en', 'es', undefined],
    ['en', 'zh-TW', undefined],
    ['en', 'zh-Hant-HK', undefined],
    ['zh', 'en', undefined],
  ])('[SPN15] %s to %s (of %j) is refused', async (src_lang, tgt_lang, auto_langs) => {
    const job = { src_lang, tgt_lang, ...(auto_langs !== undefined && { auto_langs }) };
    await expect(run({}, job)).rejects.toMatchObject({ code: 'UNSUPPORTED_LANGUAGE' });
  });

  it.each([
    ['en', 'zh', undefined],
    ['en-GB', 'zh-CN', undefined],
    ['EN', 'cmn-Hans', undefined],
    ['auto', 'zh_Hans', undefined],
    ['auto', 'zh', ['zh', 'en']],
  ])('[SPN15] %s to %s (of %j) is served', async (src_lang, tgt_lang, auto_langs) => {
    const job = { src_lang, tgt_lang, ...(auto_langs !== undefined && { auto_langs }) };
    await expect(run({ speaks: () => true }, job)).resolves.toMatchObject({ text_translated: '你好' });
  });

  it('[SPN12] nothing begins for a job that is cancelled already', async () => {
    let calls = 0;
    const recognize = async () => {
      calls += 1;
      return 'hello';
    };
    const signal = AbortSignal.abort(new Error('cancelled'));
    await expect(run({ recognize }, {}, signal)).rejects.toThrow('cancelled');
    expect(calls).toBe(0);
  });

  it('[SPN12] a job cancelled while it is recognized ends behind the piece it is at', async () => {
    const wish = new AbortController();
    let calls = 0;
    const recognize = async () => {
      calls += 1;
      wish.abort(new Error('cancelled'));
      return 'hello';
    };
    const asked = () => Promise.reject(new Error('the voice was asked'));
    await expect(run({ recognize, speak: asked }, {}, wish.signal)).rejects.toThrow('cancelled');
    expect(calls).toBe(1);
  });

  it('[SPN12] a job cancelled while it is spoken gives no result', async () => {
    const wish = new AbortController();
    const speak = async () => {
      wish.abort(new Error('cancelled'));
      return new Float32Array(640);
    };
    await expect(run({ speak }, {}, wish.signal)).rejects.toThrow('cancelled');
  });

  it('[SPN14] an engine that fails gives PROCESSING_ERROR without a word of the text', async () => {
    const recognize = () => Promise.reject(new Error('cannot decode "my secret"'));
    const failure = await run({ recognize }).then(
      () => null,
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'PROCESSING_ERROR', message: 'an engine failed' });
  });

  it('[SPN14] audio that cannot be read is INVALID_AUDIO', async () => {
    const job = { audioBytes: Uint8Array.of(9, 0, 1), audio_format: 'opus' } as const;
    await expect(run({}, job)).rejects.toMatchObject({ code: 'INVALID_AUDIO' });
  });
});
