import { readdirSync, readFileSync } from 'node:fs';

/**
 * What a process has used so far, in µs: all its threads, user and system, by the scheduler's own account. Only Linux
 * tells that of another process. Threads that ended are missing; Redis keeps all of its own.
 */
export const processCpuUs = (pid: number): number => {
  const tasks = `/proc/${pid}/task`;
  const spentNs = readdirSync(tasks).map((task) => {
    const [onCpuNs] = readFileSync(`${tasks}/${task}/schedstat`, 'latin1').split(' ');
    return Number(onCpuNs);
  });
  return spentNs.reduce((sum, ns) => sum + ns, 0) / 1000;
};
