import { describe, expect, it } from 'vitest';
import { seededChance } from '#core/chance.ts';
import { type DispatcherState, newDispatcher, stepDispatcher } from '#core/jobs/dispatcher.ts';
import type { DispatcherEvent } from '#core/jobs/dispatcher-contract.ts';
import { defaultDispatchSettings } from '#core/settings.ts';
import { asSessionId, type InstanceId } from '#protocol/ids.ts';
import type { JobAssign } from '#protocol/node-server-messages.ts';
import { answer, connection, heartbeat, jobRequest, nodePrincipal, registration } from './words.ts';

/** A queue of things to come, by time, then by when they were written down. */
class Future {
  readonly #things: { readonly atMs: number; readonly happen: () => void }[] = [];
  nowMs = 0;

  at(atMs: number, happen: () => void): void {
    let low = 0;
    let high = this.#things.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#things[middle]?.atMs ?? 0) <= atMs) low = middle + 1;
      else high = middle;
    }
    this.#things.splice(low, 0, { atMs, happen });
  }

  run(untilMs: number): void {
    for (let next = this.#things[0]; next !== undefined && next.atMs <= untilMs; next = this.#things[0]) {
      this.#things.shift();
      this.nowMs = next.atMs;
      next.happen();
    }
  }
}

const SERVICE_MS = 1000;
const SLOTS = 8;
const AUDIO_MS = 2000;
const RUN_MS = 100_000;
const SMALL = 'small';
const BIG = 'big';

interface Traffic {
  readonly tenant: string;
  readonly everyMs: number;
  readonly atOnce: number;
}

/** A node with eight places that takes a second for each job, and what each tenant's jobs waited for it. */
class Counter {
  readonly waitedMs = new Map<string, number[]>();
  readonly outcomes = new Map<string, number>();
  readonly #future = new Future();
  readonly #timers = new Map<string, object>();
  readonly #submitted = new Map<string, { readonly tenant: string; readonly atMs: number }>();
  readonly #state: DispatcherState;

  constructor() {
    let ids = 0;
    const next = (): string => {
      ids += 1;
      return `${ids}`;
    };
    this.#state = newDispatcher(defaultDispatchSettings, {
      chance: seededChance(1),
      ids: { next, uuid: next },
      owner: 'inst-1' as InstanceId,
    });
    this.#step({ kind: 'nodeConnected', connectionId: connection('a'), principal: nodePrincipal() });
    this.#hear(registration({ node_id: 'a', max_concurrent_jobs: SLOTS }));
    for (let atMs = 0; atMs < RUN_MS * 2; atMs += 15_000) {
      this.#future.at(atMs, () => this.#hear(heartbeat('a', { resource_usage: { cpu_percent: 1 } })));
    }
  }

  send({ tenant, everyMs, atOnce }: Traffic): void {
    let n = 0;
    for (let atMs = 1; atMs < RUN_MS; atMs += everyMs) {
      this.#future.at(atMs, () => {
        for (let k = 0; k < atOnce; k += 1) {
          n += 1;
          const name = `${tenant}-${n}`;
          const sessionId = asSessionId(`s-${name}`);
          this.#submitted.set(`job-${name}`, { tenant, atMs });
          this.#step({
            kind: 'jobSubmitted',
            request: jobRequest(name, { tenant, sessionId, audioMs: AUDIO_MS }),
          });
        }
      });
    }
  }

  run(): void {
    this.#future.run(RUN_MS + 30_000);
  }

  p99(tenant: string): number {
    const waits = (this.waitedMs.get(tenant) ?? []).toSorted((a, b) => a - b);
    return waits[Math.ceil(waits.length * 0.99) - 1] ?? 0;
  }

  #hear(message: Extract<DispatcherEvent, { kind: 'nodeMessage' }>['message']): void {
    this.#step({ kind: 'nodeMessage', connectionId: connection('a'), message });
  }

  #work(assign: JobAssign): void {
    this.#future.at(this.#future.nowMs + SERVICE_MS, () => this.#hear(answer('a', assign)));
  }

  #step(event: DispatcherEvent): void {
    const { nowMs } = this.#future;
    for (const effect of stepDispatcher(this.#state, event, { atMs: nowMs, wallMs: nowMs })) {
      switch (effect.kind) {
        case 'sendNode':
          if (effect.message.type !== 'job_assign' || effect.offer === undefined) break;
          this.#work(effect.message);
          this.#step({ kind: 'offerAnswered', ...effect.offer, answer: 'accepted' });
          break;
        case 'setTimer': {
          const token = {};
          this.#timers.set(effect.key, token);
          this.#future.at(effect.atMs, () => {
            if (this.#timers.get(effect.key) === token) this.#step({ kind: 'timerFired', key: effect.key });
          });
          break;
        }
        case 'clearTimer':
          this.#timers.delete(effect.key);
          break;
        case 'tellSession':
          this.#note(effect.event);
          break;
        default:
      }
    }
  }

  #note(event: Extract<ReturnType<typeof stepDispatcher>[number], { kind: 'tellSession' }>['event']): void {
    if (event.kind !== 'jobDispatched' && event.kind !== 'jobEnded') return;
    const known = this.#submitted.get(event.jobId);
    if (known === undefined) return;
    const { tenant, atMs } = known;
    if (event.kind === 'jobDispatched') {
      const waits = this.waitedMs.get(tenant) ?? [];
      waits.push(this.#future.nowMs - atMs);
      this.waitedMs.set(tenant, waits);
      return;
    }
    const { outcome } = event;
    const key = `${tenant} ${outcome.kind === 'missing' ? outcome.reason : outcome.kind}`;
    this.outcomes.set(key, (this.outcomes.get(key) ?? 0) + 1);
  }
}

/** The share of each of two is four jobs a second. */
const FLOOD: Traffic = { tenant: BIG, everyMs: 25, atOnce: 10 };
const BURSTS: Traffic = { tenant: SMALL, everyMs: 10_000, atOnce: 32 };

const runWith = (...traffic: readonly Traffic[]): Counter => {
  const counter = new Counter();
  for (const one of traffic) counter.send(one);
  counter.run();
  return counter;
};

describe('tenants', () => {
  it('[JOB50] [F1] one at 100 times its share leaves the p99 of another’s waits within twice what it waits alone', () => {
    const alone = runWith(BURSTS);
    const beside = runWith(BURSTS, FLOOD);
    expect(alone.waitedMs.get(SMALL)).toHaveLength(320);
    expect(beside.waitedMs.get(SMALL)).toHaveLength(320);
    expect(alone.p99(SMALL)).toBe(3000);
    expect(beside.p99(SMALL)).toBeLessThanOrEqual(2 * alone.p99(SMALL));
    // Nothing of the small one is refused at the bound, and no place of the node stays empty for it.
    expect(beside.outcomes.get(`${SMALL} result`)).toBe(320);
    const served =
      (beside.outcomes.get(`${SMALL} result`) ?? 0) + (beside.outcomes.get(`${BIG} result`) ?? 0);
    expect(served).toBeGreaterThan((SLOTS * RUN_MS) / SERVICE_MS - SLOTS);
  });

  it('[JOB50] one that wants less than its share waits at most for the next place', () => {
    const counter = runWith({ tenant: SMALL, everyMs: 310, atOnce: 1 }, FLOOD);
    expect(counter.p99(SMALL)).toBeLessThanOrEqual(SERVICE_MS);
  });

  it('[JOB50] two that both want everything get as much each', () => {
    const counter = runWith(FLOOD, { ...FLOOD, tenant: SMALL });
    const [one, other] = [BIG, SMALL].map((tenant) => counter.outcomes.get(`${tenant} result`) ?? 0);
    expect(Math.abs((one ?? 0) - (other ?? 0))).toBeLessThanOrEqual(SLOTS);
  });
});
