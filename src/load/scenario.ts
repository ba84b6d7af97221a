import { type Static, Type } from 'typebox';
import { checkedTable, type Relation, readTable } from './table.ts';

const range = (what: string, minimum: number, maximum: number, from: number, to: number) =>
  Type.Object(
    {
      min: Type.Number({ minimum, maximum, default: from }),
      max: Type.Number({ minimum, maximum, default: to }),
    },
    { additionalProperties: false, default: {}, description: what },
  );

const SpeechSchema = Type.Object(
  {
    encoding: Type.Enum(['opus', 'pcm16'], { default: 'opus' }),
    src_lang: Type.String({ minLength: 1, maxLength: 35, default: 'zh' }),
    tgt_lang: Type.String({ minLength: 1, maxLength: 35, default: 'en' }),
    chunk_ms: Type.Integer({ minimum: 20, maximum: 5000, multipleOf: 20, default: 100 }),
    utterance_ms: range('Length of a sentence.', 100, 60_000, 1000, 4000),
    // What comes within the hangover of a final belongs to its sentence (200 ms): people pause longer.
    pause_ms: range('Silence between two sentences.', 250, 60_000, 500, 2000),
    real_time: Type.Boolean({
      default: true,
      description: 'False: a sentence is sent at once, and its length only counts.',
    }),
  },
  { additionalProperties: false, default: {} },
);

/** What people do: the one format of `lingua load`, `lingua sim --scenario` and tests. units: ms, s and shares from 0 to 1. */
export const ScenarioSchema = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 64 }),
    description: Type.String({ maxLength: 400, default: '' }),
    seed: Type.Integer({ minimum: 0, maximum: 4_294_967_295, default: 1 }),
    duration_s: Type.Number({ minimum: 1, maximum: 86_400, default: 30 }),
    sessions: Type.Integer({ minimum: 1, maximum: 10_000, default: 4 }),
    ramp_s: Type.Number({
      minimum: 0,
      maximum: 3600,
      default: 1,
      description: 'Sessions open spread over so long.',
    }),
    close_share: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 1,
      description: 'Sessions that say goodbye at the end; the others just go, after their last result.',
    }),
    cuts_per_minute: Type.Number({
      minimum: 0,
      maximum: 60,
      default: 0,
      description: 'How often each session loses its socket and comes back.',
    }),
    speech: SpeechSchema,
  },
  { additionalProperties: false },
);
export type Scenario = Static<typeof ScenarioSchema>;

const RELATIONS: readonly Relation<Scenario>[] = (['utterance_ms', 'pause_ms'] as const).map((name) => ({
  fields: [`speech.${name}`],
  faultOf: ({ speech: { [name]: range } }) =>
    range.min <= range.max
      ? null
      : { field: `speech.${name}`, text: `min must be at most max (${range.max})` },
}));

/** errors: `TableError`, naming every field that is wrong, and its limit. */
export const readScenario = (text: string, what: string): Scenario =>
  readTable(text, ScenarioSchema, what, RELATIONS);

/** A scenario of which some things are wished otherwise. errors: as `readScenario`, for the wishes too. */
export const scenarioWith = (scenario: Scenario, wishes: Partial<Scenario>, what: string): Scenario =>
  checkedTable({ ...scenario, ...wishes }, ScenarioSchema, what, RELATIONS);
