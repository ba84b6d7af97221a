import { describe, expect, it } from 'vitest';
import { decodeNodeFrame, decodePlainNodeFrame } from '#codec/decode-node.ts';
import { decodePlainSessionFrame, decodeSessionFrame } from '#codec/decode-session.ts';
import { compileSplice, SPLICE_BYTES_MIN, spliceFrame } from '#codec/splice.ts';
import { AUDIO_FIELDS } from './hostile-frame.ts';
import { packet, prefixed } from './opus-run.ts';
import { messageOf, OPUS_16K } from './vectors.ts';

const splices = Object.entries(AUDIO_FIELDS).map(([type, field]) => compileSplice({ type, field }));
/** A multiple of three bytes, so that its base64 goes on without a seam. */
const audio = Buffer.from(prefixed(...Array.from({ length: 12 }, () => packet(200))));
const BASE64 = audio.toString('base64');
const other = Buffer.from(prefixed(...Array.from({ length: 10 }, () => packet(202)))).toString('base64');

/** In a block of its own, as a socket gives it. */
const frameOf = (text: string): Buffer => Buffer.from(new TextEncoder().encode(text).buffer);
const chunk = (rest: string): Buffer =>
  frameOf(`{"type":"audio_chunk","session_id":"s-1","seq":0,"is_final":false${rest}}`);
const utteranceFields =
  '"utterance_index":0,"manual_cut":true,"src_lang":"zh","tgt_lang":"en","audio_format":"opus","sample_rate":16000';
const result = (speech: string): Buffer =>
  frameOf(
    `{"type":"job_result","job_id":"j","attempt_id":1,"node_id":"n","session_id":"s-1","utterance_index":0,"success":true,"text_asr":"schön","tts_audio":"${speech}","trace_id":"t"}`,
  );

describe('a frame in the form that clients write', () => {
  it('[AUD11] much text around the audio is read as it is', () => {
    const text = 'schön '.repeat(3000);
    const frame = frameOf(
      `{"type":"job_result","job_id":"j","attempt_id":1,"node_id":"n","session_id":"s-1","utterance_index":0,"success":true,"text_asr":"${text}","tts_audio":"${BASE64}","trace_id":"t"}`,
    );
    expect(spliceFrame(frame, splices)?.fields).toMatchObject({ text_asr: text, trace_id: 't' });
    expect(decodeNodeFrame(frame)).toEqual(decodePlainNodeFrame(frame));
  });

  it.each([
    ['audio_chunk', chunk(`,"payload":"${BASE64}","client_timestamp_ms":7`), 'payload'],
    [
      'utterance',
      frameOf(`{"type":"utterance","session_id":"s",${utteranceFields},"audio":"${BASE64}"}`),
      'audio',
    ],
    ['job_result', result(BASE64), 'tts_audio'],
  ])('[AUD11] %s: the audio is cut out as a view and is in no text', (_type, frame, field) => {
    const spliced = spliceFrame(frame, splices);
    expect(spliced?.base64.toString()).toBe(BASE64);
    expect(spliced?.base64.buffer).toBe(frame.buffer);
    const { [field]: standIn, ...rest } = spliced?.fields ?? {};
    const { [field]: _audio, ...expected } = JSON.parse(frame.toString()) as Record<string, unknown>;
    expect(rest).toEqual(expected);
    expect(String(standIn).length).toBeLessThan(40);
  });

  it('[AUD11] the smallest frame that is cut is as large as said', () => {
    const bare = chunk(',"payload":""').length;
    const letters = SPLICE_BYTES_MIN - bare;
    expect(spliceFrame(chunk(`,"payload":"${'A'.repeat(letters)}"`), splices)).not.toBeNull();
    expect(spliceFrame(chunk(`,"payload":"${'A'.repeat(letters - 1)}"`), splices)).toBeNull();
  });
});

describe('a frame in any other form is read whole', () => {
  it.each([
    ['white space before the value', chunk(`,"payload": "${BASE64}"`)],
    ['white space before the key', chunk(`, "payload":"${BASE64}"`)],
    ['white space at the start', frameOf(` ${chunk(`,"payload":"${BASE64}"`).toString()}`)],
    ['the type later', frameOf(`{"seq":0,"type":"audio_chunk","payload":"${BASE64}"}`)],
    ['an escape in the key', chunk(`,"p\\u0061yload":"${BASE64}"`)],
    ['the field twice', chunk(`,"payload":"${BASE64}","payload":"${BASE64}"`)],
    ['the field again, escaped', chunk(`,"payload":"${BASE64}","p\\u0061yload":"${BASE64}"`)],
    ['the field in an object', chunk(`,"x":{"y":1,"payload":"${BASE64}"}`)],
    ['the field in an object first', chunk(`,"x":{"y":1,"payload":"${BASE64}"},"payload":"${other}"`)],
    ['the field in a prototype', chunk(`,"__proto__":{"y":1,"payload":"${BASE64}"}`)],
    ['a key that ends in an escaped quote', chunk(`,"x\\",\\"payload":"${BASE64}"`)],
    ['the field in a string', chunk(`,"x":",\\"payload\\":\\"${BASE64}"`)],
    ['another type at the end', chunk(`,"payload":"${BASE64}","type":"utterance"`)],
    ['no end', chunk(`,"payload":"${BASE64}"`).subarray(0, 2500)],
    ['no text', chunk(`,"payload":"${BASE64}","x":"\u0000"`)],
    [
      'bytes that are no UTF-8',
      Buffer.concat([chunk(`,"payload":"${BASE64}","x":"`).subarray(0, -1), Buffer.of(0xff, 0x22, 0x7d)]),
    ],
    ['no value', chunk(`,"payload":"","x":"${BASE64}"`)],
  ])('[AUD11] %s', (_what, frame) => {
    expect(frame.length).toBeGreaterThan(SPLICE_BYTES_MIN);
    expect(spliceFrame(frame, splices)).toBeNull();
    expect(decodeSessionFrame(frame, OPUS_16K)).toStrictEqual(decodePlainSessionFrame(frame, OPUS_16K));
  });

  it("[AUD11] one type's audio is never taken for another's", () => {
    const frame = chunk(`,"payload":"${BASE64}",${utteranceFields},"audio":"${other}","type":"utterance"`);
    const message = messageOf(decodeSessionFrame(frame, OPUS_16K));
    expect(message).toMatchObject({ type: 'utterance', audio: { bytes: Buffer.from(other, 'base64') } });
  });
});

describe('audio that is cut out', () => {
  it.each([
    ['an escape', `${BASE64}AAA\\u0041`],
    ['an escaped slash', `${BASE64}AA\\/A`],
    ['an escaped quote', `${BASE64}AAA\\"`],
    ['an escaped quote and what it would smuggle in', `${BASE64}AAA\\",\\"success\\":false`],
    ['a control character', `${BASE64}AA\nA`],
    ['the URL alphabet', `${BASE64}AA-_`],
    ['a letter beyond ASCII', `${BASE64}AA\u0141A`],
    ['no padding', `${BASE64}AA`],
    ['padding in the middle', `${BASE64}AA==AAAA`],
  ])('[PRO14] [W14] with %s it is judged by the plain way', (what, speech) => {
    const frame = result(speech);
    const decoded = decodeNodeFrame(frame);
    expect(decoded).toStrictEqual(decodePlainNodeFrame(frame));
    // Escapes of base64 letters are unusual, not wrong.
    const isBase64 = ['an escape', 'an escaped slash'].includes(what);
    expect(decoded.kind).toBe(isBase64 ? 'message' : 'invalid');
  });

  it('[AUD10] speech that fills most of its block stays where it is', () => {
    const frame = result(BASE64);
    const message = messageOf(decodeNodeFrame(frame));
    expect(message).toMatchObject({ tts_audio: { base64: Buffer.from(BASE64), rawBytes: audio.length } });
    expect(message.type === 'job_result' && message.tts_audio?.base64.buffer).toBe(frame.buffer);
  });

  it('[AUD10] speech in a block that is more than twice as large is copied out of it', () => {
    const frame = result(BASE64);
    for (const [blockBytes, isView] of [
      [2 * BASE64.length, true],
      [2 * BASE64.length + 1, false],
      [65_536, false],
    ] as const) {
      const block = new Uint8Array(blockBytes);
      block.set(frame);
      const message = messageOf(decodeNodeFrame(block.subarray(0, frame.length)));
      if (message.type !== 'job_result') throw new Error('another type');
      const { base64 } = message.tts_audio ?? { base64: new Uint8Array() };
      expect(base64.buffer === block.buffer).toBe(isView);
      expect(base64).toEqual(Buffer.from(BASE64));
    }
  });

  it('[AUD10] what a speaker said is decoded into bytes of its own', () => {
    const frame = chunk(`,"payload":"${BASE64}"`);
    const message = messageOf(decodeSessionFrame(frame, OPUS_16K));
    frame.fill(0);
    expect(message).toMatchObject({ audio: { bytes: audio, durationMs: 240, isSilent: false } });
  });
});
