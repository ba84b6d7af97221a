import type { AudioEncoding } from '#protocol/audio.ts';
import type { NodeRecord } from './node.ts';

/** Nodes are connected and none of them takes audio of this form. While there is no node at all, one may yet come. */
export const isUnservedFormat = (nodes: Iterable<NodeRecord>, encoding: AudioEncoding): boolean => {
  let hasNode = false;
  for (const { connectionId, declared } of nodes) {
    if (connectionId === null) continue;
    if (declared.formats.includes(encoding)) return false;
    hasNode = true;
  }
  return hasNode;
};
