import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  findModels,
  packageFolder,
  SHIPPED_MODELS,
  sha256Of,
  verified,
} from '../../speech-node/src/models.ts';
import { createRecognizer } from '../../speech-node/src/recognizer.ts';
import { samplesFromPcm16 } from '../../speech-node/src/samples.ts';
import { cacheFolder, ensureTokens } from '../../speech-node/src/tokens.ts';
import { NOVEL } from './recordings.ts';
import { wordErrors } from './word-error.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lingua-models-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const moonshineFile = (part: 'encoder' | 'decoder'): string =>
  join(packageFolder(SHIPPED_MODELS[part].inPackage), SHIPPED_MODELS[part].file);

it('[SPN1] the weights that packages brought are found and are the known ones', async () => {
  const models = await findModels(undefined);
  expect(models).toMatchObject({ asrModelId: 'moonshine-tiny', isAsrVerified: true, tokens: null });
  expect(await sha256Of(models.vad)).toBe(SHIPPED_MODELS.vad.sha256);
  expect(await sha256Of(models.decoder)).toBe(SHIPPED_MODELS.decoder.sha256);
});

it('[SPN1] another content is refused, naming the file, the expected and the found hash', async () => {
  const path = join(folder, 'encoder_model.onnx');
  writeFileSync(path, 'abc');
  const { sha256 } = SHIPPED_MODELS.encoder;
  const found = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  await expect(verified({ path, sha256 })).rejects.toThrow(
    `${path} is not the expected file: SHA-256 ${sha256} expected, ${found} found`,
  );
});

it('[SPN1] a missing file and a missing package are named', async () => {
  const path = join(folder, 'nothing.onnx');
  await expect(verified({ path, sha256: '' })).rejects.toThrow(`${path} is missing`);
  expect(() => packageFolder('@lingua/no-such-package')).toThrow('@lingua/no-such-package is not installed');
});

it('[SPN17] ASR_MODEL_DIR gives another model, which is said not to be verified', async () => {
  for (const part of ['encoder', 'decoder'] as const)
    symlinkSync(moonshineFile(part), join(folder, basename(SHIPPED_MODELS[part].file)));
  const models = await findModels(folder);
  expect(models).toMatchObject({
    encoder: join(folder, 'encoder_model.onnx'),
    asrModelId: basename(folder),
    isAsrVerified: false,
    tokens: null,
  });
  writeFileSync(join(folder, 'tokens.txt'), '');
  expect((await findModels(folder)).tokens).toBe(join(folder, 'tokens.txt'));
});

it('[SPN17] an ASR_MODEL_DIR without a model is refused, naming the file', async () => {
  await expect(findModels(folder)).rejects.toThrow(`${join(folder, 'encoder_model.onnx')} is missing`);
});

it('[SPN3] the table of words is made at the first start, and a recognizer reads with it', async () => {
  const cache = join(folder, 'deep', 'cache');
  const tokens = await ensureTokens(cache);
  expect(readFileSync(tokens, 'utf8').trimEnd().split('\n')).toHaveLength(32_768);
  const { encoder, decoder } = await findModels(undefined);
  const recognizer = await createRecognizer({ encoder, decoder, tokens });
  const heard = await recognizer.recognize(samplesFromPcm16(NOVEL.wav.pcm16));
  expect(wordErrors(NOVEL.transcript, heard).errorCount).toBeLessThanOrEqual(1);
});

it('[SPN3] nodes that start at once leave one whole table and nothing else', async () => {
  const paths = await Promise.all([ensureTokens(folder), ensureTokens(folder), ensureTokens(folder)]);
  expect(new Set(paths).size).toBe(1);
  expect(readdirSync(folder)).toEqual(['moonshine-tokens.txt']);
});

it('[SPN3] a damaged table is made anew', async () => {
  const path = await ensureTokens(folder);
  const whole = await sha256Of(path);
  writeFileSync(path, 'half');
  expect(await sha256Of(await ensureTokens(folder))).toBe(whole);
});

it('[SPN3] LINGUA_CACHE_DIR says where, else the project keeps it', () => {
  expect(cacheFolder(folder)).toBe(folder);
  expect(cacheFolder(undefined)).toMatch(/\.cache$/);
  expect(cacheFolder('')).toBe(cacheFolder(undefined));
});
