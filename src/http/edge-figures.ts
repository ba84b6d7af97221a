import type { EdgeFigures } from './gauges.ts';
import { type Breathe, inSlices } from './slices.ts';

/** One open socket as a scrape sees it. */
export interface SocketFigures {
  readonly side: 'session' | 'node';
  /** Bytes that its peer has not read yet. */
  readonly waitingBytes: number;
}

/** Counts sockets without holding the loop, however many there are [GAT56]. */
export const edgeFiguresOf = async (
  sockets: Iterable<SocketFigures>,
  breathe: Breathe,
): Promise<Omit<EdgeFigures, 'loopLagMs'>> => {
  const figures = { session: 0, node: 0, outboundBytes: 0 };
  await inSlices(sockets, breathe, ({ side, waitingBytes }) => {
    figures[side] += 1;
    figures.outboundBytes += waitingBytes;
  });
  return figures;
};
