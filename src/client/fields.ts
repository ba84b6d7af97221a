/** Fields of a message that nobody has checked: absent, null and of the wrong kind all read as null. */
export type Fields = Readonly<Record<string, unknown>>;

export const parseFields = (text: string): Fields | null => {
  try {
    return asFields(JSON.parse(text));
  } catch {
    return null;
  }
};

export const asFields = (value: unknown): Fields | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
export const stringOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);
export const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null);
export const flagOf = (value: unknown): boolean | null => (typeof value === 'boolean' ? value : null);
/** Index or running number. */
export const countOf = (value: unknown): number | null =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : null;
export const stringsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
