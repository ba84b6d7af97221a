import { describe, expect, test } from 'vitest';
import type { SessionEffect } from '#core/session/session-contract.ts';
import { defaultDispatchSettings, defaultSessionSettings } from '#core/settings.ts';
import type { InstanceId } from '#protocol/ids.ts';
import type { SessionServerMessage } from '#protocol/messages.ts';
import { taggedAudio } from '#sim/audio.ts';
import { AudioChecker } from '#sim/checkers/audio-account.ts';
import { CalmChecker } from '#sim/checkers/calm.ts';
import type { CheckedWorld, Checker } from '#sim/checkers/checker.ts';
import { IdentityChecker } from '#sim/checkers/identity.ts';
import { MannersChecker } from '#sim/checkers/manners.ts';
import { OrderChecker } from '#sim/checkers/order.ts';
import { OutcomeChecker } from '#sim/checkers/outcomes.ts';
import type { Observation, SessionStep } from '#sim/observations.ts';

const world: CheckedWorld = {
  settings: {
    instanceId: 'inst-test' as InstanceId,
    session: defaultSessionSettings,
    dispatch: defaultDispatchSettings,
    mailboxMax: 200,
    audioBytesMax: 1 << 28,
    sessionAudioBytesMax: 1 << 24,
    pauseMs: 1000,
    dispatcherMailboxMax: 2000,
    sessionsMax: 10,
    storeDeadlineMs: 1000,
    turnBudget: 64,
  },
  isCalm: false,
  stalledMsSince: () => 0,
};

/** Only what checkers look at. */
const step = (atMs: number, event: object, ...effects: object[]): SessionStep => ({
  kind: 'sessionStep',
  now: { atMs, wallMs: atMs },
  state: { sessionId: 's-1' } as SessionStep['state'],
  event: event as SessionStep['event'],
  effects: effects as SessionEffect[],
});
const submit = (utteranceIndex: number): object => ({
  kind: 'submitJob',
  request: { jobId: `job-${utteranceIndex}`, utteranceIndex },
});
const cut = { kind: 'count', name: 'utterances_cut_total' };
const send = (index: number): object => ({
  kind: 'sendClient',
  message: { type: 'missing_result', session_id: 's-1', utterance_index: index, reason: 'timeout' },
});
const ended = (index: number): object => ({ kind: 'jobEnded', jobId: `job-${index}` });
const tick = { kind: 'timerFired', key: 'segment' };
const saw = (client: string, message: object): Observation => ({
  kind: 'clientSaw',
  client,
  message: message as SessionServerMessage,
});
const ack = { type: 'session_init_ack', session_id: 's-1', trace_id: 'trace-webOlder-1' };

const verdictOf = (checker: Checker, observations: readonly Observation[]): string => {
  try {
    for (const observation of observations) checker.observe(observation);
    return 'held';
  } catch (error) {
    return error instanceof Error ? error.message : 'strange';
  }
};

describe('checkers, fed by hand', () => {
  test.each<[string, string, Observation[]]>([
    ['one outcome for each utterance', 'held', [step(0, tick, cut, submit(0)), step(1, ended(0), send(0))]],
    [
      'a second outcome',
      'I1: s-1 sent index 0 twice',
      [step(0, tick, cut, submit(0)), step(1, ended(0), send(0)), step(2, tick, send(0))],
    ],
    [
      'an outcome of nothing',
      'I1: s-1 sent an outcome for index 3, which had no job',
      [step(0, tick, send(3))],
    ],
    ['a cut without a job', 'I1: s-1 made 0 jobs, 1 less than it cut utterances', [step(0, tick, cut)]],
    [
      'an end that leaves an utterance behind',
      'I1: s-1 ended (closed) owing 1 outcomes',
      [step(0, tick, cut, submit(0)), step(1, tick, { kind: 'ended', reason: 'closed' })],
    ],
    [
      'an end with a lost socket, which owes nothing',
      'held',
      [step(0, tick, cut, submit(0)), step(1, tick, { kind: 'ended', reason: 'socket_lost' })],
    ],
    [
      'another outcome than the one that was sent',
      'I1: webOlder-1 got index 1 in place of 0',
      [
        saw('webOlder-1', ack),
        step(0, tick, cut, submit(0), cut, submit(1)),
        step(1, ended(0), send(0), send(1)),
        saw('webOlder-1', { type: 'missing_result', session_id: 's-1', utterance_index: 1 }),
      ],
    ],
  ])('[SIM5] [I1] %s: %s', (_what, verdict, observations) => {
    expect(verdictOf(new OutcomeChecker(200), observations)).toBe(verdict);
  });

  const two = step(0, tick, cut, submit(0), cut, submit(1));
  const haste = { kind: 'hastenJob', jobId: 'job-0' };
  const giveUp = { kind: 'cancelJob', jobId: 'job-0', reason: 'order_timeout' };
  test.each<[string, string, Observation[]]>([
    ['what overtakes', 'I2: s-1 sent index 1 before 0', [two, step(1, ended(1), send(1))]],
    [
      'what is held for too long',
      'I2: s-1 index 1 was held for 10200 ms',
      [two, step(0, ended(1)), step(3334, tick, haste), step(10_200, tick)],
    ],
    [
      'what is not hastened',
      'I2: s-1 index 1 waited 3500 ms and what blocks it was not hastened',
      [two, step(0, ended(1)), step(3500, tick)],
    ],
    [
      'what is given up before its time',
      'I2: s-1 gave up index 0 too early',
      [two, step(0, ended(1)), step(3334, tick, haste), step(9000, tick, giveUp)],
    ],
    [
      'what is given up in time',
      'held',
      [two, step(0, ended(1)), step(3334, tick, haste), step(10_000, tick, giveUp, send(0), send(1))],
    ],
  ])('[SIM5] [I2] %s: %s', (_what, verdict, observations) => {
    expect(verdictOf(new OrderChecker(world), observations)).toBe(verdict);
  });

  test('[SIM5] [I2] time in which the scheduler stood still is nobody’s waiting', () => {
    const stalled = { ...world, stalledMsSince: () => 60_000 };
    expect(verdictOf(new OrderChecker(stalled), [two, step(0, ended(1)), step(60_000, tick)])).toBe('held');
  });

  test('[SIM5] [I8] a victim that is not the same afterwards', () => {
    const intrusion: Observation = { kind: 'intrusion', what: 'a lie', before: 'a', after: 'b' };
    expect(verdictOf(new IdentityChecker(), [intrusion])).toBe('I8: a lie changed its victim');
  });

  const online: Observation = { kind: 'clientOnline', client: 'webOlder-1' };
  const offline = (code: number): Observation => ({
    kind: 'clientOffline',
    client: 'webOlder-1',
    code,
    isByClient: false,
  });
  test.each<[string, string, Observation[]]>([
    [
      'anything before the ack',
      'SIM9: webOlder-1 got ui_event before its ack',
      [online, saw('webOlder-1', { type: 'ui_event' })],
    ],
    [
      'an error for nothing',
      'SIM9: webOlder-1 got INVALID_SESSION',
      [online, saw('webOlder-1', ack), saw('webOlder-1', { type: 'error', code: 'INVALID_SESSION' })],
    ],
    [
      'a word that stops the older page for good',
      'SIM9: webOlder-1 was told BUSY',
      [online, saw('webOlder-1', ack), saw('webOlder-1', { type: 'backpressure', action: 'BUSY' })],
    ],
    [
      'a close for nothing, however long it was silent',
      'SIM9: webOlder-1 was closed with 4008 and had done nothing',
      [online, saw('webOlder-1', ack), offline(4008)],
    ],
    [
      'a close of who earned it',
      'held',
      [online, { kind: 'fault', fault: 'client_half_open', on: 'webOlder-1' }, offline(4008)],
    ],
    [
      'a job before the ack',
      'SIM9: node-0 got a job before its ack',
      [{ kind: 'nodeSaw', node: 'node-0', message: { type: 'job_assign' } as never }],
    ],
  ])('[SIM9] %s: %s', (_what, verdict, observations) => {
    expect(verdictOf(new MannersChecker(), observations)).toBe(verdict);
  });

  test('[SIM10] a missing result in a world without faults', () => {
    const missing = saw('sdk-1', { type: 'missing_result', session_id: 's-1', utterance_index: 0 });
    expect(verdictOf(new CalmChecker(), [missing])).toBe('SIM10: sdk-1 missed a result without any fault');
  });

  const sessionOf = (speaker: number, event: object, ...effects: object[]): SessionStep => ({
    ...step(0, event, ...effects),
    state: { sessionId: `s-${speaker}`, traceId: `trace-sdk-${speaker}` } as SessionStep['state'],
  });
  const heard = (speaker: number): object => ({
    kind: 'clientMessage',
    message: {
      type: 'audio_chunk',
      audio: {
        encoding: 'opus',
        bytes: taggedAudio('opus', { speaker, piece: 1, durationMs: 100, isSilent: false }),
        isSilent: false,
      },
    },
  });
  const goneFor = (reason: string): object => ({ kind: 'ended', reason });

  test.each<[string, string, Observation[]]>([
    [
      'speech that is in no job at the end of its session',
      'I5: s-1 lost 1 pieces of speech, the first is 1',
      [sessionOf(1, heard(1)), sessionOf(1, tick, goneFor('closed'))],
    ],
    [
      'speech of a session that cut an utterance without a job',
      'held',
      [sessionOf(1, heard(1)), sessionOf(1, tick, cut), sessionOf(1, tick, goneFor('closed'))],
    ],
    [
      'the same, which excuses no other session',
      'I5: s-2 lost 1 pieces of speech, the first is 1',
      [sessionOf(1, tick, cut), sessionOf(2, heard(2)), sessionOf(2, tick, goneFor('closed'))],
    ],
    [
      'a session that died, which excuses no other session',
      'I5: s-2 lost 1 pieces of speech, the first is 1',
      [
        sessionOf(1, heard(1)),
        sessionOf(2, heard(2)),
        { kind: 'breakage', event: 'session failed', detail: '{"sessionId":"s-1"}' },
        sessionOf(2, tick, goneFor('closed')),
      ],
    ],
  ])('[SIM5] %s: %s', (_what, verdict, observations) => {
    expect(verdictOf(new AudioChecker(), observations)).toBe(verdict);
  });
});
