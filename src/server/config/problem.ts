/** One thing that is wrong with a configuration. */
export interface Problem {
  /** Dotted path of the key, or the name of the source when it cannot be read at all. */
  readonly key: string;
  readonly text: string;
  /** Where it was set: file, environment variable or option; null for relations between values. */
  readonly where: string | null;
}

/** Everything that is wrong, at once: nobody should have to start five times to find five mistakes [CFG3]. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(['The configuration cannot be used:', ...problems.map(lineOf)].join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

const lineOf = ({ key, text, where }: Problem): string =>
  `  ${key}: ${text}${where === null ? '' : ` (${where})`}`;
