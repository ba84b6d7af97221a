import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { type LoadedEngines, loadEngines } from '../../speech-node/src/engines.ts';

/** The real engines, loaded once for the tests of a file. */
export const useRealEngines = (): (() => LoadedEngines) => {
  const cacheDir = mkdtempSync(join(tmpdir(), 'lingua-speech-test-'));
  let engines: LoadedEngines | null = null;
  beforeAll(async () => {
    engines = await loadEngines({ cacheDir });
  });
  afterAll(() => {
    engines?.close();
    rmSync(cacheDir, { recursive: true, force: true });
  });
  return () => {
    if (engines === null) throw new Error('the engines are not loaded yet');
    return engines;
  };
};

/** A signal that never fires. */
export const unbothered = (): AbortSignal => new AbortController().signal;
