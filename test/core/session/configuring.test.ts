import { describe, expect, test } from 'vitest';
import type { SessionConfigure, SessionInit } from '#protocol/session-client-messages.ts';
import { SESSION_ID, SessionWorld } from './session-world.ts';
import { silence, speech } from './speech.ts';

const configure = (world: SessionWorld, fields: Omit<SessionConfigure, 'type'>): void =>
  world.message({ type: 'session_configure', ...fields });

const world = (init: Partial<SessionInit> = {}): SessionWorld => {
  const made = new SessionWorld({ init });
  made.clearRecord();
  return made;
};

describe('session_configure', () => {
  test('[SES65] answers with what will be in effect; what is left out stays', () => {
    const session = world({ endpointing: { pause_ms: 800 }, features: { emotion_detection: true } });
    configure(session, { tgt_lang: 'fr', endpointing: { min_utterance_ms: 500 } });
    configure(session, { endpointing: { pause_ms: 1 } });
    const effective = { max_duration_ms: 20_000, min_utterance_ms: 500, manual_only: false };
    const same = { type: 'session_configured', session_id: SESSION_ID, src_lang: 'zh', tgt_lang: 'fr' };
    expect(session.sent).toEqual([
      { ...same, endpointing: { pause_ms: 800, ...effective }, features: { emotion_detection: true } },
      { ...same, endpointing: { pause_ms: 200, ...effective }, features: { emotion_detection: true } },
    ]);
  });

  test('[SES65] what is growing goes on in its languages and limits, the next utterance has the new ones', () => {
    const session = world();
    session.chunk(speech(500));
    configure(session, { src_lang: 'en', tgt_lang: 'fr', endpointing: { pause_ms: 500 } });
    session.chunk(speech(500));
    session.advance(500 + 2999);
    expect(session.submitted).toEqual([]);
    session.advance(1 + 150);
    session.chunk(speech(1000));
    session.advance(1000 + 500 + 150);
    session.say(speech(100));
    expect(session.submitted).toMatchObject([
      { srcLang: 'zh', tgtLang: 'en', audioMs: 1000, cut: 'pause' },
      { srcLang: 'en', tgtLang: 'fr', audioMs: 1000, cut: 'pause' },
      { srcLang: 'en', tgtLang: 'fr', audioMs: 100, cut: 'manual' },
    ]);
  });

  test('[SES65] a late chunk begins the next utterance, and so does one that would make it too long', () => {
    const session = new SessionWorld({ settings: { utteranceMaxBytes: 4000 } });
    session.chunk(speech(500));
    configure(session, { tgt_lang: 'fr' });
    session.atMs += 4000;
    session.chunk(speech(500));
    configure(session, { tgt_lang: 'de' });
    session.chunk(speech(1000));
    session.final();
    session.advance(200);
    expect(session.submitted).toMatchObject([
      { tgtLang: 'en', cut: 'gap' },
      { tgtLang: 'fr', cut: 'max_length' },
      { tgtLang: 'de', cut: 'manual' },
    ]);
  });

  test('[SES65] features are for chunks and for utterance messages that name none', () => {
    const session = world();
    configure(session, { features: { speech_rate_control: true } });
    session.say(speech(1000));
    session.utterance(5, speech(2000));
    session.advance(300);
    const features = { speech_rate_control: true };
    expect(session.submitted).toMatchObject([{ features }, { features, tgtLang: 'en' }]);
  });

  test.each([
    ['src_lang', { src_lang: ' ' }],
    ['tgt_lang', { tgt_lang: '' }],
    ['tgt_lang', { tgt_lang: 'auto', src_lang: 'fr', endpointing: { pause_ms: 500 } }],
  ])('[SES66] a wrong %s is named, and nothing changes', (field, fields) => {
    const session = world();
    configure(session, fields);
    expect(session.sent).toMatchObject([
      { type: 'error', code: 'INVALID_MESSAGE', details: { field, expected: expect.any(String) } },
    ]);
    expect(session.say(speech(1000))).toMatchObject({ srcLang: 'zh', tgtLang: 'en' });
    expect(session.state.segmenter.limits.pauseMs).toBe(3000);
  });

  test('[SES66] while the session ends it is ignored', () => {
    const session = world();
    session.say(speech(1000));
    session.message({ type: 'session_close', session_id: SESSION_ID, reason: 'done' });
    session.clearRecord();
    configure(session, { tgt_lang: 'fr' });
    expect(session.sent).toEqual([]);
    expect(session.count('messages_ignored_total{session_configure}')).toBe(1);
  });
});

describe('min_utterance_ms', () => {
  const short = () => world({ endpointing: { min_utterance_ms: 1000, pause_ms: 500 } });

  test('[SEG30] what a pause would end too early goes on with the speech that follows', () => {
    const session = short();
    session.chunk(speech(400));
    session.advance(4000);
    expect(session.submitted).toEqual([]);
    session.chunk(speech(700));
    session.advance(700 + 500 + 150);
    expect(session.submitted).toMatchObject([{ audioMs: 1100, cut: 'pause', utteranceIndex: 0 }]);
  });

  test('[SEG30] it does not wait for ever', () => {
    const session = short();
    session.chunk(speech(400));
    session.advance(400 + 500 + 10_000 + 149);
    expect(session.submitted).toEqual([]);
    session.advance(1);
    expect(session.submitted).toMatchObject([{ audioMs: 400, cut: 'pause' }]);
  });

  test('[SEG30] [SEG14] a final is obeyed at any length, and so is the end of the session', () => {
    const session = short();
    session.say(speech(100));
    session.chunk(speech(100));
    session.advance(2000);
    session.message({ type: 'session_close', session_id: SESSION_ID, reason: 'done' });
    expect(session.submitted).toMatchObject([
      { audioMs: 100, cut: 'manual' },
      { audioMs: 100, cut: 'close' },
    ]);
  });

  test('[SEG30] silence meanwhile belongs to it, and playback begins its wait anew', () => {
    const session = short();
    session.chunk(speech(400));
    session.advance(2000);
    session.chunk(silence(300));
    session.advance(5000);
    session.chunk(speech(400));
    session.advance(1050);
    expect(session.submitted).toMatchObject([{ audioMs: 1100 }]);
  });
});

describe('priority', () => {
  test.each([
    [undefined, undefined, 2, undefined],
    [4, undefined, 0, 4],
    [0, undefined, 4, 0],
    [4, 1, 3, 1],
    [undefined, 1, 3, undefined],
  ])('[SES67] asked %s, granted at most %s', (asked, priorityMax, jobPriority, told) => {
    const session = new SessionWorld({
      init: asked === undefined ? {} : { priority: asked },
      ...(priorityMax === undefined ? {} : { priorityMax }),
    });
    expect(session.sentOf('session_init_ack')[0]?.priority).toBe(told);
    expect(session.say(speech(1000)).priority).toBe(jobPriority);
  });
});
