import type { AudioEncoding, AudioPiece } from '#protocol/audio.ts';
import type { JobId, NodeId, SessionId } from '#protocol/ids.ts';
import type { FeatureFlags, Pipeline } from '#protocol/shapes.ts';

/** Why an utterance ended. `utterance` = it came whole in one message. */
export type CutReason = 'manual' | 'pause' | 'gap' | 'max_duration' | 'max_length' | 'close' | 'utterance';

/**
 * One utterance in one target language, as the session asks for it. Immutable; the audio is shared by reference and
 * freed when the job ends.
 */
export interface JobRequest {
  readonly jobId: JobId;
  readonly sessionId: SessionId;
  readonly tenant: string;
  readonly utteranceIndex: number;
  readonly srcLang: string;
  readonly tgtLang: string;
  readonly dialect?: string;
  readonly features?: FeatureFlags;
  readonly pipeline: Pipeline;
  readonly mode?: string;
  readonly langA?: string;
  readonly langB?: string;
  readonly autoLangs?: readonly string[];
  readonly audio: readonly AudioPiece[];
  readonly encoding: AudioEncoding;
  readonly sampleRateHz: number;
  readonly audioMs: number;
  /** Where it begins in what was accepted of its speaker, ms. */
  readonly audioStartMs: number;
  readonly audioBytes: number;
  readonly cut: CutReason;
  /** Silence the node appends before recognising. */
  readonly paddingMs?: number;
  readonly cutFlags: 'manual' | 'exact';
  readonly traceId: string;
  readonly groupId?: string;
  readonly partIndex?: number;
  /** Earlier text of the group; sent only to nodes with a granted feature [JOB12]. */
  readonly contextText?: string;
  /** 0 (first) to 4 (last). */
  readonly priority: number;
  readonly pairedNodeId?: NodeId;
}
