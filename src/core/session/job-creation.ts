import type { JobRequest } from '../jobs/job-request.ts';
import type { SessionSettings } from '../settings.ts';
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

const given = <Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } =>
  value === undefined ? {} : ({ [key]: value } as { [K in Key]?: Value });

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
  // The number in its group is known only when nothing before it is still open.
  const isNextPart = state.results.slots.size === 0;
  return {
    jobId: jobIdOf({
      tenant,
      sessionId,
      utteranceIndex,
      kind: 'translate',
      tgtLang,
      ...given('features', features),
    }),
    sessionId,
    tenant,
    utteranceIndex,
    srcLang: spoken.wish.srcLang,
    tgtLang,
    ...given('dialect', dialect),
    ...given('features', features),
    pipeline: WHOLE_PIPELINE,
    ...given('mode', init.mode),
    ...given('langA', init.lang_a),
    ...given('langB', init.lang_b),
    ...given('autoLangs', init.auto_langs),
    audio: spoken.audio,
    encoding: spoken.encoding,
    sampleRateHz: spoken.sampleRateHz,
    audioMs: spoken.audioMs,
    audioBytes: spoken.audioBytes,
    cut: spoken.cut,
    ...(paddingMs > 0 ? { paddingMs } : {}),
    cutFlags: settings.cutFlags,
    traceId: spoken.wish.traceId,
    ...given('groupId', context?.groupId),
    ...given('partIndex', isNextPart ? context?.partIndex : undefined),
    ...given('contextText', context?.text),
    priority: jobPriorityOf(state.priority),
  };
};
