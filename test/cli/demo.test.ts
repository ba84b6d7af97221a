import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test, vi } from 'vitest';
import { demo } from '#cli/demo.ts';
import { CliFailure } from '#cli/failure.ts';

// As in a project that was not built.
vi.mock('#cli/speech-node.ts', () => ({
  startSpeechNode: () => {
    throw new CliFailure('the speech node is not built');
  },
}));

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

test('[CLI7] a demo whose speech node cannot be started says so and leaves no scheduler behind', async () => {
  const port = await freePort();
  const ended = demo({ port, speed: 0, out: 'out', json: true });
  await expect(ended).rejects.toThrow('the speech node is not built');
  await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow();
});
