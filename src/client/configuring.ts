import type { ControlRecord, OutgoingLog } from './outgoing-log.ts';
import type { Configuration, ConfigureOptions } from './session.ts';
import { localError, SessionError } from './session-error.ts';
import { endpointingWish, type SessionOptions } from './session-options.ts';
import type { Timers } from './timers.ts';

const ANSWER_TIMEOUT_MS = 10_000;
const WAITING_MAX = 16;

interface Waiting {
  readonly change: ConfigureOptions;
  readonly record: ControlRecord;
  readonly deadline: unknown;
  resolve(configuration: Configuration): void;
  reject(error: SessionError): void;
}

/** Changes of the configuration that wait for their answers, which come in the order of asking [SDK67]. */
export class Configuring {
  readonly #timers: Timers;
  readonly #log: OutgoingLog;
  readonly #audioFormat: SessionOptions['audioFormat'];
  readonly #applied: (change: ConfigureOptions) => void;
  #waiting: Waiting[] = [];

  /** `applied` hears of every change that the server took. */
  constructor(
    timers: Timers,
    log: OutgoingLog,
    audioFormat: SessionOptions['audioFormat'],
    applied: (change: ConfigureOptions) => void,
  ) {
    this.#timers = timers;
    this.#log = log;
    this.#audioFormat = audioFormat;
    this.#applied = applied;
  }

  ask(change: ConfigureOptions): Promise<Configuration> {
    if (this.#waiting.length >= WAITING_MAX)
      return Promise.reject(localError('INVALID_CALL', `${WAITING_MAX} changes wait for their answers.`));
    return new Promise((resolve, reject) => {
      const record = this.#log.pushControl({
        type: 'session_configure',
        src_lang: change.srcLang,
        tgt_lang: change.tgtLang,
        endpointing: endpointingWish(this.#audioFormat, change.endpointing),
        features: change.features,
      });
      const deadline = this.#timers.set(ANSWER_TIMEOUT_MS, () => {
        const late = this.#waiting.find((waiting) => waiting.record === record);
        if (late !== undefined)
          this.#end(late)?.reject(localError('CONFIGURE_TIMEOUT', 'The server did not answer in time.'));
      });
      this.#waiting.push({ change, record, deadline, resolve, reject });
    });
  }

  answered(configuration: Configuration): void {
    const first = this.#end(this.#waiting[0]);
    if (first === null) return;
    this.#applied(first.change);
    first.resolve(configuration);
  }

  /** True when the refusal names a field that the oldest change has: then it was that one. */
  refused(code: string, message: string, field: string | null): boolean {
    const first = this.#waiting[0];
    if (first === undefined || field === null) return false;
    const isOurs = CONFIGURABLE.some((name) => field === name || field.startsWith(`${name}.`));
    if (!isOurs) return false;
    this.#end(first)?.reject(new SessionError(code, message));
    return true;
  }

  /** The session is over. */
  stop(error: SessionError): void {
    for (const waiting of this.#waiting) {
      this.#timers.clear(waiting.deadline);
      waiting.reject(error);
    }
    this.#waiting = [];
  }

  #end(waiting: Waiting | undefined): Waiting | null {
    if (waiting === undefined) return null;
    this.#timers.clear(waiting.deadline);
    this.#log.settle(waiting.record);
    this.#waiting = this.#waiting.filter((other) => other !== waiting);
    return waiting;
  }
}

const CONFIGURABLE = ['src_lang', 'tgt_lang', 'endpointing', 'features'];
