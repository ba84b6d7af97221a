import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Actor, type ActorBehaviour, ActorHost, type ActorKind } from '#runtime/actor-host.ts';
import { SimulatedClock } from '#testing/sim-clock.ts';

const BOUNDS = { sheddable: 8, control: 8, request: 8 };

/** What an actor of these tests does with an event: tell others, or break. */
interface Order {
  readonly name: string;
  readonly tells?: readonly { readonly to: string; readonly order: Order }[];
  readonly breaksIn?: 'step' | 'perform';
}
type Effect = { readonly to: string; readonly order: Order } | 'break';

const stage = (): {
  readonly host: ActorHost;
  readonly kind: ActorKind<string, string, Order, Effect>;
  readonly log: string[];
  readonly tell: (to: string, order: Order) => string;
} => {
  const log: string[] = [];
  const host = new ActorHost(new SimulatedClock(), () => {});
  const tell = (to: string, order: Order): string => kind.find(to)?.tell(order, 'certain') ?? 'gone';
  const behaviour: ActorBehaviour<string, Order, Effect> = {
    step: (name, order) => {
      log.push(`${name}<${order.name}`);
      if (order.breaksIn === 'step') throw new Error('broken step');
      return order.breaksIn === 'perform' ? ['break', ...(order.tells ?? [])] : (order.tells ?? []);
    },
    perform: (_name, effect) => {
      if (effect === 'break') throw new Error('broken effect');
      tell(effect.to, effect.order);
    },
    died: (name, error) => log.push(`${name} died: ${(error as Error).message}`),
  };
  const kind = host.kind<string, string, Order, Effect>(behaviour, BOUNDS);
  return { host, kind, log, tell };
};

const spawnAll = (kind: ActorKind<string, string, Order, Effect>, names: string): void => {
  for (const name of names) kind.spawn(name, name);
};

describe('order', () => {
  it('[RUN2] events are handled in the order they were told, across all actors', () => {
    const { host, kind, log, tell } = stage();
    spawnAll(kind, 'ab');
    tell('a', { name: '1', tells: [{ to: 'b', order: { name: 'from a' } }] });
    tell('b', { name: '2' });
    tell('a', { name: '3' });
    host.runTurn(100);
    expect(log).toEqual(['a<1', 'b<2', 'a<3', 'b<from a']);
  });

  it('[RUN2] an event runs to its end: what it causes is handled after it, never inside it', () => {
    const { host, kind, log, tell } = stage();
    spawnAll(kind, 'a');
    tell('a', {
      name: 'outer',
      tells: [
        { to: 'a', order: { name: 'first' } },
        { to: 'a', order: { name: 'second' } },
      ],
    });
    expect(log).toEqual([]);
    host.runTurn(100);
    expect(log).toEqual(['a<outer', 'a<first', 'a<second']);
  });

  it('[RUN2] [RUN3] the same inputs give the same order, however the turns are cut', () => {
    const order = fc.letrec<{ order: Order }>((tie) => ({
      order: fc.record(
        {
          name: fc.string({ minLength: 1, maxLength: 3 }),
          tells: fc.array(fc.record({ to: fc.constantFrom(...'abcd'), order: tie('order') }), {
            maxLength: 3,
            depthIdentifier: 'tells',
          }),
        },
        { requiredKeys: ['name'] },
      ),
    })).order;
    const inputs = fc.array(fc.record({ to: fc.constantFrom(...'abcd'), order }), { maxLength: 10 });
    const run = (
      told: readonly { to: string; order: Order }[],
      budgetOf: () => number,
    ): readonly string[] => {
      const { host, kind, log, tell } = stage();
      spawnAll(kind, 'abcd');
      for (const input of told) tell(input.to, input.order);
      while (host.hasWork) host.runTurn(budgetOf());
      return log;
    };
    fc.assert(
      fc.property(inputs, fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }), (told, budgets) => {
        let turn = 0;
        const uneven = (): number => budgets[turn++ % budgets.length] ?? 1;
        expect(run(told, uneven)).toEqual(run(told, () => 1_000_000));
      }),
    );
  });
});

describe('turns', () => {
  it('[RUN3] a turn handles no more than its budget and keeps the rest', () => {
    const { host, kind, log, tell } = stage();
    spawnAll(kind, 'a');
    for (const name of ['1', '2', '3']) tell('a', { name });
    host.runTurn(2);
    expect(log).toEqual(['a<1', 'a<2']);
    expect(host.hasWork).toBe(true);
    host.runTurn(2);
    expect(log).toEqual(['a<1', 'a<2', 'a<3']);
    expect(host.hasWork).toBe(false);
  });

  it('[RUN24] a turn that is ended keeps what waits behind the event that ended it', () => {
    const log: string[] = [];
    const host = new ActorHost(new SimulatedClock(), () => {});
    const kind = host.kind<string, string, string, string>(
      {
        step: (_name, event) => [event, `${event} is done`],
        perform: (_name, effect) => {
          log.push(effect);
          if (effect === 'last') host.endTurn();
        },
        died: () => {},
      },
      BOUNDS,
    );
    const actor = kind.spawn('a', 'a');
    for (const event of ['first', 'last', 'later']) actor.tell(event, 'control');
    host.runTurn(100);
    expect(log).toEqual(['first', 'first is done', 'last', 'last is done']);
    expect(host.hasWork).toBe(true);
    host.runTurn(100);
    expect(log.slice(4)).toEqual(['later', 'later is done']);
  });

  it('[RUN3] telling an actor asks for a turn', () => {
    let wakes = 0;
    const host = new ActorHost(new SimulatedClock(), () => {
      wakes += 1;
    });
    const kind = host.kind<string, string, string, never>(
      { step: () => [], perform: () => {}, died: () => {} },
      BOUNDS,
    );
    const actor = kind.spawn('a', 'a');
    expect(wakes).toBe(0);
    actor.tell('event', 'control');
    expect(wakes).toBe(1);
  });

  it('[RUN18] a paused actor takes events and handles them once it is resumed', () => {
    const { host, kind, log, tell } = stage();
    const paused = kind.spawn('p', 'p', true);
    spawnAll(kind, 'a');
    tell('p', { name: '1' });
    tell('a', { name: '2' });
    tell('p', { name: '3' });
    host.runTurn(100);
    expect(log).toEqual(['a<2']);
    paused.resume();
    paused.resume();
    tell('a', { name: '4' });
    host.runTurn(100);
    expect(log).toEqual(['a<2', 'p<1', 'p<3', 'a<4']);
  });
});

describe('death', () => {
  it.each(['step', 'perform'] as const)(
    '[RUN4] [W96] an actor that throws in its %s dies alone, with what waited for it',
    (breaksIn) => {
      const { host, kind, log, tell } = stage();
      spawnAll(kind, 'ab');
      tell('a', { name: '1', breaksIn });
      tell('a', { name: '2' });
      tell('b', { name: '3', tells: [{ to: 'a', order: { name: 'too late' } }] });
      host.runTurn(100);
      expect(log).toEqual([
        'a<1',
        breaksIn === 'step' ? 'a died: broken step' : 'a died: broken effect',
        'b<3',
      ]);
      expect(tell('a', { name: '4' })).toBe('gone');
      expect([...kind.actors()].map(({ key }) => key)).toEqual(['b']);
    },
  );

  it('[RUN4] the key of an actor that died is free, and the newcomer has nothing of it', () => {
    const { host, kind, log, tell } = stage();
    const first: Actor<string, string, Order, Effect> = kind.spawn('a', 'first');
    tell('a', { name: '1', breaksIn: 'step' });
    tell('a', { name: '2' });
    host.runTurn(1);
    kind.spawn('a', 'second');
    tell('a', { name: '3' });
    first.end();
    host.runTurn(100);
    expect(log).toEqual(['first<1', 'first died: broken step', 'second<3']);
    expect(kind.count).toBe(1);
  });

  it('[RUN4] two actors cannot have one key', () => {
    const { kind } = stage();
    spawnAll(kind, 'a');
    expect(() => kind.spawn('a', 'again')).toThrow();
  });
});
