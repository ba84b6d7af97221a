import { expect, test } from 'vitest';
import type { MissingReason } from '#protocol/reasons.ts';
import { SessionWorld } from './session-world.ts';
import { speech } from './speech.ts';

const failing = (
  capabilities: readonly string[],
  reason: MissingReason,
  errorCode?: string,
  wasSent = true,
) => {
  const world = new SessionWorld({ init: { capabilities } });
  const { jobId } = world.say(speech(1000));
  world.clearRecord();
  const named = errorCode === undefined ? {} : { errorCode };
  world.endJob(jobId, { kind: 'missing', reason, wasSent, ...named, times: world.times() });
  return world;
};

test.each([
  ['no_capacity', undefined, false, 'NO_CAPACITY', true],
  ['timeout', undefined, true, 'JOB_TIMEOUT', true],
  ['order_timeout', undefined, true, 'JOB_TIMEOUT', true],
  ['node_failed', 'TTS_TIMEOUT', true, 'TTS_TIMEOUT', true],
  ['node_failed', 'OUT_OF_TEA', true, 'OUT_OF_TEA', true],
  ['node_failed', undefined, true, 'PROCESSING_ERROR', true],
  ['node_failed', undefined, false, 'NODE_UNAVAILABLE', true],
  ['rejected', 'TOO_LONG', true, 'TOO_LONG', false],
  ['rejected', undefined, true, 'INVALID_AUDIO', false],
  ['shed', undefined, false, 'AUDIO_SHED', true],
  ['session_closed', undefined, true, 'SESSION_CLOSED', false],
] as const)('[SES68] %s (%s, sent %s) is told as %s', (reason, errorCode, wasSent, code, retryable) => {
  const world = failing(['errors'], reason, errorCode, wasSent);
  expect(world.sent.map(({ type }) => type)).toEqual(['ui_event', 'error', 'missing_result']);
  expect(world.sentOf('error')).toEqual([
    {
      type: 'error',
      code,
      message: expect.any(String),
      trace_id: 'trace-1',
      utterance_index: 0,
      retryable,
    },
  ]);
});

test('[SES68] [SES18] silence is no error, and a client that did not ask hears of none', () => {
  expect(failing(['errors'], 'silence').sentOf('error')).toEqual([]);
  expect(failing([], 'timeout').sentOf('error')).toEqual([]);
  expect(failing(['partials'], 'node_failed').sentOf('error')).toEqual([]);
});
