import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { KEYS } from '#server/config/keys.ts';
import { loadConfig } from '#server/config/load.ts';
import { readToml } from '#server/config/sources.ts';
import { exampleText } from './example-text.ts';

const file = join(import.meta.dirname, '../../config.example.toml');

test('[CFG10] config.example.toml is the defaults, and warns of nothing', () => {
  const text = readFileSync(file, 'utf8');
  const { config, warnings } = loadConfig({ file: { name: 'config.example.toml', text } });
  expect(config).toEqual(loadConfig({}).config);
  expect(warnings).toEqual([]);
});

test('[CFG10] config.example.toml shows every key', () => {
  const { settings } = readToml('config.example.toml', readFileSync(file, 'utf8'));
  const shown = new Set(settings.map(({ path }) => path));
  for (const { path, isOptional } of KEYS.values()) expect(shown.has(path), path).toBe(!isOptional);
});

test('[CFG10] config.example.toml is made from the schema: every key with its meaning and range', async () => {
  await expect(exampleText()).toMatchFileSnapshot(file);
});
