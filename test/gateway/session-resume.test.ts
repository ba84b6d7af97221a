import { describe, expect, test } from 'vitest';
import { encodeSessionBinaryFrame } from '#codec/binary-frame.ts';
import { agreeOn } from '#core/session/negotiation.ts';
import { defaultSessionSettings } from '#core/settings.ts';
import { asSessionId } from '#protocol/ids.ts';
import type { AudioChunk } from '#protocol/session-client-messages.ts';
import { acceptSession, chunk, init, openSession } from './desk.ts';
import { HandRuntime } from './hand-runtime.ts';

const resume = (fields: object = {}) => ({
  type: 'session_resume',
  resume_token: 'resume-1',
  last_delivery_seq: 3,
  ...fields,
});

const SESSION_ID = asSessionId('s-old');
const ACK = {
  type: 'session_resume_ack',
  session_id: SESSION_ID,
  resume_token: 'resume-2',
  received_ms: 0,
  covered_ms: 0,
  next_utterance_index: 0,
} as const;

/** A session that a client may come back to; it is away and hears what it is told. */
const waiting = (capabilities = ['resume', 'binary', 'pcm16']) => {
  const hand = new HandRuntime();
  const asked = { client_version: '1', platform: 'web', src_lang: 'zh', tgt_lang: 'en' };
  const terms = agreeOn(
    { type: 'session_init', ...asked, capabilities, audio_format: 'pcm16' },
    defaultSessionSettings,
  );
  hand.resumable = { found: { sessionId: SESSION_ID, session: { traceId: 't-old', terms } }, link: null };
  const transport = acceptSession(hand);
  const other = openSession(hand);
  return { hand, transport, other };
};

describe('coming back', () => {
  test('[GAT22] a token that nobody was given: RESUME_EXPIRED, and the client may begin anew', () => {
    const hand = new HandRuntime();
    const transport = acceptSession(hand);
    transport.says(resume());
    expect(transport.messages).toMatchObject([{ type: 'error', code: 'RESUME_EXPIRED' }]);
    expect(hand.counts.get('sessions_refused_total resume_expired')).toBe(1);
    transport.says(init());
    expect(hand.sessions).toHaveLength(1);
    expect(transport.closed).toBeNull();
  });

  test('[GAT22] a refusal does not extend the handshake', () => {
    const hand = new HandRuntime();
    const transport = acceptSession(hand);
    transport.says(resume());
    hand.advance(10_000);
    expect(transport.closed).toMatchObject({ code: 4008 });
  });

  test('[GAT41] the token and what was seen last go to the runtime, with whose socket it is', () => {
    const { hand, transport } = waiting();
    transport.says(resume());
    expect(hand.resumes).toMatchObject([
      { resumeToken: 'resume-1', lastDeliverySeq: 3, principal: { tenant: 'default', isAnonymous: true } },
    ]);
  });

  test('[GAT41] the answer is the session’s; it ends the handshake', () => {
    const { hand, transport } = waiting();
    transport.says(resume());
    expect(transport.messages).toEqual([]);
    hand.resumable?.link?.send(ACK);
    expect(transport.messages).toEqual([ACK]);
    hand.advance(15_000);
    expect(transport.closed).toBeNull();
  });

  test('[GAT41] a session that ends before it answers has expired, and the client may begin anew', () => {
    const { hand, transport } = waiting();
    transport.says(resume());
    hand.resumable?.link?.sessionEnded();
    expect(transport.messages).toMatchObject([{ type: 'error', code: 'RESUME_EXPIRED' }]);
    transport.says(init());
    expect(hand.sessions).toHaveLength(2);
  });

  test('[GAT41] after its answer the end of the session is an end like any other', () => {
    const { hand, transport } = waiting();
    transport.says(resume());
    hand.resumable?.link?.send(ACK);
    hand.resumable?.link?.sessionEnded();
    expect(transport.messages).toEqual([ACK]);
  });

  test('[GAT41] on a socket that has a session it is for nobody', () => {
    const { hand, other } = waiting();
    other.transport.says(resume());
    expect(hand.resumes).toEqual([]);
    expect(other.session.messages).toMatchObject([{ type: 'session_resume' }]);
  });

  test('[GAT41] while the process goes down it is closed like any new session', () => {
    const hand = new HandRuntime();
    hand.answerToResume = 'draining';
    const transport = acceptSession(hand);
    transport.says(resume());
    expect(transport.closed).toMatchObject({ code: 1012, reason: { code: 'DRAINING' } });
  });

  test('[GAT42] an earlier socket that is replaced closes with 4004 and has no part in the session', () => {
    const hand = new HandRuntime();
    const { transport, session, sessionId } = openSession(hand);
    session.link.close(4004, '{"code":"IDENTITY_REPLACED"}');
    expect(transport.closed).toMatchObject({ code: 4004, reason: { code: 'IDENTITY_REPLACED' } });
    expect(session.isLost).toBe(true);
    transport.says(chunk(sessionId));
    expect(session.messages).toEqual([]);
  });
});

describe('binary frames', () => {
  const audio = {
    encoding: 'pcm16',
    bytes: new Uint8Array(640).fill(7),
    durationMs: 20,
    sampleRateHz: 16_000,
    isSilent: false,
  } as const;
  const binary = (sessionId: string, more: Partial<AudioChunk> = {}) =>
    encodeSessionBinaryFrame(
      { type: 'audio_chunk', session_id: sessionId, seq: 5, is_final: false, audio, ...more },
      1,
    );

  test('[GAT40] [W16] are audio of the form that was agreed, for those who were granted them', () => {
    const hand = new HandRuntime();
    const { transport, session, sessionId } = openSession(hand);
    session.link.send({
      type: 'session_init_ack',
      session_id: sessionId,
      message: 'hello',
      trace_id: 't',
      use_binary_frame: true,
      negotiated_audio_format: 'pcm16',
    });
    transport.says(binary(sessionId), true);
    transport.says(binary(sessionId, { seq: 6, is_final: true, audio: null }), true);
    expect(session.messages).toMatchObject([
      { type: 'audio_chunk', seq: 5, is_final: false, audio: { encoding: 'pcm16', durationMs: 20 } },
      { type: 'audio_chunk', seq: 6, is_final: true, audio: null },
    ]);
  });

  test('[GAT40] also after the client has come back', () => {
    const { hand, transport } = waiting();
    transport.says(resume());
    hand.sessions.push({
      open: { sessionId: SESSION_ID } as never,
      link: hand.resumable?.link as never,
      messages: [],
      readings: [],
      isLost: false,
    });
    transport.says(binary(SESSION_ID), true);
    expect(hand.sessions.at(-1)?.messages).toMatchObject([{ seq: 5, audio: { encoding: 'pcm16' } }]);
  });

  test('[GAT40] are a mistake of everybody else, and named as such', () => {
    const hand = new HandRuntime();
    const { transport, session, sessionId } = openSession(hand);
    transport.says(binary(sessionId), true);
    expect(session.messages).toEqual([]);
    expect(transport.messages).toMatchObject([
      { type: 'error', code: 'INVALID_MESSAGE', details: { field: 'frame' } },
    ]);
    expect(transport.closed).toBeNull();
  });

  test('[GAT40] [I8] another’s session in a binary frame reaches nobody', () => {
    const hand = new HandRuntime();
    const victim = openSession(hand);
    const { transport, session, sessionId } = openSession(hand);
    session.link.send({
      type: 'session_init_ack',
      session_id: sessionId,
      message: 'hello',
      trace_id: 't',
      use_binary_frame: true,
    });
    transport.says(binary(victim.sessionId, { audio: null, is_final: true }), true);
    expect(victim.session.messages).toEqual([]);
    expect(transport.messages.at(-1)).toMatchObject({ type: 'error', code: 'INVALID_SESSION' });
  });
});
