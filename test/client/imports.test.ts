import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const SRC = resolve(import.meta.dirname, '../../src');

/** Modules that a file still imports once its types are gone. */
const runtimeImportsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/^(?:import|export) (?!type\b)[^;]*?from '([^']+)'/gm)].map(
    ([, name]) => name ?? '',
  );

test('[SDK14] at run time the client is its own files and a few of the protocol', () => {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const name of runtimeImportsOf(file)) {
      if (name.startsWith('#protocol/')) visit(join(SRC, name.slice(1)));
      else {
        expect(name, `${file} imports ${name}`).toMatch(/^\.\.?\//);
        visit(resolve(dirname(file), name));
      }
    }
  };
  visit(join(SRC, 'client/mod.ts'));
  const own = readdirSync(join(SRC, 'client')).filter((name) => name.endsWith('.ts'));
  expect(seen.size).toBeGreaterThan(own.length / 2);
  const foreign = [...seen].filter((file) => !file.startsWith(join(SRC, 'client')));
  expect(foreign.map((file) => file.slice(SRC.length + 1))).toEqual(['protocol/close-codes.ts']);
});
