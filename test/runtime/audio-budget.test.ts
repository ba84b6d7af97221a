import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AudioPiece } from '#protocol/audio.ts';
import { asSessionId } from '#protocol/ids.ts';
import type { SessionClientMessage } from '#protocol/messages.ts';
import { AudioBudget, AudioShare } from '#runtime/audio-budget.ts';
import type { RuntimeSettings } from '#runtime/contract.ts';
import { connection, jobRequest, runtimeStage, type Script } from './runtime-stage.ts';

const piece = (byteCount: number, isSilent = false): AudioPiece => ({
  encoding: 'pcm16',
  bytes: new Uint8Array(byteCount),
  durationMs: byteCount / 32,
  sampleRateHz: 16_000,
  isSilent,
});

const chunk = (audio: AudioPiece, isFinal = false): SessionClientMessage => ({
  type: 'audio_chunk',
  session_id: 's-1',
  seq: 0,
  is_final: isFinal,
  audio,
});

const utterance = (audio: AudioPiece): SessionClientMessage => ({
  type: 'utterance',
  session_id: 's-1',
  utterance_index: 3,
  manual_cut: true,
  src_lang: 'zh',
  tgt_lang: 'en',
  audio_format: 'pcm16',
  sample_rate: 16_000,
  audio,
});

const openStage = (settings: Partial<RuntimeSettings>, script: Script = {}) => {
  const stage = runtimeStage(script, { settings });
  stage.runtime.start();
  const link = stage.openSession('s-1');
  stage.driver.runUntilIdle();
  const tell = (message: SessionClientMessage) =>
    stage.runtime.tellClientMessage(asSessionId('s-1'), message);
  const pauses = () => link.messages.filter(({ type }) => type === 'backpressure');
  return { ...stage, link, tell, pauses };
};

describe('audio at its bounds', () => {
  it('[GAT51] [GAT8] above half of its mailbox a client that speaks is asked to wait, at most once in that time', () => {
    const stage = openStage({ mailboxMax: 4 });
    for (let count = 0; count < 2; count += 1) stage.tell(chunk(piece(32)));
    expect(stage.pauses()).toEqual([]);
    for (let count = 0; count < 4; count += 1) stage.tell(chunk(piece(32)));
    const pause = { type: 'backpressure', action: 'PAUSE', resume_after_ms: 1000 };
    expect(stage.pauses()).toEqual([pause]);
    stage.driver.runUntilIdle();
    expect(stage.sessionEvents).toContainEqual({ kind: 'audioHeld', forMs: 1000 });
    stage.clock.advanceTo(stage.clock.now().atMs + 1000);
    for (let count = 0; count < 4; count += 1) stage.tell(chunk(piece(32)));
    expect(stage.pauses()).toEqual([pause, pause]);
    expect(stage.counts.get('backpressure_sent_total')).toBe(2);
  });

  it('[GAT51] nothing is said before the ack', () => {
    const stage = runtimeStage();
    stage.runtime.start();
    const link = stage.openSession('s-1');
    for (let count = 0; count < 8; count += 1) {
      stage.runtime.tellClientMessage(asSessionId('s-1'), chunk(piece(32)));
    }
    expect(link.messages).toEqual([]);
  });

  it('[GAT52] [I7] a session that holds its share loses further audio, and hears how much in one event', () => {
    const stage = openStage({ sessionAudioBytesMax: 1000, mailboxMax: 100 });
    expect([1, 2, 3, 4].map(() => stage.tell(chunk(piece(320))))).toEqual([
      'queued',
      'queued',
      'queued',
      'shed',
    ]);
    stage.tell(chunk(piece(640)));
    stage.tell(chunk(piece(640, true)));
    expect(stage.counts.get('audio_discarded_ms_total{shed}')).toBe(50);
    stage.driver.runUntilIdle();
    const shed = stage.sessionEvents.filter(({ kind }) => kind === 'audioShed');
    expect(shed, 'silence is no loss').toEqual([{ kind: 'audioShed', durationMs: 30 }]);
    expect(stage.runtime.view.audioBytes, 'what was handled is held no more').toBe(0);
  });

  it('[GAT52] what ends an utterance, or is one, comes without its audio', () => {
    const stage = openStage({ sessionAudioBytesMax: 100 });
    expect([stage.tell(chunk(piece(320), true)), stage.tell(utterance(piece(640)))]).toEqual([
      'queued',
      'queued',
    ]);
    stage.driver.runUntilIdle();
    expect(stage.sessionEvents.filter(({ kind }) => kind === 'clientMessage')).toMatchObject([
      { message: { type: 'audio_chunk', is_final: true, audio: null }, shedMs: 10 },
      { message: { type: 'utterance', utterance_index: 3, audio: { durationMs: 0 } }, shedMs: 20 },
    ]);
  });

  it('[GAT53] [I7] the bound of the process holds for all sessions together, and is given back at their end', () => {
    const request = { ...jobRequest('s-1'), audioBytes: 600 };
    const stage = openStage(
      { audioBytesMax: 1000 },
      {
        onSession: (event, sessionId) =>
          event.kind === 'clientMessage' && sessionId === 's-1' ? [{ kind: 'submitJob', request }] : [],
      },
    );
    stage.openSession('s-2');
    stage.tell(chunk(piece(320)));
    stage.driver.runUntilIdle();
    expect(stage.runtime.view.audioBytes, 'in a job').toBe(600);
    const tellOther = () => stage.runtime.tellClientMessage(asSessionId('s-2'), chunk(piece(320)));
    expect([tellOther(), tellOther()]).toEqual(['queued', 'shed']);
    stage.driver.runUntilIdle();
    stage.script.onSession = () => [{ kind: 'ended', reason: 'socket_lost' }];
    stage.runtime.loseSocket(asSessionId('s-1'), connection('conn-s-1'));
    stage.driver.runUntilIdle();
    expect(stage.runtime.view.audioBytes).toBe(0);
  });

  it('[GAT53] shares always add up to what the process holds', () => {
    const move = fc.tuple(
      fc.integer({ min: 0, max: 2 }),
      fc.constantFrom('wait', 'buffer', 'work', 'hold', 'release'),
      fc.nat(99),
    );
    fc.assert(
      fc.property(fc.array(move, { maxLength: 40 }), (moves) => {
        const budget = new AudioBudget({ audioBytesMax: 1000, sessionAudioBytesMax: 300 });
        const shares = [new AudioShare(budget), new AudioShare(budget), new AudioShare(budget)];
        for (const [at, what, bytes] of moves) {
          const share = shares[at];
          if (what === 'release') share?.release();
          else share?.[what](bytes);
        }
        expect(budget.heldBytes).toBe(shares.reduce((sum, { heldBytes }) => sum + heldBytes, 0));
        for (const share of shares) share.release();
        expect(budget.heldBytes).toBe(0);
      }),
    );
  });

  it('[GAT57] [I7] speech of results is counted with the rest, and new audio gives way to it', () => {
    const speech = { 's-1': 0, 's-2': 0 };
    const stage = openStage(
      { audioBytesMax: 1000 },
      { resultSpeechBytes: (sessionId) => speech[sessionId as 's-1' | 's-2'] },
    );
    stage.openSession('s-2');
    speech['s-1'] = 700;
    stage.runtime.noteReading(asSessionId('s-1'), true);
    stage.driver.runUntilIdle();
    expect([stage.runtime.view.audioBytes, stage.runtime.view.resultSpeechBytes]).toEqual([700, 700]);
    expect(stage.tell(chunk(piece(320)))).toBe('shed');
    expect(stage.pauses()).toHaveLength(1);
    speech['s-1'] = 0;
    stage.driver.runUntilIdle();
    expect([stage.runtime.view.audioBytes, stage.runtime.view.resultSpeechBytes]).toEqual([0, 0]);
    expect(stage.tell(chunk(piece(320)))).toBe('queued');
  });

  it('[GAT57] whose speech brings it above the high-water mark hears how much is too much, of the bound too', () => {
    const speech = { 's-1': 0, 's-2': 0 };
    const stage = openStage(
      { audioBytesMax: 1000, sessionAudioBytesMax: 10_000 },
      { resultSpeechBytes: (sessionId) => speech[sessionId as 's-1' | 's-2'] },
    );
    stage.openSession('s-2');
    const grow = (name: 's-1' | 's-2', bytes: number): void => {
      speech[name] = bytes;
      stage.runtime.noteReading(asSessionId(name), true);
      stage.driver.runUntilIdle();
    };
    const told = () => stage.sessionEvents.filter(({ kind }) => kind === 'speechOver');
    grow('s-1', 750);
    expect(told()).toEqual([]);
    grow('s-2', 100);
    expect(told()).toEqual([{ kind: 'speechOver', keptBytes: 100, waitingBytes: 0 }]);
    grow('s-1', 960);
    expect(told().at(-1)).toEqual({ kind: 'speechOver', keptBytes: 310, waitingBytes: 60 });
    grow('s-1', 800);
    expect(told(), 'less is no reason').toHaveLength(2);
  });
});
