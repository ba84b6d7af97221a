import { NODE_FRAME_BYTES_MAX, SESSION_FRAME_BYTES_MAX } from '#protocol/limits.ts';
import { between, flag, HOUR_MS, real, someCount, table, whole } from './key-kinds.ts';

export const ResultsTable = table('Results in order.', {
  hold_ms: whole(
    10_000,
    between(1000, HOUR_MS),
    'A later result waits at most so long for an earlier one, milliseconds; two thirds must fit the 4 s floor of an attempt.',
  ),
});

export const SessionTable = table('Life of a session.', {
  close_wait_ms: whole(
    10_000,
    between(0, HOUR_MS),
    'After session_close, how long open sentences are waited for, milliseconds.',
  ),
  resume_window_ms: whole(
    120_000,
    between(0, HOUR_MS),
    'How long a session survives its lost socket, for clients that ask for it, milliseconds; 0 = never.',
  ),
});

export const NodesTable = table('Which nodes are taken, and how patient we are with them.', {
  require_gpu: flag(true, 'Refuse nodes that list no GPU. false = CPU nodes are taken too.'),
  ack_timeout_ms: whole(
    3000,
    between(100, 60_000),
    'A node that acknowledges jobs must do so within this, milliseconds.',
  ),
  takeovers_per_minute: whole(
    5,
    between(1, 1000),
    'More takeovers of one node id by new sockets in a minute are refused as a conflict.',
  ),
  hang_zombie_ms: whole(
    15_000,
    between(1000, HOUR_MS),
    'A hung attempt may still run: its place on the node stays taken so long, milliseconds.',
  ),
});

const KIB = 1024;
const MIB = 1024 * KIB;

export const LimitsTable = table(
  'Bounds. At each of them something definite happens; docs/operations.md says what.',
  {
    session_max_bytes: whole(
      2 * MIB,
      between(64 * KIB, SESSION_FRAME_BYTES_MAX),
      'Largest frame of a client, bytes; a larger one closes its socket with 1009.',
    ),
    node_max_bytes: whole(
      8 * MIB,
      between(64 * KIB, NODE_FRAME_BYTES_MAX),
      'Largest frame of a node, bytes.',
    ),
    utterance_max_bytes: whole(
      MIB,
      between(16 * KIB, 64 * MIB),
      'Largest utterance, bytes of raw audio; from chunks it is cut there, as one message it is refused.',
    ),
    sessions: whole(
      10_000,
      someCount,
      'Sessions of this process; a further one is closed with 1012 and asked to come back.',
    ),
    connections: whole(
      20_000,
      someCount,
      'Open sockets of clients and nodes; a further upgrade is refused with 503 and asked to come back.',
    ),
    requests_per_s: whole(
      100,
      between(1, 1_000_000),
      'HTTP requests of one address per second, sustained, with a burst of 10 s; above it they are refused with 429.',
    ),
    mailbox: whole(
      200,
      between(10, 100_000),
      'Events that may wait for one session; above it audio is shed and the client asked to pause.',
    ),
    waiting_jobs: whole(
      1000,
      someCount,
      'Jobs that may wait for a node; a further one ends at once as no_capacity.',
    ),
    outbound_bytes: whole(
      4 * MIB,
      between(64 * KIB, 1024 * MIB),
      'Bytes that may wait for one reader; above it its socket is closed with 4011.',
    ),
    outbound_behind_ms: whole(
      10_000,
      between(1000, HOUR_MS),
      'A reader that leaves bytes unread so long is closed with 4011, milliseconds.',
    ),
    messages_per_s: whole(
      100,
      between(1, 1_000_000),
      'Messages of one client per second, sustained, with a burst of 10 s; above it its socket is read more slowly.',
    ),
    bytes_per_s: whole(256 * KIB, between(1 * KIB, 1024 * MIB), 'Bytes of one client per second, likewise.'),
    node_bytes_per_s: whole(4 * MIB, between(1 * KIB, 1024 * MIB), 'Bytes of one node per second, likewise.'),
    audio_budget_fraction: real(0.25, between(0.01, 0.9), 'Share of the memory that audio may take in all.'),
  },
);
