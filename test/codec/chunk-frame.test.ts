import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkHeadOf, readChunkFrame } from '#codec/chunk-frame.ts';
import { decodePlainSessionFrame, decodeSessionFrame } from '#codec/decode-session.ts';
import { packet, prefixed } from './opus-run.ts';
import { OPUS_16K } from './vectors.ts';

const BASE64 = Buffer.from(prefixed(packet(60), packet(61))).toString('base64');
const frameOf = (text: string): Buffer => Buffer.from(text, 'latin1');
const chunk = (id: string, seq: string, rest: string): Buffer =>
  frameOf(`{"type":"audio_chunk","session_id":"${id}","seq":${seq},"is_final":${rest}}`);

/** By its form, by the form that its session's chunks have, and by parsing it. */
const expectBothWaysAlike = (frame: Buffer): void => {
  const parsed = decodePlainSessionFrame(frame, OPUS_16K);
  expect(decodeSessionFrame(frame, OPUS_16K)).toStrictEqual(parsed);
  for (const id of ['s-1', 's', ''])
    expect(decodeSessionFrame(frame, OPUS_16K, chunkHeadOf(id))).toStrictEqual(parsed);
};

describe('a chunk in the form that clients write', () => {
  it.each([
    ['audio', chunk('s-1', '7', `false,"payload":"${BASE64}"`), false],
    ['a final with audio', chunk('s-1', '4294967295', `true,"payload":"${BASE64}"`), true],
    ['a final with an empty payload', chunk('s-1', '0', 'true,"payload":""'), true],
    ['a final without payload', chunk('s-1', '10', 'true'), true],
    ['an empty id', chunk('', '1', `false,"payload":"${BASE64}"`), false],
    ['the longest id', chunk('x'.repeat(256), '1', `false,"payload":"${BASE64}"`), false],
  ])('[AUD13] %s is read by its form', (_what, frame, isFinal) => {
    expect(readChunkFrame(frame)).toMatchObject({ isFinal });
    expectBothWaysAlike(frame);
    expect(decodeSessionFrame(frame, OPUS_16K).kind).toBe('message');
  });
});

it.each(['s"1', 's\\1', 's\n', 'é', 'x'.repeat(257)])(
  '[AUD13] chunks of %j have no head to know them by',
  (id) => {
    expect(chunkHeadOf(id)).toBeNull();
  },
);

describe('a chunk in any other form', () => {
  it.each([
    ['white space', frameOf('{"type": "audio_chunk","session_id":"s","seq":1,"is_final":true}')],
    ['another order', frameOf('{"type":"audio_chunk","seq":1,"session_id":"s","is_final":true}')],
    ['a time', chunk('s', '1', `false,"payload":"${BASE64}","client_timestamp_ms":7`)],
    ['a field that we do not know', chunk('s', '1', `false,"payload":"${BASE64}","x":"y"`)],
    ['the payload twice', chunk('s', '1', `false,"payload":"${BASE64}","payload":"${BASE64}"`)],
    ['an escape in the id', chunk('s\\n', '1', 'true')],
    ['a letter beyond ASCII in the id', chunk('\xc3\xa9', '1', 'true')],
    ['a control character in the id', chunk('a\u0001', '1', 'true')],
    ['an id that is too long', chunk('x'.repeat(257), '1', 'true')],
    ['no number', chunk('s', '', 'true')],
    ['a leading zero', chunk('s', '01', 'true')],
    ['a number that is too great', chunk('s', '4294967296', 'true')],
    ['more digits than any number has', chunk('s', '9'.repeat(400), 'true')],
    ['a negative number', chunk('s', '-1', 'true')],
    ['a fraction', chunk('s', '1.5', 'true')],
    ['a power', chunk('s', '1e2', 'true')],
    ['a word for whether it is final', chunk('s', '1', '"true"')],
    ['no base64', chunk('s', '1', 'false,"payload":"AA*A"')],
    ['base64 of the URL alphabet', chunk('s', '1', 'false,"payload":"AA_A"')],
    ['padding in between', chunk('s', '1', 'false,"payload":"AA==AAAA"')],
    ['base64 without padding', chunk('s', '1', 'false,"payload":"AAA"')],
    ['no Opus', chunk('s', '1', 'false,"payload":"//8AAAAA"')],
    ['an escape in the payload', chunk('s', '1', 'false,"payload":"AA\\u0041A"')],
    ['a null for the payload', chunk('s', '1', 'false,"payload":null')],
    ['no brace', chunk('s', '1', 'true').subarray(0, -1)],
    ['more behind it', Buffer.concat([chunk('s', '1', 'true'), frameOf(' ')])],
    [
      'a quote and a brace missing',
      frameOf('{"type":"audio_chunk","session_id":"s","seq":1,"is_final":true,"payload":"}'),
    ],
  ])('[AUD13] %s is read the usual way, in the same words', (_what, frame) => {
    expectBothWaysAlike(frame);
  });

  it('[AUD13] whatever one changes in it', () => {
    const whole = chunk('s-1', '17', `false,"payload":"${BASE64}"`);
    fc.assert(
      fc.property(
        fc.nat(whole.length - 1),
        fc.nat(255),
        fc.constantFrom('set', 'cut', 'add'),
        (at, byte, what) => {
          const changed =
            what === 'set'
              ? Buffer.concat([whole.subarray(0, at), Buffer.of(byte), whole.subarray(at + 1)])
              : what === 'cut'
                ? Buffer.concat([whole.subarray(0, at), whole.subarray(at + 1)])
                : Buffer.concat([whole.subarray(0, at), Buffer.of(byte), whole.subarray(at)]);
          expectBothWaysAlike(changed);
        },
      ),
      { numRuns: 3000 },
    );
  });
});
