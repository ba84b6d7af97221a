import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codePointCount, lastCodePoints } from '#core/session/code-points.ts';
import {
  contextFor,
  type GroupLimits,
  groupPlaybackEnded,
  groupPlaybackGivenUp,
  groupPlaybackStarted,
  isKnownGroup,
  joinGroup,
  newUtteranceGroups,
  type UtteranceGroups,
} from '#core/session/groups.ts';
import { asSessionId } from '#protocol/ids.ts';

const LIMITS: GroupLimits = { windowMs: 2000, partsMax: 8, contextCharsMax: 800 };
const SESSION_ID = asSessionId('s-1');
const WALL_AHEAD_MS = 1_000_000;
const at = (atMs: number) => ({ atMs, wallMs: atMs + WALL_AHEAD_MS });

const join = (groups: UtteranceGroups, spokenAtMs: number, textAsr = 'heard', textTranslated = 'meant') =>
  joinGroup(groups, { sessionId: SESSION_ID, spokenAtMs, textAsr, textTranslated }, at(spokenAtMs));

describe('which group', () => {
  test('[GRP1] within 2000 ms of its creation it is the same one, later a new one (case 26)', () => {
    const groups = newUtteranceGroups(LIMITS);
    const first = join(groups, 0);
    expect(first).toEqual({ groupId: `group_s-1_${WALL_AHEAD_MS}`, partIndex: 0 });
    expect(join(groups, 1999)).toEqual({ ...first, partIndex: 1 });
    expect(join(groups, 2000)).toEqual({ ...first, partIndex: 2 });
    expect(join(groups, 2001)).toEqual({ groupId: `group_s-1_${WALL_AHEAD_MS + 2001}`, partIndex: 0 });
  });

  test.each([
    ['1000 ms after playback has ended: the same', 1000, 1],
    ['2000 ms after: the same', 2000, 1],
    ['2001 ms after: a new one without old text', 2001, 0],
  ])('[GRP1] %s', (_what, laterMs, partIndex) => {
    const groups = newUtteranceGroups(LIMITS);
    const first = join(groups, 0);
    groupPlaybackEnded(groups, first?.groupId ?? '', at(7000));
    expect(contextFor(groups, 7000 + laterMs)?.text ?? null).toBe(partIndex === 0 ? null : 'heard\nmeant');
    expect(join(groups, 7000 + laterMs)?.partIndex).toBe(partIndex);
  });

  test('[GRP1] while playback runs, and not after it was given up for long', () => {
    const groups = newUtteranceGroups(LIMITS);
    const { groupId = '' } = join(groups, 0) ?? {};
    groupPlaybackStarted(groups, groupId);
    expect(join(groups, 20_000)).toMatchObject({ groupId, partIndex: 1 });
    groupPlaybackGivenUp(groups, at(30_000));
    expect(join(groups, 32_000)).toMatchObject({ groupId, partIndex: 2 });
    expect(join(groups, 32_001)?.groupId).not.toBe(groupId);
  });

  test('[GRP1] speech that began before the result of the one before it came belongs to it', () => {
    const groups = newUtteranceGroups(LIMITS);
    const first = joinGroup(
      groups,
      { sessionId: SESSION_ID, spokenAtMs: 0, textAsr: 'a', textTranslated: 'b' },
      at(5000),
    );
    expect(join(groups, 1000)).toEqual({ groupId: first?.groupId, partIndex: 1 });
  });

  test('[GRP2] playback of an older group, or of none of ours, moves nothing', () => {
    const groups = newUtteranceGroups(LIMITS);
    const old = join(groups, 0)?.groupId ?? '';
    const current = join(groups, 5000)?.groupId ?? '';
    for (const groupId of [old, 'group_of_somebody_else']) {
      groupPlaybackStarted(groups, groupId);
      groupPlaybackEnded(groups, groupId, at(7000));
    }
    expect([old, current, 'group_of_somebody_else'].map((groupId) => isKnownGroup(groups, groupId))).toEqual([
      true,
      true,
      false,
    ]);
    expect(join(groups, 7001)?.partIndex).toBe(0);
  });

  test('[GRP3] speech in which nothing was recognised joins none', () => {
    const groups = newUtteranceGroups(LIMITS);
    expect(join(groups, 0, '')).toBeNull();
    expect(groups.current).toBeNull();
  });

  test('[GRP7] an id is never used twice, also when the wall clock steps back', () => {
    const groups = newUtteranceGroups(LIMITS);
    const ids = [0, 5000, 10_000].map(
      (spokenAtMs) =>
        joinGroup(
          groups,
          { sessionId: SESSION_ID, spokenAtMs, textAsr: 'a', textTranslated: '' },
          { atMs: spokenAtMs, wallMs: 777 },
        )?.groupId,
    );
    expect(new Set(ids).size).toBe(3);
  });

  test('[GRP7] [W44] sessions do not know each other’s groups, and the ids remembered are bounded', () => {
    const one = newUtteranceGroups(LIMITS);
    const other = newUtteranceGroups(LIMITS);
    const first = join(one, 0)?.groupId ?? '';
    expect(isKnownGroup(other, first)).toBe(false);
    for (let number = 1; number <= 100; number += 1) join(one, number * 5000);
    expect(one.known.size).toBe(16);
    expect(isKnownGroup(one, first)).toBe(false);
  });
});

describe('the context', () => {
  test('[GRP5] is text and translation of the parts before, oldest first', () => {
    const groups = newUtteranceGroups(LIMITS);
    join(groups, 0, 'one', 'eins');
    join(groups, 1, 'two', 'zwei');
    expect(contextFor(groups, 2)).toMatchObject({ text: 'one\neins\ntwo\nzwei', partIndex: 2 });
  });

  test('[GRP4] a part whose translation failed stays, with its number (case 27)', () => {
    const groups = newUtteranceGroups(LIMITS);
    join(groups, 0, 'one', '');
    expect(join(groups, 1, 'two', 'zwei')?.partIndex).toBe(1);
    expect(contextFor(groups, 2)?.text).toBe('one\ntwo\nzwei');
  });

  test('[GRP6] holds the last parts only, and numbers go on (case 27)', () => {
    const groups = newUtteranceGroups({ ...LIMITS, partsMax: 3 });
    const places = [0, 1, 2, 3, 4, 5].map((spokenAtMs) => join(groups, spokenAtMs, `text ${spokenAtMs}`, ''));
    expect(places.at(-1)?.partIndex).toBe(5);
    expect(contextFor(groups, 6)?.text).toBe('text 3\ntext 4\ntext 5');
  });

  test.each([
    [
      'leaves out whole old parts',
      ['a'.repeat(500), 'b'.repeat(300), 'c'.repeat(100)],
      `${'b'.repeat(300)}\n${'c'.repeat(100)}`,
    ],
    [
      'that fit to the last character, line end included, stay',
      ['a'.repeat(399), 'b'.repeat(400)],
      `${'a'.repeat(399)}\n${'b'.repeat(400)}`,
    ],
    [
      'keeps the end of one part that is too long',
      [`begin${'x'.repeat(795)}end`],
      `gin${'x'.repeat(794)}xend`.slice(-800),
    ],
  ])('[GRP5] of more than 800 characters %s', (_what, texts, expected) => {
    const groups = newUtteranceGroups(LIMITS);
    for (const [spokenAtMs, text] of texts.entries()) join(groups, spokenAtMs, text, '');
    expect(contextFor(groups, texts.length)?.text).toBe(expected);
  });

  test('[GRP5] [W46] no character is cut in half', () => {
    const groups = newUtteranceGroups({ ...LIMITS, contextCharsMax: 5 });
    join(groups, 0, '说话😀😀😀', '😀');
    expect(contextFor(groups, 1)?.text).toBe('😀😀😀\n😀');
  });
});

test('[GRP5] [W46] the end of any text is whole characters, as many as allowed', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', 'é', '中', '😀', '\ud800', '\udc00') }),
      fc.nat({ max: 30 }),
      (text, countMax) => {
        const points = [...text];
        expect(lastCodePoints(text, countMax)).toBe(
          points.slice(Math.max(0, points.length - countMax)).join(''),
        );
        expect(codePointCount(text)).toBe(points.length);
      },
    ),
  );
});

test('[GRP3] [GRP5] [GRP6] parts are numbered from 0 without gaps in each group, and the context stays within its bounds', () => {
  const move = fc.oneof(
    fc.record({
      text: fc.string({ unit: 'grapheme', maxLength: 40 }),
      translated: fc.string({ maxLength: 40 }),
    }),
    fc.record({ waitMs: fc.nat({ max: 3000 }) }),
    fc.constantFrom('started' as const, 'ended' as const),
  );
  fc.assert(
    fc.property(fc.array(move, { maxLength: 50, size: 'max' }), (moves) => {
      const groups = newUtteranceGroups({ ...LIMITS, contextCharsMax: 50 });
      const nextPart = new Map<string, number>();
      let atMs = 0;
      for (const action of moves) {
        const current = groups.current?.groupId ?? '';
        if (action === 'started') groupPlaybackStarted(groups, current);
        else if (action === 'ended') groupPlaybackEnded(groups, current, at(atMs));
        else if ('waitMs' in action) atMs += action.waitMs;
        else {
          const expected = contextFor(groups, atMs);
          const place = join(groups, atMs, action.text, action.translated);
          expect(place === null).toBe(action.text === '');
          if (place === null) continue;
          if (expected !== null) expect(place.groupId).toBe(expected.groupId);
          expect(place.partIndex).toBe(nextPart.get(place.groupId) ?? 0);
          nextPart.set(place.groupId, place.partIndex + 1);
        }
        expect(groups.current?.parts.length ?? 0).toBeLessThanOrEqual(8);
        expect([...(contextFor(groups, atMs)?.text ?? '')].length).toBeLessThanOrEqual(50);
      }
    }),
    { numRuns: 300 },
  );
});
