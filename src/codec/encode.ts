import type { AudioPiece } from '#protocol/audio.ts';
import type {
  NodeAgentMessage,
  NodeServerMessage,
  SessionClientMessage,
  SessionServerMessage,
} from '#protocol/messages.ts';
import { type ExtraResult, ExtraResultSchema } from '#protocol/shapes.ts';
import { base64Length, byteCountOf, writeBase64 } from './base64.ts';
import { viewOf } from './schema-view.ts';

/** A stretch of one text frame: JSON text, or bytes of it in UTF-8. Parts follow each other without a gap. */
export type EncodedPart = string | Uint8Array;

/** For the client. Fields without a value are absent, never null (but for `candidate`) [PRO4]. */
export const encodeSessionServer = (message: SessionServerMessage): readonly EncodedPart[] => {
  if (message.type === 'translation_result') {
    const { tts_audio, extra } = message;
    const envelope = {
      ...message,
      tts_audio: undefined,
      extra: extra === undefined ? extra : knownExtra(extra),
    };
    return withBase64(envelope, 'tts_audio', tts_audio?.base64 ?? null);
  }
  if (message.type === 'tts_audio') {
    return withBase64({ ...message, payload: undefined }, 'payload', message.payload.base64);
  }
  return [JSON.stringify(message)];
};

/** For the node. The pieces of a job's audio are joined and written once, here, into the frame itself. */
export const encodeNodeServer = (message: NodeServerMessage): readonly EncodedPart[] => {
  if (message.type === 'job_assign' || message.type === 'audio_append') {
    return [withPieces({ ...message, audio: undefined }, 'audio', message.audio)];
  }
  return [JSON.stringify(message)];
};

/** The client's side. A chunk without audio has no payload. */
export const encodeSessionClient = (message: SessionClientMessage): readonly EncodedPart[] => {
  if (message.type === 'audio_chunk') {
    const { audio } = message;
    const envelope = { ...message, audio: undefined };
    return audio === null ? [JSON.stringify(envelope)] : [withPieces(envelope, 'payload', [audio])];
  }
  if (message.type === 'utterance') {
    return [withPieces({ ...message, audio: undefined }, 'audio', [message.audio])];
  }
  return [JSON.stringify(message)];
};

/** The node's side. */
export const encodeNodeAgent = (message: NodeAgentMessage): readonly EncodedPart[] => {
  if (message.type === 'job_result' && message.tts_audio !== undefined) {
    return withBase64({ ...message, tts_audio: undefined }, 'tts_audio', message.tts_audio.base64);
  }
  return [JSON.stringify(message)];
};

/** A text frame: all of it, or its parts. Bytes are UTF-8. */
export type FrameText = EncodedPart | readonly EncodedPart[];

export const frameBytes = (text: FrameText): number =>
  isInParts(text) ? text.reduce((sum, part) => sum + partBytes(part), 0) : partBytes(text);

export const isInParts = (text: FrameText): text is readonly EncodedPart[] => Array.isArray(text);

/** One text frame of its parts: text where all is text, else bytes (to be sent as text, not as binary). */
export const joinParts = (parts: readonly EncodedPart[]): string | Buffer => {
  if (parts.every((part) => typeof part === 'string')) return parts.join('');
  const [only] = parts;
  // What was written into one frame already is not copied once more.
  if (parts.length === 1 && Buffer.isBuffer(only)) return only;
  const frame = Buffer.allocUnsafe(frameBytes(parts));
  let at = 0;
  for (const part of parts) {
    if (typeof part === 'string') at += frame.write(part, at, 'utf8');
    else {
      frame.set(part, at);
      at += part.byteLength;
    }
  }
  return frame;
};

/** Ends the audio and the message. */
const TAIL = '"}';

const partBytes = (part: EncodedPart): number =>
  typeof part === 'string' ? Buffer.byteLength(part, 'utf8') : part.byteLength;

/**
 * The envelope with the audio as its last field. The audio is never stringified: base64 needs no escaping, and a
 * big string costs several times its own writing. The envelope is the message with its audio undefined, which is not
 * written: leaving a field out of a copy costs ten times as much as overwriting it.
 */
const withBase64 = (envelope: object, field: string, base64: Uint8Array | null): readonly EncodedPart[] => {
  const head = JSON.stringify(envelope).slice(0, -1);
  return base64 === null ? [`${head},"${field}":""}`] : [`${head},"${field}":"`, base64, TAIL];
};

/** As `withBase64`, of raw audio: the frame is made at its full size, so that the base64 is written only once. */
const withPieces = (envelope: object, field: string, pieces: readonly AudioPiece[]): Buffer => {
  const head = `${JSON.stringify(envelope).slice(0, -1)},"${field}":"`;
  const runs = pieces.map(({ bytes }) => bytes);
  const headBytes = Buffer.byteLength(head, 'utf8');
  const frame = Buffer.allocUnsafe(headBytes + base64Length(byteCountOf(runs)) + TAIL.length);
  frame.write(head, 0, 'utf8');
  frame.write(TAIL, writeBase64(runs, frame, headBytes), 'latin1');
  return frame;
};

const EXTRA_KEYS = Object.keys(viewOf(ExtraResultSchema).properties ?? {});
/** What a node adds beyond the known keys is for us, not for listeners. */
const knownExtra = (extra: ExtraResult): object =>
  Object.fromEntries(Object.entries(extra).filter(([key]) => EXTRA_KEYS.includes(key)));
