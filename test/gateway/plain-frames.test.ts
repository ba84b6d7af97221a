import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WsTransport } from '#gateway/ws-transport.ts';
import { Line, socketOn } from './line.ts';

const FRAME_BYTES_MAX = 300;

interface FrameOf {
  readonly first: number;
  readonly payload: Uint8Array;
  readonly isMasked: boolean;
  /** Written with more bytes than it takes, or a length that is not the payload's. */
  readonly wide: 'no' | '16' | '64';
}

const frameBytes = ({ first, payload, isMasked, wide }: FrameOf): Buffer => {
  const { length } = payload;
  const isWide = wide === '64' || length > 0xffff;
  const isMiddle = !isWide && (wide === '16' || length > 125);
  const head = Buffer.alloc(isWide ? 10 : isMiddle ? 4 : 2);
  head[0] = first;
  head[1] = (isMasked ? 0x80 : 0) | (isWide ? 127 : isMiddle ? 126 : length);
  if (isWide) head.writeBigUInt64BE(BigInt(length), 2);
  else if (isMiddle) head.writeUInt16BE(length, 2);
  if (!isMasked) return Buffer.concat([head, payload]);
  const mask = Buffer.of(7, 200, 31, 99);
  return Buffer.concat([head, mask, payload.map((byte, at) => byte ^ (mask[at & 3] ?? 0))]);
};

const text = (words: string, more: Partial<FrameOf> = {}): Buffer =>
  frameBytes({ first: 0x81, payload: Buffer.from(words), isMasked: true, wide: 'no', ...more });

/** What came of the bytes: messages in order, and everything that was written back. */
interface Seen {
  readonly messages: readonly string[];
  readonly written: string;
}

const sight = (data: Uint8Array, isBinary: boolean): string =>
  `${isBinary ? 'binary' : 'text'} ${Buffer.from(data).toString('hex')}`;

const feed = async (line: Line, chunks: readonly Uint8Array[]): Promise<void> => {
  for (const chunk of chunks) {
    if (!line.destroyed) line.push(Buffer.from(chunk));
    await setImmediate();
  }
  await setImmediate();
};

const byLibrary = async (chunks: readonly Uint8Array[]): Promise<Seen> => {
  const line = new Line();
  const socket = await socketOn(line, FRAME_BYTES_MAX);
  const messages: string[] = [];
  socket.on('message', (data: Buffer, isBinary) => messages.push(sight(data, isBinary)));
  socket.on('error', () => {});
  await feed(line, chunks);
  socket.terminate();
  return { messages, written: Buffer.concat(line.written).toString('hex') };
};

const byOurs = async (chunks: readonly Uint8Array[]): Promise<Seen> => {
  const line = new Line();
  const transport = new WsTransport(await socketOn(line, FRAME_BYTES_MAX), line, FRAME_BYTES_MAX);
  const messages: string[] = [];
  transport.listen({
    onFrame: (bytes, isBinary) => messages.push(sight(bytes, isBinary)),
    onPong: () => undefined,
    onBehind: () => undefined,
    onClose: () => undefined,
  });
  await feed(line, chunks);
  transport.terminate();
  return { messages, written: Buffer.concat(line.written).toString('hex') };
};

/** Cut at the given places, wherever these lie. */
const cutAt = (bytes: Buffer, cuts: readonly number[]): readonly Buffer[] => {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return places.slice(1).map((end, at) => bytes.subarray(places[at], end));
};

const PING = frameBytes({ first: 0x89, payload: Buffer.from('p'), isMasked: true, wide: 'no' });
const CLOSE = frameBytes({ first: 0x88, payload: Buffer.of(0x03, 0xe8), isMasked: true, wide: 'no' });
const STORIES: readonly (readonly [string, readonly Buffer[]])[] = [
  [
    'messages of all lengths',
    [text(''), text('a'), text('b'.repeat(125)), text('c'.repeat(126)), text('d'.repeat(300))],
  ],
  ['a binary message', [text('\u00ff\u0000', { first: 0x82 })]],
  ['lengths written wider than they need', [text('a', { wide: '16' }), text('b', { wide: '64' })]],
  ['a ping between', [text('a'), PING, text('b')]],
  [
    'fragments, with a ping among them',
    [text('a', { first: 0x01 }), PING, text('b', { first: 0x00 }), text('c', { first: 0x80 }), text('d')],
  ],
  ['a goodbye, and more behind it', [text('a'), CLOSE, text('b')]],
  ['a frame that is too big', [text('a'), text('x'.repeat(301)), text('b')]],
  [
    'fragments that are too big together',
    [text('x'.repeat(200), { first: 0x01 }), text('y'.repeat(200), { first: 0x80 }), text('b')],
  ],
  ['no mask', [text('a'), text('b', { isMasked: false }), text('c')]],
  ['reserved bits', [text('a'), text('b', { first: 0xc1 }), text('c')]],
  ['an opcode that does not exist', [text('a'), text('b', { first: 0x83 }), text('c')]],
  ['a control frame in fragments', [text('a'), text('b', { first: 0x09 }), text('c')]],
  ['a control frame that is too long', [text('a'), text('b'.repeat(126), { first: 0x89 }), text('c')]],
  ['a continuation of nothing', [text('a'), text('b', { first: 0x80 }), text('c')]],
  ['a message within another', [text('a', { first: 0x01 }), text('b'), text('c')]],
  ['a goodbye that makes no sense', [text('a'), text('x', { first: 0x88 }), text('b')]],
];

describe('frames that go past the library', () => {
  test.each(STORIES)(
    '[GAT45] %s: the same as by the library, however the bytes come',
    async (_what, frames) => {
      const bytes = Buffer.concat(frames);
      const expected = await byLibrary([bytes]);
      expect(await byOurs([bytes])).toEqual(expected);
      expect(await byOurs(frames)).toEqual(await byLibrary(frames));
      const single = Array.from(bytes, (_byte, at) => bytes.subarray(at, at + 1));
      expect(await byOurs(single)).toEqual(await byLibrary(single));
    },
  );

  test('[GAT45] an offence that ends in the block after the one it began in: nothing behind it is taken', async () => {
    const bad = text('', { first: 0x01, payload: Buffer.of(0x80) });
    const bytes = Buffer.concat([bad, text('x'.repeat(100), { first: 0x80 }), text('b')]);
    for (let cut = 1; cut < bytes.length; cut += 1) {
      const chunks = [bytes.subarray(0, cut), bytes.subarray(cut)];
      expect(await byOurs(chunks)).toEqual(await byLibrary(chunks));
    }
  });

  test('[GAT45] text that is no UTF-8 closes with 1007, and nothing behind it is read', async () => {
    const chunks = [Buffer.concat([text('a'), text('', { payload: Buffer.of(0xff, 0xfe) }), text('b')])];
    const ours = await byOurs(chunks);
    expect(ours.messages).toEqual([sight(Buffer.from('a'), false)]);
    expect(ours).toEqual(await byLibrary(chunks));
    expect(ours.written.slice(4)).toBe((1007).toString(16).padStart(4, '0'));
  });

  const frame = fc.record({
    first: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(0x81, 0x82) },
      { weight: 3, arbitrary: fc.constantFrom(0x01, 0x00, 0x80, 0x89, 0x8a) },
      { weight: 1, arbitrary: fc.nat(255) },
    ),
    payload: fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 40 }).map((words) => new Uint8Array(Buffer.from(words))),
      fc.uint8Array({ maxLength: 8 }),
      fc.integer({ min: 120, max: 320 }).map((length) => new Uint8Array(length).fill(0x61)),
    ),
    isMasked: fc.integer({ min: 0, max: 30 }).map((roll) => roll > 0),
    wide: fc.constantFrom('no', 'no', 'no', '16', '64'),
  });

  test('[GAT45] any frames, cut anywhere: the same as by the library', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(frame, { maxLength: 12 }),
        fc.array(fc.nat(4000), { maxLength: 6 }),
        async (frames, cuts) => {
          const chunks = cutAt(Buffer.concat(frames.map(frameBytes)), cuts);
          expect(await byOurs(chunks)).toEqual(await byLibrary(chunks));
        },
      ),
      { numRuns: 600 },
    );
  });
});
