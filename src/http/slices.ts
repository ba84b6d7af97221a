/** Gives the loop back for a turn. Production: setImmediate; tests count the breaths. */
export type Breathe = () => Promise<void>;

/** Items looked at before the loop is given back: well under a millisecond of work. */
export const SLICE_COUNT = 500;

/** Looks at every item without holding the loop, however many there are. What comes or goes meanwhile may be missed. */
export const inSlices = async <Item>(
  items: Iterable<Item>,
  breathe: Breathe,
  look: (item: Item) => void,
): Promise<void> => {
  let left = SLICE_COUNT;
  for (const item of items) {
    look(item);
    left -= 1;
    if (left > 0) continue;
    await breathe();
    left = SLICE_COUNT;
  }
};
