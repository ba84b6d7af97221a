import { describe, expect, it } from 'vitest';
import { LAYERS, layerFindings, referenceFindings } from './layers.ts';
import { messages, places, plant } from './planted.ts';

const found = (path: string, ...lines: readonly string[]) => messages(layerFindings([plant(path, ...lines)]));

describe('imports', () => {
  it.each([
    ['by name', "import { a } from '#runtime/a.ts';"],
    ['of a type only', "import type { A } from '#runtime/a.ts';"],
    ['for its effects', "import '#runtime/a.ts';"],
    ['later on', "const a = import('#runtime/a.ts');"],
    ['inside a type', "type A = import('#runtime/a.ts').A;"],
    ['handed on', "export { a } from '#runtime/a.ts';"],
  ])('[PRJ12] a forbidden layer is found when imported %s', (_form, line) => {
    expect(found('src/core/jobs/job.ts', line)).toEqual([
      'layer core must not import layer runtime (#runtime/a.ts)',
    ]);
  });

  it.each([
    ['an allowed layer', 'src/gateway/a.ts', "import { b } from '#core/b.ts';"],
    ['a file of the own layer', 'src/core/jobs/job.ts', "import { b } from '../nodes/b.ts';"],
    ['the schema package in protocol', 'src/protocol/a.ts', "import { Compile } from 'typebox/compile';"],
    ['the platform where it exists', 'src/gateway/a.ts', "import { b } from 'node:buffer';"],
    [
      'a public entry in the speech node',
      'speech-node/src/a.ts',
      "import { b } from 'lingua-scheduler/node';",
    ],
  ])('[PRJ12] %s is allowed', (_what, path, line) => {
    expect(found(path, line)).toEqual([]);
  });

  it.each([
    ['src/core/a.ts', '../runtime/a.ts', 'leaves its layer by a relative path'],
    ['src/gateway/a.ts', '../core/a.ts', 'leaves its layer by a relative path'],
    ['src/core/a.ts', '#core/b.ts', 'imports its own layer as #core/b.ts'],
    ['src/core/a.ts', 'node:fs', 'layer core must not import node:fs'],
    ['src/protocol/a.ts', 'typebox-like', 'layer protocol must not import typebox-like'],
    ['src/client/a.ts', '#codec/a.ts', 'layer client must not import layer codec'],
    ['src/node/a.ts', '#core/a.ts', 'layer node must not import layer core'],
    ['src/server/a.ts', 'lingua-scheduler/client', 'imports the package that it is part of'],
    ['speech-node/src/a.ts', 'lingua-scheduler/testing', 'the speech node speaks the node protocol only'],
    ['speech-node/src/a.ts', '../../src/node/mod.ts', 'speech-node must not reach into the tree'],
    ['examples/a.ts', '#client/mod.ts', 'examples must use the public entries'],
  ])('[PRJ12] in %s an import of %s is found', (path, specifier, message) => {
    expect(found(path, `import { x } from '${specifier}';`).join()).toContain(message);
  });

  it('[PRJ12] the place of the import is told', () => {
    const file = plant('src/core/a.ts', 'const x = 1;', "import { a } from '#http/a.ts';");
    expect(places(layerFindings([file]))).toEqual(['src/core/a.ts:2']);
  });

  it('[PRJ12] a folder that the table does not know is found', () => {
    expect(found('src/helpers/a.ts')).toEqual(['is in no layer that the table knows']);
  });

  it('[PRJ24] seeing no code is a finding', () => {
    expect(layerFindings([plant('README.md')])).toHaveLength(1);
  });
});

describe('references of the compiler', () => {
  const config = (layer: string, references: readonly string[]) =>
    plant(
      `src/${layer}/tsconfig.json`,
      JSON.stringify({ references: references.map((name) => ({ path: `../${name}` })) }),
    );
  const all = () => Object.entries(LAYERS).map(([layer, below]) => config(layer, below));

  it('[PRJ12] are those of the table, in any order', () => {
    expect(referenceFindings(all())).toEqual([]);
  });

  it('[PRJ12] one too many is found', () => {
    const others = all().filter(({ path }) => path !== 'src/client/tsconfig.json');
    expect(messages(referenceFindings([...others, config('client', ['protocol', 'core'])]))).toEqual([
      'references core, protocol; the table says protocol',
    ]);
  });

  it('[PRJ12] a layer without a tsconfig.json is found', () => {
    const others = all().filter(({ path }) => path !== 'src/client/tsconfig.json');
    expect(messages(referenceFindings(others))).toEqual(['has no tsconfig.json of its own']);
  });

  it('[PRJ24] seeing no tsconfig.json is a finding', () => {
    expect(messages(referenceFindings([]))[0]).toContain('saw no file');
  });
});
