import { printable } from './printable.ts';

/** One column: its head, and what it shows of a row. */
export type Column<Row> = readonly [head: string, cell: (row: Row) => string | number];

const GAP = '  ';

/** Rows in columns, as wide as their widest cell; numbers stand to the right. */
export const table = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string => {
  const shown = (value: string | number): string | number =>
    typeof value === 'number' ? value : printable(value);
  const cells = rows.map((row) => columns.map(([, cell]) => shown(cell(row))));
  const widths = columns.map(([head], at) =>
    Math.max(head.length, ...cells.map((line) => String(line[at] ?? '').length)),
  );
  const line = (parts: readonly (string | number)[]): string =>
    parts
      .map((part, at) =>
        typeof part === 'number' ? String(part).padStart(widths[at] ?? 0) : part.padEnd(widths[at] ?? 0),
      )
      .join(GAP)
      .trimEnd();
  return [line(columns.map(([head]) => head)), ...cells.map(line)].join('\n');
};

/** `3 s`, `4 min`, `2.5 h`: for people. */
export const forPeople = (ms: number): string => {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${(ms / 3_600_000).toFixed(1)} h`;
};
