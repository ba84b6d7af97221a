import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { legacyHeartbeat, legacyRegister } from '#testing/node-registration.ts';
import { acceptNode, chunk, init, openSession } from './desk.ts';
import type { FakeTransport } from './fake-transport.ts';
import { HandRuntime } from './hand-runtime.ts';

const TYPES = [
  'session_init',
  'audio_chunk',
  'utterance',
  'session_close',
  'room_join',
  'node_register',
  'job_result',
];

/** Frames from plain noise to messages that are nearly right. */
const garbage = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.json().map((text) => Buffer.from(text)),
  fc
    .tuple(
      fc.constantFrom(...TYPES),
      fc.dictionary(
        fc.constantFrom('session_id', 'seq', 'payload', 'audio', 'is_final', 'job_id'),
        fc.jsonValue(),
      ),
    )
    .map(([type, fields]) => Buffer.from(JSON.stringify({ ...fields, type }))),
  fc.integer({ min: 1, max: 200 }).map((depth) => Buffer.from('['.repeat(depth * 500))),
);
const frames = fc.array(fc.tuple(garbage, fc.boolean()), { minLength: 1, maxLength: 20 });

const feed = (transport: FakeTransport, sent: readonly (readonly [Uint8Array, boolean])[]): void => {
  for (const [bytes, isBinary] of sent) transport.says(bytes, isBinary);
};

describe('garbage', () => {
  test('[GAT20][R6] on a session socket: nothing throws, nothing closes, the session beside it does not notice', () => {
    fc.assert(
      fc.property(frames, frames, (before, after) => {
        const hand = new HandRuntime();
        const neighbour = openSession(hand);
        const rude = openSession(hand);
        feed(rude.transport, before);
        neighbour.transport.says(chunk(neighbour.sessionId));
        feed(rude.transport, after);
        expect(rude.transport.closed).toBeNull();
        expect(neighbour.transport).toMatchObject({ sent: [], closed: null });
        expect(neighbour.session).toMatchObject({ isLost: false, messages: [{ type: 'audio_chunk' }] });
        for (const message of rude.transport.messages) {
          expect(['error', 'session_close_ack']).toContain(message.type);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('[GAT20][R6] on a node socket: nothing throws, nothing closes, the node beside it does not notice', () => {
    fc.assert(
      fc.property(frames, (sent) => {
        const hand = new HandRuntime();
        const neighbour = acceptNode(hand);
        neighbour.says(legacyRegister('node-1'));
        const rude = acceptNode(hand);
        feed(rude, sent);
        neighbour.says(legacyHeartbeat('node-1'));
        expect(rude.closed).toBeNull();
        expect(neighbour).toMatchObject({ sent: [], closed: null });
        expect(hand.nodes[0]?.messages.map(({ type }) => type)).toEqual(['node_register', 'node_heartbeat']);
      }),
      { numRuns: 300 },
    );
  });

  test('[GAT20] after any garbage a client may still start its session', () => {
    fc.assert(
      fc.property(frames, (sent) => {
        const hand = new HandRuntime();
        const { transport } = openSession(hand);
        feed(transport, sent);
        const before = hand.sessions.length;
        transport.says(init());
        expect(hand.sessions).toHaveLength(before + 1);
      }),
      { numRuns: 100 },
    );
  });
});
