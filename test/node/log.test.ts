import { expect, test } from 'vitest';
import { acknowledge, jobAssign, startNode } from './node-pair.ts';

test('[SDK29] the log has a line per event of the connection, and nothing of what was said', async () => {
  const lines: string[] = [];
  const line = (level: string) => (text: string, fields: object) => {
    lines.push(`${level} ${text} ${JSON.stringify(fields)}`);
  };
  const { server, given, statuses } = await startNode({ log: { info: line('info'), warn: line('warn') } });
  const peer = await server.untilPeer();
  await peer.untilType('node_register');
  peer.send({ type: 'error', code: 'NO_GPU_AVAILABLE', message: 'no GPU', fix: 'add one' });
  acknowledge(peer, ['job_ack']);
  peer.send(jobAssign(0));
  (await given.until((jobs) => jobs[0])).finish({ text_asr: 'a secret sentence' });
  await peer.untilType('job_result');
  peer.close(4004);
  await statuses.until((all) => all.find(({ kind }) => kind === 'stopped'));
  expect(lines).toEqual([
    'info connected, registering {}',
    'warn refused by the scheduler {"code":"NO_GPU_AVAILABLE","fix":"add one"}',
    `info registered {"nodeId":"node-0123456789ABCDEF0123456789ABCDEF","features":["job_ack"]}`,
    'warn disconnected {"closeCode":4004,"code":null,"retryInMs":null}',
    'info stopped {"reason":"replaced"}',
  ]);
});
