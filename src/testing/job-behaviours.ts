import type { ScriptedJob } from './scripted-job.ts';

/** What a scripted node does by itself when a job comes in. */
export type JobBehaviour = (job: ScriptedJob) => void;

interface TimerSource {
  set(delayMs: number, run: () => void): unknown;
}
const realTimers: TimerSource = { set: (delayMs, run) => setTimeout(run, delayMs) };

export const answering =
  (overrides: object = {}): JobBehaviour =>
  (job) =>
    job.answer(overrides);

export const answeringAfterMs =
  (delayMs: number, timers: TimerSource = realTimers): JobBehaviour =>
  (job) => {
    timers.set(delayMs, () => job.answer());
  };

export const answeringTwice = (): JobBehaviour => (job) => {
  job.answer();
  job.answer();
};

/** Collects `count` jobs, then answers the last one first. */
export const answeringInReverse = (count: number): JobBehaviour => {
  let held: ScriptedJob[] = [];
  return (job) => {
    held.push(job);
    if (held.length < count) return;
    const ready = held.reverse();
    held = [];
    for (const each of ready) each.answer();
  };
};

export const failing =
  (code?: string): JobBehaviour =>
  (job) =>
    job.fail(code);

export const neverAnswering = (): JobBehaviour => () => {};

/** The newer agent's duplicate answer: an error first, the true result right behind it. */
export const failingThenAnswering =
  (code = 'PROCESSING_ERROR'): JobBehaviour =>
  (job) => {
    job.fail(code, { error: { code, message: 'DUPLICATE_UTTERANCE_INDEX' } });
    job.answer();
  };

/** Takes the behaviours in turn, one job each; the last one stays. */
export const inTurn = (...behaviours: readonly JobBehaviour[]): JobBehaviour => {
  let at = 0;
  return (job) => {
    behaviours[Math.min(at, behaviours.length - 1)]?.(job);
    at += 1;
  };
};
