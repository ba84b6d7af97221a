import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EventClass, Mailbox } from '#runtime/mailbox.ts';

const BOUNDS = { sheddable: 3, control: 2, request: 1 };

describe('mailbox', () => {
  it('[RUN1] [W8] audio above its bound is shed, and takes no room from control', () => {
    const mailbox = new Mailbox<number>(BOUNDS);
    expect([1, 2, 3, 4].map((event) => mailbox.offer(event, 'sheddable'))).toEqual([
      'queued',
      'queued',
      'queued',
      'shed',
    ]);
    expect(mailbox.offer(5, 'control')).toBe('queued');
  });

  it('[RUN1] control and requests above their bounds are refused, not dropped', () => {
    const mailbox = new Mailbox<number>(BOUNDS);
    expect([1, 2, 3].map((event) => mailbox.offer(event, 'control'))).toEqual(['queued', 'queued', 'full']);
    expect([4, 5].map((event) => mailbox.offer(event, 'request'))).toEqual(['queued', 'full']);
  });

  it('[RUN1] endings always fit', () => {
    const mailbox = new Mailbox<number>({ sheddable: 0, control: 0, request: 0 });
    for (let event = 0; event < 1000; event += 1) expect(mailbox.offer(event, 'certain')).toBe('queued');
    expect(mailbox.depth).toBe(1000);
  });

  it('[RUN1] after a burst depth falls and the high-water mark stays', () => {
    const mailbox = new Mailbox<number>(BOUNDS);
    for (let event = 0; event < 500; event += 1) mailbox.offer(event, 'certain');
    for (let event = 0; event < 500; event += 1) expect(mailbox.take()?.event).toBe(event);
    expect(mailbox.take()).toBeUndefined();
    expect([mailbox.depth, mailbox.highWater]).toEqual([0, 500]);
    expect(mailbox.offer(7, 'control')).toBe('queued');
    expect(mailbox.take()?.event).toBe(7);
  });

  it('[RUN1] cleared, it is empty and all its room is free', () => {
    const mailbox = new Mailbox<number>(BOUNDS);
    for (const event of [1, 2, 3]) mailbox.offer(event, 'sheddable');
    mailbox.clear();
    expect(mailbox.depth).toBe(0);
    expect([4, 5, 6].map((event) => mailbox.offer(event, 'sheddable'))).toEqual([
      'queued',
      'queued',
      'queued',
    ]);
    expect(mailbox.take()?.event).toBe(4);
  });

  it('[RUN1] any offers and takes: what was queued comes out once, in order, within the bounds', () => {
    const classes: readonly EventClass[] = ['sheddable', 'control', 'request', 'certain'];
    const move = fc.oneof(fc.constantFrom(...classes), fc.constant('take' as const));
    fc.assert(
      fc.property(fc.array(move, { maxLength: 200 }), (moves) => {
        const mailbox = new Mailbox<number>(BOUNDS);
        const model: { event: number; eventClass: EventClass }[] = [];
        let highWater = 0;
        for (const [event, wanted] of moves.entries()) {
          if (wanted === 'take') {
            expect(mailbox.take()?.event).toBe(model.shift()?.event);
          } else {
            const waiting = model.filter(({ eventClass }) => eventClass === wanted).length;
            const fits = wanted === 'certain' || waiting < BOUNDS[wanted];
            const refusal = wanted === 'sheddable' ? 'shed' : 'full';
            expect(mailbox.offer(event, wanted)).toBe(fits ? 'queued' : refusal);
            if (fits) model.push({ event, eventClass: wanted });
          }
          highWater = Math.max(highWater, model.length);
          expect([mailbox.depth, mailbox.highWater]).toEqual([model.length, highWater]);
        }
      }),
    );
  });
});
