import { expect, it } from 'vitest';
import { dependencyFindings } from './dependencies.ts';
import { messages, plant } from './planted.ts';

const PAGE = 'docs/decisions/0001-dependencies.md';
const manifest = plant(
  'package.json',
  JSON.stringify({ dependencies: { ws: '1.0.0' }, devDependencies: { knip: '1.0.0' } }),
);

it('[PRJ10] every dependency with a line, and every line with a dependency, is in order', () => {
  const page = plant(PAGE, '| package | why |', '| --- | --- |', '| `ws`, `knip` | `JSON` is not one |');
  expect(dependencyFindings([manifest, page])).toEqual([]);
});

it('[PRJ10] a dependency without a line, and a line without a dependency, are found', () => {
  expect(messages(dependencyFindings([manifest, plant(PAGE, '| `ws` | why |', '| `left` | why |')]))).toEqual(
    [`knip has no line in ${PAGE}`, 'left is no dependency'],
  );
});

it('[PRJ24] seeing no package.json or no page is a finding', () => {
  expect(dependencyFindings([plant('src/core/a.ts')])).toHaveLength(2);
});
