import { readFileSync } from 'node:fs';

/** A process that started this one, or one of those. */
export interface Ancestor {
  readonly pid: number;
  readonly name: string;
}

/** What is known of a process: who started it, and its name. Null when it is gone, or the platform does not tell. */
export type ProcessLook = (pid: number) => { readonly parentPid: number; readonly name: string } | null;

/** Linux only: elsewhere nothing is known but the parent of this process. */
export const lookAtProcess: ProcessLook = (pid) => {
  try {
    // The name stands in brackets and may hold brackets itself.
    const [, name = '', parent = ''] =
      /^\d+ \((.*)\) \S (\d+) /s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return { parentPid: Number(parent), name };
  } catch {
    return null;
  }
};

/** Wrappers of wrappers: npm, its shell, our start script, an older Node. */
const ANCESTORS_MAX = 6;

/**
 * The processes whose end is also ours, nearest first: all up to npm, or up to the program of ours that named itself
 * in `LINGUA_PARENT`. A signal to npm ends its shell, and nobody tells those behind it. Empty when it is started by
 * hand: then it may outlive its shell.
 */
export const wrappersOf = (
  pid: number,
  env: Readonly<Record<string, string | undefined>>,
  look: ProcessLook,
): readonly Ancestor[] => {
  const ancestors: Ancestor[] = [];
  let at = look(pid)?.parentPid ?? 0;
  let count = 0;
  while (at > 1 && ancestors.length < ANCESTORS_MAX) {
    const found = look(at);
    if (found === null) break;
    ancestors.push({ pid: at, name: found.name });
    if (found.name.startsWith('npm') || String(at) === env.LINGUA_PARENT) count = ancestors.length;
    at = found.parentPid;
  }
  return ancestors.slice(0, count);
};

/** True as long as each of them is still the parent of the one before. */
export const areWrappersAlive = (pid: number, wrappers: readonly Ancestor[], look: ProcessLook): boolean => {
  let child = pid;
  for (const wrapper of wrappers) {
    if (look(child)?.parentPid !== wrapper.pid) return false;
    child = wrapper.pid;
  }
  return true;
};
