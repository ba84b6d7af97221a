import type { AudioEncoding } from '#protocol/audio.ts';
import {
  type NodeAgentMessage,
  type NodeServerMessage,
  nodeAgentSchemas,
  nodeServerSchemas,
} from '#protocol/messages.ts';
import { isAudioError, pieceFromBase64, wireAudioFromBase64 } from './audio.ts';
import type { Decoded } from './decoded.ts';
import {
  asMessage,
  compileDirection,
  decodeFrame,
  decodePlainFrame,
  type Fields,
  type Finished,
} from './direction.ts';

const fromAgent = compileDirection(nodeAgentSchemas, nodeServerSchemas, [
  { type: 'job_result', field: 'tts_audio' },
]);
const fromServer = compileDirection(nodeServerSchemas, nodeAgentSchemas);

/**
 * A text frame of a node. Speech stays base64, checked, ready to be passed on; it may be a view on `bytes`, which the
 * caller gives away [AUD10].
 */
export const decodeNodeFrame = (bytes: Uint8Array): Decoded<NodeAgentMessage> =>
  decodeFrame(bytes, fromAgent, finishAgent);

/** The same by parsing the whole frame; slower for speech, otherwise equal [AUD11]. */
export const decodePlainNodeFrame = (bytes: Uint8Array): Decoded<NodeAgentMessage> =>
  decodePlainFrame(bytes, fromAgent, finishAgent);

/** The node's side: a text frame of the server. The audio of a job comes as one piece. */
export const decodeNodeServerFrame = (bytes: Uint8Array): Decoded<NodeServerMessage> =>
  decodeFrame(bytes, fromServer, finishServer);

const finishAgent = (fields: Fields, wire: Buffer | null): Finished<NodeAgentMessage> => {
  if (fields.type !== 'job_result' || fields.tts_audio === undefined) return asMessage(fields);
  const text = fields.tts_audio as string;
  if (text === '') {
    const { tts_audio: _none, ...rest } = fields;
    return asMessage(rest);
  }
  const tts_audio = wireAudioFromBase64(wire ?? text);
  return isAudioError(tts_audio)
    ? { field: 'tts_audio', expected: tts_audio.error }
    : asMessage({ ...fields, tts_audio });
};

const finishServer = (fields: Fields): Finished<NodeServerMessage> => {
  if (fields.type !== 'job_assign' && fields.type !== 'audio_append') return asMessage(fields);
  const piece = pieceFromBase64(
    fields.audio as string,
    fields.audio_format as AudioEncoding,
    fields.sample_rate as number,
  );
  if (isAudioError(piece)) return { field: 'audio', expected: piece.error };
  return asMessage({ ...fields, audio: piece.bytes.byteLength === 0 ? [] : [piece] });
};
