import { setImmediate } from 'node:timers/promises';

/** What `look` finds, as soon as it finds it; fails at the deadline. */
export const until = async <Found>(
  look: () => Found | null | undefined | false,
  timeoutMs = 5000,
): Promise<Found> => {
  const deadlineAtMs = performance.now() + timeoutMs;
  for (;;) {
    const found = look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (performance.now() > deadlineAtMs) throw new Error(`not so within ${timeoutMs} ms: ${look}`);
    await setImmediate();
  }
};
