import { printable } from './printable.ts';

/** One column: its head, and what it shows of a row. */
export type Column<Row> = readonly [head: string, cell: (row: Row) => string | number];

const GAP = '  ';

/** Of two columns each: what East Asian text and pictures take in a terminal. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

const widthOf = (text: string): number =>
  [...text].reduce((sum, sign) => sum + (/\p{M}/u.test(sign) ? 0 : WIDE.test(sign) ? 2 : 1), 0);

/** Rows in columns, as wide as their widest cell; numbers and their heads stand to the right. */
export const table = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string => {
  const shown = columns.map(([head, cell]) => {
    const cells = rows.map(cell);
    const isNumeric = cells.length > 0 && cells.every((value) => typeof value === 'number');
    const texts = [
      head,
      ...cells.map((value) => (typeof value === 'number' ? String(value) : printable(value))),
    ];
    const width = Math.max(...texts.map(widthOf));
    return texts.map((text, at) => {
      const gap = ' '.repeat(width - widthOf(text));
      return isNumeric || typeof cells[at - 1] === 'number' ? gap + text : text + gap;
    });
  });
  return Array.from({ length: rows.length + 1 }, (_, at) =>
    shown
      .map((column) => column[at] ?? '')
      .join(GAP)
      .trimEnd(),
  ).join('\n');
};

/** `3 s`, `4 min`, `2.5 h`: for people. */
export const forPeople = (ms: number): string => {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${(ms / 3_600_000).toFixed(1)} h`;
};
