import { hold, sidesOf } from '../harness/alternate.ts';
import type { Figure } from '../harness/figure.ts';
import { decodeContests, keptWireContests } from './contests.ts';

/** What decoding costs against the obvious way, and encoding against keeping the base64 of the chunks. */
export const codecFigures = (rounds: number): readonly Figure[] =>
  [
    ['decode, against JSON.parse of the whole frame', decodeContests] as const,
    ['encode, against joining base64 kept by the chunks', keptWireContests] as const,
  ].flatMap(([what, contests]) =>
    contests.map((contest) => {
      const outcome = hold(contest, rounds);
      return {
        id: '',
        what: `${what}: ${contest.name}`,
        ratio: outcome.ratio,
        better: 'more' as const,
        floor: null,
        goal: null,
        detail: sidesOf(outcome),
      };
    }),
  );
