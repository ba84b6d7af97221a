import { describe, expect, it } from 'vitest';
import type { Principal } from '#core/ports.ts';
import { asSessionId } from '#protocol/ids.ts';
import type { SessionResumeAck } from '#protocol/session-server-messages.ts';
import { coreDomain } from '#runtime/domain.ts';
import { ResumeTokens } from '#runtime/resume-tokens.ts';
import { connection, heartbeat, opening, PRINCIPAL, RecordedLink, startedStage } from './runtime-stage.ts';

const CLIENT: Principal = { ...PRINCIPAL, kind: 'session' };
const SESSION = asSessionId('s-1');

/** A session of the real core that may be resumed, with its first token. */
const scene = (principal: Principal = CLIENT) => {
  const stage = startedStage({}, { domain: coreDomain });
  const { runtime, driver } = stage;
  const link = new RecordedLink();
  const open = opening('s-1');
  const init = { ...open.init, capabilities: ['resume'] };
  runtime.openSession({ ...open, principal, init }, link);
  driver.runUntilIdle();
  const [ack] = link.messages;
  const token = ack?.type === 'session_init_ack' ? (ack.resume_token ?? '') : '';
  let connections = 0;
  const resume = (resumeToken: string, by: Principal = CLIENT, lastDeliverySeq = 0) => {
    connections += 1;
    const connectionId = connection(`conn-back-${connections}`);
    const back = new RecordedLink();
    // As the gateway's links do: a closed socket is lost.
    back.close = (code, reason) => {
      RecordedLink.prototype.close.call(back, code, reason);
      runtime.loseSocket(SESSION, connectionId);
    };
    const ask = { resumeToken, lastDeliverySeq, connectionId, principal: by };
    const answer = runtime.resumeSession(ask, () => back);
    return { answer, link: back };
  };
  const lose = () => {
    runtime.loseSocket(SESSION, open.connectionId);
    driver.runUntilIdle();
  };
  return { ...stage, link, token, resume, lose };
};

const tokenIn = (link: RecordedLink): string => (link.messages[0] as SessionResumeAck).resume_token;

describe('tokens', () => {
  it('[RUN40] a token is good for one return; the answer brings the next', () => {
    const { driver, lose, resume, runtime, token } = scene();
    lose();
    const first = resume(token);
    driver.runUntilIdle();
    expect(first.link.said).toEqual(['send session_resume_ack']);
    runtime.tellClientMessage(SESSION, heartbeat);
    driver.runUntilIdle();
    expect(resume(token).answer).toBe('expired');
    const second = resume(tokenIn(first.link));
    driver.runUntilIdle();
    expect(second.answer).toBe('resuming');
    expect(tokenIn(second.link)).not.toBe(tokenIn(first.link));
  });

  it('[RUN40] a client that lost the answer with its socket returns once more, and what it lost is void', () => {
    const { driver, lose, resume, token } = scene();
    lose();
    const lost = resume(token);
    driver.runUntilIdle();
    const again = resume(token);
    driver.runUntilIdle();
    expect(again.answer).toBe('resuming');
    expect(lost.link.said).toEqual(['send session_resume_ack', 'close 4004 IDENTITY_REPLACED']);
    expect(resume(tokenIn(lost.link)).answer).toBe('expired');
    expect(resume(tokenIn(again.link)).answer).toBe('resuming');
  });

  it('[RUN40] a session never has more than two, and none after its end', () => {
    let drawn = 0;
    const tokens = new ResumeTokens({ next: () => `${++drawn}`, uuid: () => '' });
    const issued = [tokens.issue(SESSION)];
    for (let round = 0; round < 5; round += 1) {
      issued.push(tokens.use(SESSION, issued.at(-1) ?? ''));
      expect(tokens.count).toBe(2);
      tokens.confirm(SESSION);
      expect(tokens.count).toBe(1);
    }
    expect(issued.map((token) => tokens.find(token))).toEqual([...Array(5).fill(null), SESSION]);
    tokens.forget(SESSION);
    expect(tokens.count).toBe(0);
  });

  it('[RUN40] it means nothing once its session is gone', () => {
    const { clock, driver, lose, resume, token } = scene();
    lose();
    driver.advanceTo(clock.now().atMs + 120_010);
    expect(resume(token).answer).toBe('expired');
  });

  it.each([
    ['another tenant', { ...CLIENT, tenant: 'other', isAnonymous: false }, 'expired'],
    ['somebody with a token of their own', { ...CLIENT, isAnonymous: false }, 'expired'],
    ['the same again', CLIENT, 'resuming'],
  ] as const)('[RUN41] [I8] %s', (_who, principal, answer) => {
    const { lose, resume, token } = scene();
    lose();
    expect(resume(token, principal).answer).toBe(answer);
    // A stranger takes nothing away.
    expect(resume(token).answer).toBe('resuming');
  });
});

describe('the way back', () => {
  it('[RUN42] a socket that seems open is closed first, and nothing reaches it any more', () => {
    const { driver, link, resume, token } = scene();
    const back = resume(token);
    driver.runUntilIdle();
    expect(link.said).toEqual(['send session_init_ack', 'close 4004 IDENTITY_REPLACED']);
    expect(back.link.said).toEqual(['send session_resume_ack']);
  });

  it('[RUN42] of two that come at once the later one wins', () => {
    const { driver, resume, token } = scene();
    const [first, second] = [resume(token), resume(token)];
    driver.runUntilIdle();
    expect(first.link.said).toContain('close 4004 IDENTITY_REPLACED');
    expect(second.link.said).toEqual(['send session_resume_ack']);
  });

  it('[RUN43] a session that ends before it answers says so to whoever waits', () => {
    const { driver, lose, resume, runtime, token } = scene();
    lose();
    runtime.tellClientMessage(SESSION, { type: 'session_close', session_id: SESSION, reason: '' });
    const back = resume(token);
    driver.runUntilIdle();
    expect(back.link.said).toEqual(['send session_resume_ack', 'send session_close_ack', 'ended']);
    const drained = scene();
    drained.lose();
    const late = drained.resume(drained.token);
    void drained.runtime.drain(1000);
    drained.driver.runUntilIdle();
    expect(late.link.said.at(-1)).toBe('ended');
    expect(drained.resume(drained.token).answer).toBe('draining');
  });

  it('[RUN43] also where its end was on the way already', () => {
    const { driver, lose, resume, runtime, token } = scene();
    lose();
    void runtime.drain(1000);
    expect(resume(token).answer).toBe('draining');
    driver.runUntilIdle();
    expect(runtime.view.sessionCount).toBe(0);
  });

  it('[RES20] who is further behind than what is kept begins anew', () => {
    const { lose, resume, runtime, token } = scene();
    lose();
    const session = runtime.view.session(SESSION);
    if (session !== null) session.outbox.forgottenSeq = 5;
    expect(resume(token, CLIENT, 4).answer).toBe('expired');
    expect(resume(token, CLIENT, 5).answer).toBe('resuming');
  });
});
