/**
 * What the core needs to know of the configuration, in its own units (ms, bytes, counts). `server/config.ts` fills
 * it from TOML, environment and `--set`; the defaults here are the documented ones.
 */
export interface SessionSettings {
  readonly pauseMs: number;
  /** 0 = no limit by duration. */
  readonly maxDurationMs: number;
  readonly hangoverAutoMs: number;
  readonly hangoverManualMs: number;
  readonly paddingAutoMs: number;
  readonly paddingManualMs: number;
  /** Silence kept in front of speech. */
  readonly leadingSilenceMs: number;
  readonly utteranceMaxBytes: number;
  /** A later result waits at most this long for an earlier one [I2]. */
  readonly holdMs: number;
  readonly closeWaitMs: number;
  /** How long a session survives its lost socket, for clients that ask for it; 0 = never. */
  readonly resumeWindowMs: number;
  /** Outcomes kept for such a client until it has them; above it the oldest lose their speech, then their texts. */
  readonly outboxBytesMax: number;
  /** Outcomes that are on their way to the client at once; one larger than that goes alone. */
  readonly portionBytesMax: number;
  readonly groupWindowMs: number;
  readonly groupPartsMax: number;
  readonly contextCharsMax: number;
  /** Results and jobs of one session that may be open at once. */
  readonly openUtterancesMax: number;
  /** A jump in the index of `utterance` messages waits this long for the lower ones. */
  readonly utteranceJumpWaitMs: number;
  /** `manual`: every cut sets `is_manual_cut`; `exact`: the reference's flags. */
  readonly cutFlags: 'manual' | 'exact';
}

export interface DispatchSettings {
  readonly pendingTimeoutMs: number;
  /** Attempts after the first. */
  readonly failoverMaxAttempts: number;
  /** Caps every attempt deadline when set. */
  readonly jobTimeoutMs: number | null;
  readonly attemptFloorMs: number;
  readonly attemptCeilingMs: number;
  readonly unsampledBaseMs: number;
  readonly ackTimeoutMs: number;
  readonly offerTimeoutMs: number;
  readonly sendCancel: boolean;
  readonly zombieMaxMs: number;
  /** How long a hung attempt keeps its slot on a node that lives. Source: small print 43. */
  readonly hangZombieMs: number;
  readonly takeoverGraceMs: number;
  readonly waitingJobsMax: number;
  readonly jobClaimTtlMs: number;
  readonly maxConcurrentJobsPerNode: number;
  /** Percent; nodes above it rank last, three readings in a row exclude (fail-open). */
  readonly resourceThresholdPercent: number;
  readonly requireGpu: boolean;
  /** A session's next job avoids the node of its last one for `spreadWindowMs`; else it rather stays there. */
  readonly isSpread: boolean;
  readonly spreadWindowMs: number;
  /** How long a node is not asked for a service that it said it lacks, at first. */
  readonly unavailableTtlMs: number;
  readonly heartbeatTimeoutMs: number;
  readonly healthCheckCount: number;
  readonly warmupTimeoutMs: number;
  readonly statusScanMs: number;
  readonly consecutiveFailuresMax: number;
  readonly refusedCloseMinMs: number;
  readonly refusedCloseMaxMs: number;
  readonly takeoversPerMinute: number;
  /** A node that is gone is forgotten after this long. */
  readonly goneNodeMs: number;
}

export const defaultSessionSettings: SessionSettings = Object.freeze({
  pauseMs: 3000,
  maxDurationMs: 20_000,
  hangoverAutoMs: 150,
  hangoverManualMs: 200,
  paddingAutoMs: 220,
  paddingManualMs: 280,
  leadingSilenceMs: 300,
  utteranceMaxBytes: 1024 * 1024,
  holdMs: 10_000,
  closeWaitMs: 10_000,
  resumeWindowMs: 120_000,
  outboxBytesMax: 2 * 1024 * 1024,
  portionBytesMax: 256 * 1024,
  groupWindowMs: 2000,
  groupPartsMax: 8,
  contextCharsMax: 800,
  openUtterancesMax: 200,
  utteranceJumpWaitMs: 300,
  cutFlags: 'manual',
});

export const defaultDispatchSettings: DispatchSettings = Object.freeze({
  pendingTimeoutMs: 10_000,
  failoverMaxAttempts: 3,
  jobTimeoutMs: null,
  attemptFloorMs: 4000,
  attemptCeilingMs: 60_000,
  unsampledBaseMs: 15_000,
  ackTimeoutMs: 3000,
  offerTimeoutMs: 1000,
  sendCancel: true,
  zombieMaxMs: 60_000,
  hangZombieMs: 15_000,
  takeoverGraceMs: 5000,
  waitingJobsMax: 1000,
  jobClaimTtlMs: 300_000,
  maxConcurrentJobsPerNode: 4,
  resourceThresholdPercent: 85,
  requireGpu: true,
  isSpread: false,
  spreadWindowMs: 30_000,
  unavailableTtlMs: 60_000,
  heartbeatTimeoutMs: 45_000,
  healthCheckCount: 1,
  warmupTimeoutMs: 60_000,
  statusScanMs: 5000,
  consecutiveFailuresMax: 3,
  refusedCloseMinMs: 30_000,
  refusedCloseMaxMs: 60_000,
  takeoversPerMinute: 5,
  goneNodeMs: 600_000,
});
