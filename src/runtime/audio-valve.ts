import type { SessionEvent } from '#core/session/session-contract.ts';
import type { AudioPiece } from '#protocol/audio.ts';
import type { SessionClientMessage } from '#protocol/messages.ts';
import type { AudioBudget } from './audio-budget.ts';
import { AudioShare } from './audio-budget.ts';

type ClientMessageEvent = Extract<SessionEvent, { kind: 'clientMessage' }>;

/** What a message brings to hear; null for all but two kinds. */
export const audioOf = (message: SessionClientMessage): AudioPiece | null =>
  message.type === 'audio_chunk' || message.type === 'utterance' ? message.audio : null;

const audioBytesOf = (message: SessionClientMessage): number => audioOf(message)?.bytes.byteLength ?? 0;

/** What is lost with it: silence is no loss. */
export const speechMsOf = (audio: AudioPiece): number => (audio.isSilent ? 0 : audio.durationMs);

/** The same message without its audio: what it ends, or the index it takes, still counts. */
const withoutAudio = (message: SessionClientMessage): SessionClientMessage => {
  if (message.type === 'audio_chunk') return { ...message, audio: null };
  if (message.type !== 'utterance') return message;
  const audio = { ...message.audio, bytes: new Uint8Array(0), durationMs: 0, isSilent: true };
  return { ...message, audio };
};

/**
 * What happens to the audio of one session at its bounds: above the high-water mark its client is asked to wait, at the
 * bound audio is dropped, and the session hears of both. What was dropped is told in one event, however often it was.
 */
export class AudioValve {
  readonly share: AudioShare;
  /** The session has said its first word, so that others may follow. */
  isOpen = false;
  #shedMs = 0;
  #isShedTold = false;
  #mayHoldAgainAtMs = 0;

  constructor(budget: AudioBudget) {
    this.share = new AudioShare(budget);
  }

  hasRoomFor(message: SessionClientMessage): boolean {
    const bytes = audioBytesOf(message);
    return bytes === 0 || this.share.hasRoomFor(bytes);
  }

  /** As the session is told of a message whose audio is dropped. */
  emptied(message: SessionClientMessage, audio: AudioPiece, arrivedAtMs: number): ClientMessageEvent {
    return {
      kind: 'clientMessage',
      message: withoutAudio(message),
      arrivedAtMs,
      shedMs: speechMsOf(audio),
    };
  }

  queued({ message }: ClientMessageEvent): void {
    this.share.wait(audioBytesOf(message));
  }

  /** The event as the step gets it. */
  taken(event: SessionEvent): SessionEvent {
    if (event.kind === 'clientMessage') this.share.wait(-audioBytesOf(event.message));
    if (event.kind === 'opened') this.isOpen = true;
    if (event.kind === 'speechOver') return { ...event, ...this.share.speechExcess };
    if (event.kind !== 'audioShed') return event;
    const durationMs = this.#shedMs;
    this.#shedMs = 0;
    this.#isShedTold = false;
    return { ...event, durationMs };
  }

  /** True when the session must be told: an event that waits already brings this along. */
  shed(durationMs: number): boolean {
    this.#shedMs += durationMs;
    const mustTell = !this.#isShedTold;
    this.#isShedTold = true;
    return mustTell;
  }

  /** True when the client is to be asked (again) to wait for so long. */
  mayHold(nowMs: number, forMs: number): boolean {
    if (!this.isOpen || nowMs < this.#mayHoldAgainAtMs) return false;
    this.#mayHoldAgainAtMs = nowMs + forMs;
    return true;
  }
}
