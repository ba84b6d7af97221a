import { type TSchema, Type } from 'typebox';
import { type Breathe, inSlices } from '../slices.ts';

const LIMIT_MAX = 500;
const LIMIT_DEFAULT = 100;

/** How lists are asked for: so many, after the last one of the page before. */
export const PAGE_QUERY = {
  limit: Type.Integer({ minimum: 1, maximum: LIMIT_MAX, default: LIMIT_DEFAULT }),
  after: Type.Optional(
    Type.String({ minLength: 1, maxLength: 256, description: '`next` of the page before.' }),
  ),
} as const;

export interface PageWish {
  readonly limit: number;
  readonly after?: string;
}

/** One page of a list in the order in which its entries came to be. */
export interface Page<Entry> {
  readonly entries: readonly Entry[];
  /** How many there are in all that were asked for. */
  readonly total: number;
  /** What to ask for next; null at the end. */
  readonly next: string | null;
}

export const pageFields = {
  total: Type.Integer({ minimum: 0, description: 'How many there are in all that were asked for.' }),
  next: Type.Union([Type.String(), Type.Null()], {
    description: 'Ask again with this as `after`; null at the end.',
  }),
} as const;

export const listSchema = <Name extends string, Entry extends TSchema>(name: Name, entry: Entry) =>
  Type.Object({ [name]: Type.Array(entry), ...pageFields } as Record<
    Name,
    ReturnType<typeof Type.Array<Entry>>
  > &
    typeof pageFields);

/** Said where `takePage` gives null: an empty page would look like the end of the list. */
export const CURSOR_GONE = 'querystring/after: no such entry any more; ask for the list from its beginning';

/** Walks all of them in slices, so that no list holds the loop [HTT51]. Null: `after` is not among them (any more). */
export const takePage = async <Item, Entry>(
  items: Iterable<Item>,
  { limit, after }: PageWish,
  how: {
    readonly breathe: Breathe;
    readonly idOf: (item: Item) => string;
    readonly isWanted: (item: Item) => boolean;
    readonly entryOf: (item: Item) => Entry;
  },
): Promise<Page<Entry> | null> => {
  const entries: Entry[] = [];
  let last: string | null = null;
  let total = 0;
  let hasMore = false;
  let isPast = after === undefined;
  await inSlices(items, how.breathe, (item) => {
    if (!how.isWanted(item)) {
      // A cursor may have stopped to be wanted since; it still says where to go on.
      isPast ||= how.idOf(item) === after;
      return;
    }
    total += 1;
    if (!isPast) isPast = how.idOf(item) === after;
    else if (entries.length < limit) {
      entries.push(how.entryOf(item));
      last = how.idOf(item);
    } else hasMore = true;
  });
  return isPast ? { entries, total, next: hasMore ? last : null } : null;
};
