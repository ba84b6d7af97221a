import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BUILT_IN_SCENARIOS } from '#load/built-in.ts';
import { readProfile } from '#load/profile.ts';
import { readScenario } from '#load/scenario.ts';

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
    ['half a person', 'name = "a"\nsessions = 1.5', ['sessions', 'integer']],
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
    ['an unknown distribution', 'name = "a"\n[latency]\ndistribution = "odd"', ['latency.distribution']],
    [
      'a code nobody knows',
      'name = "a"\n[failures]\nerror_code = "ODD"',
      ['failures.error_code', 'docs/errors.md'],
    ],
  ])('[LOD1] a profile with %s is refused by field and limit', (_what, text, words) => {
    for (const word of ['p.toml', ...words]) expect(() => readProfile(text, 'p.toml')).toThrow(word);
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
