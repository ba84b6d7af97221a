import { cpus, freemem, totalmem } from 'node:os';

/** Percent 0 to 100. */
export interface SystemUsage {
  readonly cpu_percent: number;
  readonly mem_percent: number;
}

/** Reads the load of this machine: of the processors since the last reading, of the memory now. */
export const createUsageMeter = (): (() => SystemUsage) => {
  let before = cpuTimes();
  return () => {
    const now = cpuTimes();
    const total = now.total - before.total;
    const busy = now.busy - before.busy;
    before = now;
    return {
      cpu_percent: total <= 0 ? 0 : Math.min(100, Math.max(0, (busy / total) * 100)),
      mem_percent: Math.min(100, (1 - freemem() / totalmem()) * 100),
    };
  };
};

const cpuTimes = (): { readonly busy: number; readonly total: number } => {
  let busy = 0;
  let total = 0;
  for (const { times } of cpus()) {
    const used = times.user + times.nice + times.sys + times.irq;
    busy += used;
    total += used + times.idle;
  }
  return { busy, total };
};
