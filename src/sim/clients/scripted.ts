import { personActs } from '#load/acts.ts';
import type { Scenario } from '#load/scenario.ts';
import { final, speech, type TimedAct } from './acts.ts';
import { type ClientHabit, HABITS } from './habits.ts';

/**
 * One person of a scenario, doing at the same times what the same person does in `lingua load`: a client that keeps the rules
 * and comes back to its session [SIM14].
 */
export const scriptedHabit = (scenario: Scenario, session: number): ClientHabit => {
  const sdk = HABITS['sdk-resuming'];
  const { encoding, src_lang, tgt_lang } = scenario.speech;
  const acts = personActs(scenario, session);
  const opening = acts.next();
  const opensAtMs = opening.done === true ? 0 : opening.value.atMs;
  let lastAtMs = opensAtMs;

  /** Up to the end of the next sentence; empty when the person has gone. */
  const phrase = (): readonly TimedAct[] => {
    const timed: TimedAct[] = [];
    for (let next = acts.next(); next.done !== true; next = acts.next()) {
      const act = next.value;
      const afterMs = act.atMs - lastAtMs;
      lastAtMs = act.atMs;
      if (act.kind === 'speak') timed.push(speech(afterMs, act.pieceMs));
      else if (act.kind === 'cut') timed.push({ afterMs, act: { do: 'cut' } });
      else if (act.kind === 'leave')
        timed.push({ afterMs, act: { do: 'leave', saysGoodbye: act.saysGoodbye } });
      else if (act.kind === 'finish') {
        timed.push(final(afterMs));
        return timed;
      }
    }
    return timed;
  };
  return {
    ...sdk,
    encoding,
    init: { ...sdk.init, src_lang, tgt_lang, audio_format: encoding },
    script: { opensAtMs },
    phrase,
  };
};
