import { totalmem } from 'node:os';
import { constrainedMemory } from 'node:process';

/** Memory that this process may use: the machine's, or what its container was given. */
export const availableMemoryBytes = (): number => {
  const givenBytes = constrainedMemory();
  // 0, or more than there is, where nothing was set.
  return givenBytes > 0 ? Math.min(givenBytes, totalmem()) : totalmem();
};
