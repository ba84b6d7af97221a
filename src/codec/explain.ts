import type { TLocalizedValidationError } from 'typebox/error';
import { INTEGER_MAX } from '#protocol/limits.ts';
import type { SchemaView } from './schema-view.ts';

export interface Explanation {
  readonly field: string;
  readonly expected: string;
}

/**
 * Turns the first error of a failed check into one field and one expectation in plain words. Everything it says
 * comes from the schema: keys of maps become `*`, values never appear [PRO3].
 */
export const explain = (schema: SchemaView, errors: readonly TLocalizedValidationError[]): Explanation => {
  const [first] = errors;
  if (!first) return { field: 'frame', expected: 'a message of its type' };
  const names = first.instancePath.split('/').slice(1);
  const missing = first.keyword === 'required' ? first.params.requiredProperties[0] : undefined;
  if (missing !== undefined) names.push(missing);

  const path: string[] = [];
  let at: SchemaView | undefined = schema;
  for (const name of names) {
    const isNamed = at?.properties !== undefined || at?.type === 'array';
    path.push(isNamed ? name : '*');
    at = at?.properties?.[name] ?? at?.items ?? at?.additionalProperties;
  }
  return { field: path.join('.') || 'frame', expected: expectationOf(at ?? {}, first.keyword) };
};

const expectationOf = (schema: SchemaView, keyword: string): string => {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return `one of ${schema.enum.join(', ')}`;
  if (schema.not) return 'any JSON but null';
  switch (schema.type) {
    case 'integer':
      return `an integer${rangeOf(schema, keyword)}`;
    case 'number':
      return `a number${rangeOf(schema, keyword)}`;
    case 'string':
      return keyword === 'maxLength' ? `a string of at most ${schema.maxLength} characters` : 'a string';
    case 'boolean':
      return 'true or false';
    case 'array':
      return keyword === 'maxItems' ? `a list of at most ${schema.maxItems} entries` : 'a list';
    case 'object':
      return 'an object';
    default:
      return 'any JSON';
  }
};

/** The upper bound is named where it matters: where it was crossed, or where the range is small. */
const rangeOf = ({ minimum, maximum }: SchemaView, keyword: string): string => {
  if (maximum !== undefined && (keyword === 'maximum' || maximum < 1_000_000))
    return ` from ${minimum} to ${maximum}`;
  return minimum === undefined || minimum === -INTEGER_MAX ? '' : ` of ${minimum} or more`;
};
