/**
 * How much each tenant was given lately, as milliseconds of speech sent to nodes. Whoever was given least is next, so that
 * tenants that want more than there is get equal strides, and one that wants little does not wait behind one that wants
 * everything. What was given fades: an old abundance is no debt, and an old thrift no right to everything [JOB50].
 */
export interface FairShares {
  /** Least lately noted first; bounded. */
  readonly given: Map<string, Given>;
}

interface Given {
  readonly audioMs: number;
  /** When that was the figure. */
  readonly atMs: number;
}

const HALF_LIFE_MS = 5000;
/** Short jobs cost a node as much as this. */
const AUDIO_MS_MIN = 1000;
/** Above it the tenant that was noted longest ago counts as new. */
export const TENANTS_MAX = 1024;

export const newFairShares = (): FairShares => ({ given: new Map() });

export const givenLately = ({ given }: FairShares, tenant: string, atMs: number): number => {
  const known = given.get(tenant);
  return known === undefined ? 0 : known.audioMs * 2 ** (-(atMs - known.atMs) / HALF_LIFE_MS);
};

const note = (shares: FairShares, tenant: string, audioMs: number, atMs: number): void => {
  const { given } = shares;
  const sumMs = Math.max(0, givenLately(shares, tenant, atMs) + audioMs);
  given.delete(tenant);
  given.set(tenant, { audioMs: sumMs, atMs });
  if (given.size <= TENANTS_MAX) return;
  const oldest = given.keys().next().value;
  if (oldest !== undefined) given.delete(oldest);
};

/** A node was offered a job of that tenant. */
export const noteGiven = (shares: FairShares, tenant: string, audioMs: number, atMs: number): void =>
  note(shares, tenant, Math.max(audioMs, AUDIO_MS_MIN), atMs);

/** It would not take it. */
export const takeBack = (shares: FairShares, tenant: string, audioMs: number, atMs: number): void =>
  note(shares, tenant, -Math.max(audioMs, AUDIO_MS_MIN), atMs);
