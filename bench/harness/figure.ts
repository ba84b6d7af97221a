/** A part that this machine cannot measure; the message says what to do about it. */
export class NotMeasuredError extends Error {}

/** One measured number against what is wanted of it. */
export interface Figure {
  /** As in the goals: P1, P3b; empty where there is no goal. */
  readonly id: string;
  readonly what: string;
  /** A ratio, taken within each round; the median of the rounds. */
  readonly ratio: number;
  /** `more`: the ratio must be at least the floor. `less`: at most. */
  readonly better: 'more' | 'less';
  readonly floor: number | null;
  readonly goal: number | null;
  /** The two sides in words: `12.1 µs against 0.41 µs`. */
  readonly detail: string;
}

export const isUnderFloor = ({ ratio, better, floor }: Figure): boolean => {
  if (floor === null) return false;
  // What could not be measured has not reached anything.
  if (!Number.isFinite(ratio)) return true;
  return better === 'more' ? ratio < floor : ratio > floor;
};

const reachesGoal = ({ ratio, better, goal }: Figure): boolean =>
  goal !== null && (better === 'more' ? ratio >= goal : ratio <= goal);

const word = (figure: Figure): string => {
  if (figure.floor === null) return '';
  if (isUnderFloor(figure)) return 'UNDER THE FLOOR';
  return reachesGoal(figure) ? 'goal' : 'floor';
};

const shown = (value: number | null): string => {
  if (value === null) return '';
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
};

/** A table for people and for docs/performance.md. */
export const figureTable = (figures: readonly Figure[]): string =>
  [
    '| | what | ratio | floor | goal | reached | measured |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...figures.map((figure) => {
      const { id, what, ratio, floor, goal, detail } = figure;
      return `| ${id} | ${what} | ${shown(ratio)} | ${shown(floor)} | ${shown(goal)} | ${word(figure)} | ${detail} |`;
    }),
  ].join('\n');
