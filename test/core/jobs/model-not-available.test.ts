import { describe, expect, it } from 'vitest';
import { missingModelCounts, missingServiceOf } from '#core/jobs/model-not-available.ts';
import type { JobError } from '#protocol/node-agent-messages.ts';

const error = (details: unknown, code = 'MODEL_NOT_AVAILABLE'): JobError =>
  ({ code, message: 'no', details }) as JobError;
const labelsOf = (of: JobError | undefined) =>
  missingModelCounts(of).map((effect) => (effect.kind === 'count' ? Object.values(effect.labels ?? {}) : []));

describe('a node without a model', () => {
  it.each([
    ['not_found', 'not_found'],
    ['NOT_FOUND', 'not_found'],
    [' oom ', 'oom'],
    ['', 'unknown'],
    [7, 'unknown'],
    ['not running', 'raw:not running'],
    ['x'.repeat(100), `raw:${'x'.repeat(64)}`],
  ])('[JOB80] the reason %j counts as %s', (reason, expected) => {
    expect(labelsOf(error({ service_id: 'piper-tts', reason }))).toEqual([[], ['piper-tts'], [expected]]);
  });

  it('[JOB80] details in any form are taken, another failure is not counted', () => {
    for (const details of [undefined, null, 'piper-tts', [], { service_id: 5 }]) {
      expect(labelsOf(error(details))).toEqual([[], ['unknown'], ['unknown']]);
      expect(missingServiceOf(error(details))).toBeNull();
    }
    expect(missingServiceOf(error({ service_id: 'piper-tts' }))).toBe('piper-tts');
    expect(labelsOf(error({ service_id: 'piper-tts' }, 'PROCESSING_ERROR'))).toEqual([]);
    expect(labelsOf(undefined)).toEqual([]);
  });
});
