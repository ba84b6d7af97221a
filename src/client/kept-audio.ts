/** A stretch of audio with its place in the conversation. Kept raw, so that it can be sent again. */
export interface AudioRecord {
  readonly kind: 'audio';
  /** From 0, without gaps, over all sessions of the conversation. */
  readonly seq: number;
  readonly bytes: Uint8Array;
  readonly durationMs: number;
  /** Where it begins in everything that was ever recorded here, milliseconds. */
  readonly startMs: number;
  readonly isFinal: boolean;
}

/** Up to which chunk, and to which offset of its own count, a server has come. */
export interface SyncPoint {
  readonly seq: number;
  readonly ms: number;
}

/** A server tells whole milliseconds, chunks may last fractions. */
const ROUNDING_MS = 1;

/**
 * Where each record ends in the server's count of milliseconds. That count holds only what has reached it, so it is
 * reckoned from the last point that the server has named; of `records` none may be missing around it.
 */
const serverEndsMs = (records: readonly AudioRecord[], sync: SyncPoint): readonly number[] => {
  const beforeMs = records.reduce((sum, { seq, durationMs }) => sum + (seq <= sync.seq ? durationMs : 0), 0);
  let endMs = sync.ms - beforeMs;
  return records.map(({ durationMs }) => {
    endMs += durationMs;
    return endMs;
  });
};

/** How many of the first records lie before `coveredMs`: their outcomes are here, nobody needs them any more [SDK66]. */
export const coveredCount = (
  records: readonly AudioRecord[],
  sync: SyncPoint,
  coveredMs: number,
): { readonly count: number; readonly sync: SyncPoint } => {
  const endsMs = serverEndsMs(records, sync);
  const firstOpen = endsMs.findIndex((endMs) => endMs > coveredMs + ROUNDING_MS);
  const count = firstOpen < 0 ? records.length : firstOpen;
  return { count, sync: syncWithout(records, endsMs, count, sync) };
};

/** The sync point once the first `count` records are forgotten: never one that lies before what is kept. */
const syncWithout = (
  records: readonly AudioRecord[],
  endsMs: readonly number[],
  count: number,
  sync: SyncPoint,
): SyncPoint => {
  const last = records[count - 1];
  const endMs = endsMs[count - 1];
  if (last === undefined || endMs === undefined || last.seq <= sync.seq) return sync;
  return { seq: last.seq, ms: endMs };
};

/** The same when the first records are forgotten for another reason. */
export const syncAfterForgetting = (
  records: readonly AudioRecord[],
  sync: SyncPoint,
  count: number,
): SyncPoint => syncWithout(records, serverEndsMs(records, sync), count, sync);
