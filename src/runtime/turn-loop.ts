import { ActorHost } from './actor-host.ts';
import type { RuntimePorts } from './contract.ts';
import { errorChain } from './error-chain.ts';
import { TimerWheel, WheelTimer } from './timer-wheel.ts';

/**
 * Drives the actors and timers of a process by its `TurnDriver`. An alarm only asks for a turn, and a turn lets timers
 * ring before it handles events: so whatever the platform read in the meantime stands in front of a firing. After a
 * stall of ours a heartbeat that has arrived thus counts, and the firing that it makes stale is dropped [RUN10].
 */
export class TurnLoop {
  readonly host: ActorHost;
  readonly wheel: TimerWheel;
  readonly #ports: Pick<RuntimePorts, 'clock' | 'driver' | 'log'>;
  readonly #turnBudget: number;
  readonly #afterTurn: () => void;
  #isRunning = false;
  #isTurnAsked = false;
  #armedAtMs = Number.POSITIVE_INFINITY;

  /** `turnBudget`: events handled before the platform gets its turn. `afterTurn` is called at the end of every turn. */
  constructor(
    ports: Pick<RuntimePorts, 'clock' | 'driver' | 'log'>,
    turnBudget: number,
    afterTurn: () => void,
  ) {
    this.#ports = ports;
    this.#turnBudget = turnBudget;
    this.#afterTurn = afterTurn;
    this.host = new ActorHost(ports.clock, this.askTurn);
    this.wheel = new TimerWheel(ports.clock.now().atMs);
  }

  start(): void {
    this.#isRunning = true;
    this.askTurn();
    this.#arm();
  }

  /** Nothing runs or rings any more [RUN21]. */
  stop(): void {
    this.#isRunning = false;
    this.#ports.driver.clearAlarm();
    this.#armedAtMs = Number.POSITIVE_INFINITY;
  }

  /** Calls back once, outside of any step. A callback that throws is logged and harms no other timer [RUN23]. */
  timerAt(atMs: number, ring: () => void): { cancel(): void } {
    const timer = new WheelTimer({
      ring: () => {
        try {
          ring();
        } catch (error) {
          this.#ports.log.write('error', 'a timer failed', { error: errorChain(error) });
        }
      },
    });
    this.wheel.set(timer, atMs);
    this.#arm();
    return { cancel: () => this.wheel.clear(timer) };
  }

  /** Asks for one turn, soon; asking again before it comes changes nothing. */
  readonly askTurn = (): void => {
    if (!this.#isRunning || this.#isTurnAsked) return;
    this.#isTurnAsked = true;
    this.#ports.driver.soon(this.#turn);
  };

  /** What is told during the turn asks for no other: whether one is needed is seen at its end. */
  readonly #turn = (): void => {
    if (!this.#isRunning) {
      this.#isTurnAsked = false;
      return;
    }
    try {
      this.wheel.advance(this.#ports.clock.now().atMs);
      this.host.runTurn(this.#turnBudget);
      this.#afterTurn();
    } finally {
      this.#isTurnAsked = false;
      if (this.host.hasWork) this.askTurn();
      this.#arm();
    }
  };

  readonly #alarmRang = (): void => {
    this.#armedAtMs = Number.POSITIVE_INFINITY;
    this.askTurn();
  };

  /** An alarm that is too early does no harm: it is left as it is, and set anew when it has rung. */
  #arm(): void {
    const { wakeAtMs } = this.wheel;
    if (!this.#isRunning || wakeAtMs === this.#armedAtMs) return;
    if (wakeAtMs === Number.POSITIVE_INFINITY) this.#ports.driver.clearAlarm();
    else if (wakeAtMs > this.#armedAtMs) return;
    else this.#ports.driver.alarmAt(wakeAtMs, this.#alarmRang);
    this.#armedAtMs = wakeAtMs;
  }
}
