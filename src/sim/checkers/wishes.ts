import type { SessionServerMessage } from '#protocol/messages.ts';
import type { Observation } from '../observations.ts';
import { Breach } from './breach.ts';
import type { Checker } from './checker.ts';

interface Shown {
  readonly settled: string;
  readonly revision: number;
}

/** Words that only clients hear that asked for them. */
const hasOwnWords = (message: SessionServerMessage): boolean => {
  switch (message.type) {
    case 'notice':
    case 'session_configured':
      return true;
    case 'error':
      return message.utterance_index !== undefined;
    case 'asr_partial':
      return message.job_id !== '' || message.settled !== undefined;
    default:
      return false;
  }
};

/** SES60, SES61, SES70: nothing for those who did not ask; text that was settled stays, and revisions rise. */
export class WishesChecker implements Checker {
  readonly #shown = new Map<string, Shown>();
  /** Whose clients came back: what was said meanwhile they have not heard. */
  readonly #resumed = new Set<string>();

  observe(observation: Observation): void {
    if (observation.kind !== 'clientSaw') return;
    const { client, message } = observation;
    if (!client.startsWith('sdk-')) {
      if (hasOwnWords(message)) throw new Breach('SIM9', `${client} got ${message.type} and had not asked`);
      return;
    }
    if (message.type === 'session_resume_ack') this.#resumed.add(message.session_id);
    if (message.type !== 'asr_partial') return;
    const { settled = '', revision = 0, text } = message;
    const key = `${message.session_id} ${message.utterance_index}`;
    const before = this.#shown.get(key) ?? { settled: '', revision: 0 };
    if (!settled.startsWith(before.settled) || !text.startsWith(settled)) {
      throw new Breach('SIM9', `${client} saw settled text change in ${key}`);
    }
    const isNext = this.#resumed.has(message.session_id)
      ? revision > before.revision
      : revision === before.revision + 1;
    if (!isNext) {
      throw new Breach('SIM9', `${client} got revision ${revision} after ${before.revision} of ${key}`);
    }
    this.#shown.set(key, { settled, revision });
  }
}
