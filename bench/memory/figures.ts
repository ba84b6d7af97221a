import type { Figure } from '../harness/figure.ts';
import { median } from '../harness/median.ts';
import { Child } from '../pipeline/child.ts';
import { sessionInit } from '../pipeline/load.ts';
import { RawSocket } from '../pipeline/wire.ts';

const CONNECTION_COUNT = 4000;
/** Opened and closed before, so that what a process keeps for ever is not counted as a connection's. */
const WARM_COUNT = 500;
const AT_ONCE = 50;

const openMany = async (port: number, count: number): Promise<readonly RawSocket[]> => {
  const sockets: RawSocket[] = [];
  while (sockets.length < count) {
    const opened = await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, count - sockets.length) }, async () => {
        const socket = await RawSocket.open(port, '/ws/session');
        const ack = socket.until('session_init_ack');
        socket.sendText(sessionInit('opus'));
        await ack;
        return socket;
      }),
    );
    sockets.push(...opened);
  }
  return sockets;
};

/** Memory is what is left: a large nursery would be touched by what is garbage, and hide the rest. */
const SMALL_NURSERY = ['--min-semi-space-size=1', '--max-semi-space-size=1'];

/** RSS that one idle session adds to its server, bytes. */
const bytesPerSession = async (serverFile: string): Promise<number> => {
  const server = new Child(serverFile, [], ['--expose-gc', ...SMALL_NURSERY]);
  try {
    const { port } = await server.hears('listening');
    for (const socket of await openMany(port, WARM_COUNT)) socket.close();
    const before = await server.usage();
    const sockets = await openMany(port, CONNECTION_COUNT);
    const after = await server.usage();
    for (const socket of sockets) socket.close();
    return (after.rssBytes - before.rssBytes) / CONNECTION_COUNT;
  } finally {
    server.end();
  }
};

/** P4: what an idle session costs in memory, against a bare connection of the same library. */
export const memoryFigures = async (rounds: number): Promise<readonly Figure[]> => {
  const pairs: { readonly ours: number; readonly bare: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const bare = await bytesPerSession('../pipeline/servers/bare-socket.ts');
    pairs.push({ bare, ours: await bytesPerSession('../pipeline/servers/product.ts') });
  }
  const kB = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;
  return [
    {
      id: 'P4',
      what: 'memory of an idle session, against a bare connection',
      ratio: median(pairs.map(({ ours, bare }) => ours / bare)),
      better: 'less',
      floor: 4,
      goal: 2,
      detail: `${kB(median(pairs.map(({ ours }) => ours)))} against ${kB(median(pairs.map(({ bare }) => bare)))}`,
    },
  ];
};
