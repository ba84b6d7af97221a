import { describe, expect, test } from 'vitest';
import type { SessionSettings } from '#core/settings.ts';
import { SESSION_ID, SessionWorld } from './session-world.ts';
import { speech } from './speech.ts';

const asking = (settings: Partial<SessionSettings> = {}): SessionWorld => {
  const world = new SessionWorld({ init: { capabilities: ['notices'] }, settings });
  world.clearRecord();
  return world;
};

/** Everything there may be a notice of, one after the other. */
const everything = (world: SessionWorld): void => {
  const { jobId } = world.say(speech(1000));
  world.tell({ kind: 'jobWaiting', jobId, position: 3, reason: 'full' });
  world.tell({ kind: 'jobNodeLost', jobId, loss: 'lost' });
  world.tell({ kind: 'audioShed', durationMs: 500 });
  world.tell({ kind: 'audioHeld', forMs: 1000 });
  world.endJob(jobId, { kind: 'missing', reason: 'no_capacity', wasSent: false, times: world.times() });
  world.answer(world.say(speech(100)), { asr_quality_level: 'bad' });
  world.tell({ kind: 'drainStarted' });
};

describe('notices', () => {
  test('[SES70] reach clients granted `notices` and nobody else', () => {
    const legacy = new SessionWorld();
    everything(legacy);
    expect(legacy.sentOf('notice')).toEqual([]);
    const world = asking();
    everything(world);
    expect(new Set(world.sentOf('notice').map(({ kind }) => kind))).toEqual(
      new Set(['queued', 'node_lost', 'shed', 'slow_down', 'capacity', 'quality', 'draining']),
    );
  });

  test('[SES71] what finds no room is told at once with a time to try again, also while its outcome must wait', () => {
    const world = asking();
    world.say(speech(1000));
    const { jobId } = world.say(speech(1000));
    world.clearRecord();
    world.endJob(jobId, { kind: 'missing', reason: 'no_capacity', wasSent: false, times: world.times() });
    expect(world.sent).toEqual([
      {
        type: 'notice',
        session_id: SESSION_ID,
        kind: 'capacity',
        reason: 'no_capacity',
        utterance_index: 1,
        retry_after_ms: 5000,
      },
    ]);
  });

  test('[SES71] a limit of the server is named: open utterances, and bytes of one', () => {
    const world = asking({ openUtterancesMax: 1, utteranceMaxBytes: 3000 });
    world.chunk(speech(900));
    world.chunk(speech(900));
    world.final();
    world.advance(200);
    expect(world.sentOf('notice')).toMatchObject([
      { kind: 'limit', reason: 'utterance_bytes', utterance_index: 0 },
      { kind: 'limit', reason: 'open_utterances', utterance_index: 1 },
    ]);
  });

  test('[SES72] a waiting job tells its place, and a lost node that it goes on elsewhere', () => {
    const world = asking();
    const { jobId } = world.say(speech(1000));
    world.clearRecord();
    world.tell({ kind: 'jobWaiting', jobId, position: 2, reason: 'full' });
    world.tell({ kind: 'jobNodeLost', jobId, loss: 'hung' });
    expect(world.sent).toMatchObject([
      { type: 'notice', kind: 'queued', reason: 'full', utterance_index: 0, queue_position: 2 },
      { type: 'notice', kind: 'node_lost', reason: 'hung', utterance_index: 0 },
    ]);
    world.endJob(jobId, { kind: 'silence', times: world.times() });
    world.clearRecord();
    world.tell({ kind: 'jobWaiting', jobId, position: 1, reason: 'full' });
    world.tell({ kind: 'jobNodeLost', jobId, loss: 'hung' });
    expect(world.sent, 'nothing of a job whose outcome is known').toEqual([]);
  });

  test('[SES73] a bad recognition is told before its result', () => {
    const world = asking();
    world.answer(world.say(speech(1000)), { asr_quality_level: 'bad' });
    const kinds = world.sent.map(({ type }) => type);
    expect(kinds.indexOf('notice')).toBeLessThan(kinds.indexOf('translation_result'));
    expect(world.sentOf('notice')).toMatchObject([{ kind: 'quality', reason: 'bad_recognition' }]);
  });
});
