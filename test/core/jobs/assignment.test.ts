import { describe, expect, it } from 'vitest';
import { cutFlags } from '#core/jobs/assignment.ts';
import type { CutReason } from '#core/jobs/job-request.ts';
import { World } from './world.ts';

const AUTOMATIC: readonly CutReason[] = ['pause', 'gap', 'max_duration', 'max_length'];
const WANTED: readonly CutReason[] = ['manual', 'close', 'utterance'];

describe('assignment', () => {
  it.each(WANTED)('[JOB13] a cut by %s is a manual cut and nothing else', (cut) => {
    expect(cutFlags(cut, 'manual')).toEqual({ is_manual_cut: true });
  });

  it.each(AUTOMATIC)('[JOB13] a cut by %s is manual and pause, never timeout', (cut) => {
    expect(cutFlags(cut, 'manual')).toEqual({ is_manual_cut: true, is_pause_triggered: true });
  });

  it.each([
    ['manual', { is_manual_cut: true }],
    ['gap', { is_pause_triggered: true }],
    ['pause', { is_timeout_triggered: true }],
    ['max_duration', { is_timeout_triggered: true }],
    ['max_length', {}],
    ['close', {}],
    ['utterance', {}],
  ] as const)('[JOB13] in exact mode a cut by %s has the flags of the reference', (cut, flags) => {
    expect(cutFlags(cut, 'exact')).toEqual(flags);
  });

  const grouped = { groupId: 'group_s-1_5', partIndex: 2, contextText: 'earlier words', paddingMs: 280 };

  it('[JOB12] a legacy agent gets the assignment of the reference', () => {
    const world = new World();
    world.join('a');
    world.submit('1', { ...grouped, mode: 'one_way', features: {} });
    expect(world.lastAssign('a')).toStrictEqual({
      type: 'job_assign',
      job_id: 'job-1',
      attempt_id: 1,
      session_id: 's-1',
      utterance_index: 0,
      src_lang: 'zh',
      tgt_lang: 'en',
      features: {},
      pipeline: { use_asr: true, use_nmt: true, use_tts: true },
      audio: world.job('1').request.audio,
      audio_format: 'opus',
      sample_rate: 16_000,
      mode: 'one_way',
      enable_streaming_asr: true,
      partial_update_interval_ms: 1000,
      trace_id: 'trace-1',
      padding_ms: 280,
      is_manual_cut: true,
    });
  });

  it('[JOB12] [W47] a node with a granted feature gets group, context and its deadline', () => {
    const world = new World();
    world.join('a', { advanced_features: ['audio:opus'] });
    world.submit('1', { ...grouped, audioStartMs: 4217.5 });
    expect(world.lastAssign('a')).toMatchObject({
      group_id: 'group_s-1_5',
      part_index: 2,
      context_text: 'earlier words',
      deadline_ms: 19_000,
      audio_offset_ms: 4218,
    });
  });

  it('[JOB12] asking for features that are not granted leaves an agent a legacy one', () => {
    const world = new World();
    world.join('a', { advanced_features: ['batched_inference', 'multi_target'] });
    world.submit('1', grouped);
    expect(world.lastAssign('a')).not.toHaveProperty('context_text');
    expect(world.lastAssign('a')).not.toHaveProperty('audio_offset_ms');
  });
});
