import type { Finding, SourceFile } from './source.ts';

/** A file that exists only for a rule to look at. */
export const plant = (path: string, ...lines: readonly string[]): SourceFile => ({
  path,
  text: `${lines.join('\n')}\n`,
});

/** `path:line`, for the places that a rule found. */
export const places = (findings: readonly Finding[]): string[] =>
  findings.map(({ path, line }) => `${path}:${line}`);

export const messages = (findings: readonly Finding[]): string[] => findings.map(({ message }) => message);
