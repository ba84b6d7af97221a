import { describe, expect, test } from 'vitest';
import { givenLately } from '#core/jobs/fair-shares.ts';
import { jobRecordOf } from '#core/jobs/job-history.ts';
import type { JobRequest } from '#core/jobs/job-request.ts';
import type { AudioPiece } from '#protocol/audio.ts';
import { asJobId } from '#protocol/ids.ts';
import { failure, jobRequest, registration } from './words.ts';
import { World } from './world.ts';

const FEATURES = { advanced_features: ['job_ack', 'partials', 'open_job'] };

const piece = (durationMs = 500): AudioPiece => ({
  encoding: 'opus',
  bytes: new Uint8Array(8),
  durationMs,
  sampleRateHz: 16_000,
  isSilent: false,
});
const spoken = (count: number): Partial<JobRequest> => ({
  audio: Array.from({ length: count }, () => piece()),
  audioMs: 500 * count,
});

const open = (world: World, name: string, count = 2): void =>
  world.step({ kind: 'jobOpened', request: jobRequest(name, spoken(count)) });
const append = (world: World, name: string, fromPiece: number, count = 1): void =>
  world.step({
    kind: 'jobAudioAppended',
    jobId: asJobId(`job-${name}`),
    fromPiece,
    pieces: Array.from({ length: count }, () => piece()),
  });
const refused = (world: World): number => world.told.filter(({ kind }) => kind === 'openJobRefused').length;

describe('an open job', () => {
  test('[CAP2] goes to a node that takes such and is free, holds its slot, and is told to nobody', () => {
    const world = new World();
    world.join('a', { advanced_features: ['job_ack', 'partials'] });
    world.join('b', FEATURES);
    open(world, '1');
    expect(world.places).toEqual(['b']);
    expect(world.lastAssign('b')).toMatchObject({ open: true });
    expect(world.lastAssign('b')).not.toHaveProperty('deadline_ms');
    expect(world.lastAssign('b')).not.toHaveProperty('is_manual_cut');
    expect(world.node('b').slots.size).toBe(1);
    world.say('b', {
      type: 'job_ack',
      job_id: 'job-1',
      attempt_id: 1,
      node_id: 'b',
      session_id: 's-1',
      trace_id: 'trace-1',
    });
    expect(world.told).toEqual([]);
    world.submit('1', spoken(4));
    expect(world.told.map(({ kind }) => kind)).toEqual(['jobDispatched', 'jobAccepted']);
    world.answer('b');
    expect(world.end('1')).toBe('result');
    expect(world.state.openJobs.size).toBe(0);
  });

  test('[CAP2] [JOB50] counts for its tenant’s share once, when it is whole', () => {
    const world = new World();
    const given = (): number => givenLately(world.state.waiting.shares, 'default', world.atMs);
    world.join('a', FEATURES);
    open(world, '1');
    expect(world.places).toEqual(['a']);
    expect(given()).toBe(0);
    world.submit('1', spoken(8));
    expect(given()).toBe(4000);
    world.linkOf = () => 'refused';
    open(world, '2');
    expect(given()).toBe(4000);
  });

  test('[CAP2] without such a node, or while others wait, it is refused and comes whole', () => {
    const world = new World();
    world.join('a');
    open(world, '1');
    expect(refused(world)).toBe(1);
    expect(world.state.jobs.size).toBe(0);
    world.submit('1', spoken(4));
    expect(world.places).toEqual(['a']);
    world.join('b', { ...FEATURES, language_pairs: [{ src: 'fr', tgt: 'de' }] });
    world.submit('2', { srcLang: 'xx', tgtLang: 'yy', tenant: 't' });
    world.submit('3', { encoding: 'pcm16' });
    expect(world.state.waiting.size).toBe(1);
    open(world, '4');
    expect(refused(world)).toBe(2);
    append(world, '4', 2);
  });

  test('[CAP3] gets its audio as it is spoken, numbered from 1, and its end with what kind of cut it was', () => {
    const world = new World();
    world.join('a', FEATURES);
    open(world, '1');
    append(world, '1', 2);
    append(world, '1', 3, 2);
    world.submit('1', { ...spoken(6), cut: 'pause', paddingMs: 220 });
    const appended = world.messages('a', 'audio_append');
    expect(appended.map(({ seq, audio }) => [seq, audio.length])).toEqual([
      [1, 1],
      [2, 2],
      [3, 1],
    ]);
    expect(world.messages('a', 'audio_end')).toEqual([
      {
        type: 'audio_end',
        job_id: 'job-1',
        attempt_id: 1,
        seq: 4,
        is_manual_cut: true,
        is_pause_triggered: true,
        padding_ms: 220,
      },
    ]);
    append(world, '1', 6);
    expect(world.messages('a', 'audio_append')).toHaveLength(3);
  });

  test('[CAP3] a portion that was lost on the way comes with the rest, at the end', () => {
    const world = new World();
    world.join('a', FEATURES);
    open(world, '1');
    append(world, '1', 3);
    append(world, '1', 4);
    expect(world.messages('a', 'audio_append')).toEqual([]);
    world.submit('1', spoken(6));
    expect(world.messages('a', 'audio_append').map(({ audio }) => audio.length)).toEqual([4]);
    expect(world.messages('a', 'audio_end')).toHaveLength(1);
  });

  test('[CAP3] a link that answers late gets what was said meanwhile, the end too', () => {
    const world = new World();
    world.join('a', FEATURES);
    world.linkOf = () => 'silent';
    open(world, '1');
    append(world, '1', 2);
    world.submit('1', spoken(4));
    expect(world.messages('a', 'audio_end')).toEqual([]);
    world.step({ kind: 'offerAnswered', jobId: asJobId('job-1'), attemptId: 1, answer: 'accepted' });
    expect(world.messages('a', 'audio_append').map(({ audio }) => audio.length)).toEqual([2]);
    world.answer('a');
    expect(world.end('1')).toBe('result');
  });

  test('[CAP5] a lost node: another one gets it from the first word, a second loss leaves it for the end', () => {
    const world = new World();
    for (const name of ['a', 'b', 'c']) world.join(name, FEATURES);
    open(world, '1');
    append(world, '1', 2);
    const [first = ''] = world.places;
    world.hangUp(first);
    const [, second = ''] = world.places;
    expect(second).not.toBe(first);
    expect(world.lastAssign(second)).toMatchObject({ open: true, attempt_id: 2 });
    expect(world.lastAssign(second).audio).toHaveLength(3);
    world.hangUp(second);
    expect(refused(world)).toBe(1);
    expect(world.places).toHaveLength(2);
    world.submit('1', spoken(5));
    const third = world.places[2] ?? '';
    expect(world.lastAssign(third)).toMatchObject({ attempt_id: 3, is_manual_cut: true });
    world.answer(third);
    expect(world.end('1')).toBe('result');
    expect(world.ends('job-1')[0]?.times.attempts).toBe(1);
  });

  test('[CAP5] a refusing link and a missing ack are losses like others; the same node may have the whole', () => {
    const world = new World();
    world.join('a', FEATURES);
    open(world, '1');
    world.advance(3000);
    expect(refused(world)).toBe(1);
    expect(world.messages('a', 'job_cancel')).toHaveLength(1);
    world.submit('1', spoken(5));
    expect(world.lastAssign('a')).toMatchObject({ job_id: 'job-1~2', attempt_id: 2 });
    world.answer('a');
    expect(world.end('1')).toBe('result');

    const other = new World();
    other.join('a', FEATURES);
    other.linkOf = () => 'refused';
    open(other, '1');
    expect(refused(other)).toBe(1);
    other.linkOf = () => 'accepted';
    other.submit('1', spoken(5));
    other.advance(2000);
    other.answer('a');
    expect(other.end('1')).toBe('result');
  });

  test('[CAP5] a node on a new socket will not get the rest, so nobody waits for it', () => {
    const world = new World();
    world.join('a', FEATURES);
    open(world, '1');
    world.join('a', FEATURES, { socket: 'a2' });
    expect(refused(world)).toBe(1);
    world.submit('1', spoken(5));
    expect(world.places).toEqual(['a', 'a2']);
    world.answer('a', {}, world.lastAssign('a2'), 'a2');
    expect(world.end('1')).toBe('result');
  });

  test('[CAP6] no answer counts that comes before the end, however late it is noticed', () => {
    const world = new World();
    world.join('a', FEATURES);
    open(world, '1');
    const early = world.lastAssign('a');
    world.answer('a');
    expect(refused(world)).toBe(1);
    world.submit('1', spoken(5));
    world.answer('a', {}, early);
    expect(world.end('1')).toBeNull();
    world.answer('a');
    expect(world.end('1')).toBe('result');

    const failing = new World();
    failing.join('a', FEATURES);
    open(failing, '1');
    failing.answer('a', failure('INVALID_AUDIO'));
    failing.submit('1', spoken(5));
    expect(failing.end('1')).toBeNull();
  });

  test('[CAP6] its deadline counts from the end of the audio, and its speed is not learnt', () => {
    const world = new World({ attemptCeilingMs: 60_000 });
    world.join('a', FEATURES);
    open(world, '1');
    world.say('a', {
      type: 'job_started',
      job_id: 'job-1',
      attempt_id: 1,
      node_id: 'a',
      session_id: 's-1',
      trace_id: 'trace-1',
    });
    world.advance(20_000);
    world.beat('a');
    world.submit('1', spoken(4));
    expect(world.timers.get('deadline:job-1:1')).toBe(world.atMs + 15_000 + 2 * 2000);
    world.answer('a');
    expect(world.end('1')).toBe('result');
    expect(world.node('a').speed).toMatchObject({ samples: 0 });
  });

  test('[CAP7] a whole job that finds no room takes the place of an open one', () => {
    const world = new World();
    world.join('a', { ...FEATURES, max_concurrent_jobs: 1 });
    open(world, '1');
    world.submit('2');
    expect(world.messages('a', 'job_cancel')).toMatchObject([{ job_id: 'job-1', attempt_id: 1 }]);
    expect(refused(world)).toBe(1);
    world.say('a', { type: 'job_cancelled', job_id: 'job-1', attempt_id: 1, node_id: 'a' });
    expect(world.lastAssign('a').job_id).toBe('job-2');
    world.submit('1', spoken(5));
    world.answer('a');
    world.answer('a');
    expect([world.end('1'), world.end('2')]).toEqual(['result', 'result']);
  });

  test('[CAP7] after a minute of one breath its place is wanted back, and nobody is blamed', () => {
    const world = new World();
    world.join('a', FEATURES);
    open(world, '1');
    world.say('a', {
      type: 'job_ack',
      job_id: 'job-1',
      attempt_id: 1,
      node_id: 'a',
      session_id: 's-1',
      trace_id: 'trace-1',
    });
    for (let at = 0; at < 4; at += 1) {
      world.advance(15_000);
      world.beat('a');
    }
    expect(refused(world)).toBe(1);
    expect(world.node('a').hangsInARow).toBe(0);
    world.submit('1', spoken(5));
    world.answer('a');
    expect(world.end('1')).toBe('result');
  });

  test('[CAP8] cancelled, it leaves its node and nothing else', () => {
    const world = new World();
    world.join('a', FEATURES);
    open(world, '1');
    world.cancel('1');
    expect(world.told).toEqual([]);
    expect(world.messages('a', 'job_cancel')).toHaveLength(1);
    expect(world.state.jobs.size).toBe(0);
    expect(world.stored.filter(({ verb }) => verb === 'claimJob' || verb === 'releaseJob')).toEqual([]);
  });

  test('[CAP2] its record begins when it is opened', () => {
    const world = new World();
    world.join('a', FEATURES);
    open(world, '1');
    world.advance(1000);
    world.submit('1', spoken(5));
    const record = jobRecordOf(world.state, asJobId('job-1'));
    expect(record).toMatchObject({ audioMs: 2500 });
    expect(record?.moments.map(({ what }) => what)).toEqual(['submitted', 'offered', 'sent', 'completed']);
    expect(registration(FEATURES).advanced_features).toContain('open_job');
  });
});
