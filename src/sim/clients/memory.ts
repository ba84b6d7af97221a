import type { SessionServerMessage } from '#protocol/messages.ts';

type Message<Type extends SessionServerMessage['type']> = Extract<SessionServerMessage, { type: Type }>;

interface Said {
  readonly seq: number;
  readonly frame: string;
}

/** Outcomes between two `delivery_ack`. */
const ACK_EVERY = 3;

/** What a client keeps so that it can come back to its session on another socket: the token, and all that it said. */
export class Memory {
  #token: string | null = null;
  #deliverySeq = 0;
  #said: Said[] = [];

  get canResume(): boolean {
    return this.#token !== null;
  }

  get resumeFrame(): string {
    const resume_token = this.#token;
    return JSON.stringify({ type: 'session_resume', resume_token, last_delivery_seq: this.#deliverySeq });
  }

  begin({ resume_token }: Message<'session_init_ack'>): void {
    this.#token = resume_token ?? null;
    this.#deliverySeq = 0;
    this.#said = [];
  }

  /** Everything that has not arrived, in its order. */
  resume({ resume_token, received_seq = -1 }: Message<'session_resume_ack'>): readonly string[] {
    this.#token = resume_token;
    this.#said = this.#said.filter(({ seq }) => seq > received_seq);
    return this.#said.map(({ frame }) => frame);
  }

  note(seq: number, frame: string): void {
    this.#said.push({ seq, frame });
  }

  arrived({ received_seq = -1 }: Message<'audio_ack'>): void {
    this.#said = this.#said.filter(({ seq }) => seq > received_seq);
  }

  /** A `delivery_ack` now and then. */
  take({ session_id, delivery_seq = 0 }: Message<'translation_result' | 'missing_result'>): object | null {
    this.#deliverySeq = delivery_seq;
    return delivery_seq % ACK_EVERY === 0 ? { type: 'delivery_ack', session_id, delivery_seq } : null;
  }

  forget(): void {
    this.#token = null;
    this.#said = [];
  }
}
