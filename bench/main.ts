import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { bullmqFigures } from './bullmq/figures.ts';
import { encodeFigures } from './codec/encode-figures.ts';
import { codecFigures } from './codec/figures.ts';
import { type Figure, figureTable, isUnderFloor, NotMeasuredError } from './harness/figure.ts';
import { memoryFigures } from './memory/figures.ts';
import { pipelineFigures } from './pipeline/figures.ts';
import { selectFigures } from './select/figures.ts';
import { stepFigures } from './step/figures.ts';
import { timerFigures } from './timers/figures.ts';

/**
 * `npm run bench [-- name...] [--rounds N] [--json FILE]`: everything that is measured, or the named parts. Exit code 1
 * when a figure is under its floor, or a part could not be measured here.
 */
const PARTS: Readonly<Record<string, (rounds: number) => readonly Figure[] | Promise<readonly Figure[]>>> = {
  codec: codecFigures,
  encode: encodeFigures,
  step: stepFigures,
  select: selectFigures,
  timers: timerFigures,
  memory: memoryFigures,
  pipeline: pipelineFigures,
  bullmq: bullmqFigures,
};

const argv = process.argv.slice(2);
const optionOf = (name: string): string | undefined => {
  const at = argv.indexOf(name);
  return at < 0 ? undefined : argv.splice(at, 2)[1];
};
const rounds = Number(optionOf('--rounds') ?? 5);
const jsonFile = optionOf('--json');
const names = argv.length === 0 ? Object.keys(PARTS) : argv;
for (const name of names) {
  if (PARTS[name] === undefined) {
    console.error(`bench: there is no part "${name}"; there are ${Object.keys(PARTS).join(', ')}`);
    process.exit(1);
  }
}

const [cpu] = cpus();
const machine = `Node ${process.version}, ${cpus().length} x ${cpu?.model.trim() ?? 'unknown processor'}`;
console.log(`${machine}; CPU time, medians of ${rounds} alternated rounds`);
const figures: Figure[] = [];
const notMeasured: string[] = [];
/** The other parts go on without it. */
const measure = async (name: string): Promise<readonly Figure[]> => {
  try {
    return (await PARTS[name]?.(rounds)) ?? [];
  } catch (error) {
    if (!(error instanceof NotMeasuredError)) throw error;
    console.error(`\nbench: ${name} is not measured. ${error.message}`);
    notMeasured.push(name);
    return [];
  }
};
for (const name of names) {
  const measured = await measure(name);
  if (measured.length === 0) continue;
  console.log(`\n## ${name}\n\n${figureTable(measured)}`);
  figures.push(...measured);
}
if (jsonFile !== undefined)
  writeFileSync(jsonFile, `${JSON.stringify({ machine, rounds, figures }, null, 2)}\n`);
process.exit(notMeasured.length > 0 || figures.some(isUnderFloor) ? 1 : 0);
