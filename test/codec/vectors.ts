import { readdirSync, readFileSync } from 'node:fs';
import { decodeNodeFrame, decodeNodeServerFrame } from '#codec/decode-node.ts';
import { decodeSessionFrame, decodeSessionServerFrame } from '#codec/decode-session.ts';
import type { Decoded } from '#codec/decoded.ts';
import {
  type EncodedPart,
  encodeNodeAgent,
  encodeNodeServer,
  encodeSessionClient,
  encodeSessionServer,
  joinParts,
} from '#codec/encode.ts';

const ROOT = new URL('../vectors/', import.meta.url);

/** One direction of one socket, as the names of the sample files call it. */
export interface Side {
  readonly prefix: 'session.client' | 'session.server' | 'node.agent' | 'node.server';
  readonly decode: (bytes: Uint8Array) => Decoded<object>;
  /** The text frame of a message that `decode` gave. */
  readonly encode: (message: object) => Buffer;
}

const side = <Message extends object>(
  prefix: Side['prefix'],
  decode: (bytes: Uint8Array) => Decoded<Message>,
  encode: (message: Message) => readonly EncodedPart[],
): Side => ({
  prefix,
  decode,
  encode: (message) => Buffer.from(joinParts(encode(message as Message))),
});

export const OPUS_16K = { encoding: 'opus', sampleRateHz: 16_000 } as const;

export const sides = {
  sessionClient: side('session.client', (bytes) => decodeSessionFrame(bytes, OPUS_16K), encodeSessionClient),
  sessionServer: side('session.server', decodeSessionServerFrame, encodeSessionServer),
  nodeAgent: side('node.agent', decodeNodeFrame, encodeNodeAgent),
  nodeServer: side('node.server', decodeNodeServerFrame, encodeNodeServer),
} as const;
export const allSides: readonly Side[] = Object.values(sides);

/** File names in a folder of the samples, HTTP answers and the index left out. */
export const vectorNames = (folder = '.'): readonly string[] =>
  readdirSync(new URL(folder, ROOT))
    .filter((name) => /^(session|node)\..*\.(json|txt)$/.test(name))
    .sort();

export const readVector = (name: string): Buffer => readFileSync(new URL(name, ROOT));

/** The side that a sample's name says it travels on. */
export const sideOf = (name: string): Side => {
  const found = allSides.find(({ prefix }) => name.startsWith(`${prefix}.`));
  if (!found) throw new Error(`no side for ${name}`);
  return found;
};

export const textFrame = (value: unknown): Buffer => Buffer.from(JSON.stringify(value), 'utf8');

/** The message of a frame that must decode. */
export const messageOf = <Message>(decoded: Decoded<Message>): Message => {
  if (decoded.kind !== 'message') throw new Error(`not a message: ${JSON.stringify(decoded)}`);
  return decoded.message;
};
