import { cpus } from 'node:os';
import { type Contest, hold } from './alternate.ts';
import { decodeContests, encodeContests, keptWireContests } from './contests.ts';

/**
 * What decoding and encoding cost, against the obvious way, side by side:
 * `node --conditions=source bench/codec/main.ts [rounds]`.
 */
const ROUNDS = Number(process.argv[2] ?? 7);

const report = (title: string, contests: readonly Contest[]): void => {
  console.log(`\n| ${title} | baseline µs | ours µs | ratio |\n| --- | --- | --- | --- |`);
  for (const contest of contests) {
    const { baselineUs, oursUs, ratio } = hold(contest, ROUNDS);
    console.log(
      `| ${contest.name} | ${baselineUs.toFixed(2)} | ${oursUs.toFixed(2)} | ${ratio.toFixed(2)} |`,
    );
  }
};

const [cpu] = cpus();
console.log(`Node ${process.version}, ${cpus().length} x ${cpu?.model.trim() ?? 'unknown processor'}`);
console.log(`CPU time a call, medians of ${ROUNDS} alternated rounds; ratio = baseline / ours.`);
report('decode; baseline: JSON.parse of the whole frame', decodeContests);
report('encode; baseline: JSON.stringify of the whole message', encodeContests);
report('encode; baseline: joined from base64 kept by the chunks', keptWireContests);
