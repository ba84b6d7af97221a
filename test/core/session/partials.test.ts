import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { partialTextOf } from '#core/jobs/partial-text.ts';
import { CAPTION_CHARS_MAX, type Caption, nextCaption } from '#core/session/caption.ts';
import type { NodeAsrPartial } from '#protocol/node-agent-messages.ts';
import { SessionWorld } from './session-world.ts';
import { speech } from './speech.ts';

const listening = () => {
  const world = new SessionWorld({ init: { capabilities: ['partials'] } });
  const { jobId } = world.say(speech(1000));
  world.clearRecord();
  return { world, jobId };
};

const message = (fields: Partial<NodeAsrPartial>): NodeAsrPartial => ({
  type: 'asr_partial',
  job_id: 'job-1',
  node_id: 'node-1',
  session_id: 's-1',
  utterance_index: 0,
  text: 'one two',
  is_final: false,
  trace_id: 'trace-1',
  ...fields,
});

describe('what a node tells', () => {
  test('[SES60] a node that tells nothing apart settles all with its final text', () => {
    expect(partialTextOf(message({}), 1)).toMatchObject({
      revision: null,
      settled: '',
      tentative: 'one two',
    });
    expect(partialTextOf(message({ is_final: true }), 1)).toMatchObject({
      settled: 'one two',
      tentative: '',
    });
  });

  test('[SES60] a node that tells apart is believed, and its final text is settled', () => {
    const told = message({ settled: 'one', tentative: ' two', revision: 4 });
    expect(partialTextOf(told, 3)).toEqual({
      attemptId: 3,
      revision: 4,
      text: 'one two',
      settled: 'one',
      tentative: ' two',
      isFinal: false,
    });
    expect(partialTextOf({ ...told, is_final: true }, 3)).toMatchObject({
      settled: 'one two',
      tentative: '',
    });
    expect(partialTextOf(message({ settled: 'one' }), 3)).toMatchObject({ settled: 'one', tentative: '' });
  });
});

describe('what a listener sees', () => {
  test('[SES60] job, revision, settled and tentative text, and then the event', () => {
    const { world, jobId } = listening();
    world.partial(jobId, 'one tw', { settled: 'one', tentative: ' tw', revision: 7 });
    expect(world.sent).toMatchObject([
      {
        type: 'asr_partial',
        utterance_index: 0,
        job_id: jobId,
        text: 'one tw',
        is_final: false,
        revision: 1,
        settled: 'one',
        tentative: ' tw',
      },
      { type: 'ui_event', event: 'ASR_PARTIAL', job_id: '' },
    ]);
  });

  test('[SES60] a client that asked for nothing sees the words of the reference', () => {
    const world = new SessionWorld();
    const { jobId } = world.say(speech(1000));
    world.clearRecord();
    world.partial(jobId, 'one', { settled: 'one', tentative: '', revision: 1 });
    world.partial(jobId, 'other', { revision: 1 });
    expect(world.sentOf('asr_partial')).toEqual(
      ['one', 'other'].map((text) => ({
        type: 'asr_partial',
        session_id: 's-1',
        utterance_index: 0,
        job_id: '',
        text,
        is_final: false,
        trace_id: 'trace-1',
      })),
    );
  });

  test('[SES61] what contradicts settled text, comes out of order or after the final text is dropped', () => {
    const { world, jobId } = listening();
    world.partial(jobId, '', { settled: 'one two', tentative: ' tree', revision: 5 });
    world.partial(jobId, '', { settled: 'won', tentative: ' two', revision: 6 });
    world.partial(jobId, '', { settled: 'one two', tentative: ' three', revision: 5 });
    world.partial(jobId, '', { settled: 'one', tentative: ' two three', revision: 7 });
    world.partial(jobId, '', { settled: 'one two three', tentative: '', revision: 8, isFinal: true });
    world.partial(jobId, '', { settled: 'one two three four', tentative: '', revision: 9 });
    expect(world.sentOf('asr_partial')).toMatchObject([
      { revision: 1, settled: 'one two', tentative: ' tree' },
      { revision: 2, settled: 'one two', tentative: ' three' },
      { revision: 3, settled: 'one two three', tentative: '', is_final: true },
    ]);
    expect(world.count('messages_ignored_total{asr_partial}')).toBe(3);
  });

  test('[SES61] text beyond the bound is not kept', () => {
    const { world, jobId } = listening();
    world.partial(jobId, 'x'.repeat(CAPTION_CHARS_MAX + 1));
    expect(world.sent).toEqual([]);
    world.partial(jobId, 'x'.repeat(CAPTION_CHARS_MAX));
    expect(world.sentOf('asr_partial')).toHaveLength(1);
  });

  test('[SES62] a later attempt takes over and the earlier one is not heard again', () => {
    const { world, jobId } = listening();
    world.partial(jobId, '', { attemptId: 1, settled: 'one', tentative: ' too', revision: 9 });
    world.partial(jobId, '', { attemptId: 2, settled: '', tentative: 'one two', revision: 1 });
    world.partial(jobId, '', { attemptId: 1, settled: 'one', tentative: ' to', revision: 10 });
    world.partial(jobId, '', { attemptId: 2, settled: 'one two', tentative: '', revision: 2 });
    expect(world.sentOf('asr_partial')).toMatchObject([
      { revision: 1, settled: 'one', tentative: ' too' },
      { revision: 2, settled: 'one', tentative: ' two' },
      { revision: 3, settled: 'one two', tentative: '' },
    ]);
  });

  test('[SES61] [SES62] whatever nodes tell, settled text only grows and revisions only rise', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 3 });
    const partial = fc.record({
      attemptId: fc.integer({ min: 1, max: 3 }),
      revision: fc.option(fc.integer({ min: 0, max: 5 })),
      text: fc.constant(''),
      settled: word,
      tentative: word,
      isFinal: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(partial, { maxLength: 12 }), (partials) => {
        let shown: Caption | null = null;
        for (const told of partials) {
          const next = nextCaption(shown, told);
          if (next === null) continue;
          assert(next.settled.startsWith(shown?.settled ?? ''));
          assert(next.revision === (shown?.revision ?? 0) + 1);
          assert(next.attemptId >= (shown?.attemptId ?? 0));
          shown = next;
        }
      }),
    );
  });
});
