import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';
import { SUITES } from './scripts/suites.mjs';

/**
 * Suites are projects, run apart so that each has its own time budget (scripts/test.mjs) and `npm run check` can take
 * the fast ones. The condition `source` makes `#layer/file.ts` the source itself: no build is needed.
 */
export default defineConfig({
  resolve: { conditions: ['source', ...defaultServerConditions] },
  ssr: { resolve: { conditions: ['source', ...defaultServerConditions] } },
  test: {
    passWithNoTests: false,
    allowOnly: false,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: 'forks',
    execArgv: ['--conditions=source', '--disable-warning=ExperimentalWarning'],
    projects: SUITES.map(({ name, folders }) => ({
      extends: true,
      test: { name, include: folders.map((folder) => `${folder}/**/*.test.ts`) },
    })),
  },
});
