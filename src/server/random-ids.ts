import { randomBytes, randomUUID } from 'node:crypto';
import type { IdSource } from '#protocol/ids.ts';

const ID_BYTES = 16;

/** Ids that nobody can guess: 128 random bits each. */
export const randomIds: IdSource = {
  next: () => randomBytes(ID_BYTES).toString('hex').toUpperCase(),
  uuid: () => randomUUID(),
};
