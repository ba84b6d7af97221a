import { describe, expect, test } from 'vitest';
import { legacyHeartbeat, legacyRegister } from '#testing/node-registration.ts';
import { acceptNode } from './desk.ts';
import { HandRuntime } from './hand-runtime.ts';

describe('node socket', () => {
  test('[GAT1] a node that does not register is closed at its deadline; heartbeats before do not extend it', () => {
    const hand = new HandRuntime();
    const transport = acceptNode(hand);
    hand.advance(9000);
    transport.says(legacyHeartbeat('node-1'));
    transport.says(legacyRegister('node-1', { capability_by_type: undefined }));
    hand.advance(1000);
    expect(transport.closed).toMatchObject({ code: 4008, reason: { code: 'HANDSHAKE_TIMEOUT' } });
    expect(hand.nodes[0]?.isDetached).toBe(true);
  });

  test('[GAT1] a registration ends the deadline, accepted or not', () => {
    const hand = new HandRuntime();
    const transport = acceptNode(hand);
    transport.says(legacyRegister('node-1'));
    hand.advance(30_000);
    expect(transport.closed).toBeNull();
    expect(hand.nodes[0]?.messages).toMatchObject([{ type: 'node_register' }]);
  });

  test('[GAT16] a node is nobody but anonymous on this machine', () => {
    const hand = new HandRuntime();
    acceptNode(hand);
    expect(hand.nodes[0]?.principal).toEqual({
      kind: 'node',
      tenant: 'default',
      subject: 'anonymous',
      scopes: [],
      isAnonymous: true,
    });
  });

  test('[GAT15] malformed messages are answered, logged at 1, 2, 4, … of a socket without a value, never closed on', () => {
    const hand = new HandRuntime();
    const transport = acceptNode(hand);
    transport.says(legacyRegister('node-1'));
    for (let at = 0; at < 9; at += 1) {
      transport.says({ type: 'job_result', job_id: 'secret-job', text_asr: 'secret words' });
    }
    expect(transport.messages).toHaveLength(9);
    expect(transport.messages[0]).toMatchObject({
      type: 'error',
      code: 'INVALID_MESSAGE',
      message: 'attempt_id: expected an integer of 0 or more',
      details: { field: 'attempt_id' },
    });
    expect(transport.closed).toBeNull();
    expect(hand.logLines.map(({ fields }) => fields.count)).toEqual([1, 2, 4, 8]);
    expect(JSON.stringify(hand.logLines)).not.toContain('secret');
    expect(hand.counts.get('frames_malformed_total node')).toBe(9);
  });

  test('[JOB48] a result that cannot be read is told as the failure of the attempt it names', () => {
    const hand = new HandRuntime();
    const transport = acceptNode(hand);
    transport.says(legacyRegister('node-1'));
    const names = { type: 'job_result', job_id: 'job-1', attempt_id: 2, node_id: 'node-1' };
    const rest = { session_id: 's-1', utterance_index: 0, success: true, trace_id: 't' };
    transport.says({ ...names, ...rest, tts_audio: 'not base64!' });
    transport.says({ ...names, ...rest, text_asr: 7 });
    transport.says({ ...names, ...rest, attempt_id: 'two' });
    const results = hand.nodes[0]?.messages.filter(({ type }) => type === 'job_result');
    expect(results).toHaveLength(2);
    for (const result of results ?? []) {
      expect(result).toMatchObject({ ...names, success: false, error: { code: 'PROCESSING_ERROR' } });
    }
    expect(hand.counts.get('frames_malformed_total node')).toBe(3);
  });

  test('[GAT3] unknown types and binary frames are counted, not answered', () => {
    const hand = new HandRuntime();
    const transport = acceptNode(hand);
    transport.says({ type: 'node_dance' });
    transport.says({ type: 'job_assign' });
    transport.says(Buffer.from([0]), true);
    expect(transport.sent).toEqual([]);
    expect(hand.nodes[0]?.messages).toEqual([]);
    expect(hand.counts.get('frames_ignored_total node unknown_type')).toBe(1);
  });

  test('[GAT3] oddities that the decoder puts right are counted by kind', () => {
    const hand = new HandRuntime();
    const transport = acceptNode(hand);
    transport.says(legacyRegister('node-1', { hardware: { cpu_cores: 16, memory_gb: 31.7, gpus: [] } }));
    expect(hand.counts.get('frames_tolerated_total node rounded')).toBe(1);
    expect(hand.nodes[0]?.messages).toHaveLength(1);
  });

  test('[GAT8] messages that find the dispatcher full close their socket with 1008', () => {
    const hand = new HandRuntime();
    const transport = acceptNode(hand);
    hand.answerToMessage = 'full';
    transport.says(legacyHeartbeat('node-1'));
    expect(transport.closed).toMatchObject({ code: 1008, reason: { code: 'CONTROL_FLOOD' } });
    expect(hand.nodes[0]?.isDetached).toBe(true);
  });

  test('[GAT17] a node that comes while the process goes down is told to come back', () => {
    const hand = new HandRuntime();
    hand.answerToAttach = 'draining';
    const transport = acceptNode(hand);
    expect(transport.closed).toMatchObject({ code: 1012, reason: { code: 'DRAINING' } });
  });

  test('[GAT12] a node’s frame may be 8 MiB', () => {
    const hand = new HandRuntime();
    const transport = acceptNode(hand);
    transport.says(Buffer.alloc(8 * 1024 * 1024, 32));
    expect(transport.closed).toBeNull();
    transport.says(Buffer.alloc(8 * 1024 * 1024 + 1, 32));
    expect(transport.closed).toMatchObject({ code: 1009 });
  });

  test('[GAT90] a job for which there is no room is refused, and the node that reads well keeps its socket', () => {
    const hand = new HandRuntime();
    const transport = acceptNode(hand);
    const link = hand.nodes[0]?.link;
    const audio = [{ encoding: 'pcm16', bytes: new Uint8Array(1024 * 1024), durationMs: 20_000 }];
    const job = { type: 'job_assign', job_id: 'job-1', attempt_id: 1, audio };
    // Everything of one turn waits until the turn ends.
    transport.isStuck = true;
    expect([1, 2, 3].map(() => link?.send(job as never))).toEqual([true, true, false]);
    expect(transport.closed).toBeNull();
    transport.bufferedBytes = 0;
    expect(link?.send(job as never)).toBe(true);
    transport.bufferedBytes = 4 * 1024 * 1024;
    link?.send({ type: 'node_control', command: 'drain' } as never);
    expect(transport.closed).toMatchObject({ code: 4011 });
  });

  test('[GAT19] sending says whether the way out took it', () => {
    const hand = new HandRuntime();
    const transport = acceptNode(hand);
    const link = hand.nodes[0]?.link;
    const ack = { type: 'node_register_ack', node_id: 'node-1', message: 'hello' } as const;
    expect(link?.send(ack as never)).toBe(true);
    transport.vanish();
    expect(link?.send(ack as never)).toBe(false);
    expect(hand.nodes[0]?.isDetached).toBe(true);
  });
});
