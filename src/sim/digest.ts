/** Everything a value holds, as text: maps and sets in full, bytes by their number only. Values have no circles. */
export const digestOf = (value: unknown): string => {
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' ? `"${value}"` : `${value}`;
  // Before anything else: a buffer would spell itself out, byte by byte.
  if (value instanceof Uint8Array) return `${value.byteLength}B`;
  if (value instanceof Map)
    return `{${[...value].map(([key, part]) => `${digestOf(key)}:${digestOf(part)}`)}}`;
  if (value instanceof Set || Array.isArray(value)) return `[${[...value].map(digestOf)}]`;
  let text = '{';
  for (const [key, part] of Object.entries(value)) text += `${key}:${digestOf(part)},`;
  return `${text}}`;
};
