import { describe, expect, it } from 'vitest';
import { verdictOf } from '#core/jobs/node-results.ts';
import type { JobResult } from '#protocol/node-agent-messages.ts';
import { answer, failure, SILENT } from './words.ts';
import { running, World } from './world.ts';

describe('good results', () => {
  it('[JOB5] [I4] a result ends the job, frees the slot and reaches the session as it is', () => {
    const world = running('a');
    const message = answer('a', world.lastAssign('a'));
    world.say('a', message);
    expect(world.ends('job-1')).toMatchObject([{ kind: 'result', result: message, nodeId: 'a' }]);
    expect(world.node('a').slots.size).toBe(0);
  });

  it('[JOB5] [W23] the result of a hung attempt wins while the second runs; the second is cancelled', () => {
    const world = running('a', 'b');
    world.advance(19_000);
    expect(world.places).toEqual(['a', 'b']);
    world.answer('a');
    expect(world.ends('job-1')).toMatchObject([{ kind: 'result', nodeId: 'a' }]);
    expect(world.messages('b', 'job_cancel')).toMatchObject([{ attempt_id: 2, reason: 'superseded' }]);
    expect(world.count('attempts_ended_total hung')).toBe(1);
    expect(world.count('attempts_ended_total won')).toBe(0);
    expect(world.node('b').slots.size).toBe(1);
    world.answer('b');
    expect(world.node('b').slots.size).toBe(0);
    expect(world.count('results_dropped_total late')).toBe(1);
  });

  it('[JOB5] [I4] the first good one of two attempts side by side wins, whichever it is', () => {
    for (const winner of ['a', 'b']) {
      const world = running('a', 'b');
      world.hasten('1');
      world.answer(winner);
      expect(world.ends('job-1')).toMatchObject([{ kind: 'result', nodeId: winner }]);
    }
  });

  it('[JOB5] a result from a node that came back after its socket was lost is taken while the job is open', () => {
    const world = running('a');
    const assign = world.lastAssign('a');
    world.hangUp('a');
    world.connect('a2');
    world.say('a2', { ...registrationOf('a') });
    world.answer('a', {}, assign, 'a2');
    expect(world.end('1')).toBe('result');
  });

  it('[JOB6] [W24] after the end every further result is dropped, and says why', () => {
    const world = running('a', 'b');
    world.advance(19_000);
    const [first, second] = [world.lastAssign('a'), world.lastAssign('b')];
    world.answer('b');
    world.answer('b', {}, second);
    world.answer('a', {}, first);
    world.answer('a', {}, first);
    world.say('a', answer('a', { ...first, job_id: 'job-9' }));
    expect(world.ends('job-1')).toHaveLength(1);
    expect(world.count('results_dropped_total duplicate')).toBe(2);
    expect(world.count('results_dropped_total late')).toBe(2);
  });

  it.each([
    ['another attempt', { attempt_id: 7 }],
    ['an attempt of another node', { attempt_id: 1, node_id: 'b' }],
    ['a name it was not given', { job_id: 'job-1~1' }],
  ] satisfies [string, Partial<JobResult>][])(
    '[JOB7] [W24] a result for %s is foreign and changes nothing',
    (_, named: Partial<JobResult>) => {
      const world = running('a', 'b');
      const assign = world.lastAssign('a');
      const from = named.node_id ?? 'a';
      world.say(from, answer(from, assign, named));
      expect(world.end('1')).toBeNull();
      expect(world.node('a').slots.size).toBe(1);
      expect(world.count('results_dropped_total foreign')).toBe(1);
      world.answer('a');
      expect(world.end('1')).toBe('result');
    },
  );
});

const registrationOf = (name: string) =>
  ({
    type: 'node_register',
    node_id: name,
    version: '2.0.0',
    capability_schema_version: '2.0',
    platform: 'linux',
    hardware: { cpu_cores: 8, memory_gb: 32, gpus: [{ name: 'a GPU', memory_gb: 16 }] },
    installed_models: [],
    capability_by_type: [],
    features_supported: {},
    accept_public_jobs: true,
  }) as const;

describe('silence', () => {
  it.each([
    ['all texts empty', SILENT],
    ['nothing at all', { text_asr: undefined, text_translated: undefined }],
    ['an empty audio', { ...SILENT, tts_audio: { base64: new Uint8Array(), rawBytes: 0 } }],
    ['NO_TEXT_ASSIGNED (case 35)', { extra: { reason: 'NO_TEXT_ASSIGNED' } }],
    ['ASR_EMPTY', { ...SILENT, extra: { reason: 'ASR_EMPTY' } }],
    ['ASR_EMPTY as a failure', { ...failure('PROCESSING_ERROR'), extra: { reason: 'ASR_EMPTY' } }],
  ])('[JOB8] [W48] %s is silence', (_, overrides) => {
    const world = running('a');
    world.answer('a', overrides as Partial<JobResult>);
    expect(world.end('1')).toBe('silence');
    expect(world.node('a').slots.size).toBe(0);
  });

  it('[JOB8] another reason, or audio alone, is a result', () => {
    const world = running('a');
    const assign = world.lastAssign('a');
    const audio = { base64: new Uint8Array(4), rawBytes: 3 };
    expect(verdictOf(answer('a', assign, { ...SILENT, tts_audio: audio }))).toBe('good');
    expect(verdictOf(answer('a', assign, { extra: { reason: 'SHORT' } }))).toBe('good');
  });

  it('[JOB8] an answer for an earlier job ends that one and no other', () => {
    const world = running('a');
    const earlier = world.lastAssign('a');
    world.submit('2');
    world.answer('a', { extra: { reason: 'NO_TEXT_ASSIGNED' } }, earlier);
    expect([world.end('1'), world.end('2')]).toEqual(['silence', null]);
  });
});

describe('failures', () => {
  it.each(['INVALID_AUDIO', 'UNSUPPORTED_LANGUAGE', 'UNSUPPORTED_FEATURE', 'TOO_LONG'])(
    '[JOB9] %s ends the job as rejected at once',
    (code) => {
      const world = running('a', 'b');
      world.answer('a', failure(code));
      expect(world.ends('job-1')).toMatchObject([{ reason: 'rejected', errorCode: code, wasSent: true }]);
      expect(world.places).toEqual(['a']);
    },
  );

  it('[JOB9] beside a second attempt, that one is cancelled', () => {
    const world = running('a', 'b');
    world.hasten('1');
    world.answer('b', failure('TOO_LONG'));
    expect(world.end('1')).toBe('rejected');
    expect(world.messages('a', 'job_cancel')).toHaveLength(1);
  });

  it.each(['PROCESSING_ERROR', 'TTS_TIMEOUT', 'MODEL_NOT_AVAILABLE', 'SOMETHING_NEW'])(
    '[JOB10] [W25] %s is tried once elsewhere, the second failure ends the job',
    (code) => {
      const world = running('a', 'b');
      world.join('c');
      world.answer('a', failure(code));
      expect(world.places).toEqual(['a', 'b']);
      expect(world.count('attempts_started_total retry')).toBe(1);
      world.answer('b', failure(code));
      expect(world.ends('job-1')).toMatchObject([{ reason: 'node_failed', errorCode: code }]);
      expect(world.places).toEqual(['a', 'b']);
    },
  );

  it('[JOB10] with no other node that can take it now, the job ends', () => {
    const world = running('a');
    world.answer('a', { success: false });
    expect(world.ends('job-1')).toMatchObject([{ reason: 'node_failed', errorCode: 'PROCESSING_ERROR' }]);
  });

  it('[JOB10] [JOB17] while a second attempt runs, the one retry is made beside it', () => {
    const world = running('a', 'b');
    for (const name of ['c', 'd']) world.join(name);
    world.hasten('1');
    world.answer('a', failure('PROCESSING_ERROR'));
    expect(world.places).toEqual(['a', 'b', 'c']);
    world.answer('b', failure('PROCESSING_ERROR'));
    expect(world.places).toEqual(['a', 'b', 'c']);
    world.answer('c', failure('PROCESSING_ERROR'));
    expect(world.end('1')).toBe('node_failed');
  });

  it('[JOB10] [JOB45] the second failure ends it also where the second attempt was no retry', () => {
    const world = running('a', 'b');
    for (const name of ['c', 'd']) world.join(name);
    world.submit('2', { utteranceIndex: 1, pairedNodeId: world.node('a').nodeId });
    world.answer('a');
    world.advance(1000);
    expect(world.places).toEqual(['a', 'a', 'b']);
    world.answer('a', failure('PROCESSING_ERROR'), world.assigns('a')[0]);
    world.answer('b', failure('PROCESSING_ERROR'));
    expect(world.end('1')).toBe('node_failed');
    expect(world.places).toEqual(['a', 'a', 'b']);
  });

  it.each([
    ['in its code', failure('DUPLICATE_JOB_ID')],
    ['in its message', failure('PROCESSING_ERROR', 'DUPLICATE_UTTERANCE_INDEX')],
  ])('[JOB11] a duplicate error, %s, leaves the attempt running and its true result valid', (_, error) => {
    const world = running('a', 'b');
    world.answer('a', error);
    expect(world.end('1')).toBeNull();
    expect(world.places).toEqual(['a']);
    expect(world.node('a').slots.size).toBe(1);
    expect(world.count('results_dropped_total duplicate')).toBe(1);
    world.answer('a');
    expect(world.end('1')).toBe('result');
  });

  it('[JOB6] a failure of an attempt that was given up is stale: its slot is free, the job goes on', () => {
    const world = running('a', 'b');
    world.advance(19_000);
    world.answer('a', failure('PROCESSING_ERROR'));
    expect(world.count('results_dropped_total stale')).toBe(1);
    expect(world.node('a').slots.size).toBe(0);
    world.answer('b');
    expect(world.end('1')).toBe('result');
  });
});

describe('speed', () => {
  const work = (world: World, name: string, elapsedMs: number, overrides: Partial<JobResult> = {}): void => {
    world.submit(name);
    world.advance(elapsedMs);
    world.answer('a', overrides);
  };

  it('[NOD21] [JOB14] after five good results the deadline follows the speed of the node', () => {
    const world = new World();
    world.join('a', { advanced_features: ['audio:opus'] });
    for (let n = 0; n < 5; n += 1) work(world, `${n}`, 4000);
    expect(world.node('a').speed).toEqual({ msPerAudioSecond: 2000, samples: 5 });
    world.submit('next');
    expect(world.lastAssign('a').deadline_ms).toBe(12_000);
  });

  it('[NOD21] silence and failures say nothing, a late good result does', () => {
    const world = new World();
    world.join('a');
    work(world, '1', 100, SILENT);
    work(world, '2', 100, failure('PROCESSING_ERROR'));
    expect(world.node('a').speed.samples).toBe(0);
    world.submit('3');
    world.cancel('3');
    world.advance(6000);
    world.answer('a');
    expect(world.node('a').speed).toEqual({ msPerAudioSecond: 3000, samples: 1 });
  });
});
