import { expect, it } from 'vitest';
import type { SpeechModels } from '../../speech-node/src/models.ts';
import { describeNode, describeOffers, gpusFrom } from '../../speech-node/src/registration.ts';
import { createReport, type ReportEvent } from '../../speech-node/src/report.ts';
import type { Translator } from '../../speech-node/src/translator.ts';

const models: SpeechModels = {
  vad: '',
  encoder: '',
  decoder: '',
  tokens: null,
  asrModelId: 'moonshine-tiny',
  isAsrVerified: true,
};
const translator = (target: string, kind: Translator['kind']): Translator => ({
  target,
  engine: `engine-${kind}`,
  serviceId: `service-${target}`,
  modelId: `model-${target}`,
  kind,
  translate: async (text) => text,
  close: () => undefined,
});
const translators = [translator('es', 'translation'), translator('zh', 'gloss')];
const engines = { models, translators, warmupMs: { asr: 1, nmt: 2, tts: 3 } };

it('[SPN11] [SPN40] every language that is translated into is a pair with its service and model', () => {
  const registration = describeNode(engines, []);
  expect(registration.language_pairs).toEqual([
    { src: 'en', tgt: 'es' },
    { src: 'en', tgt: 'zh' },
  ]);
  expect(registration.installed_models?.map(({ kind, tgt_lang }) => [kind, tgt_lang])).toEqual([
    ['asr', undefined],
    ['nmt', 'es'],
    ['gloss', 'zh'],
    ['vad', undefined],
  ]);
  const nmt = registration.capability_by_type?.find(({ type }) => type === 'nmt');
  expect(nmt).toMatchObject({ ready_impl_ids: ['service-es', 'service-zh'] });
  expect(describeOffers(translators)).toBe('en to es (translation), en to zh (gloss)');
});

it('[SPN11] graphics cards are told where there are any, and the field is left out where there are none', () => {
  expect(describeNode(engines, []).hardware).not.toHaveProperty('gpus');
  const gpus = gpusFrom('NVIDIA GeForce RTX 4090, 24564\nTesla T4, 15360\n');
  expect(gpus).toEqual([
    { name: 'NVIDIA GeForce RTX 4090', memory_gb: 23 },
    { name: 'Tesla T4', memory_gb: 15 },
  ]);
  expect(describeNode(engines, gpus).hardware.gpus).toEqual(gpus);
  expect(gpusFrom('')).toEqual([]);
  expect(gpusFrom('No devices were found\n')).toEqual([]);
});

it('[SPN11] another model is named by its folder', () => {
  const other = describeNode({ ...engines, models: { ...models, asrModelId: 'base' } }, []);
  expect(other.installed_services?.[0]?.model_id).toBe('base');
});

it('[SPN14] the cause of a failed job, which may quote what was said, is not written', () => {
  const written: string[] = [];
  const write = (line: string) => written.push(line);
  const event: ReportEvent = {
    kind: 'jobEnded',
    jobId: 'job-1',
    attemptId: 1,
    outcome: 'failed',
    code: 'PROCESSING_ERROR',
    durationMs: 12,
    cause: { text: 'my secret' },
  };
  createReport(true, { out: write, err: write })(event);
  createReport(false, { out: write, err: write })(event);
  expect(written).toHaveLength(2);
  expect(written.join('')).toContain('PROCESSING_ERROR');
  expect(written.join('')).not.toContain('secret');
});
