import { taggedAudio } from '../audio.ts';
import { Breach } from '../checkers/breach.ts';
import type { SimConnection } from '../network/connection.ts';
import type { Random } from '../random.ts';
import type { World } from '../world.ts';
import type { Act, TimedAct } from './acts.ts';
import { type ClientHabit, pauseBetweenPhrasesMs } from './habits.ts';
import { chunkFrame, initFrame, NOISE_FRAMES, utteranceFrame } from './wire.ts';

type Wire = Readonly<Record<string, unknown>> & { readonly type: string };

/** One client by its habit: speaks its phrases, loses its socket, comes back, and at the end closes or just goes. */
export class SimClient {
  readonly name: string;
  readonly #world: World;
  readonly #random: Random;
  readonly #habit: ClientHabit;
  readonly #speaker: number;
  #connection: SimConnection | null = null;
  #sessionId: string | null = null;
  #phrasesLeft: number;
  #acts: TimedAct[] = [];
  #seq: number;
  #piece = 0;
  #index = -1;
  #lastChunk: string | null = null;
  #tries = 0;
  #isSpeaking = false;
  #isLeaving = false;
  #isGone = false;
  /** Of the present session, as the client itself saw them. */
  #lastSeenIndex = -1;

  constructor(world: World, random: Random, habit: ClientHabit, speaker: number, phrases: number) {
    this.#world = world;
    this.#random = random;
    this.#habit = habit;
    this.#speaker = speaker;
    this.#phrasesLeft = phrases;
    this.name = `${habit.kind}-${speaker}`;
    this.#seq = random.happens(0.15) ? random.between(1, 40) : 0;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  get sessionId(): string | null {
    return this.#sessionId;
  }

  connect(): void {
    if (this.#isGone) return;
    this.#connection = this.#world.connect('session', this.name, {
      onText: (data) => this.#heard(JSON.parse(data.toString()) as Wire),
      onClose: () => this.#lost(),
    });
    this.#connection.send(initFrame(this.#habit, `trace-${this.name}`));
  }

  cut(): void {
    this.#connection?.cut();
  }

  goHalfOpen(): void {
    this.#connection?.goHalfOpen();
  }

  stopReading(durationMs: number): void {
    this.#connection?.stopReading(durationMs);
  }

  initAgain(): void {
    this.#connection?.send(initFrame(this.#habit, `trace-${this.name}`));
  }

  heal(): void {
    this.#connection?.heal();
  }

  /** Nothing more to say: polite ones close and wait for the answer, the others go once all has settled. */
  leave(): void {
    this.#phrasesLeft = 0;
    this.#isLeaving = true;
    if (this.#connection === null || this.#sessionId === null) {
      this.#isGone = true;
      this.#connection?.close(1000);
      return;
    }
    if (this.#habit.isPolite) {
      this.#say({ type: 'session_close', session_id: this.#sessionId, reason: 'done' });
    } else {
      this.#world.agenda.after(40_000, `${this.name} goes`, () => {
        this.#isGone = true;
        this.#connection?.close(1000);
      });
    }
  }

  #heard(message: Wire): void {
    switch (message.type) {
      case 'session_init_ack':
        this.#sessionId = String(message.session_id);
        this.#tries = 0;
        this.#lastSeenIndex = -1;
        this.#index = -1;
        if (!this.#isSpeaking) this.#nextAct();
        return;
      case 'translation_result':
      case 'missing_result': {
        const index = Number(message.utterance_index);
        if (message.session_id !== this.#sessionId) return;
        if (index <= this.#lastSeenIndex) {
          throw new Breach('I2', `${this.name} saw index ${index} after ${this.#lastSeenIndex}`);
        }
        this.#lastSeenIndex = index;
        return;
      }
      case 'session_close_ack':
        if (this.#isLeaving) {
          this.#isGone = true;
          this.#connection?.close(1000);
        }
    }
  }

  #lost(): void {
    this.#connection = null;
    this.#sessionId = null;
    if (this.#isLeaving) {
      this.#isGone = true;
      return;
    }
    const { firstMs, maxMs, triesMax } = this.#habit.reconnect;
    if (this.#tries >= triesMax) {
      this.#isGone = true;
      return;
    }
    const waitMs = Math.min(maxMs, firstMs * 2 ** this.#tries);
    this.#tries += 1;
    this.#world.agenda.after(waitMs, `${this.name} reconnects`, () => this.connect());
  }

  /** One act after another; while there is no session the client goes on recording and says nothing. */
  #nextAct(): void {
    if (this.#acts.length === 0) {
      if (this.#phrasesLeft === 0) {
        this.#isSpeaking = false;
        return;
      }
      this.#phrasesLeft -= 1;
      this.#acts = [...this.#habit.phrase(this.#random)];
      this.#acts.push({ afterMs: pauseBetweenPhrasesMs(this.#random), act: { do: 'room' } });
    }
    const next = this.#acts.shift();
    if (next === undefined) return;
    this.#isSpeaking = true;
    this.#world.agenda.after(next.afterMs, `${this.name} ${next.act.do}`, () => {
      if (this.#sessionId !== null && !this.#isLeaving) this.#perform(next.act, this.#sessionId);
      if (!this.#isLeaving) this.#nextAct();
    });
  }

  #perform(act: Act, sessionId: string): void {
    switch (act.do) {
      case 'chunk':
        this.#lastChunk = chunkFrame(
          sessionId,
          this.#seq,
          act.isFinal,
          this.#audio(act.durationMs, act.isSilent),
        );
        this.#seq += 1;
        this.#connection?.send(this.#lastChunk);
        return;
      case 'final':
        this.#connection?.send(chunkFrame(sessionId, this.#seq, true, null));
        this.#seq += 1;
        return;
      case 'repeatChunk':
        if (this.#lastChunk?.includes(sessionId) === true) this.#connection?.send(this.#lastChunk);
        return;
      case 'skipSeq':
        this.#seq += act.count;
        return;
      case 'utterance':
        this.#index += act.indexStep;
        this.#connection?.send(
          utteranceFrame({
            sessionId,
            index: Math.max(0, this.#index),
            isManual: act.isManual,
            habit: this.#habit,
            audio: this.#audio(act.durationMs, false),
          }),
        );
        return;
      case 'noise':
        if (act.noise === 'binary') this.#connection?.sendBinary(Uint8Array.from([1, 2, 3]));
        else this.#connection?.send(NOISE_FRAMES[act.noise](sessionId));
        return;
      case 'intrude':
        this.#intrude(act.how);
        return;
      case 'room':
        this.#say({ type: 'client_heartbeat', session_id: sessionId, timestamp: 0 });
    }
  }

  /** A message under somebody else's session id must change nothing there [I8]. */
  #intrude(how: Extract<Act, { do: 'intrude' }>['how']): void {
    const victim = this.#world.otherSessionOf(this);
    const target = how === 'unknown_session' ? 's-NOBODY' : victim;
    if (target === null) return;
    const session_id = target;
    const message = {
      chunk: {
        type: 'audio_chunk',
        session_id,
        seq: 500_000,
        is_final: true,
        payload: this.#audio(40, false).toString('base64'),
      },
      utterance: {
        type: 'utterance',
        session_id,
        utterance_index: 99,
        manual_cut: true,
        src_lang: 'en',
        tgt_lang: 'zh',
        audio: this.#audio(40, false).toString('base64'),
        audio_format: this.#habit.encoding,
        sample_rate: 16_000,
      },
      heartbeat: { type: 'client_heartbeat', session_id, timestamp: 0 },
      close: { type: 'session_close', session_id, reason: 'intrusion' },
      play_ended: { type: 'tts_play_ended', session_id, trace_id: 't', group_id: 'g', ts_end_ms: 1 },
      unknown_session: { type: 'client_heartbeat', session_id, timestamp: 0 },
    }[how];
    this.#world.intrude(this.#connection, how, () => this.#world.digestOfSession(target), message);
  }

  #audio(durationMs: number, isSilent: boolean): Buffer {
    this.#piece += 1;
    return taggedAudio(this.#habit.encoding, {
      speaker: this.#speaker,
      piece: this.#piece,
      durationMs,
      isSilent,
    });
  }

  #say(message: object): void {
    this.#connection?.send(JSON.stringify(message));
  }
}
