import { WebSocket } from 'ws';
import type { SessionOptions } from '#client/session-options.ts';
import type { SocketConstructor } from '#client/socket-link.ts';
import { actsOf } from './acts.ts';
import { newTally, Person } from './person.ts';
import { type LoadReport, latencyFigures } from './report.ts';
import type { Scenario } from './scenario.ts';
import { newVoice } from './speech.ts';

export interface LoadOptions {
  readonly scenario: Scenario;
  /** `ws://host:5010/ws/session`. */
  readonly url: string;
  readonly token?: string;
  /** Ends the run early; what was seen so far is reported. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (elapsedMs: number, sent: number) => void;
}

/** A generator that is further behind than this skips the sentence: open loop means that it never waits for answers. */
const LATE_MAX_MS = 1000;
const PROGRESS_EVERY_MS = 1000;

/** Resolves after so long, or at once when the run is ended. The timer is the pace of the run, not a wait for anything. */
const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });

/** A person's sockets, of which the newest can be lost on purpose. */
const cuttableSockets = () => {
  let newest: WebSocket | null = null;
  class Socket extends WebSocket {
    constructor(url: string, protocols?: string[]) {
      super(url, protocols);
      newest = this;
    }
  }
  return { Socket: Socket as unknown as SocketConstructor, newest: (): WebSocket | null => newest };
};

/**
 * Plays a scenario against a scheduler over real sockets and says what came of it [LOD4]. Open loop: acts come when they
 * are due, whatever the scheduler does; what the generator itself is too late for is counted as skipped.
 */
export const runLoad = async (options: LoadOptions): Promise<LoadReport> => {
  const { scenario, url, token, signal = new AbortController().signal, onProgress } = options;
  const { speech } = scenario;
  const tally = newTally();
  const say = newVoice(speech.encoding);
  const people = new Map<number, Person>();
  const startedAtMs = performance.now();
  const nowMs = (): number => performance.now() - startedAtMs;
  const pending: Promise<void>[] = [];
  const skipping = new Set<string>();
  let offered = 0;
  let toldAtMs = 0;

  for (const act of actsOf(scenario)) {
    const waitMs = act.atMs - nowMs();
    if (waitMs > 1) await sleep(waitMs, signal);
    if (signal.aborted) break;
    if (nowMs() - toldAtMs >= PROGRESS_EVERY_MS) {
      toldAtMs = nowMs();
      onProgress?.(toldAtMs, tally.sent);
    }
    const person = people.get(act.session);
    const sentence = 'sentence' in act ? `${act.session}/${act.sentence}` : '';
    switch (act.kind) {
      case 'open': {
        const { Socket, newest } = cuttableSockets();
        const session: SessionOptions = {
          url,
          srcLang: speech.src_lang,
          tgtLang: speech.tgt_lang,
          audioFormat: speech.encoding,
          platform: 'load',
          // Who plays a scenario says when a sentence is over; a tone that lasts is silence to the SDK's ear.
          endpointing: false,
          WebSocket: Socket,
          ...(token === undefined ? {} : { token }),
        };
        const arrived = new Person(tally, session, newest, nowMs);
        people.set(act.session, arrived);
        pending.push(arrived.open());
        break;
      }
      case 'speak':
        if (nowMs() - act.atMs > LATE_MAX_MS || !person?.session) skipping.add(sentence);
        if (person?.session && !skipping.has(sentence)) {
          say(person.session, act.pieceMs);
          tally.audioMs += act.pieceMs;
        }
        break;
      case 'finish':
        offered += 1;
        if (skipping.delete(sentence)) tally.skipped += 1;
        else person?.finish();
        break;
      case 'cut':
        person?.cut();
        break;
      case 'leave':
        if (person !== undefined) pending.push(person.leave(act.saysGoodbye));
    }
  }
  if (signal.aborted) for (const person of people.values()) pending.push(person.leave(true));
  await Promise.all(pending);
  return {
    scenario: scenario.name,
    durationS: nowMs() / 1000,
    sessions: { opened: tally.opened, refused: tally.refused, reopened: tally.reopened },
    sentences: { offered, sent: tally.sent, skipped: tally.skipped },
    outcomes: {
      translated: tally.translated,
      missing: Object.fromEntries(tally.missing),
      unfinished: tally.unfinished,
    },
    wrong: { lost: tally.lost, duplicated: tally.duplicated, misordered: tally.misordered },
    cuts: tally.cuts,
    audioS: tally.audioMs / 1000,
    latencyMs: latencyFigures(tally.delaysMs),
  };
};
