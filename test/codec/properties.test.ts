import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeInvalid } from '#codec/decoded.ts';
import {
  nodeAgentSchemas,
  nodeServerSchemas,
  sessionClientSchemas,
  sessionServerSchemas,
} from '#protocol/messages.ts';
import { arbitraryFrame } from './arbitrary-message.ts';
import { allSides, messageOf, readVector, sides, textFrame, vectorNames } from './vectors.ts';

const directions = [
  { name: 'session client', side: sides.sessionClient, schemas: sessionClientSchemas },
  { name: 'session server', side: sides.sessionServer, schemas: sessionServerSchemas },
  { name: 'node agent', side: sides.nodeAgent, schemas: nodeAgentSchemas },
  { name: 'node server', side: sides.nodeServer, schemas: nodeServerSchemas },
] as const;

const decodeEverywhere = (bytes: Uint8Array): void => {
  for (const { decode } of allSides) {
    const decoded = decode(bytes);
    expect(['message', 'ignored', 'invalid']).toContain(decoded.kind);
    if (decoded.kind === 'invalid') expect(decoded.field && decoded.expected).not.toBe('');
  }
};

describe.each(directions)('$name messages', ({ side, schemas }) => {
  it('[PRO13] [W61] any message written and read again is the same', () => {
    fc.assert(
      fc.property(arbitraryFrame(schemas), (wire) => {
        const message = messageOf(side.decode(textFrame(wire)));
        const frame = side.encode(message);
        expect(JSON.parse(frame.toString('utf8'))).toEqual(wire);
        expect(side.decode(frame)).toMatchObject({ kind: 'message', message });
      }),
      { numRuns: 600 },
    );
  });

  it('[PRO3] [PRO1] a message with one field spoilt is a message or names the field, and tells nothing', () => {
    const marker = 'ZQXmarker';
    const poison = fc.oneof(
      fc.constantFrom<unknown>(
        null,
        -1,
        0.5,
        1e300,
        true,
        [],
        {},
        [null],
        [marker],
        marker,
        `${marker}`.repeat(99),
      ),
      fc.constant({ [marker]: marker }),
      fc.jsonValue({ maxDepth: 2 }).map((value) => [marker, value]),
    );
    fc.assert(
      fc.property(arbitraryFrame(schemas), fc.nat(), poison, (wire, pick, value) => {
        const names = Object.keys(wire).filter((name) => name !== 'type');
        const name = names[pick % names.length];
        if (name === undefined) return;
        const decoded = side.decode(textFrame({ ...wire, [name]: value }));
        if (decoded.kind === 'invalid') {
          expect(decoded.field.split('.')[0]).toBe(name);
          expect(decoded.expected).not.toBe('a message of its type');
          expect(describeInvalid(decoded)).not.toContain(marker);
        } else expect(decoded.kind).toBe('message');
      }),
      { numRuns: 600 },
    );
  });
});

describe('any bytes', () => {
  it('[PRO1] random bytes decode to a value', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), decodeEverywhere), { numRuns: 1000 });
  });

  it('[PRO1] random JSON with a known type decodes to a value', () => {
    const types = directions.flatMap(({ schemas }) => Object.keys(schemas));
    fc.assert(
      fc.property(
        fc.constantFrom(...types),
        fc.jsonValue(),
        fc.dictionary(fc.string(), fc.jsonValue()),
        (type, any, more) => {
          decodeEverywhere(
            textFrame({ ...more, session_id: any, audio: any, payload: any, extra: any, type }),
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  it('[PRO1] samples with spoilt bytes decode to a value', () => {
    const names = vectorNames();
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 5 }),
        fc.nat(),
        (name, changes, end) => {
          const bytes = Buffer.from(readVector(name));
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          decodeEverywhere(bytes);
          decodeEverywhere(bytes.subarray(0, end % bytes.length));
        },
      ),
      { numRuns: 1000 },
    );
  });
});
