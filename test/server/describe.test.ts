import { expect, test } from 'vitest';
import { describeConfig } from '#server/config/describe.ts';
import { loadConfig } from '#server/config/load.ts';

const TOKEN = 'some-token-0123456789';

const LOADED = loadConfig({
  file: {
    name: 'scheduler.toml',
    text: '[server]\nport = 1\norigins = ["https://a.example"]\n[[scheduler.phase3.pools]]\npool_id = 1\nname = "a"\nrequired_services = ["ASR"]',
  },
  env: { LINGUA_SERVER__PORT: '2', LINGUA_AUTH__NODE__TOKENS: TOKEN },
  sets: ['results.hold_ms=9000'],
});

test('[CFG31] every value stands with its source, the one that won, and secrets that were set do not stand', () => {
  const text = describeConfig(LOADED);
  expect(text.split('\n').slice(0, 5)).toEqual([
    '[server]',
    'host = "127.0.0.1"  # default',
    'port = 2  # LINGUA_SERVER__PORT',
    'origins = ["https://a.example"]  # scheduler.toml',
    'insecure = false  # default',
  ]);
  expect(text).toContain('[auth.node]\n# tokens = (hidden)  # LINGUA_AUTH__NODE__TOKENS\n');
  expect(text).toContain('[auth.admin]\ntokens = []  # default\n');
  expect(text).not.toContain(TOKEN);
});

test('[CFG31] read again it is the same configuration, but for the secrets', () => {
  const again = loadConfig({ file: { name: 'again', text: describeConfig(LOADED) } }).config;
  expect({ ...again, auth: LOADED.config.auth }).toEqual(LOADED.config);
});

test('[CFG31] only what somebody set, where that is asked for', () => {
  expect(describeConfig(LOADED, true)).toBe(
    [
      '[server]',
      'port = 2  # LINGUA_SERVER__PORT',
      'origins = ["https://a.example"]  # scheduler.toml',
      '',
      '[auth.node]',
      '# tokens = (hidden)  # LINGUA_AUTH__NODE__TOKENS',
      '',
      '[results]',
      'hold_ms = 9000  # --set',
      '',
      '[scheduler.phase3]',
      'pools = [{ pool_id = 1, name = "a", required_services = ["ASR"] }]  # scheduler.toml',
      '',
    ].join('\n'),
  );
  expect(describeConfig(loadConfig({}), true)).toBe('');
});
