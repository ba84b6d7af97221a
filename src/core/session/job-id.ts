import { asJobId, type JobId, type SessionId } from '#protocol/ids.ts';
import type { FeatureFlags } from '#protocol/shapes.ts';
import { murmur128 } from './murmur128.ts';

/** What a job is for. The same things make the same job, on every instance [JID1]. */
export interface JobIdentity {
  readonly tenant: string;
  readonly sessionId: SessionId;
  readonly utteranceIndex: number;
  /** What is done with the utterance. */
  readonly kind: 'translate';
  readonly tgtLang: string;
  readonly features?: FeatureFlags | undefined;
}

/** Wishes that are on, in one order; off and absent are the same wish. */
const featureNames = (features: FeatureFlags | undefined): readonly string[] =>
  features === undefined
    ? []
    : Object.entries(features)
        .flatMap(([name, isOn]) => (isOn === true ? [name] : []))
        .sort();

/** Each part is preceded by its length, so that no two different lists read the same. */
const canonical = (parts: readonly string[]): string => {
  let text = '';
  for (const part of parts) text += `${part.length}:${part}`;
  return text;
};

/** shape: `job-` and 32 upper-case hex digits. */
export const jobIdOf = (identity: JobIdentity): JobId => {
  const { tenant, sessionId, utteranceIndex, kind, tgtLang, features } = identity;
  const text = canonical([
    tenant,
    sessionId,
    String(utteranceIndex),
    kind,
    tgtLang,
    ...featureNames(features),
  ]);
  return asJobId(`job-${murmur128(text)}`);
};
