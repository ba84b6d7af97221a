import { INTEGER_MAX, JSON_DEPTH_MAX } from '#protocol/limits.ts';
import type { DecodeNote } from './decoded.ts';
import type { SchemaView } from './schema-view.ts';

/** What a shaping run has to say beside its result. */
export interface ShapeLog {
  notes: DecodeNote[] | null;
  fault: { readonly field: string; readonly expected: string } | null;
}

/** Null stands for "leave the value as it is". */
export type Shaper = ((value: unknown, log: ShapeLog) => unknown) | null;

const DROPPED = Symbol('dropped');
/** A message may be odd in thousands of places; the first few tell the story. */
const NOTES_COUNT_MAX = 16;

const note = (log: ShapeLog, field: string, what: DecodeNote['what']): void => {
  log.notes ??= [];
  if (log.notes.length < NOTES_COUNT_MAX) log.notes.push({ field, what });
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Makes the function that brings parsed JSON into the form of `schema` before it is checked: fields that the
 * schema does not name are left behind, nulls of optional fields and map values vanish [PRO4], and the tolerance
 * annotations are obeyed [PRO5]. What does not fit is passed on unchanged, so that the check names it.
 */
export const compileShaper = (schema: SchemaView, path = ''): Shaper => {
  if (schema['x-json']) return shapeJson(path);
  if (schema.enum && schema['x-unknown'] !== undefined) return shapeOpenEnum(schema, path);
  if (schema['x-rounding']) return shapeRounded(schema['x-rounding'], path);
  if (schema.type === 'object') return schema.properties ? shapeObject(schema, path) : shapeMap;
  if (schema.type === 'array' && schema.items) return shapeList(schema, schema.items, `${path}.*`);
  return null;
};

const shapeObject = (schema: SchemaView, path: string): Shaper => {
  const required = new Set(schema.required);
  const fields = Object.entries(schema.properties ?? {}).map(([name, field]) => ({
    name,
    isOptional: !required.has(name),
    shape: compileShaper(field, path === '' ? name : `${path}.${name}`),
  }));
  return (value, log) => {
    if (!isObject(value)) return value;
    const shaped: Record<string, unknown> = {};
    for (const { name, isOptional, shape } of fields) {
      const given = value[name];
      if (given === undefined || (given === null && isOptional)) continue;
      const result = shape === null ? given : shape(given, log);
      if (result !== DROPPED) shaped[name] = result;
    }
    return shaped;
  };
};

const shapeMap = (value: unknown): unknown => {
  if (!isObject(value)) return value;
  const shaped: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(value)) {
    // Assigning to `__proto__` would not make a key of that name.
    if (entry !== null && key !== '__proto__') shaped[key] = entry;
  }
  return shaped;
};

const shapeList = (schema: SchemaView, items: SchemaView, path: string): Shaper => {
  const shape = compileShaper(items, path);
  const closedEnums = schema['x-skip-unknown']
    ? Object.entries(items.properties ?? {}).flatMap(([name, field]) =>
        field.enum ? [{ name, values: new Set(field.enum) }] : [],
      )
    : [];
  if (shape === null) return null;
  const { maxItems = Number.POSITIVE_INFINITY } = schema;
  return (value, log) => {
    // A list that is too long is refused as it is: no work before the check.
    if (!Array.isArray(value) || value.length > maxItems) return value;
    const shaped: unknown[] = [];
    for (const entry of value as readonly unknown[]) {
      const unknown = closedEnums.find(
        ({ name, values }) => isObject(entry) && typeof entry[name] === 'string' && !values.has(entry[name]),
      );
      if (unknown) note(log, `${path}.${unknown.name}`, 'entry_skipped');
      else shaped.push(shape(entry, log));
    }
    return shaped;
  };
};

const shapeRounded =
  (mode: 'nearest' | 'down', path: string): Shaper =>
  (value, log) => {
    if (typeof value !== 'number' || Number.isInteger(value) || Math.abs(value) > INTEGER_MAX) return value;
    note(log, path, 'rounded');
    // Adding zero turns the -0 of a small negative fraction into 0.
    return (mode === 'down' ? Math.floor(value) : Math.round(value)) + 0;
  };

const shapeOpenEnum = (schema: SchemaView, path: string): Shaper => {
  const values = new Set(schema.enum);
  const fallback = schema['x-unknown'];
  return (value, log) => {
    if (typeof value !== 'string' || values.has(value)) return value;
    note(log, path, 'value_unknown');
    return fallback === 'drop' ? DROPPED : fallback;
  };
};

const shapeJson =
  (path: string): Shaper =>
  (value, log) => {
    if (!isShallow(value, JSON_DEPTH_MAX)) {
      log.fault ??= { field: path, expected: `JSON of at most ${JSON_DEPTH_MAX} levels` };
    }
    return value;
  };

/** Deep JSON parses without harm, but writing it out again recurses and would overflow the stack [PRO6]. */
const isShallow = (value: unknown, levelsLeft: number): boolean => {
  if (typeof value !== 'object' || value === null) return true;
  if (levelsLeft === 0) return false;
  return Object.values(value).every((entry) => isShallow(entry, levelsLeft - 1));
};
