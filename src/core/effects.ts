import type { CounterName, Labels, ObservationName } from './metrics.ts';
import type { StoreRequest } from './ports.ts';

/**
 * Effects that every kind of actor may cause. Effects are plain data: they can be printed, and a list of events
 * and effects replays a failure.
 *
 * Timers: one live timer per key and actor; setting a key again replaces it. A firing whose timer was replaced or
 * cleared meanwhile never reaches the actor: the runtime compares epochs [RUN5].
 */
export type CommonEffect =
  | { readonly kind: 'setTimer'; readonly key: string; readonly atMs: number }
  | { readonly kind: 'clearTimer'; readonly key: string }
  | { readonly kind: 'count'; readonly name: CounterName; readonly by?: number; readonly labels?: Labels }
  | {
      readonly kind: 'observe';
      readonly name: ObservationName;
      readonly value: number;
      readonly labels?: Labels;
    }
  | {
      readonly kind: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      /** What happened, as a fixed phrase: never a transcript, audio or token. */
      readonly event: string;
      readonly fields?: Readonly<Record<string, string | number | boolean>>;
    }
  /** Done, nothing is told; anything else settles later as a `storeSettled` event in the same mailbox. */
  | { readonly kind: 'store'; readonly request: StoreRequest };

export const count = (name: CounterName, labels?: Labels, by?: number): CommonEffect => ({
  kind: 'count',
  name,
  ...(labels === undefined ? {} : { labels }),
  ...(by === undefined ? {} : { by }),
});
