import { describe, expect, it } from 'vitest';
import { knownNodeFeatures, knownSessionCapabilities } from '#protocol/capabilities.ts';
import {
  nodeAgentSchemas,
  nodeServerSchemas,
  sessionClientSchemas,
  sessionServerSchemas,
} from '#protocol/messages.ts';
import { legacyMissingReason, MISSING_REASONS } from '#protocol/reasons.ts';

describe('capabilities', () => {
  it('[PRO11] unknown and repeated names are ignored', () => {
    expect(knownSessionCapabilities(['telepathy', 'resume', 'resume', 'ack'])).toEqual(['resume', 'ack']);
    expect(knownNodeFeatures(['batched_inference', 'audio:opus'])).toEqual(['audio:opus']);
  });

  it('[PRO11] a peer that asks for nothing has nothing', () => {
    expect(knownSessionCapabilities(undefined)).toEqual([]);
    expect(knownNodeFeatures([])).toEqual([]);
  });
});

describe('missing reasons', () => {
  it('[PRO12] legacy clients hear the three words they know', () => {
    const told = Object.fromEntries(MISSING_REASONS.map((reason) => [reason, legacyMissingReason(reason)]));
    expect(told).toEqual({
      silence: 'silence_detected',
      no_capacity: 'timeout',
      node_failed: 'timeout',
      timeout: 'timeout',
      order_timeout: 'result_timeout',
      rejected: 'timeout',
      shed: 'timeout',
      cancelled: 'timeout',
      session_closed: 'timeout',
    });
  });
});

describe('message tables', () => {
  it('[PRO13] every schema stands under its own type', () => {
    for (const table of [sessionClientSchemas, sessionServerSchemas, nodeAgentSchemas, nodeServerSchemas]) {
      for (const [type, schema] of Object.entries(table)) expect(schema.properties.type.const).toBe(type);
    }
  });
});
