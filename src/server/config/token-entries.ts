import { Check } from 'typebox/value';
import { PLAIN_NAME } from '#protocol/plain-name.ts';
import { Token, TokenTable } from './server-tables.ts';

const TOKEN = '16 to 256 letters, digits or any of . _ ~ + -';
const NAME = 'a text of 1 to 256 characters';
const FIELDS: Readonly<Record<keyof typeof TokenTable.properties, string>> = {
  token: TOKEN,
  tenant: NAME,
  subject: NAME,
  scopes: 'a list of at most 16 texts of 1 to 256 characters',
};

/** What is wrong with a list of tokens, entry by entry, counted from 1; nothing of it is repeated [CFG5]. */
export const wrongTokenEntries = (entries: readonly unknown[]): readonly string[] =>
  entries.flatMap((entry, at) => faultsOf(entry).map((fault) => `entry ${at + 1}: ${fault}`));

const faultsOf = (entry: unknown): readonly string[] => {
  if (typeof entry === 'string') return Check(Token, entry) ? [] : [`the token is not ${TOKEN}`];
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    return ['is neither a token nor a table with one'];
  }
  const told = new Map<string, unknown>(Object.entries(entry));
  const faults = told.has('token') ? [] : ['token is missing'];
  for (const [name, value] of told) {
    if (!Object.hasOwn(FIELDS, name)) {
      const named = PLAIN_NAME.test(name) ? name : 'such field';
      faults.push(`there is no ${named}; there is ${Object.keys(FIELDS).join(', ')}`);
      continue;
    }
    const field = name as keyof typeof FIELDS;
    if (!Check(TokenTable.properties[field], value)) faults.push(`${field} is not ${FIELDS[field]}`);
  }
  return faults;
};
