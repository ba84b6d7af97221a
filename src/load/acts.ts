import { type Chance, seededChance } from '#core/chance.ts';
import type { Scenario } from './scenario.ts';

/** What one person does, and when, counted from the start of the run. */
export type Act =
  | { readonly kind: 'open'; readonly atMs: number; readonly session: number }
  /** A piece of a sentence. `pieceMs` of audio; `sentence` counts from 0 in each session. */
  | {
      readonly kind: 'speak';
      readonly atMs: number;
      readonly session: number;
      readonly sentence: number;
      readonly pieceMs: number;
    }
  /** The sentence is over: the person stops and wants its translation. */
  | { readonly kind: 'finish'; readonly atMs: number; readonly session: number; readonly sentence: number }
  /** The socket is lost; the person notices nothing. */
  | { readonly kind: 'cut'; readonly atMs: number; readonly session: number }
  | {
      readonly kind: 'leave';
      readonly atMs: number;
      readonly session: number;
      readonly saysGoodbye: boolean;
    };

const between = (chance: Chance, { min, max }: { readonly min: number; readonly max: number }): number =>
  min + chance() * Math.max(0, max - min);

/** One person's acts in order. Draws from a stream of its own, so that one person more changes nobody else's. */
export function* personActs(scenario: Scenario, session: number): Generator<Act, void, undefined> {
  const { speech, duration_s, ramp_s, sessions, close_share, cuts_per_minute, seed } = scenario;
  const chance = seededChance(seed * 65_537 + session);
  const endAtMs = duration_s * 1000;
  const openAtMs = Math.min(endAtMs, ((ramp_s * 1000) / sessions) * session);
  yield { kind: 'open', atMs: openAtMs, session };
  const meanCutMs = cuts_per_minute === 0 ? Number.POSITIVE_INFINITY : 60_000 / cuts_per_minute;
  const nextCut = (afterMs: number): number => afterMs + meanCutMs * (0.5 + chance());
  let cutAtMs = nextCut(openAtMs);
  let atMs = openAtMs + between(chance, speech.pause_ms);
  for (let sentence = 0; atMs < endAtMs; sentence += 1) {
    let leftMs = Math.max(speech.chunk_ms, Math.round(between(chance, speech.utterance_ms) / 20) * 20);
    while (leftMs > 0) {
      const pieceMs = Math.min(leftMs, speech.chunk_ms);
      leftMs -= pieceMs;
      // A piece can be sent when it has been spoken, not before.
      if (speech.real_time) atMs += pieceMs;
      if (atMs > cutAtMs) {
        yield { kind: 'cut', atMs: cutAtMs, session };
        cutAtMs = nextCut(atMs);
      }
      yield { kind: 'speak', atMs, session, sentence, pieceMs };
    }
    yield { kind: 'finish', atMs, session, sentence };
    atMs += between(chance, speech.pause_ms);
  }
  yield { kind: 'leave', atMs: Math.max(atMs, endAtMs), session, saysGoodbye: chance() < close_share };
}

/**
 * Everything that everybody does, in order of time; of two acts at one instant the lower session's comes first. Lazy:
 * a day of ten thousand people is not held in memory. The same scenario gives the same acts [LOD3].
 */
export function* actsOf(scenario: Scenario): Generator<Act, void, undefined> {
  const heads: { act: Act; rest: Generator<Act, void, undefined> }[] = [];
  for (let session = 0; session < scenario.sessions; session += 1) {
    const rest = personActs(scenario, session);
    const first = rest.next();
    if (first.done !== true) heads.push({ act: first.value, rest });
  }
  const isBefore = (a: Act, b: Act): boolean =>
    a.atMs < b.atMs || (a.atMs === b.atMs && a.session < b.session);
  const heap = heads.sort((a, b) => (isBefore(a.act, b.act) ? -1 : 1));
  const sink = (): void => {
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const right = left + 1;
      let least = at;
      for (const child of [left, right]) {
        const [one, other] = [heap[child], heap[least]];
        if (one !== undefined && other !== undefined && isBefore(one.act, other.act)) least = child;
      }
      const [here, there] = [heap[at], heap[least]];
      if (least === at || here === undefined || there === undefined) return;
      heap[at] = there;
      heap[least] = here;
      at = least;
    }
  };
  for (let top = heap[0]; top !== undefined; top = heap[0]) {
    yield top.act;
    const next = top.rest.next();
    if (next.done === true) {
      const last = heap.pop();
      if (last !== undefined && last !== top) heap[0] = last;
    } else top.act = next.value;
    sink();
  }
}
