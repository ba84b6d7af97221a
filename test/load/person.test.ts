import { expect, test } from 'vitest';
import { newTally, Person } from '#load/person.ts';

test('[LOD4] a sentence whose session went for good while it was spoken is sent and lost', () => {
  const tally = newTally();
  const options = {
    url: 'ws://127.0.0.1:1/ws/session',
    srcLang: 'zh',
    tgtLang: 'en',
    audioFormat: 'opus',
  } as const;
  const person = new Person(
    tally,
    options,
    () => null,
    () => 0,
  );
  person.finish();
  expect(tally).toMatchObject({ sent: 1, lost: 1, translated: 0 });
});
