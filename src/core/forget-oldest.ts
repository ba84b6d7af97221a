/** How far a map may grow beyond its bound before it is cut back. */
const PORTION = 256;

/**
 * Keeps the newest `keptMax` entries of a map at least, and at most `PORTION` more. In portions, because a map remembers
 * the places of what was deleted at its front: to find the oldest after each single deletion is to walk over thousands.
 */
export const forgetOldest = (map: Map<unknown, unknown>, keptMax: number): void => {
  if (map.size <= keptMax + PORTION) return;
  let left = map.size - keptMax;
  for (const key of map.keys()) {
    if (left === 0) return;
    map.delete(key);
    left -= 1;
  }
};
