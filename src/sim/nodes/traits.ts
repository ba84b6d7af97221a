import type { Random } from '../random.ts';

/** What kind of node it is; plain data. */
export interface NodeTraits {
  readonly name: string;
  readonly capacity: number;
  /** Asked for in `advanced_features`; null = a legacy agent, which has no such field. */
  readonly features: readonly string[] | null;
  /** Says `job_ack` to each job. */
  readonly acknowledges: boolean;
  /** Says `job_progress` every 2 s. */
  readonly sendsProgress: boolean;
  /** May say `job_reject`. */
  readonly rejects: boolean;
  /** Refuses what it thinks it had before, as the newer agents do; the older ones ignore it. */
  readonly refusesRepeats: boolean;
  /** Answers `job_cancel`. */
  readonly answersCancel: boolean;
  /** Sends partial texts. */
  readonly sendsPartials: boolean;
  /** Has an id from its first connection on; the others are given one. */
  readonly hasOwnId: boolean;
  readonly startMs: number;
  /** Work for a second of audio. */
  readonly msPerAudioSecond: number;
  readonly reconnect: { readonly firstMs: number; readonly maxMs: number };
}

const ALL_FORMATS = ['audio:opus', 'audio:pcm16'];

/** `isGenerous`: takes every format and has room, so that a world without faults refuses nothing. */
export const drawNodeTraits = (random: Random, at: number, isGenerous: boolean): NodeTraits => {
  const isNewer = random.happens(0.4);
  const isOurs = random.happens(0.5);
  const acknowledges = isOurs && random.happens(0.7);
  const takesPcm = isGenerous || at === 0 || isOurs;
  const sendsProgress = isOurs && random.happens(0.5);
  const rejects = isOurs && random.happens(0.6);
  const takesOpenJobs = isOurs && random.happens(0.6);
  return {
    name: `node-${at}`,
    capacity: isGenerous ? random.between(2, 4) : random.between(1, 4),
    features: takesPcm
      ? [
          ...ALL_FORMATS,
          ...(acknowledges ? ['job_ack'] : []),
          ...(isOurs ? ['drain', 'partials'] : []),
          ...(sendsProgress ? ['job_progress'] : []),
          ...(rejects ? ['job_reject'] : []),
          ...(takesOpenJobs ? ['open_job'] : []),
          'mind_reading',
        ]
      : null,
    acknowledges: takesPcm && acknowledges,
    sendsProgress,
    rejects,
    refusesRepeats: isNewer,
    answersCancel: isOurs && random.happens(0.5),
    sendsPartials: random.happens(0.3),
    hasOwnId: random.happens(0.6),
    startMs: random.real(100, 500),
    msPerAudioSecond: isGenerous ? random.real(50, 250) : random.real(50, 700),
    reconnect: isNewer ? { firstMs: 5000, maxMs: 60_000 } : { firstMs: 5000, maxMs: 5000 },
  };
};
