import { taggedAudio } from '../audio.ts';
import type { Act } from './acts.ts';
import type { ClientHabit } from './habits.ts';
import { chunkFrame, utteranceFrame } from './wire.ts';

type SpokenAct = Extract<Act, { do: 'chunk' | 'utterance' }>;

/** What a client says, as frames, and how it numbers them. Every piece of audio carries its speaker's number [SIM4]. */
export class Voice {
  readonly #habit: ClientHabit;
  readonly #speaker: number;
  /** Goes on through reconnects, as the page's does. */
  #seq: number;
  #piece = 0;
  #index = -1;
  #lastChunk: string | null = null;

  constructor(habit: ClientHabit, speaker: number, firstSeq: number) {
    this.#habit = habit;
    this.#speaker = speaker;
    this.#seq = firstSeq;
  }

  /** The last chunk of this session, as it was sent. */
  get lastChunk(): string | null {
    return this.#lastChunk;
  }

  /** Of the last chunk or final. */
  get lastSeq(): number {
    return this.#seq - 1;
  }

  beginSession(): void {
    this.#index = -1;
    this.#lastChunk = null;
  }

  speak(act: SpokenAct, sessionId: string): string {
    if (act.do === 'utterance') {
      this.#index = Math.max(0, this.#index + act.indexStep);
      return utteranceFrame({
        sessionId,
        index: this.#index,
        isManual: act.isManual,
        habit: this.#habit,
        audio: this.audio(act.durationMs),
      });
    }
    const audio = this.audio(act.durationMs, act.isSilent);
    const frame = chunkFrame(sessionId, this.#nextSeq(), act.isFinal, audio);
    this.#lastChunk = frame;
    return frame;
  }

  final(sessionId: string): string {
    return chunkFrame(sessionId, this.#nextSeq(), true, null);
  }

  skipSeq(count: number): void {
    this.#seq += count;
  }

  audio(durationMs: number, isSilent = false): Buffer {
    this.#piece += 1;
    const { encoding } = this.#habit;
    return taggedAudio(encoding, { speaker: this.#speaker, piece: this.#piece, durationMs, isSilent });
  }

  get habit(): ClientHabit {
    return this.#habit;
  }

  #nextSeq(): number {
    this.#seq += 1;
    return this.#seq - 1;
  }
}
