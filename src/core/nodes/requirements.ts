import type { AudioEncoding } from '#protocol/audio.ts';
import type { NodeId } from '#protocol/ids.ts';
import type { FeatureFlags, Pipeline } from '#protocol/shapes.ts';
import type { JobRequest } from '../jobs/job-request.ts';
import { languageKey } from './languages.ts';
import { type ServiceMask, serviceBit } from './service-mask.ts';

/** What any node must be able to do for a job, whoever asks. One index of nodes exists per demand. */
export interface Demand {
  /** The demand as text; equal keys are equal demands. */
  readonly key: string;
  /** Normalised language keys. */
  readonly src: string;
  readonly tgt: string;
  readonly services: ServiceMask;
  /** Flags the node must have said it supports, as bits of `NODE_FLAGS`. */
  readonly flags: number;
  readonly format: AudioEncoding;
  /** The node must take audio that is still being spoken, and tell what it understands of it. */
  readonly isOpen: boolean;
}

/** What a job needs of its node. */
export interface Requirement extends Demand {
  readonly tenant: string;
  /** Chosen before any other node that fits; the one exception to the tenant rule [SEL13]. */
  readonly pairedNodeId: NodeId | null;
  /** Jobs with equal group keys are served by the same nodes. */
  readonly groupKey: string;
}

/** The tenant of whoever has none. Its jobs do not open nodes that decline public jobs. Source: small print 36. */
export const DEFAULT_TENANT = 'default';

/**
 * Wishes that a node must have declared in `features_supported`. `speaker_identification` is not among them: it is
 * the service type tone, which agents report by service. Source: real-clients case 11 [SEL11].
 */
const NODE_FLAGS = [
  'emotion_detection',
  'voice_style_detection',
  'speech_rate_detection',
  'speech_rate_control',
  'persona_adaptation',
] as const satisfies readonly (keyof FeatureFlags)[];

export const flagMask = (flags: FeatureFlags | undefined): number =>
  NODE_FLAGS.reduce((mask, name, bit) => (flags?.[name] === true ? mask | (1 << bit) : mask), 0);

const servicesOf = (pipeline: Pipeline, features: FeatureFlags | undefined): ServiceMask =>
  (pipeline.use_asr ? serviceBit('asr') : 0) |
  (pipeline.use_nmt ? serviceBit('nmt') : 0) |
  (pipeline.use_tts ? serviceBit('tts') : 0) |
  (pipeline.use_tone === true || features?.speaker_identification === true ? serviceBit('tone') : 0);

export const requirementOf = (
  request: Pick<
    JobRequest,
    'srcLang' | 'tgtLang' | 'pipeline' | 'features' | 'encoding' | 'tenant' | 'pairedNodeId'
  >,
): Requirement => {
  const src = languageKey(request.srcLang);
  const tgt = languageKey(request.tgtLang);
  const services = servicesOf(request.pipeline, request.features);
  const flags = flagMask(request.features);
  const key = `${src}>${tgt}/${services}/${flags}/${request.encoding}`;
  const { tenant } = request;
  const pairedNodeId = request.pairedNodeId ?? null;
  // The length keeps a tenant's own text from reading like another tenant with a paired node.
  const groupKey = `${key}/${tenant.length}:${tenant}/${pairedNodeId ?? ''}`;
  return {
    key,
    src,
    tgt,
    services,
    flags,
    format: request.encoding,
    tenant,
    pairedNodeId,
    groupKey,
    isOpen: false,
  };
};

/** The same job while its audio is still being spoken [CAP2]. */
export const whileOpen = (requirement: Requirement): Requirement => ({
  ...requirement,
  key: `${requirement.key}/open`,
  groupKey: `${requirement.groupKey}/open`,
  isOpen: true,
});
