import { newMockNode } from '#load/mock-node.ts';
import { readProfile } from '#load/profile.ts';
import { CliFailure } from './failure.ts';
import { fileText, orCliFailure } from './load.ts';
import { untilTold } from './scheduler.ts';

export interface MockFlags {
  readonly mock: string;
  readonly url: string;
  readonly token?: string;
  readonly count: number;
}

/** `lingua node --mock FILE`: nodes without engines that behave as the profile says, until told to stop. */
export async function runMockNodes({ mock, url, token, count }: MockFlags): Promise<void> {
  const profile = orCliFailure(() => readProfile(fileText(mock), mock));
  const nodes = Array.from({ length: count }, (_, number) =>
    newMockNode({ url, profile, number, ...(token === undefined ? {} : { token }) }),
  );
  const stopAll = (): Promise<unknown> => Promise.all(nodes.map((node) => node.stop()));
  try {
    await Promise.all(nodes.map((node) => node.start()));
  } catch (cause) {
    await stopAll();
    throw new CliFailure('a mock node was not accepted', { cause });
  }
  process.stderr.write(`${count} mock node${count === 1 ? '' : 's'} of "${profile.name}" at ${url}\n`);
  await untilTold();
  await stopAll();
}
