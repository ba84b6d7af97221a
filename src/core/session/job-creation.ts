import type { JobRequest } from '../jobs/job-request.ts';
import type { SessionSettings } from '../settings.ts';
import type { Writable } from '../writable.ts';
import type { GroupContext } from './groups.ts';
import { jobIdOf } from './job-id.ts';
import { jobPriorityOf } from './priority.ts';
import type { SessionState } from './session-state.ts';
import type { SpokenUtterance } from './spoken-utterance.ts';

const WHOLE_PIPELINE = { use_asr: true, use_nmt: true, use_tts: true } as const;

/** Silence that the node appends. What was cut because it is too long goes on at once and gets none [SEG16]. */
const paddingMsOf = ({ cut, isManual }: SpokenUtterance, settings: SessionSettings): number => {
  if (cut === 'max_length') return 0;
  return isManual ? settings.paddingManualMs : settings.paddingAutoMs;
};

/** The job of an utterance: a function of what it is for, so that asking twice asks for the same [JID1]. */
export const jobRequestOf = (
  state: SessionState,
  spoken: SpokenUtterance,
  utteranceIndex: number,
  context: GroupContext | null,
): JobRequest => {
  const { tenant, sessionId, init, settings } = state;
  const { tgtLang, features, dialect } = spoken.wish;
  const paddingMs = paddingMsOf(spoken, settings);
  const request: Writable<JobRequest> = {
    jobId: jobIdOf({ tenant, sessionId, utteranceIndex, kind: 'translate', tgtLang, features }),
    sessionId,
    tenant,
    utteranceIndex,
    srcLang: spoken.wish.srcLang,
    tgtLang,
    pipeline: WHOLE_PIPELINE,
    audio: spoken.audio,
    encoding: spoken.encoding,
    sampleRateHz: spoken.sampleRateHz,
    audioMs: spoken.audioMs,
    audioStartMs: spoken.audioStartMs,
    audioBytes: spoken.audioBytes,
    cut: spoken.cut,
    cutFlags: settings.cutFlags,
    traceId: spoken.wish.traceId,
    priority: jobPriorityOf(state.priority),
  };
  if (dialect !== undefined) request.dialect = dialect;
  if (features !== undefined) request.features = features;
  if (init.mode !== undefined) request.mode = init.mode;
  if (init.lang_a !== undefined) request.langA = init.lang_a;
  if (init.lang_b !== undefined) request.langB = init.lang_b;
  if (init.auto_langs !== undefined) request.autoLangs = init.auto_langs;
  if (paddingMs > 0) request.paddingMs = paddingMs;
  if (context !== null) {
    request.groupId = context.groupId;
    request.contextText = context.text;
    // The number in its group is known only when nothing before it is still open.
    if (state.results.slots.size === 0) request.partIndex = context.partIndex;
  }
  return request;
};
