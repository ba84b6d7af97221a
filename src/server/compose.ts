import { setImmediate } from 'node:timers/promises';
import type { Chance } from '#core/chance.ts';
import type { Clock } from '#core/clock.ts';
import type { Store } from '#core/ports.ts';
import { Doorkeeper } from '#gateway/auth/doorkeeper.ts';
import { Tickets } from '#gateway/auth/tickets.ts';
import { Tokens } from '#gateway/auth/tokens.ts';
import { Gateway } from '#gateway/gateway.ts';
import { LoopLag, type StallMeter } from '#gateway/loop-lag.ts';
import { GATEWAY_COUNTERS } from '#gateway/metrics.ts';
import { newHttpApp } from '#http/app.ts';
import { coreCounterFamilies } from '#http/counter-families.ts';
import { edgeFiguresOf } from '#http/edge-figures.ts';
import { PrometheusMeter } from '#http/meter.ts';
import type { IdSource } from '#protocol/ids.ts';
import type { Log, Meter, Runtime, TurnDriver } from '#runtime/contract.ts';
import { createRuntime } from '#runtime/runtime.ts';
import { MemoryStore } from '#store/memory/memory-store.ts';
import type { Config } from './config/schema.ts';
import { gatewaySettings, runtimeSettings, tokenGrants } from './config/to-settings.ts';
import { createLog } from './logging.ts';
import { NodeDriver } from './node-driver.ts';
import { randomIds } from './random-ids.ts';
import { systemClock } from './system-clock.ts';
import { type Address, type Transports, tcpTransports } from './tcp-listener.ts';

/** The configuration, and everything of the world that a test or the simulator may replace. */
export interface ComposeOptions {
  readonly config: Config;
  readonly clock?: Clock;
  readonly ids?: IdSource;
  readonly chance?: Chance;
  readonly driver?: TurnDriver;
  readonly store?: Store;
  readonly log?: Log;
  /** Counts for the core in place of what `/metrics` shows. */
  readonly meter?: Meter;
  /** Our own stalls. A test whose clock jumps says that there are none. */
  readonly stalls?: StallMeter;
  readonly transports?: Transports;
}

/** One scheduler: a process's worth of it, though several may live in one process. */
export interface Scheduler {
  readonly runtime: Runtime;
  /** errors: `ListenError` when the port cannot be taken. */
  start(): Promise<Address>;
  /**
   * Takes nothing new, lets open sessions finish within the deadline (`server.drain_ms` by default), says 1012 to
   * whoever is left, and ends. Calling it again waits for the same end.
   */
  stop(deadlineMs?: number): Promise<void>;
}

/** Puts the parts together. Nothing listens and nothing runs before `start`. */
export const compose = ({
  config,
  clock = systemClock,
  ids = randomIds,
  chance = Math.random,
  driver = new NodeDriver(clock),
  store = new MemoryStore({ clock }),
  log = createLog(config.log.level),
  meter,
  stalls,
  transports = tcpTransports,
}: ComposeOptions): Promise<Scheduler> => {
  // Core behind its runtime: sessions, jobs, nodes.
  const metrics = new PrometheusMeter({ ...coreCounterFamilies(), ...GATEWAY_COUNTERS });
  const runtime = createRuntime(
    { clock, ids, chance, store, meter: meter ?? metrics, log, driver },
    runtimeSettings(config, ids),
  );

  // Edges: two kinds of socket, and plain HTTP beside them.
  // Who measures stalls in our place knows of none that jobs should be given time for.
  const lag = new LoopLag(runtime, (durationMs) => {
    if (stalls === undefined) runtime.noteStall(durationMs);
  });
  const tickets = new Tickets({ clock, ids });
  const { origins, insecure: isInsecure } = config.server;
  const door = new Doorkeeper({ tokens: new Tokens(tokenGrants(config)), tickets, origins, isInsecure });
  const gateway = new Gateway(
    { runtime, settings: gatewaySettings(config), meter: metrics, stalls: stalls ?? lag },
    door,
  );
  const breathe = (): Promise<void> => setImmediate();
  const app = newHttpApp({
    guard: (request, access) => (access === 'admin' ? door.forOperator(request) : door.forTicket(request)),
    tickets,
    runtime,
    meter: metrics,
    isAdmitting: () => gateway.isAccepting,
    requestsPerS: config.limits.requests_per_s,
    edgeFigures: async () => ({
      ...(await edgeFiguresOf(gateway.sockets(), breathe)),
      loopLagMs: lag.takeWorstMs(),
    }),
    breathe,
  });
  const listener = transports({ app, gateway, host: config.server.host, port: config.server.port });

  const end = async (deadlineMs: number): Promise<void> => {
    gateway.stopAccepting();
    await runtime.drain(deadlineMs);
    await gateway.closeAll();
    await listener.close();
    lag.stop();
    runtime.stop();
    await store.close();
  };
  let ending: Promise<void> | null = null;

  return Promise.resolve({
    runtime,
    start: async () => {
      // What comes in between waits for the runtime; a port that is taken starts nothing [CFG25].
      const address = await listener.listen();
      runtime.start();
      return address;
    },
    stop: (deadlineMs = config.server.drain_ms) => {
      ending ??= end(deadlineMs);
      return ending;
    },
  });
};
