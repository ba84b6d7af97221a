import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { median } from '../harness/median.ts';
import { failoverMs } from './failover.ts';
import { fairness } from './fairness.ts';
import { badDay } from './fault-mix.ts';

/** `npm run figures [-- --seeds N] [--write]`: the five numbers that tell a scheduler's worth. */
const argv = process.argv.slice(2);
const seedsAt = argv.indexOf('--seeds');
const seeds = seedsAt < 0 ? 300 : Number(argv[seedsAt + 1]);
const FAILOVER_ROUNDS = 9;

const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;

const day = await badDay(seeds);
const failover = await failoverMs(FAILOVER_ROUNDS);
const fair = fairness();
const rows = [
  [
    'from the submission of a job to its assignment, under the standard fault mix',
    `p50 ${ms(day.queued.p50Ms)}, p99 ${ms(day.queued.p99Ms)} (${day.queued.count} jobs)`,
  ],
  [
    'from the death of a node to the next attempt of its jobs, simulated',
    `p50 ${ms(day.redispatch.p50Ms)}, p99 ${ms(day.redispatch.p99Ms)} (${day.redispatch.count} attempts)`,
  ],
  [
    'the same over real sockets, until the job is at the other node',
    `median ${ms(median(failover))}, at most ${ms(Math.max(...failover))} (${failover.length} deaths)`,
  ],
  [
    'fairness: p99 of the queue of a tenant beside one that asks for 100 times as much, against alone',
    `${ms(fair.besideMs)} against ${ms(fair.aloneMs)}; a place comes free every ${ms(fair.placeEveryMs)} there`,
  ],
  ['nodes that held more jobs than they can', '0, checked after every step of every seed'],
  [
    'results lost, twice or out of order',
    `${day.brokenSeeds.length === 0 ? '0' : `in ${day.brokenSeeds.length} seeds`} of ${day.outcomes} outcomes in ${day.seeds} seeds`,
  ],
  [
    'sentences given up for the order',
    `${day.givenUp} of ${day.outcomes}; ${day.hedges} second attempts beside the first`,
  ],
] as const;
const text = [
  '| figure | value |',
  '| --- | --- |',
  ...rows.map(([what, value]) => `| ${what} | ${value} |`),
].join('\n');
console.log(text);

if (argv.includes('--write')) {
  const page = fileURLToPath(new URL('../../docs/performance.md', import.meta.url));
  const [before = '', , after = ''] = readFileSync(page, 'utf8').split(/<!-- figures(?: end)? -->\n/);
  writeFileSync(page, `${before}<!-- figures -->\n${text}\n<!-- figures end -->\n${after}`);
}
process.exit(day.brokenSeeds.length === 0 ? 0 : 1);
