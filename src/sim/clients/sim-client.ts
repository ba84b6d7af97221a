import { decodeSessionServerFrame } from '#codec/decode-session.ts';
import type { SessionServerMessage } from '#protocol/messages.ts';
import type { Appointment } from '../agenda.ts';
import type { Habitat } from '../habitat.ts';
import type { SimConnection } from '../network/connection.ts';
import type { Random } from '../random.ts';
import type { Act, TimedAct } from './acts.ts';
import { type ClientHabit, pauseBetweenPhrasesMs } from './habits.ts';
import { intrusionFrame } from './intrusions.ts';
import { Memory } from './memory.ts';
import { Playback } from './playback.ts';
import { Voice } from './voice.ts';
import { initFrame, NOISE_FRAMES } from './wire.ts';

/** What a client may know of the others. */
export interface Company {
  otherSessionOf(client: SimClient): string | null;
}

const NORMAL_CLOSE = 1000;
/** Who goes without a goodbye waits so long for what is owed; the world sends everybody home some seconds later. */
const LAST_OUTCOMES_MS = 10_000;

/**
 * One client by its habit: speaks its phrases whether or not anybody hears, loses its socket and comes back, and at the
 * end closes or just goes. What it says is in its `Voice`, what it plays in its `Playback`.
 */
export class SimClient {
  readonly name: string;
  readonly habit: ClientHabit;
  readonly #habitat: Habitat;
  readonly #company: Company;
  readonly #random: Random;
  readonly #voice: Voice;
  readonly #playback: Playback;
  /** Of those that come back to their session. */
  readonly #memory: Memory | null;
  #connection: SimConnection | null = null;
  #sessionId: string | null = null;
  /** The session is on this socket. */
  #isLive = false;
  #acts: TimedAct[] = [];
  #tries = 0;
  #phase: 'speaking' | 'leaving' | 'gone' = 'speaking';
  #heartbeat: Appointment | null = null;
  /** Asked to keep its audio until then, and what it kept. */
  #pausedUntilMs = 0;
  #kept: string[] = [];

  constructor(habitat: Habitat, company: Company, random: Random, habit: ClientHabit, speaker: number) {
    this.name = `${habit.kind}-${speaker}`;
    this.habit = habit;
    this.#habitat = habitat;
    this.#company = company;
    this.#random = random;
    this.#memory = habit.kind === 'sdk-resuming' ? new Memory() : null;
    this.#voice = new Voice(habit, speaker, random.happens(0.15) ? random.between(1, 40) : 0);
    this.#playback = new Playback(habit, habitat, random, (frame) => this.#send(frame));
  }

  get isGone(): boolean {
    return this.#phase === 'gone';
  }

  get sessionId(): string | null {
    return this.#sessionId;
  }

  start(): void {
    this.#connect();
    this.#nextAct();
  }

  cut(): void {
    this.#connection?.cut();
  }

  /** Nobody is told until somebody looks after the line. */
  goHalfOpen(durationMs: number): void {
    const connection = this.#connection;
    connection?.goHalfOpen();
    this.#habitat.agenda.after(durationMs, `${this.name} finds its line dead`, () => connection?.heal());
  }

  stopReading(durationMs: number): void {
    this.#connection?.stopReading(durationMs);
  }

  initAgain(): void {
    if (this.#memory === null) this.#send(initFrame(this.habit, this.#traceId));
    else this.#beginAnew();
  }

  heal(): void {
    this.#connection?.heal();
  }

  /** Polite ones close, in the middle of a word if it must be, and wait for the answer; the others fall silent. */
  leave(): void {
    this.#phase = 'leaving';
    this.#acts = [];
    if (this.#sessionId === null || !this.#isLive) this.hangUp();
    else if (this.habit.isPolite) {
      this.#say({ type: 'session_close', session_id: this.#sessionId, reason: 'done' });
    }
  }

  /** Goes without a word. */
  hangUp(): void {
    this.#phase = 'gone';
    this.#offline(NORMAL_CLOSE, true);
    this.#connection?.close(NORMAL_CLOSE);
    this.#connection = null;
  }

  get #traceId(): string {
    return `trace-${this.name}`;
  }

  #connect(): void {
    if (this.#phase !== 'speaking' || this.#connection !== null) return;
    const connection = this.#habitat.connect('session', this.name, {
      onText: (data) => this.#onFrame(connection, data),
      onClose: (code) => this.#onClose(connection, code),
    });
    this.#connection = connection;
    if (connection === null) {
      this.#reconnectLater();
      return;
    }
    this.#habitat.observe({ kind: 'clientOnline', client: this.name });
    // Rooms may be asked for before the session is there.
    if (this.#random.happens(0.1)) this.#say({ type: 'room_create', client_ts: 1 });
    this.#send(this.#memory?.canResume ? this.#memory.resumeFrame : initFrame(this.habit, this.#traceId));
  }

  #onFrame(connection: SimConnection | null, data: string | Uint8Array): void {
    if (connection !== this.#connection) return;
    const decoded = decodeSessionServerFrame(typeof data === 'string' ? Buffer.from(data) : data);
    if (decoded.kind !== 'message') {
      const field = decoded.kind === 'invalid' ? `${decoded.type} ${decoded.field}` : decoded.type;
      this.#habitat.observe({ kind: 'unreadable', who: this.name, field });
      return;
    }
    this.#habitat.observe({ kind: 'clientSaw', client: this.name, message: decoded.message });
    this.#onMessage(decoded.message);
  }

  #onMessage(message: SessionServerMessage): void {
    switch (message.type) {
      case 'session_init_ack':
        this.#sessionId = message.session_id;
        this.#voice.beginSession();
        this.#memory?.begin(message);
        this.#goLive();
        break;
      case 'session_resume_ack':
        for (const frame of this.#memory?.resume(message) ?? []) this.#send(frame);
        this.#goLive();
        break;
      case 'audio_ack':
        this.#memory?.arrived(message);
        break;
      case 'missing_result':
        this.#acknowledge(message);
        break;
      case 'translation_result':
        this.#acknowledge(message);
        this.#playback.take(message);
        break;
      case 'backpressure':
        this.#pausedUntilMs = this.#habitat.agenda.nowMs + (message.resume_after_ms ?? 5000);
        this.#habitat.agenda.at(this.#pausedUntilMs, `${this.name} goes on`, () => this.#sendKept());
        break;
      case 'error':
        if (message.code === 'RESUME_EXPIRED') this.#beginAnew();
        // Nobody takes its audio now; somebody may, later.
        if (this.#sessionId === null && message.code === 'UNSUPPORTED_FEATURE') this.#comeBack();
        break;
      case 'session_close_ack':
        if (this.#phase === 'leaving' && message.session_id === this.#sessionId) this.hangUp();
        break;
      default:
    }
  }

  #goLive(): void {
    this.#isLive = true;
    this.#tries = 0;
    this.#beatLater();
  }

  #acknowledge(outcome: Parameters<Memory['take']>[0]): void {
    const ack = this.#memory?.take(outcome);
    if (ack) this.#say(ack);
  }

  /** What was said to the session that is over is lost. */
  #beginAnew(): void {
    this.#memory?.forget();
    this.#sessionId = null;
    this.#isLive = false;
    this.#send(initFrame(this.habit, this.#traceId));
  }

  #onClose(connection: SimConnection | null, code: number): void {
    if (connection !== this.#connection) return;
    this.#connection = null;
    this.#offline(code, false);
    if (this.#phase === 'leaving') this.#phase = 'gone';
    if (this.#phase === 'speaking') this.#reconnectLater();
  }

  #offline(code: number, isByClient: boolean): void {
    if (!this.#memory?.canResume) this.#sessionId = null;
    this.#isLive = false;
    this.#kept = [];
    this.#heartbeat?.cancel();
    this.#playback.stop();
    this.#habitat.observe({ kind: 'clientOffline', client: this.name, code, isByClient });
  }

  #comeBack(): void {
    const connection = this.#connection;
    this.#connection = null;
    this.#offline(NORMAL_CLOSE, true);
    connection?.close(NORMAL_CLOSE);
    if (this.#phase === 'leaving') this.#phase = 'gone';
    else this.#reconnectLater();
  }

  #reconnectLater(): void {
    const { firstMs, maxMs, triesMax } = this.habit.reconnect;
    if (this.#tries >= triesMax) {
      this.#phase = 'gone';
      return;
    }
    const waitMs = Math.min(maxMs, firstMs * 2 ** this.#tries);
    this.#tries += 1;
    this.#habitat.agenda.after(waitMs, `${this.name} reconnects`, () => this.#connect());
  }

  #beatLater(): void {
    this.#heartbeat?.cancel();
    this.#heartbeat = this.#habitat.agenda.after(this.habit.heartbeatMs, `${this.name} beats`, () => {
      if (this.#sessionId === null || !this.#isLive) return;
      this.#say({ type: 'client_heartbeat', session_id: this.#sessionId, timestamp: 1 });
      this.#beatLater();
    });
  }

  /** One act after another, phrase after phrase; while there is no session the words are lost. */
  #nextAct(): void {
    if (this.#phase !== 'speaking') return;
    if (this.#acts.length === 0) {
      this.#acts = [...this.habit.phrase(this.#random)];
      if (this.habit.script === undefined)
        this.#acts.push({ afterMs: pauseBetweenPhrasesMs(this.#random), act: { do: 'nothing' } });
    }
    const next = this.#acts.shift();
    if (next === undefined) return;
    this.#habitat.agenda.after(next.afterMs, `${this.name} ${next.act.do}`, () => {
      if (this.#phase !== 'speaking') return;
      if (next.act.do === 'cut') this.cut();
      else if (next.act.do === 'leave') this.#goFor(next.act.saysGoodbye);
      else if (this.#sessionId !== null) this.#perform(next.act, this.#sessionId);
      this.#nextAct();
    });
  }

  #goFor(saysGoodbye: boolean): void {
    if (saysGoodbye) this.leave();
    else {
      this.#habitat.agenda.after(LAST_OUTCOMES_MS, `${this.name} goes`, () => {
        if (!this.isGone) this.hangUp();
      });
    }
  }

  #perform(act: Act, sessionId: string): void {
    // Who will come back speaks on meanwhile.
    if (!this.#isLive && act.do !== 'chunk' && act.do !== 'final') return;
    switch (act.do) {
      case 'chunk':
      case 'utterance':
        this.#sendAudio(this.#voice.speak(act, sessionId));
        return;
      case 'final':
        // A final overtakes audio that is kept back, but of those that count their chunks.
        if (this.#memory === null) this.#send(this.#voice.final(sessionId));
        else this.#sendAudio(this.#voice.final(sessionId));
        return;
      case 'repeatChunk': {
        const chunk = this.#voice.lastChunk;
        if (chunk !== null) this.#sendAudio(chunk);
        return;
      }
      case 'skipSeq':
        this.#voice.skipSeq(act.count);
        return;
      case 'noise':
        if (act.noise === 'binary') this.#connection?.sendBinary(Uint8Array.from([1, 2, 3]));
        else this.#send(NOISE_FRAMES[act.noise](sessionId));
        return;
      case 'intrude':
        this.#intrude(act.how);
        return;
      case 'room':
        this.#say({ type: 'room_join', room_code: '123456' });
        return;
      case 'configure': {
        const { tgtLang, pauseMs } = act;
        const endpointing = { pause_ms: pauseMs };
        this.#say({ type: 'session_configure', session_id: sessionId, tgt_lang: tgtLang, endpointing });
        return;
      }
      case 'cut':
      case 'leave':
      case 'nothing':
    }
  }

  #sendAudio(frame: string): void {
    this.#memory?.note(this.#voice.lastSeq, frame);
    if (!this.#isLive) return;
    if (this.#habitat.agenda.nowMs < this.#pausedUntilMs) this.#kept.push(frame);
    else this.#send(frame);
  }

  #sendKept(): void {
    for (const frame of this.#kept.splice(0)) this.#send(frame);
  }

  #intrude(how: Extract<Act, { do: 'intrude' }>['how']): void {
    const target = how === 'unknown_session' ? 's-NOBODY' : this.#company.otherSessionOf(this);
    if (target === null || this.#connection === null) return;
    this.#habitat.intrude(this.#connection, {
      what: `${this.name} ${how} as ${target}`,
      frame: intrusionFrame(how, target, this.#voice),
      digest: () => this.#habitat.digestOfSession(target),
    });
  }

  #say(message: object): void {
    this.#send(JSON.stringify(message));
  }

  #send(frame: string): void {
    this.#connection?.send(frame);
  }
}
