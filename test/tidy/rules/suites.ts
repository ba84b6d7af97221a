import { type Finding, isTest, nothingSeen, type SourceFile } from './source.ts';

export interface Suite {
  readonly name: string;
  readonly folders: readonly string[];
  readonly budgetSeconds: number;
}

const BUDGET_SECONDS_MAX = 15 * 60;

/** Each test belongs to exactly one suite, or it would never run, or run twice; all suites together keep to the time. */
export function suiteFindings(files: readonly SourceFile[], suites: readonly Suite[]): Finding[] {
  const tests = files.filter(isTest);
  const findings = tests.flatMap(({ path }) => {
    const homes = suites.filter(({ folders }) => folders.some((folder) => path.startsWith(`${folder}/`)));
    if (homes.length === 1) return [];
    const where = homes.length === 0 ? 'no suite' : homes.map(({ name }) => name).join(' and ');
    return [{ path, line: 1, message: `belongs to ${where} (scripts/suites.mjs)` }];
  });
  const budget = suites.reduce((sum, { budgetSeconds }) => sum + budgetSeconds, 0);
  const overlong =
    budget <= BUDGET_SECONDS_MAX
      ? []
      : [{ path: 'scripts/suites.mjs', line: 1, message: `the budgets add up to ${budget} s` }];
  return [...nothingSeen(tests, 'tests'), ...findings, ...overlong];
}
