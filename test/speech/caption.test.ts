import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Caption, type CaptionText } from '../../speech-node/src/caption.ts';

const shown = ({ settled, tentative }: CaptionText): string => `${settled}|${tentative}`;
const afterUpdates = (...texts: readonly string[]): readonly string[] => {
  const caption = new Caption();
  return texts.map((text) => shown(caption.update(text)));
};

describe('captions', () => {
  it('[SPN45] a word is settled once two texts in a row agree on it, the last one never', () => {
    expect(
      afterUpdates('And so', 'And so my fell', 'And so my fellow.', 'And so, my fellow Americans'),
    ).toEqual(['|And so', 'And so| my fell', 'And so my| fellow.', 'And so my fellow| Americans']);
  });

  it('[SPN45] words that the texts do not agree on stay open; settled ones stay as they were told', () => {
    expect(
      afterUpdates('ask not what', 'as not what you', 'As knot what you can', 'ask not what you'),
    ).toEqual(['|ask not what', '|as not what you', 'As| knot what you can', 'As| not what you']);
  });

  it('[SPN45] a text in which something before the settled words came or went goes on behind them', () => {
    const caption = new Caption();
    for (const text of ['my fellow friends here', 'my fellow friends here now']) caption.update(text);
    expect(shown(caption.update('and my fellow friends here now'))).toBe('my fellow friends here| now');
    expect(shown(caption.update('fellow friends here now'))).toBe('my fellow friends here| now');
    expect(shown(caption.update(''))).toBe('my fellow friends here|');
  });

  it('[SPN45] behind a commit texts are of new audio; the whole goes on behind all that was settled', () => {
    const caption = new Caption();
    caption.update('one two');
    expect(shown(caption.commit('one two three'))).toBe('one two three|');
    expect(shown(caption.update('three more'))).toBe('one two three| three more');
    caption.restart();
    expect(shown(caption.commit('One two tree, three more words.'))).toBe('one two three more words.|');
  });

  it('[SPN45] whatever is heard, settled text only grows', () => {
    const word = fc.constantFrom('a', 'b', 'B,', 'c', 'd.');
    const step = fc.record({
      how: fc.constantFrom('update', 'update', 'update', 'commit', 'restart'),
      words: fc.array(word, { maxLength: 8 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const caption = new Caption();
        let settled = '';
        for (const { how, words } of steps) {
          if (how === 'restart') {
            caption.restart();
            continue;
          }
          const text = how === 'update' ? caption.update(words.join(' ')) : caption.commit(words.join(' '));
          expect(text.settled.startsWith(settled)).toBe(true);
          expect(text.settled === settled || settled === '' || text.settled[settled.length] === ' ').toBe(
            true,
          );
          expect(`${text.settled}${text.tentative}`).not.toMatch(/\s{2}|^\s|\s$/);
          settled = text.settled;
        }
      }),
    );
  });
});
