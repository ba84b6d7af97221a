import { type KeyView, rootView } from '#server/config/keys.ts';
import { reasonWithoutEffect } from '#server/config/without-effect.ts';

const HEAD = `# Every key of the Lingua Scheduler with its meaning, range and default. All of them may be left out.
#
#   npx lingua serve --config FILE              this file
#   LINGUA_SERVER__PORT=5011 npx lingua serve   the environment: LINGUA_, then the path with __ between its names
#   npx lingua serve --set server.port=5011     one value; wins over environment and file
#
# Unknown keys and wrong values are errors. Keys of the existing scheduler keep their names; those that do nothing here
# say so in the log, once, when they are set to something else. This file is made from the schema (src/server/config).
`;

const tomlOf = (value: unknown): string => JSON.stringify(value);

const rangeOf = ({ minimum, maximum, enum: words, type }: KeyView): string => {
  if (words !== undefined) return ` One of ${words.join(', ')}.`;
  return type === 'boolean' || minimum === undefined ? '' : ` From ${minimum} to ${maximum}.`;
};

const effectOf = (path: string): string => {
  const reason = reasonWithoutEffect(path);
  return reason === null ? '' : ` WITHOUT EFFECT: ${reason}.`;
};

const sectionOf = (table: KeyView, names: readonly string[]): readonly string[] => {
  const lines: string[] = [];
  const subTables: string[] = [];
  const required = new Set(table.required);
  for (const [name, view] of Object.entries(table.properties ?? {})) {
    if (view.properties !== undefined) {
      subTables.push(...sectionOf(view, [...names, name]));
      continue;
    }
    const isSet = required.has(name);
    lines.push(
      `# ${view.description}${rangeOf(view)}${isSet ? '' : ' Not set by default.'}${effectOf([...names, name].join('.'))}`,
    );
    lines.push(isSet ? `${name} = ${tomlOf(view.default)}` : `# ${name} = ${tomlOf(view.default)}`);
  }
  const title =
    names.length === 0
      ? []
      : ['', `# ${table.description}`, ...(lines.length > 0 ? [`[${names.join('.')}]`] : [])];
  return [...title, ...lines, ...subTables];
};

/** `config.example.toml` as it has to be. */
export const exampleText = (): string => `${HEAD}${sectionOf(rootView, []).join('\n')}\n`;
