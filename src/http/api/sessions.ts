import { type Static, Type } from 'typebox';
import type { Now } from '#core/clock.ts';
import type { SessionState } from '#core/session/session-state.ts';
import { SESSION_CAPABILITIES } from '#protocol/capabilities.ts';
import type { Runtime } from '#runtime/contract.ts';
import type { Breathe } from '../slices.ts';
import { CURSOR_GONE, listSchema, PAGE_QUERY, takePage } from './paging.ts';
import { type ApiRoute, found, NOTHING, refused, route } from './route.ts';
import { Ms, wholeMs } from './units.ts';

/** One conversation as operators see it: what it waits for, never what is said in it. */
const SessionSchema = Type.Object({
  session_id: Type.String(),
  trace_id: Type.String(),
  tenant: Type.String(),
  phase: Type.Enum(['live', 'away', 'closing', 'draining', 'ended'], {
    description: 'away: it lost its socket, and is kept for its client.',
  }),
  src_lang: Type.String(),
  tgt_lang: Type.String(),
  mode: Type.Union([Type.String(), Type.Null()]),
  platform: Type.String(),
  capabilities: Type.Array(Type.Enum([...SESSION_CAPABILITIES]), { description: 'As granted.' }),
  audio_format: Type.String(),
  opened_at_ms: Ms('Epoch.'),
  idle_ms: Ms('Since the last message of the client.'),
  accepted_audio_ms: Ms(),
  buffered_audio_ms: Ms('Speech that no cut has ended yet.'),
  open_utterances: Type.Integer({ minimum: 0, description: 'Utterances whose job runs or waits.' }),
  held_results: Type.Integer({ minimum: 0, description: 'Results that wait for an earlier one.' }),
  delivered: Type.Integer({ minimum: 0, description: 'Outcomes delivered so far.' }),
  job_ids: Type.Array(Type.String(), { description: 'Open jobs, oldest first.' }),
});

const sessionView = (session: SessionState, now: Now): Static<typeof SessionSchema> => {
  const { init, terms, results, segmenter, outbox } = session;
  return {
    session_id: session.sessionId,
    trace_id: session.traceId,
    tenant: session.tenant,
    phase: session.away !== null && session.phase === 'live' ? 'away' : session.phase,
    src_lang: session.wish.srcLang,
    tgt_lang: session.wish.tgtLang,
    mode: init.mode ?? null,
    platform: init.platform,
    capabilities: [...terms.granted],
    audio_format: terms.encoding,
    opened_at_ms: wholeMs(session.openedWallMs),
    idle_ms: wholeMs(now.atMs - session.lastActivityAtMs),
    accepted_audio_ms: wholeMs(session.acceptedAudioMs),
    buffered_audio_ms: wholeMs(segmenter.growing?.audioMs ?? 0),
    open_utterances: results.openByJob.size,
    held_results: results.slots.size - results.openByJob.size,
    delivered: outbox.deliverySeq,
    job_ids: [...results.openByJob.keys()],
  };
};

/** `/api/v1/sessions`: who speaks, and what each conversation waits for. */
export const sessionRoutes = (runtime: Runtime, breathe: Breathe): readonly ApiRoute[] => [
  route({
    method: 'GET',
    path: '/api/v1/sessions',
    summary: 'Open sessions, oldest first.',
    access: 'admin',
    params: NOTHING,
    query: Type.Object(
      { ...PAGE_QUERY, tenant: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })) },
      { additionalProperties: false },
    ),
    answer: listSchema('sessions', SessionSchema),
    refusals: [],
    handle: async ({ query }) => {
      const now = runtime.ports.clock.now();
      const page = await takePage(runtime.view.sessions(), query, {
        breathe,
        idOf: ({ sessionId }) => sessionId,
        isWanted: ({ tenant }) => query.tenant === undefined || tenant === query.tenant,
        entryOf: (session) => sessionView(session, now),
      });
      if (page === null) return refused('INVALID_REQUEST', CURSOR_GONE);
      return found({ sessions: [...page.entries], total: page.total, next: page.next });
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/sessions/:session_id',
    summary: 'One open session.',
    access: 'admin',
    params: Type.Object({ session_id: Type.String({ minLength: 1, maxLength: 256 }) }),
    query: NOTHING,
    answer: SessionSchema,
    refusals: ['NOT_FOUND'],
    handle: ({ params }) => {
      const session = runtime.view.session(params.session_id);
      return session === null
        ? refused('NOT_FOUND', 'No open session has this id.')
        : found(sessionView(session, runtime.ports.clock.now()));
    },
  }),
];
