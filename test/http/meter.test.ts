import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { COUNTERS, OBSERVATIONS } from '#core/metrics.ts';
import { GATEWAY_COUNTERS } from '#gateway/metrics.ts';
import { coreCounterFamilies } from '#http/counter-families.ts';
import { GAUGE_NAMES } from '#http/gauges.ts';
import { METRIC_PREFIX, PrometheusMeter } from '#http/meter.ts';

const wholeMeter = () => new PrometheusMeter({ ...coreCounterFamilies(), ...GATEWAY_COUNTERS });
const root = join(import.meta.dirname, '../..');

describe('meter', () => {
  test('[HTT3] every counter and observation of core and gateway is a family under its name', async () => {
    const { registry } = wholeMeter();
    const families = new Set((await registry.getMetricsAsJSON()).map(({ name }) => name));
    for (const name of Object.keys({ ...COUNTERS, ...OBSERVATIONS, ...GATEWAY_COUNTERS })) {
      expect(families).toContain(METRIC_PREFIX + name);
    }
  });

  test('[HTT3] the labels that are counted by are the labels of the family', () => {
    const families: Readonly<Record<string, { readonly labels: readonly string[] }>> = {
      ...coreCounterFamilies(),
      ...GATEWAY_COUNTERS,
    };
    let seen = 0;
    for (const layer of ['core', 'runtime', 'gateway']) {
      for (const file of readdirSync(join(root, 'src', layer), { recursive: true, encoding: 'utf8' })) {
        if (!file.endsWith('.ts')) continue;
        const text = readFileSync(join(root, 'src', layer, file), 'utf8');
        for (const [, name = '', labels = ''] of text.matchAll(/\bcount\(\s*'(\w+)'[^{})]*\{([^}]*)\}/g)) {
          if (families[name] === undefined) continue;
          seen += 1;
          const given = labels.split(',').map((label) => label.split(':')[0]?.trim());
          expect(families[name].labels, `${name} in ${file}`).toEqual(given);
        }
      }
    }
    expect(seen).toBeGreaterThan(20);
  });

  test('[HTT9] a family grows to 200 sets of labels, what comes later counts as other', async () => {
    const meter = wholeMeter();
    for (let at = 0; at < 500; at += 1) meter.count('messages_ignored_total', 1, { type: `type-${at}` });
    meter.count('messages_ignored_total', 1, { type: 'type-0' });
    const text = await meter.registry.getSingleMetricAsString(`${METRIC_PREFIX}messages_ignored_total`);
    expect(text.split('\n').filter((line) => line.startsWith('scheduler_'))).toHaveLength(201);
    expect(text).toContain('{type="other"} 300');
    expect(text).toContain('{type="type-0"} 2');
  });

  test('[HTT3] every observation is there when it is read, and what was read is not told again', async () => {
    const meter = wholeMeter();
    for (let at = 0; at < 600; at += 1) meter.observe('job_queued_ms', 7);
    meter.observe('job_total_ms', 3);
    for (let reading = 0; reading < 2; reading += 1) {
      const text = await meter.registry.metrics();
      expect(text).toContain('scheduler_job_queued_ms_count 600');
      expect(text).toContain('scheduler_job_queued_ms_sum 4200');
      expect(text).toContain('scheduler_job_queued_ms_bucket{le="5"} 0');
      expect(text).toContain('scheduler_job_queued_ms_bucket{le="10"} 600');
      expect(text).toContain('scheduler_job_total_ms_count 1');
    }
  });

  test('[HTT9] counting never throws, whatever it is given', async () => {
    const meter = wholeMeter();
    meter.count('results_held_total', Number.NaN);
    meter.count('results_held_total', -1);
    meter.count('results_held_total', Number.POSITIVE_INFINITY);
    meter.count('results_held_total', 1, { nobody: 'knows' });
    meter.count('jobs_ended_total', 1);
    meter.count('nonsense' as never, 1);
    meter.observe('job_total_ms', Number.NaN);
    const text = await meter.registry.metrics();
    expect(text).toContain('scheduler_results_held_total 1');
    expect(text).toContain('scheduler_job_total_ms_count 0');
  });

  test('[HTT11] docs/operations.md lists every name at /metrics, and no other', () => {
    const page = readFileSync(join(root, 'docs/operations.md'), 'utf8');
    const listed = [...page.matchAll(/^\| `scheduler_(\w+)`/gm)].map(([, name]) => name);
    const known = [
      ...Object.keys({ ...COUNTERS, ...OBSERVATIONS, ...GATEWAY_COUNTERS }),
      ...GAUGE_NAMES,
      'stats_requests_total',
      'stats_stale_total',
      'stats_request_duration_seconds',
    ];
    expect([...listed].sort()).toEqual([...known].sort());
  });
});
