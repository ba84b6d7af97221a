import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BUILT_IN_SCENARIOS } from '#load/built-in.ts';
import { readProfile } from '#load/profile.ts';
import { readScenario } from '#load/scenario.ts';
import { TableError } from '#load/table.ts';

const examples = join(import.meta.dirname, '../../examples/load');

describe('scenarios and profiles', () => {
  test('[LOD1] what a file leaves out has its default', () => {
    expect(readScenario('name = "a"', 'a.toml')).toMatchObject({
      seed: 1,
      sessions: 4,
      speech: { encoding: 'opus', chunk_ms: 100, utterance_ms: { min: 1000, max: 4000 }, real_time: true },
    });
    expect(readProfile('name = "a"', 'a.toml')).toMatchObject({
      capacity: 4,
      language_pairs: [{ src: '*', tgt: '*' }],
      latency: { distribution: 'lognormal', base_ms: 200 },
      failures: { crash: 0, error_code: 'PROCESSING_ERROR' },
    });
  });

  test.each([
    ['broken TOML', 'name = ', ['line 1']],
    ['an unknown key', 'name = "a"\nsesions = 3', ['sesions', 'no such key']],
    ['an unknown key inside', 'name = "a"\n[speech]\nspeed = 3', ['speech.speed', 'no such key']],
    ['no name', 'sessions = 3', ['name', 'missing']],
    ['too many people', 'name = "a"\nsessions = 10001', ['sessions', '10000']],
    ['half a person', 'name = "a"\nsessions = 1.5', ['sessions', 'a whole number from 1 to 10000']],
    [
      'a least above its most',
      'name = "a"\n[speech]\npause_ms = { min = 900, max = 800 }',
      ['speech.pause_ms', '800'],
    ],
    ['a piece of 30 ms', 'name = "a"\n[speech]\nchunk_ms = 30', ['speech.chunk_ms', '20']],
  ])('[LOD1] a scenario with %s is refused by field and limit', (_what, text, words) => {
    for (const word of ['a.toml', ...words]) expect(() => readScenario(text, 'a.toml')).toThrow(word);
  });

  test.each([
    ['a share above 1', 'name = "a"\n[failures]\ncrash = 2', ['failures.crash', '1']],
    ['more than all jobs', 'name = "a"\n[failures]\nerror = 0.6\nlate = 0.5', ['failures', 'late', '1']],
    [
      'an unknown distribution',
      'name = "a"\n[latency]\ndistribution = "odd"',
      ['latency.distribution: must be one of "fixed", "uniform", "lognormal"'],
    ],
    [
      'a code nobody knows',
      'name = "a"\n[failures]\nerror_code = "ODD"',
      ['failures.error_code', 'docs/errors.md'],
    ],
  ])('[LOD1] a profile with %s is refused by field and limit', (_what, text, words) => {
    for (const word of ['p.toml', ...words]) expect(() => readProfile(text, 'p.toml')).toThrow(word);
  });

  const told = (read: () => unknown): string => {
    try {
      read();
    } catch (error) {
      if (error instanceof TableError) return error.message;
      throw error;
    }
    return '';
  };

  test('[LOD1] all that is wrong with a scenario is told at once, with fields, words and limits', () => {
    const text = [
      'name = ""',
      'sesions = 0',
      'sessions = 0',
      '[speech]',
      'encoding = "mp3"',
      'chunk_ms = 30',
      'real_time = 1',
      'utterance_ms = 3',
      'pause_ms = { min = 900, max = 800 }',
    ].join('\n');
    expect(told(() => readScenario(text, 'a.toml')).split('\n')).toEqual([
      'a.toml:',
      expect.stringMatching(/^ {2}sesions: no such key; there is name, description, seed, /),
      '  name: must be a text of 1 to 64 characters',
      '  sessions: must be a whole number from 1 to 10000',
      '  speech.encoding: must be one of "opus", "pcm16"',
      '  speech.chunk_ms: must be a whole number from 20 to 5000, a multiple of 20',
      '  speech.utterance_ms: must be a table with min, max',
      '  speech.real_time: must be true or false',
      '  speech.pause_ms: min must be at most max (800)',
    ]);
  });

  test('[LOD1] all that is wrong with a profile is told at once, but no relation of a wrong value', () => {
    const text = [
      'seed = 1.5',
      'load = 5',
      'language_pairs = [{ src = "a", tgt = "b" }, { src = "", tgd = "b" }]',
      '[latency]',
      'distribution = "odd"',
      '[failures]',
      'error_code = "ODD"',
      'crash = 2',
    ].join('\n');
    expect(told(() => readProfile(text, 'p.toml')).split('\n')).toEqual([
      'p.toml:',
      '  name: is missing; must be a text of 1 to 64 characters',
      '  seed: must be a whole number from 0 to 4294967295',
      '  language_pairs entry 2.tgd: no such key; there is src, tgt',
      '  language_pairs entry 2.src: must be a text that is not empty',
      '  language_pairs entry 2.tgt: is missing; must be a text that is not empty',
      '  load: must be a table with cpu_percent, gpu_percent, mem_percent',
      '  latency.distribution: must be one of "fixed", "uniform", "lognormal"',
      '  failures.crash: must be a number from 0 to 1',
      '  failures.error_code: must be a code of docs/errors.md',
    ]);
  });

  test('[LOD1] failures that add up to all jobs are taken, whatever tenths add up to', () => {
    const failures = '[failures]\nno_answer = 0.1\ncrash = 0.2\nerror = 0.3\nempty = 0.3\nlate = 0.1';
    expect(readProfile(`name = "a"\n${failures}`, 'p.toml').failures.late).toBe(0.1);
  });

  test('[LOD2] the built-in scenarios and the examples can be read', () => {
    for (const [name, text] of Object.entries(BUILT_IN_SCENARIOS)) {
      expect(readScenario(text, name).name).toBe(name);
    }
    const files = readdirSync(examples);
    expect(files).toContain('classroom.toml');
    for (const file of files) {
      const text = readFileSync(join(examples, file), 'utf8');
      const read = file.includes('node') ? readProfile : readScenario;
      expect(read(text, file).name).not.toBe('');
    }
  });
});
