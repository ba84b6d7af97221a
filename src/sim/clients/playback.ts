import type { TranslationResult } from '#protocol/session-server-messages.ts';
import type { Appointment } from '../agenda.ts';
import type { Habitat } from '../habitat.ts';
import type { Random } from '../random.ts';
import type { ClientHabit } from './habits.ts';

/** Speech that comes back is played, one after another, and pages say so: with the ids of the LAST result they got. */
export class Playback {
  readonly #habit: ClientHabit;
  readonly #habitat: Habitat;
  readonly #random: Random;
  readonly #send: (frame: string) => void;
  #last: TranslationResult | null = null;
  #endsAtMs = 0;
  #ends: Appointment[] = [];

  constructor(habit: ClientHabit, habitat: Habitat, random: Random, send: (frame: string) => void) {
    this.#habit = habit;
    this.#habitat = habitat;
    this.#random = random;
    this.#send = send;
  }

  take(result: TranslationResult): void {
    if (this.#habit.reportsPlayback === 'never' || result.tts_audio === null) return;
    if (result.group_id === undefined) return;
    this.#last = result;
    const { agenda } = this.#habitat;
    const startsAtMs = Math.max(agenda.nowMs, this.#endsAtMs);
    this.#endsAtMs = startsAtMs + this.#random.real(500, 4000);
    // Now and then a page is closed over it, or simply forgets.
    const isEndTold = this.#random.happens(0.9);
    if (this.#habit.reportsPlayback === 'start_and_end') {
      this.#ends.push(
        agenda.at(startsAtMs, 'playback starts', () => this.#report('tts_started', 'ts_start_ms')),
      );
    }
    if (isEndTold) {
      this.#ends.push(
        agenda.at(this.#endsAtMs, 'playback ends', () => this.#report('tts_play_ended', 'ts_end_ms')),
      );
    }
  }

  /** The page lost its session, and what it would have reported with it. */
  stop(): void {
    for (const end of this.#ends) end.cancel();
    this.#ends = [];
    this.#last = null;
    this.#endsAtMs = 0;
  }

  #report(type: string, stamp: string): void {
    if (this.#last === null) return;
    const { session_id, trace_id, group_id } = this.#last;
    this.#send(JSON.stringify({ type, session_id, trace_id, group_id, [stamp]: this.#habitat.wallMs() }));
  }
}
