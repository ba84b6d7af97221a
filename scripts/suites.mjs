/**
 * The test suites. Shape: one entry per suite, run one after another by `scripts/test.mjs`; `vitest.config.ts` makes
 * each a project. `budgetSeconds` is wall time, over which the suite fails; the sum stays within 15 minutes.
 * `isSerial`: one file at a time, where files would fight over the cores.
 */
export const SUITES = [
  {
    name: 'unit',
    folders: [
      'test/protocol',
      'test/codec',
      'test/core',
      'test/runtime',
      'test/contract',
      'test/gateway',
      'test/http',
      'test/server',
      'test/client',
      'test/node',
      'test/testing',
      'test/cli',
      'test/load',
    ],
    budgetSeconds: 180,
  },
  { name: 'tidy', folders: ['test/tidy/rules', 'test/tidy/tree'], budgetSeconds: 60 },
  { name: 'setup', folders: ['test/tidy/setup'], budgetSeconds: 90 },
  { name: 'sim', folders: ['test/sim'], budgetSeconds: 240 },
  { name: 'e2e', folders: ['test/e2e'], budgetSeconds: 150, isSerial: true },
  { name: 'speech', folders: ['test/speech'], budgetSeconds: 150, isSerial: true },
];

/** Folders above that need not exist yet. Once one does, its name goes from here, and its absence is an error. */
export const MAY_BE_ABSENT = [];
