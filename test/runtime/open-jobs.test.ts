import { expect, test } from 'vitest';
import type { SessionEffect, SessionEvent } from '#core/session/session-contract.ts';
import { asJobId, asNodeId, asSessionId, type JobId } from '#protocol/ids.ts';
import {
  chunk,
  connection,
  heartbeat,
  jobRequest,
  type RuntimeStage,
  startedStage,
} from './runtime-stage.ts';

const JOB: JobId = asJobId('spoken');
const piece = chunk(false);

/** Opens a job with its birth, appends to it with every chunk, and submits it with the final. */
const speaking = (event: SessionEvent, sessionId: string): readonly SessionEffect[] => {
  const request = jobRequest(sessionId, JOB);
  if (event.kind === 'opened') return [{ kind: 'openJob', request }];
  if (event.kind !== 'clientMessage') return [];
  if (event.message.type === 'client_heartbeat') throw new Error('impossible state');
  if (event.message.type !== 'audio_chunk') return [];
  if (event.message.is_final) return [{ kind: 'submitJob', request }];
  return [{ kind: 'appendAudio', jobId: JOB, fromPiece: 1, pieces: [] }];
};

const stageOf = (): RuntimeStage => {
  const stage = startedStage({
    onSession: speaking,
    onDispatcher: (event) => {
      if (event.kind === 'nodeMessage') throw new Error('impossible state');
      return [];
    },
  });
  stage.openSession('s-1');
  stage.attachNode('n-1');
  stage.driver.runUntilIdle();
  return stage;
};

const say = ({ driver, runtime }: RuntimeStage, message = piece): void => {
  runtime.tellClientMessage(asSessionId('s-1'), message);
  driver.runUntilIdle();
};

const kinds = ({ dispatcherEvents }: RuntimeStage): string[] =>
  dispatcherEvents.map(({ kind }) => kind).filter((kind) => kind.startsWith('job'));

test('[CAP3] what is spoken reaches the dispatcher in order, and the whole at the end', () => {
  const stage = stageOf();
  say(stage);
  say(stage);
  say(stage, chunk(true));
  expect(kinds(stage)).toEqual(['jobOpened', 'jobAudioAppended', 'jobAudioAppended', 'jobSubmitted']);
});

test('[CAP8] a session that dies while somebody speaks leaves no open job behind', () => {
  const stage = stageOf();
  say(stage, heartbeat);
  expect(kinds(stage)).toEqual(['jobOpened', 'jobCancelled']);
  expect(stage.dispatcherEvents.at(-1)).toMatchObject({ jobId: JOB, reason: 'cancelled' });
});

test('[CAP5] [JOB90] a dispatcher that dies takes the captions along; the whole goes under numbers of its own', () => {
  const stage = stageOf();
  stage.runtime.tellNodeMessage(connection('n-1'), {
    type: 'node_error',
    node_id: asNodeId('n'),
    code: 'TROUBLE',
    message: '',
  });
  stage.driver.runUntilIdle();
  stage.driver.advanceBy(100);
  expect(stage.sessionEvents.at(-1)).toEqual({ kind: 'openJobRefused', jobId: JOB });
  say(stage, chunk(true));
  expect(stage.dispatcherEvents.at(-1)).toMatchObject({ kind: 'jobSubmitted', outlived: 1 });
});

test('[CAP5] a dispatcher with no room for one more says so at once', () => {
  const stage = startedStage(
    { onSession: speaking, onDispatcher: () => [] },
    { settings: { dispatcherMailboxMax: 0 } },
  );
  stage.openSession('s-1');
  stage.driver.runUntilIdle();
  expect(kinds(stage)).toEqual([]);
  expect(stage.sessionEvents.at(-1)).toEqual({ kind: 'openJobRefused', jobId: JOB });
  say(stage, chunk(true));
  expect(kinds(stage)).toEqual(['jobCancelled']);
  expect(stage.sessionEvents.at(-1)).toMatchObject({ kind: 'jobEnded', outcome: { reason: 'no_capacity' } });
});
