/** A source of chance: uniform in [0, 1). Given as an argument, so that a seed replays a whole process. */
export type Chance = () => number;

/** A small seeded generator (32-bit state per step, 2^32 streams): the simulator's and the tests' chance. */
export function seededChance(seed: number): Chance {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 0x1_0000_0000;
  };
}
