import { type GatewayContext, nowMsOf } from './context.ts';

/**
 * Rings once when the peer has had `durationMs` of time in which we could have heard it: our own stalls are added
 * to its time [GAT14].
 */
export const fairDeadline = (
  context: GatewayContext,
  durationMs: number,
  ring: () => void,
): { cancel(): void } => {
  const { runtime, stalls } = context;
  const startedAtMs = nowMsOf(context);
  const stalledBeforeMs = stalls.stalledMs(startedAtMs);
  let grantedMs = 0;
  let timer: { cancel(): void };
  const arm = (): void => {
    timer = runtime.timerAt(startedAtMs + durationMs + grantedMs, check);
  };
  const check = (): void => {
    const stalledMs = stalls.stalledMs(nowMsOf(context)) - stalledBeforeMs;
    if (stalledMs <= grantedMs) {
      ring();
      return;
    }
    grantedMs = stalledMs;
    arm();
  };
  arm();
  return { cancel: () => timer.cancel() };
};
