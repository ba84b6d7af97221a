import type { SessionServerMessage } from '#protocol/messages.ts';
import { isOutcome } from '../habitat.ts';
import type { Observation } from '../observations.ts';
import { Breach } from './breach.ts';
import type { Checker } from './checker.ts';

interface Reader {
  readonly sessionId: string;
  deliverySeq: number;
  coveredMs: number;
  receivedMs: number;
}

/**
 * A client that comes back gets every outcome once, by its number, over all its sockets (I2); it is never told to forget
 * audio whose outcome it does not have (I5); and what has arrived does not go back.
 */
export class ReturnChecker implements Checker {
  readonly #readers = new Map<string, Reader>();

  observe(observation: Observation): void {
    if (observation.kind !== 'clientSaw') return;
    const { client, message } = observation;
    if (message.type === 'session_init_ack') {
      const { session_id: sessionId } = message;
      this.#readers.set(client, { sessionId, deliverySeq: 0, coveredMs: 0, receivedMs: 0 });
      return;
    }
    const reader = this.#readers.get(client);
    if (reader !== undefined) this.#onMessage(client, reader, message);
  }

  #onMessage(client: string, reader: Reader, message: SessionServerMessage): void {
    if (message.type === 'session_resume_ack' || message.type === 'audio_ack') {
      if (message.session_id !== reader.sessionId) {
        throw new Breach('I8', `${client} came back to ${message.session_id}`);
      }
      if (message.received_ms < reader.receivedMs || message.covered_ms > message.received_ms) {
        throw new Breach('I5', `${client} was told ${message.covered_ms} of ${message.received_ms} ms`);
      }
      reader.receivedMs = message.received_ms;
      reader.coveredMs = Math.max(reader.coveredMs, message.covered_ms);
      return;
    }
    if (!isOutcome(message) || message.delivery_seq === undefined) return;
    if (message.delivery_seq !== reader.deliverySeq + 1) {
      throw new Breach('I2', `${client} got delivery ${message.delivery_seq} after ${reader.deliverySeq}`);
    }
    reader.deliverySeq = message.delivery_seq;
    if ((message.audio_start_ms ?? reader.coveredMs) < reader.coveredMs) {
      throw new Breach('I5', `${client} was told to forget what it had no outcome for`);
    }
  }
}
