import { type Static, Type } from 'typebox';
import type { JobRecord } from '#core/jobs/job-history.ts';
import type { Runtime } from '#runtime/contract.ts';
import { type ApiRoute, found, NOTHING, refused, route } from './route.ts';
import { Ms, wholeMs } from './units.ts';

/** One utterance in one language, from its submission on: what happened, when, on which node and why. */
const JobSchema = Type.Object({
  job_id: Type.String(),
  session_id: Type.String(),
  trace_id: Type.String(),
  tenant: Type.String(),
  utterance_index: Type.Integer({ minimum: 0 }),
  src_lang: Type.String(),
  tgt_lang: Type.String(),
  audio_ms: Ms(),
  priority: Type.Integer({ minimum: 0, maximum: 4 }),
  submitted_at_ms: Ms('Epoch.'),
  outcome: Type.Union([Type.String(), Type.Null()], {
    description: '`result`, `silence`, or why it is missing; null while the job is open.',
  }),
  timeline: Type.Array(
    Type.Object({
      after_ms: Ms('Since the submission.'),
      what: Type.String(),
      attempt_id: Type.Optional(Type.Integer({ minimum: 1 })),
      node_id: Type.Optional(Type.String()),
      why: Type.Optional(
        Type.String({ description: 'What the attempt is for: first, failover, hedge, retry.' }),
      ),
      reason: Type.Optional(Type.String({ description: 'A word of ours, or a code of the node.' })),
    }),
  ),
  left_out: Type.Integer({ minimum: 0, description: 'Moments beyond the bound that were only counted.' }),
});

const jobView = (record: JobRecord): Static<typeof JobSchema> => ({
  job_id: record.jobId,
  session_id: record.sessionId,
  trace_id: record.traceId,
  tenant: record.tenant,
  utterance_index: record.utteranceIndex,
  src_lang: record.srcLang,
  tgt_lang: record.tgtLang,
  audio_ms: wholeMs(record.audioMs),
  priority: record.priority,
  submitted_at_ms: wholeMs(record.submittedWallMs),
  outcome: record.outcome,
  timeline: record.moments.map(({ afterMs, what, attemptId, nodeId, why, reason }) => ({
    after_ms: wholeMs(afterMs),
    what,
    ...(attemptId === undefined ? {} : { attempt_id: attemptId }),
    ...(nodeId === undefined ? {} : { node_id: nodeId }),
    ...(why === undefined ? {} : { why }),
    ...(reason === undefined ? {} : { reason }),
  })),
  left_out: record.leftOut,
});

/** `/api/v1/jobs/ID`: why an utterance took so long, or has no translation. */
export const jobRoutes = (runtime: Runtime): readonly ApiRoute[] => [
  route({
    method: 'GET',
    path: '/api/v1/jobs/:job_id',
    summary: 'What happened to one job, open or ended lately, with reasons.',
    access: 'admin',
    params: Type.Object({ job_id: Type.String({ minLength: 1, maxLength: 256 }) }),
    query: NOTHING,
    answer: JobSchema,
    refusals: ['NOT_FOUND'],
    handle: ({ params }) => {
      const record = runtime.view.job(params.job_id);
      return record === null
        ? refused('NOT_FOUND', 'No job has this id, or it ended long ago.')
        : found(jobView(record));
    },
  }),
];
