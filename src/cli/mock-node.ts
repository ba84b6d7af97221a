import { newMockNode } from '#load/mock-node.ts';
import { readProfile } from '#load/profile.ts';
import type { NodeStatusEvent, NodeStopReason } from '#node/node-status.ts';
import { CliFailure } from './failure.ts';
import { fileText, orCliFailure } from './load.ts';
import { untilTold } from './scheduler.ts';

export interface MockFlags {
  readonly mock: string;
  readonly url: string;
  readonly token?: string;
  readonly count: number;
}

const STOPPED: Readonly<Record<Exclude<NodeStopReason, 'asked'>, string>> = {
  replaced: 'another node uses the same id, as one of the same profile does elsewhere',
  refused: 'the scheduler refused it',
  commanded: 'the scheduler shut it down',
};

/** Why a node is not there, for who waits for it; null when the event is no such trouble [LOD9]. */
export const troubleOf = (url: string, number: number, event: NodeStatusEvent): string | null => {
  if (event.kind === 'stopped' && event.reason !== 'asked') {
    return `mock node ${number}: ${STOPPED[event.reason]}; it does not come back`;
  }
  if (event.kind !== 'disconnected' || event.retryInMs === null) return null;
  const reason = event.code === null ? '' : ` (${event.code})`;
  const again = `trying again in ${Math.round(event.retryInMs / 1000)} s`;
  return `mock node ${number}: not connected to ${url}${reason}, ${again}; nodes connect at /ws/node`;
};

/** `lingua node --mock FILE`: nodes without engines that behave as the profile says, until told to stop. */
export async function runMockNodes({ mock, url, token, count }: MockFlags): Promise<void> {
  const profile = orCliFailure(() => readProfile(fileText(mock), mock));
  let alive = count;
  const absent = new Set<number>();
  let allEnded = (): void => undefined;
  const ended = new Promise<'ended'>((resolve) => {
    allEnded = () => resolve('ended');
  });
  const nodes = Array.from({ length: count }, (_, number) =>
    newMockNode({
      url,
      profile,
      number,
      onStatus: (event) => {
        const trouble = troubleOf(url, number, event);
        if (trouble !== null) {
          absent.add(number);
          process.stderr.write(`${trouble}\n`);
        }
        if (event.kind === 'registered' && absent.delete(number)) {
          process.stderr.write(`mock node ${number}: connected\n`);
        }
        if (event.kind !== 'stopped' || event.reason === 'asked') return;
        alive -= 1;
        if (alive === 0) allEnded();
      },
      ...(token === undefined ? {} : { token }),
    }),
  );
  const stopAll = (): Promise<unknown> => Promise.all(nodes.map((node) => node.stop()));
  try {
    await Promise.all(nodes.map((node) => node.start()));
  } catch (cause) {
    await stopAll();
    throw new CliFailure('a mock node was not accepted', { cause });
  }
  process.stderr.write(
    `${count} mock node${count === 1 ? '' : 's'} of "${profile.name}" connected to ${url}\n`,
  );
  const end = await Promise.race([untilTold(), ended]);
  await stopAll();
  if (end === 'ended') throw new CliFailure('no mock node is left');
}
