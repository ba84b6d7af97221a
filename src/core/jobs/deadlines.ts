import { expectedMs, type Speed } from '../nodes/speed.ts';
import type { DispatchSettings } from '../settings.ts';

type Limits = Pick<
  DispatchSettings,
  'attemptFloorMs' | 'attemptCeilingMs' | 'unsampledBaseMs' | 'jobTimeoutMs'
>;

/** What an attempt may take beyond what it is expected to. */
const PATIENCE = 3;
const UNSAMPLED_MS_PER_AUDIO_MS = 2;

/**
 * Signs of life come every 2 s, and two missed ones are a hang: the second is overdue by half a period. The third is then
 * still to come. Source: extensions 1 [JOB44].
 */
export const PROGRESS_SILENCE_MS = 5000;

const clamp = (value: number, floor: number, ceiling: number): number =>
  Math.min(ceiling, Math.max(floor, value));

/**
 * How long an attempt may take on that node, from the moment it is sent. By the node's own speed once enough was
 * seen of it, else by the length of the audio; a configured limit caps both, even below the floor [JOB14].
 */
export const attemptDeadlineMs = (speed: Speed, audioMs: number, limits: Limits): number => {
  const expected = expectedMs(speed, audioMs);
  const deadlineMs =
    expected === null
      ? clamp(
          limits.unsampledBaseMs + UNSAMPLED_MS_PER_AUDIO_MS * audioMs,
          limits.unsampledBaseMs,
          limits.attemptCeilingMs,
        )
      : clamp(PATIENCE * expected, limits.attemptFloorMs, limits.attemptCeilingMs);
  return limits.jobTimeoutMs === null ? deadlineMs : Math.min(deadlineMs, limits.jobTimeoutMs);
};
