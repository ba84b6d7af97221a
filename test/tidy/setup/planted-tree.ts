import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));
const TOOLS = ['tsc', 'biome', 'oxlint', 'knip', 'vitest'] as const;
type Tool = (typeof TOOLS)[number];

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a stand-in vitest does: leaves a report with these counts where it was told to, and ends with `code`. */
export const vitestThatReports = (
  counts: { passed?: number; failed?: number; skipped?: number },
  code = 0,
): string => `
  import { writeFileSync } from 'node:fs';
  const flag = process.argv.find((word) => word.startsWith('--outputFile.json='));
  if (flag) writeFileSync(flag.slice(flag.indexOf('=') + 1), JSON.stringify({
    numPassedTests: ${counts.passed ?? 0}, numFailedTests: ${counts.failed ?? 0},
    numPendingTests: ${counts.skipped ?? 0}, numTodoTests: 0,
  }));
  process.exitCode = ${code};
`;

/** What a stand-in compiler does: leaves a program that tells its arguments, and ends as it is told by them. */
const COMPILER = `
  import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
  appendFileSync('compiled.log', process.argv.slice(2).join(' ') + '\\n');
  mkdirSync('dist/cli', { recursive: true });
  writeFileSync('dist/cli/main.js', \`
    const args = process.argv.slice(2);
    console.log('demo got ' + JSON.stringify(args) + ' on ' + process.execArgv.join(' '));
    const code = args.find((word) => word.startsWith('--code='));
    if (code) process.exitCode = Number(code.slice(7));
    if (args.includes('--stay')) {
      const alive = setInterval(() => {}, 1000);
      for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => {
        console.log('demo stopped by ' + signal);
        clearInterval(alive);
      });
      console.log('demo is ready');
    }
  \`);
  writeFileSync('dist/cli/engine-flags.js', 'export const ENGINE_FLAGS = ["--no-warnings"];');
`;

/**
 * A project small enough to install offline in a second: our real scripts and a real npm, with stand-ins for the
 * tools, which a local package named `tools` brings.
 */
export class PlantedTree {
  readonly folder = mkdtempSync(join(tmpdir(), 'lingua-planted-'));

  constructor() {
    cpSync(join(PROJECT, 'scripts'), join(this.folder, 'scripts'), { recursive: true });
    cpSync(join(PROJECT, '.ci'), join(this.folder, '.ci'), { recursive: true });
    const own = { name: 'planted', version: '1.0.0', dependencies: { tools: 'file:tools' } };
    const bin = Object.fromEntries(TOOLS.map((tool) => [tool, `${tool}.mjs`]));
    const scripts = {
      start: 'node scripts/start.mjs',
      test: 'node scripts/test.mjs',
      check: 'node scripts/check.mjs',
    };
    this.write('package.json', JSON.stringify({ ...own, private: true, scripts }));
    this.write('tools/package.json', JSON.stringify({ name: 'tools', version: '1.0.0', bin }));
    const packages = {
      '': own,
      'node_modules/tools': { resolved: 'tools', link: true },
      tools: { name: 'tools', version: '1.0.0', bin },
    };
    this.write('package-lock.json', JSON.stringify({ ...own, lockfileVersion: 3, requires: true, packages }));
    for (const tool of TOOLS) this.plantTool(tool, '');
    this.plantTool('tsc', COMPILER);
    this.plantTool('vitest', vitestThatReports({ passed: 1 }));
  }

  write(path: string, text: string): void {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  plantTool(tool: Tool, source: string): void {
    this.write(`tools/${tool}.mjs`, `#!/usr/bin/env node\n${source}`);
    chmodSync(join(this.folder, `tools/${tool}.mjs`), 0o755);
  }

  /** Replaces the table of suites. */
  plantSuites(suites: readonly unknown[], mayBeAbsent: readonly string[] = []): void {
    const tables = `export const SUITES = ${JSON.stringify(suites)};\nexport const MAY_BE_ABSENT = ${JSON.stringify(mayBeAbsent)};\n`;
    this.write('scripts/suites.mjs', tables);
  }

  start(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    return spawn(command, args, {
      cwd: this.folder,
      env: { ...process.env, npm_config_offline: 'true', LINGUA_APERTIUM: 'off', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  run(command: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ended> {
    return ended(this.start(command, args, env));
  }

  /** Runs lines of a module that may import the planted scripts. */
  runModule(source: string, env?: NodeJS.ProcessEnv): Promise<Ended> {
    return this.run(process.execPath, ['--input-type=module', '--eval', source], env);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function ended(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (text) => {
    stdout += String(text);
  });
  child.stderr?.on('data', (text) => {
    stderr += String(text);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

export const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1) ?? '';
