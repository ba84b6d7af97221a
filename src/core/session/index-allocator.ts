/** Client indices of `utterance` messages that are remembered, to tell a repeat from a new request. */
const SEEN_MAX = 1024;
/** Messages that wait for lower indices; one more, and the lowest waits no longer. */
const WAITING_MAX = 16;
/** Above it a client's number is no index to go on from: the wire's are 32 bits wide. */
const INDEX_FROM_CLIENT_MAX = 2 ** 31;

interface WaitingItem<Item> {
  readonly index: number;
  readonly item: Item;
  readonly dueAtMs: number;
}

/**
 * The one source of utterance indices of a session, for cuts of chunks and for `utterance` messages alike [IDX1].
 * Indices only grow, so that the order of indices is the order in which utterances were taken. `Item` is what waits.
 */
export interface IndexAllocator<Item> {
  /** The next free index. */
  next: number;
  hasTaken: boolean;
  /** Indices that `utterance` messages asked for, oldest first; bounded. */
  readonly seen: Set<number>;
  /** By index, lowest first; none of them is free to go yet. */
  waiting: readonly WaitingItem<Item>[];
}

/** An item with the index that it got. */
export interface Allotted<Item> {
  readonly index: number;
  readonly item: Item;
}

export const newIndexAllocator = <Item>(): IndexAllocator<Item> => ({
  next: 0,
  hasTaken: false,
  seen: new Set(),
  waiting: [],
});

/**
 * The first accepted chunk of a session. A page that reconnected goes on counting chunks and hides indices that it has
 * shown before, so its indices begin where its chunks do [IDX2].
 */
export const setIndexOrigin = (allocator: IndexAllocator<unknown>, firstSeq: number): void => {
  if (!allocator.hasTaken && firstSeq <= INDEX_FROM_CLIENT_MAX) {
    allocator.next = Math.max(allocator.next, firstSeq);
  }
};

/** The index of an utterance that was cut from chunks. Ask `takeAllotted` afterwards: one that waits may be free now. */
export const takeIndex = (allocator: IndexAllocator<unknown>): number => {
  const index = allocator.next;
  allocator.next += 1;
  allocator.hasTaken = true;
  return index;
};

/** Notes what an `utterance` message asked for; false when an earlier one asked for the same [IDX5]. */
export const noteRequest = (allocator: IndexAllocator<unknown>, index: number): boolean => {
  const { seen } = allocator;
  if (seen.has(index)) return false;
  seen.add(index);
  const [oldest] = seen;
  if (seen.size > SEEN_MAX && oldest !== undefined) seen.delete(oldest);
  return true;
};

/** Takes a noted message in; it comes out of `takeAllotted` at once, or when its wait is over. */
export const waitForIndex = <Item>(
  allocator: IndexAllocator<Item>,
  index: number,
  item: Item,
  dueAtMs: number,
): void => {
  const later = { index: index > INDEX_FROM_CLIENT_MAX ? allocator.next : index, item, dueAtMs };
  allocator.waiting = [...allocator.waiting, later].sort((a, b) => a.index - b.index);
};

/** Every index from the next free one up to this has been asked for, by messages that were taken or merged. */
const isReachable = ({ next, seen }: IndexAllocator<unknown>, index: number): boolean => {
  if (index - next > seen.size) return false;
  for (let lower = next; lower < index; lower += 1) if (!seen.has(lower)) return false;
  return true;
};

/** How many of the lowest must go because one of them has waited long enough, or too many wait. */
const overdueCount = ({ waiting }: IndexAllocator<unknown>, nowAtMs: number): number =>
  Math.max(waiting.findLastIndex(({ dueAtMs }) => dueAtMs <= nowAtMs) + 1, waiting.length - WAITING_MAX);

/** Messages whose wait is over, in index order, each with the index asked for or the next free one [IDX3, IDX4]. */
export const takeAllotted = <Item>(
  allocator: IndexAllocator<Item>,
  nowAtMs: number,
): readonly Allotted<Item>[] => {
  if (allocator.waiting.length === 0) return [];
  const allotted: Allotted<Item>[] = [];
  let mustGo = overdueCount(allocator, nowAtMs);
  for (const { index, item } of allocator.waiting) {
    if (mustGo <= 0 && !isReachable(allocator, index)) break;
    mustGo -= 1;
    allocator.next = Math.max(allocator.next, index);
    allotted.push({ index: takeIndex(allocator), item });
  }
  allocator.waiting = allocator.waiting.slice(allotted.length);
  return allotted;
};

/** Everything that waits, at once: the session ends. */
export const takeAllWaiting = <Item>(allocator: IndexAllocator<Item>): readonly Allotted<Item>[] =>
  takeAllotted(allocator, Number.POSITIVE_INFINITY);

/** When the wait of the first of them is over; null = nothing waits. */
export const jumpDueAtMs = ({ waiting }: IndexAllocator<unknown>): number | null =>
  waiting.length === 0 ? null : Math.min(...waiting.map(({ dueAtMs }) => dueAtMs));

/** None of them has waited long enough before that: what they wait for may be on its way, unread. */
export const postponeWaiting = <Item>(allocator: IndexAllocator<Item>, dueAtMs: number): void => {
  if (allocator.waiting.length === 0) return;
  allocator.waiting = allocator.waiting.map((waiting) => ({
    ...waiting,
    dueAtMs: Math.max(waiting.dueAtMs, dueAtMs),
  }));
};
