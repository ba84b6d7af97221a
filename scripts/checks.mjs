import { runTool } from './setup.mjs';

/** Everything that judges the tree without running it. */
export const CHECKS = {
  types: { what: 'types (tsc)', tool: 'tsc', args: ['-b'] },
  lint: { what: 'format and lint (biome)', tool: 'biome', args: ['check', '--diagnostic-level=warn', '.'] },
  promises: { what: 'promises (oxlint)', tool: 'oxlint', args: ['--type-aware', '--deny-warnings'] },
  unused: { what: 'unused code and dependencies (knip)', tool: 'knip', args: ['--no-progress'] },
};

/** Runs one check. Shape: `{ what, isOk, elapsedMs, output }`. */
export async function runCheck({ what, tool, args }) {
  const { code, elapsedMs, output } = await runTool(tool, args);
  return { what, isOk: code === 0, elapsedMs, output };
}
