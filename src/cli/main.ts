#!/usr/bin/env node
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { endWithWrappers } from './end-with-wrappers.ts';
import { ENGINE_FLAGS } from './engine-flags.ts';
import { handOver } from './hand-over.ts';

/** The oldest Node that the program itself runs on; an older one hands over to the pinned runtime. */
const nodeMajorMin = 24;

/**
 * The entry of the `lingua` command. It imports nothing of the program before it knows that the runtime is new
 * enough, so that an old Node gets a hand-over or one clear sentence instead of a stack trace.
 */
async function main(): Promise<void> {
  endWithWrappers();
  const major = Number(process.versions.node.split('.')[0]);
  if (major < nodeMajorMin) {
    const pinned = pinnedNode();
    if (pinned !== null) {
      process.exitCode = await handOver(pinned, [...ENGINE_FLAGS, ...process.argv.slice(1)]);
      return;
    }
    process.stderr.write(
      `lingua: Node ${nodeMajorMin} or newer is needed (this is ${process.versions.node}), and the pinned runtime is not installed; run "npm ci --include=optional" in the project.\n`,
    );
    process.exitCode = 1;
    return;
  }
  const { runProgram } = await import('./program.ts');
  await runProgram(process.argv);
}

/** Path of the Node binary that the optional package `node-linux-*` brings, or null. */
function pinnedNode(): string | null {
  const require = createRequire(import.meta.url);
  try {
    const manifest = require.resolve(`node-${process.platform}-${process.arch}/package.json`);
    return join(dirname(manifest), 'bin', 'node');
  } catch {
    return null;
  }
}

await main();
