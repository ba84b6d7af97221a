import { hold, sidesOf } from '../harness/alternate.ts';
import type { Figure } from '../harness/figure.ts';
import { encodeContests } from './contests.ts';

/** What encoding costs, against `JSON.stringify` of the whole message, its audio included. */
export const encodeFigures = (rounds: number): readonly Figure[] =>
  encodeContests.map(({ floor, goal, ...contest }) => {
    const outcome = hold(contest, rounds);
    const what = `encode, against JSON.stringify of the whole message: ${contest.name}`;
    return { id: '', what, ratio: outcome.ratio, better: 'more', floor, goal, detail: sidesOf(outcome) };
  });
