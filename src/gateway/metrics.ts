import type { DecodeNote } from '#codec/decoded.ts';
import type { Labels } from '#core/metrics.ts';

/**
 * Everything the edges count, by name, beside `core/metrics.ts`. Label values are our own words, never a peer's, so
 * that their number is bounded.
 */
export const GATEWAY_COUNTERS = {
  connections_opened_total: { help: 'Sockets accepted', labels: ['side'] },
  connections_closed_total: { help: 'Sockets that ended', labels: ['side'] },
  connections_closed_by_us_total: { help: 'Sockets that we closed, by close code', labels: ['side', 'code'] },
  upgrades_refused_total: { help: 'Upgrades refused', labels: ['reason'] },
  peers_turned_away_total: {
    help: 'Sockets closed because of what they showed or did not show: UNAUTHENTICATED or FORBIDDEN',
    labels: ['side', 'code'],
  },
  frames_received_total: { help: 'Frames received', labels: ['side'] },
  frame_bytes_received_total: { help: 'Bytes of frames received', labels: ['side'] },
  frames_sent_total: { help: 'Frames handed to sockets', labels: ['side'] },
  frame_bytes_sent_total: { help: 'Bytes handed to sockets', labels: ['side'] },
  frames_malformed_total: { help: 'Frames that were no valid message', labels: ['side'] },
  frames_ignored_total: {
    help: 'Frames ignored: unknown_type, wrong_direction or binary',
    labels: ['side', 'reason'],
  },
  frames_tolerated_total: { help: 'Oddities put right while decoding', labels: ['side', 'kind'] },
  messages_held_dropped_total: {
    help: 'Room messages before session_init dropped: late, too_many or no_session',
    labels: ['reason'],
  },
  sessions_replaced_total: { help: 'Sessions ended by a second session_init on their socket', labels: [] },
  sessions_refused_total: {
    help: 'Sessions not opened or resumed: full, draining or resume_expired',
    labels: ['reason'],
  },
  reading_paused_total: { help: 'Times a socket was read more slowly', labels: ['side'] },
  slow_readers_total: { help: 'Sockets closed because they were not read', labels: ['side'] },
} as const;

export type GatewayCounterName = keyof typeof GATEWAY_COUNTERS;

export interface GatewayMeter {
  count(name: GatewayCounterName, by: number, labels?: Labels): void;
  /** One counter of a family, found once and for all: for what is counted with every frame. */
  tally(name: GatewayCounterName, labels: Labels): Tally;
}

export interface Tally {
  /** `by`: 0 or more. */
  add(by: number): void;
}

export const countNotes = (
  meter: GatewayMeter,
  side: 'session' | 'node',
  notes: readonly DecodeNote[],
): void => {
  for (const { what } of notes) meter.count('frames_tolerated_total', 1, { side, kind: what });
};

/** Whether something that happens often is worth another line of the log: the 1st, 2nd, 4th, 8th … time. */
export const isPowerOfTwo = (count: number): boolean => (count & (count - 1)) === 0;
