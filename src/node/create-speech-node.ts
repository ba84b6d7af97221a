import { ConnectedNode } from './connected-node.ts';
import type { SpeechNode } from './speech-node.ts';
import { SDK_NODE_FEATURES, type SpeechNodeOptions } from './speech-node-options.ts';

/** A node that offers speech services to a scheduler. Nothing happens before `start`. */
export const createSpeechNode = (options: SpeechNodeOptions): SpeechNode => {
  if (!Number.isInteger(options.capacity) || options.capacity < 1)
    throw new RangeError('capacity: expected an integer of 1 or more');
  const known: readonly string[] = SDK_NODE_FEATURES;
  const foreign = options.registration.advanced_features?.find((feature) => !known.includes(feature));
  // A promise that nobody keeps would make the node look hung.
  if (foreign !== undefined)
    throw new RangeError(`advanced_features: expected one of ${known.join(', ')}, got ${foreign}`);
  return new ConnectedNode(options);
};
