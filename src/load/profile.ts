import { type Static, Type } from 'typebox';
import type { Chance } from '#core/chance.ts';
import { isErrorCode } from '#protocol/errors.ts';
import { type Relation, readTable } from './table.ts';

const Ms = (fallback: number) => Type.Number({ minimum: 0, maximum: 600_000, default: fallback });
const Share = Type.Number({ minimum: 0, maximum: 1, default: 0 });

/** How long a job takes: a fixed part, a part for each second of audio, and how it scatters. */
const LatencySchema = Type.Object(
  {
    distribution: Type.Enum(['fixed', 'uniform', 'lognormal'], { default: 'lognormal' }),
    base_ms: Ms(200),
    per_audio_second_ms: Ms(100),
    spread: Type.Number({
      minimum: 0,
      maximum: 3,
      default: 0.3,
      description: 'uniform: ± this share; lognormal: its sigma (0.3 = p99 at twice the median).',
    }),
  },
  { additionalProperties: false, default: {} },
);

/** What goes wrong, each with its own share of all jobs; at most one for a job, in this order. */
const FailureSchema = Type.Object(
  {
    no_answer: Share,
    crash: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0,
      description: 'The socket is lost in the middle; the node comes back.',
    }),
    error: Share,
    error_code: Type.String({ minLength: 1, maxLength: 64, default: 'PROCESSING_ERROR' }),
    empty: Type.Number({ minimum: 0, maximum: 1, default: 0, description: 'Nothing was understood.' }),
    late: Share,
    late_factor: Type.Number({ minimum: 1, maximum: 1000, default: 10 }),
  },
  { additionalProperties: false, default: {} },
);

/** A node without engines that behaves as told: `lingua node --mock FILE`. */
export const ProfileSchema = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 64 }),
    seed: Type.Integer({ minimum: 0, maximum: 4_294_967_295, default: 1 }),
    capacity: Type.Integer({ minimum: 1, maximum: 1000, default: 4 }),
    tts_ms: Type.Number({
      minimum: 0,
      maximum: 60_000,
      default: 1000,
      description: 'Length of the spoken answer; 0 = text only.',
    }),
    language_pairs: Type.Array(
      Type.Object(
        { src: Type.String({ minLength: 1 }), tgt: Type.String({ minLength: 1 }) },
        { additionalProperties: false },
      ),
      { maxItems: 1000, default: [{ src: '*', tgt: '*' }] },
    ),
    load: Type.Object(
      {
        cpu_percent: Type.Number({ minimum: 0, maximum: 100, default: 20 }),
        gpu_percent: Type.Number({ minimum: 0, maximum: 100, default: 20 }),
        mem_percent: Type.Number({ minimum: 0, maximum: 100, default: 30 }),
      },
      { additionalProperties: false, default: {} },
    ),
    latency: LatencySchema,
    failures: FailureSchema,
  },
  { additionalProperties: false },
);
export type Profile = Static<typeof ProfileSchema>;

const FAILURES = ['no_answer', 'crash', 'error', 'empty', 'late'] as const;
/** Tenths do not add up to a whole exactly. */
const ROUNDING = 1e-9;

const RELATIONS: readonly Relation<Profile>[] = [
  {
    fields: ['failures.error_code'],
    faultOf: ({ failures: { error_code } }) =>
      isErrorCode(error_code)
        ? null
        : { field: 'failures.error_code', text: 'must be a code of docs/errors.md' },
  },
  {
    fields: FAILURES.map((failure) => `failures.${failure}`),
    faultOf: ({ failures }) =>
      FAILURES.reduce((sum, failure) => sum + failures[failure], 0) <= 1 + ROUNDING
        ? null
        : { field: 'failures', text: `${FAILURES.join(', ')} must add up to at most 1` },
  },
];

/** errors: `TableError`, naming every field that is wrong, and its limit. */
export const readProfile = (text: string, what: string): Profile =>
  readTable(text, ProfileSchema, what, RELATIONS);

/** Standard normal, by two draws. */
const normal = (chance: Chance): number =>
  Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance());

/** Time for one job, ms. `base_ms` and `per_audio_second_ms` are the median [LOD5]. */
export const latencyMs = ({ latency }: Profile, audioMs: number, chance: Chance): number => {
  const { base_ms, per_audio_second_ms, distribution, spread } = latency;
  const median = base_ms + (per_audio_second_ms * audioMs) / 1000;
  switch (distribution) {
    case 'fixed':
      return median;
    case 'uniform':
      return median * Math.max(0, 1 + spread * (2 * chance() - 1));
    case 'lognormal':
      return median * Math.exp(spread * normal(chance));
  }
};

export type Conduct = 'answer' | 'no_answer' | 'crash' | 'error' | 'empty' | 'late';

/** What becomes of one job; one draw decides, so that shares add up. */
export const conductOf = ({ failures }: Profile, chance: Chance): Conduct => {
  let left = chance();
  for (const failure of FAILURES) {
    left -= failures[failure];
    if (left < 0) return failure;
  }
  return 'answer';
};
