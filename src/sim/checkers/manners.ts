import { LEGACY_MISSING_REASONS } from '#protocol/reasons.ts';
import type { ErrorMessage } from '#protocol/session-server-messages.ts';
import type { Observation } from '../observations.ts';
import { Breach } from './breach.ts';
import type { Checker } from './checker.ts';

interface ClientBook {
  sessionId: string | null;
  isClosed: boolean;
  /** It did, or suffered, what earns it an error or a close. */
  hasExcuse: boolean;
}

/** Kinds that put up an alert for any error and behave well enough never to earn one. */
const isWellBehaved = (client: string): boolean => !client.startsWith('rude-');
/** Asked for something, so that it understands our own words. */
const isLegacy = (client: string): boolean => !client.startsWith('sdk-');

/** The error of one utterance, the answer to a form of audio that no node takes, and to a return that comes too late. */
const isAskedFor = (client: string, { code, utterance_index }: ErrorMessage): boolean =>
  !isLegacy(client) &&
  (utterance_index !== undefined || code === 'UNSUPPORTED_FEATURE' || code === 'RESUME_EXPIRED');

/**
 * SIM9: what peers of today rely on. The ack comes first and names the trace; no error and no close for who did nothing
 * wrong, however long it is silent; only words that legacy clients know; nothing after the goodbye. A node gets no job before
 * it is registered, and never one under a name that it had before.
 */
export class MannersChecker implements Checker {
  readonly #clients = new Map<string, ClientBook>();
  readonly #isRegistered = new Set<string>();
  readonly #jobsHad = new Map<string, Set<string>>();
  /** Sessions that died of a fault of ours; each costs its client one close with 1011. */
  #deaths = 0;

  observe(observation: Observation): void {
    switch (observation.kind) {
      case 'unreadable':
        throw new Breach('SIM9', `${observation.who} got what is no message: ${observation.field}`);
      case 'clientOnline':
        this.#clients.set(observation.client, { sessionId: null, isClosed: false, hasExcuse: false });
        break;
      case 'clientSaw':
        this.#onClientSaw(observation);
        break;
      case 'clientOffline':
        this.#onClientOffline(observation);
        break;
      case 'breakage':
        this.#onBreakage(observation.event);
        break;
      case 'fault':
        this.#onFault(observation);
        break;
      case 'nodeOnline':
        this.#isRegistered.delete(observation.node);
        break;
      case 'nodeReborn':
        this.#jobsHad.delete(observation.node);
        break;
      case 'nodeSaw':
        this.#onNodeSaw(observation);
        break;
      default:
    }
  }

  #onBreakage(event: string): void {
    if (event === 'session failed') this.#deaths += 1;
  }

  #onFault({ fault, on }: Extract<Observation, { kind: 'fault' }>): void {
    // Audio that comes late in a heap, or all at once after a stall, may be shed or cost the socket.
    const isForAll = fault === 'loop_stall' || fault === 'latency_spike';
    for (const [client, book] of this.#clients) if (isForAll || client === on) book.hasExcuse = true;
  }

  #onClientSaw({ client, message }: Extract<Observation, { kind: 'clientSaw' }>): void {
    const book = this.#clients.get(client);
    if (book === undefined) return;
    if (message.type === 'session_init_ack') {
      if (message.trace_id !== `trace-${client}`) throw new Breach('SIM9', `${client} got a foreign trace`);
      if (isLegacy(client) && message.capabilities !== undefined) {
        throw new Breach('SIM9', `${client} was granted what it did not ask for`);
      }
      book.sessionId = message.session_id;
      return;
    }
    if (message.type === 'session_resume_ack') book.sessionId = message.session_id;
    if (book.sessionId === null && message.type !== 'error') {
      throw new Breach('SIM9', `${client} got ${message.type} before its ack`);
    }
    if (book.isClosed) throw new Breach('SIM9', `${client} got ${message.type} after the goodbye`);
    switch (message.type) {
      case 'error':
        if (isAskedFor(client, message)) break;
        if (isWellBehaved(client) && !book.hasExcuse)
          throw new Breach('SIM9', `${client} got ${message.code}`);
        break;
      case 'backpressure':
        if (message.action !== 'PAUSE') throw new Breach('SIM9', `${client} was told ${message.action}`);
        break;
      case 'missing_result':
        if (isLegacy(client) && !LEGACY_MISSING_REASONS.some((word) => word === message.reason)) {
          throw new Breach('SIM9', `${client} got the reason ${message.reason}`);
        }
        break;
      case 'session_close_ack':
        book.isClosed = message.session_id === book.sessionId;
        break;
      default:
    }
  }

  #onClientOffline({ client, code, isByClient }: Extract<Observation, { kind: 'clientOffline' }>): void {
    const book = this.#clients.get(client);
    // 1006: the line broke; 1012: the scheduler goes, and says so.
    if (isByClient || code === 1006 || code === 1012 || book?.hasExcuse === true) return;
    if (code === 1011 && this.#deaths > 0) {
      this.#deaths -= 1;
      return;
    }
    throw new Breach('SIM9', `${client} was closed with ${code} and had done nothing`);
  }

  #onNodeSaw({ node, message }: Extract<Observation, { kind: 'nodeSaw' }>): void {
    if (message.type === 'node_register_ack') this.#isRegistered.add(node);
    if (message.type !== 'job_assign') return;
    if (!this.#isRegistered.has(node)) throw new Breach('SIM9', `${node} got a job before its ack`);
    let had = this.#jobsHad.get(node);
    if (had === undefined) {
      had = new Set();
      this.#jobsHad.set(node, had);
    }
    if (had.has(message.job_id)) throw new Breach('SIM9', `${node} got ${message.job_id} a second time`);
    had.add(message.job_id);
  }
}
