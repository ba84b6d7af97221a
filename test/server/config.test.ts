import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { defaultDispatchSettings, defaultSessionSettings } from '#core/settings.ts';
import { defaultGatewaySettings } from '#gateway/settings.ts';
import { KEYS, tableAt } from '#server/config/keys.ts';
import { type ConfigSources, loadConfig, readConfig } from '#server/config/load.ts';
import { ConfigError, type Problem } from '#server/config/problem.ts';
import { gatewaySettings, runtimeSettings, tokenGrants } from '#server/config/to-settings.ts';
import { reasonWithoutEffect, WITHOUT_EFFECT } from '#server/config/without-effect.ts';
import { randomIds } from '#server/random-ids.ts';
import { referenceKeys } from './reference-keys.ts';

const toml = (text: string): ConfigSources => ({ file: { name: 'scheduler.toml', text } });

const problemsOf = (sources: ConfigSources): readonly Problem[] => {
  try {
    loadConfig(sources);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

describe('layers', () => {
  test('[CFG1] defaults, file, environment, options: the later one wins, key by key', () => {
    const { config } = loadConfig({
      ...toml('[server]\nport = 1\n[limits]\nmailbox = 11\nsessions = 12\n[results]\nhold_ms = 7000'),
      env: { LINGUA_SERVER__PORT: '2', LINGUA_LIMITS__MAILBOX: '22' },
      sets: ['server.port=3'],
    });
    expect(config.server.port).toBe(3);
    expect(config.limits.mailbox).toBe(22);
    expect(config.limits.sessions).toBe(12);
    expect(config.results.hold_ms).toBe(7000);
    expect(config.session.close_wait_ms).toBe(10_000);
  });

  test('[CFG13] text becomes the kind of value its key wants', () => {
    const { config } = loadConfig({
      env: {
        LINGUA_NODES__REQUIRE_GPU: 'false',
        LINGUA_SERVER__ORIGINS: 'https://a.example, https://b.example',
        LINGUA_SCHEDULER__JOB_TIMEOUT__SEND_CANCEL: 'true',
        LINGUA_SCHEDULER__LOAD_BALANCER__RESOURCE_THRESHOLD: '72.5',
        MODEL_HUB_URL: 'http://hub',
      },
      sets: [
        'scheduler.phase3.tenant_overrides=[{"tenant_id":"a","pool_id":1}]',
        'scheduler.phase2.instance_id=1',
        'auth.node.tokens=["node-token-0123456789"]',
        'auth.admin.tokens=admin-token-0123456789, admin-token-9876543210',
        'scheduler.phase2.redis.cluster_urls=',
      ],
    });
    expect(config).toMatchObject({
      nodes: { require_gpu: false },
      server: { origins: ['https://a.example', 'https://b.example'] },
      model_hub: { base_url: 'http://hub' },
      auth: {
        node: { tokens: ['node-token-0123456789'] },
        admin: { tokens: ['admin-token-0123456789', 'admin-token-9876543210'] },
      },
      scheduler: {
        load_balancer: { resource_threshold: 72.5 },
        phase2: { instance_id: '1', redis: { cluster_urls: [] } },
        phase3: { tenant_overrides: [{ tenant_id: 'a', pool_id: 1 }] },
      },
    });
  });

  test('[CFG13] names that container platforms make are left alone', () => {
    expect(
      problemsOf({ env: { LINGUA_PORT: 'tcp://10.0.0.1:80', LINGUA_SERVICE_HOST: '10.0.0.1' } }),
    ).toEqual([]);
  });

  test('[CFG9] the result is frozen all the way down', () => {
    const { config } = loadConfig(toml('[server]\norigins = ["https://a.example"]'));
    const frozen = (value: unknown): boolean =>
      typeof value !== 'object' ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value).every(frozen));
    expect(frozen(config)).toBe(true);
  });
});

describe('what is refused', () => {
  test.each([
    ['[server]\nprot = 1', 'server.prot', 'there is no such key; did you mean server.port?'],
    ['[server]\nhold_ms = 1', 'server.hold_ms', 'there is no such key; did you mean results.hold_ms?'],
    ['[nonsense]\na = 1', 'nonsense', 'there is no such key'],
    ['[scheduler.fase4]\nenabled = true', 'scheduler.fase4', 'there is no such key'],
    ['[foo]\na = 1', 'foo', 'there is no such key'],
    ['[sevrer]\nport = 1', 'sevrer', 'there is no such key; did you mean server?'],
    ['[limit]\nmailbox = 1', 'limit', 'there is no such key; did you mean limits?'],
    ['[node_health]\na = 1', 'node_health', 'there is no such key; did you mean scheduler.node_health?'],
    [
      '[scheduler.node_helth]\nhealth_check_count = 1',
      'scheduler.node_helth',
      'there is no such key; did you mean scheduler.node_health?',
    ],
    ['constructor = 1\n', 'constructor', 'there is no such key'],
    ['server = 5', 'server', 'expected a table'],
    ['[server.port]\na = 1', 'server.port', '{"a":1} is not a whole number from 0 to 65535'],
    ['[server]\nport = "5010"', 'server.port', '"5010" is not a whole number from 0 to 65535'],
    ['[server]\nport = 5010.5', 'server.port', '5010.5 is not a whole number from 0 to 65535'],
    ['[server]\nport = 70000', 'server.port', '70000 is not a whole number from 0 to 65535'],
    ['[server]\norigins = "x"', 'server.origins', '"x" is not a list of texts'],
    ['[nodes]\nrequire_gpu = "yes"', 'nodes.require_gpu', '"yes" is not true or false'],
    ['[log]\nlevel = "loud"', 'log.level', '"loud" is not one of "debug", "info", "warn", "error"'],
    [
      '[limits]\naudio_budget_fraction = inf',
      'limits.audio_budget_fraction',
      'Infinity is not a number from 0.01 to 0.9',
    ],
    [
      '[[scheduler.phase3.pools]]\npool = 1',
      'scheduler.phase3.pools',
      '[{"pool":1}] is not a list of tables with pool_id, name, required_services',
    ],
    ['[server]\nhost = 1979-05-27', 'server.host', '"1979-05-27" is not a text'],
  ])('[CFG2][CFG3] %j', (text, key, what) => {
    expect(problemsOf(toml(text))).toEqual([{ key, text: what, where: 'scheduler.toml' }]);
  });

  test.each([
    ['auth.sesion.tokens', 'auth.session.tokens'],
    ['auth.admn.tokens', 'auth.admin.tokens'],
    ['limit.mailbox', 'limits.mailbox'],
    ['sevrer.prot', 'server'],
    ['job_timeout.send', 'scheduler.job_timeout'],
  ])('[CFG2] --set %s=1 has its table misspelt: meant is %s', (path, meant) => {
    expect(problemsOf({ sets: [`${path}=1`] })).toMatchObject([
      { key: path, text: `there is no such key; did you mean ${meant}?` },
    ]);
  });

  test('[CFG2] unknown keys of environment and options are refused with their source', () => {
    const problems = problemsOf({
      env: { LINGUA_SERVER__PROT: '1' },
      sets: ['limits=5', 'no equals sign', '=5', 'results.hold=1'],
    });
    expect(problems).toEqual([
      {
        key: 'server.prot',
        text: 'there is no such key; did you mean server.port?',
        where: 'LINGUA_SERVER__PROT',
      },
      { key: 'limits', text: 'is a table; set a key in it', where: '--set' },
      { key: '--set', text: 'expected key=value', where: null },
      { key: '--set', text: 'expected key=value', where: null },
      { key: 'results.hold', text: 'there is no such key', where: '--set' },
    ]);
  });

  test('[CFG3] everything that is wrong is told at once, each on a line of its own', () => {
    const sources = {
      ...toml('[server]\nprot = 1\n[limits]\nmailbox = 1'),
      sets: ['nodes.require_gpu=perhaps'],
    };
    expect(() => loadConfig(sources)).toThrow(
      [
        'The configuration cannot be used:',
        '  server.prot: there is no such key; did you mean server.port? (scheduler.toml)',
        '  limits.mailbox: 1 is not a whole number from 10 to 100000 (scheduler.toml)',
        '  nodes.require_gpu: "perhaps" is not true or false (--set)',
      ].join('\n'),
    );
  });

  test('[CFG4][CFG5] broken TOML is told with line and column, and no line of it is repeated', () => {
    const [problem, ...others] = problemsOf(toml('[auth.node]\ntokens = ["hunter2", = ]'));
    expect(others).toEqual([]);
    expect(problem).toMatchObject({
      key: 'scheduler.toml',
      where: expect.stringMatching(/^line 2, column \d+$/),
    });
    expect(JSON.stringify(problem)).not.toContain('hunter2');
  });

  test('[CFG5] a secret of the wrong kind is not printed, nor one that has no effect', () => {
    const [problem] = problemsOf(toml('[auth.node]\ntokens = "hunter2"'));
    expect(problem?.text).toMatch(/^\(hidden\) is not a list of tokens/);
    const { warnings } = loadConfig({
      sets: ['scheduler.phase2.redis.url=redis://:hunter2@h'],
    });
    expect(warnings).toHaveLength(1);
    expect(warnings.join()).not.toContain('hunter2');
  });

  test('[CFG4] a file that is not there is named', () => {
    expect(() => readConfig({ configFile: '/nowhere/scheduler.toml' })).toThrow(
      '/nowhere/scheduler.toml: cannot be read (ENOENT)',
    );
  });

  test('[CFG1] a file is read from disk', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'lingua-config-')), 'scheduler.toml');
    writeFileSync(file, '[server]\nport = 5999\n');
    expect(readConfig({ configFile: file }).config.server.port).toBe(5999);
  });
});

describe('relations', () => {
  test.each([
    ['results.hold_ms', ['results.hold_ms=5999']],
    [
      'scheduler.node_health.heartbeat_timeout_seconds',
      ['scheduler.node_health.heartbeat_timeout_seconds=29'],
    ],
    ['scheduler.node_health.warmup_timeout_seconds', ['scheduler.node_health.health_check_count=5']],
    [
      'scheduler.web_task_segmentation.edge_stabilization.hangover_manual_ms',
      ['scheduler.web_task_segmentation.pause_ms=200'],
    ],
    [
      'scheduler.web_task_segmentation.max_duration_ms',
      ['scheduler.web_task_segmentation.max_duration_ms=500'],
    ],
    ['nodes.ack_timeout_ms', ['nodes.ack_timeout_ms=10000']],
    ['limits.utterance_max_bytes', ['limits.session_max_bytes=1398101']],
    ['limits.outbound_bytes', ['limits.outbound_bytes=65536']],
  ])('[CFG7] %s', (key, sets) => {
    expect(problemsOf({ sets }).map((problem) => problem.key)).toEqual([key]);
  });

  test('[CFG3][CFG7] what does not hold between good values is told together with wrong values', () => {
    const problems = problemsOf(
      toml('[server]\nprot = 1\nport = 70000\n[results]\nhold_ms = 5999\n[limits]\nmailbox = 1'),
    );
    expect(problems.map(({ key }) => key)).toEqual([
      'server.prot',
      'server.port',
      'limits.mailbox',
      'results.hold_ms',
    ]);
  });

  test.each([
    ['a wrong value', '[nodes]\nack_timeout_ms = 15000\n[results]\nhold_ms = "20000"'],
    ['a misspelt key', '[nodes]\nack_timeout_ms = 15000\n[results]\nhold_msec = 20000\nhold_m = 20000'],
    ['a misspelt table', '[nodes]\nack_timeout_ms = 15000\n[result]\nhold_ms = 20000'],
    ['what is no table', 'results = 20000\n[nodes]\nack_timeout_ms = 15000'],
    ['a file that cannot be read', '[results]\nhold_ms = '],
  ])('[CFG7] %s is not judged by its default', (_what, text) => {
    const problems = problemsOf({ ...toml(text), sets: ['nodes.ack_timeout_ms=15000'] });
    expect(problems).not.toEqual([]);
    expect(problems.map(({ key }) => key)).not.toContain('nodes.ack_timeout_ms');
  });

  test('[CFG7] the borders hold', () => {
    expect(
      problemsOf({
        sets: [
          'results.hold_ms=6000',
          'scheduler.node_health.heartbeat_timeout_seconds=30',
          'scheduler.web_task_segmentation.pause_ms=201',
          'scheduler.web_task_segmentation.max_duration_ms=0',
        ],
      }),
    ).toEqual([]);
  });

  const TOKENS = ['session', 'node', 'admin'].map((kind) => `auth.${kind}.tokens=${kind}-token-0123456789`);

  test.each(['0.0.0.0', '::', '192.168.1.5', 'scheduler.example', '', '127.0.0.1.example'])(
    '[CFG8][W86] host %j needs tokens for each kind or the word insecure, and the refusal names both',
    (host) => {
      const sets = [`server.host=${host}`];
      const [problem, ...others] = problemsOf({ sets: [...sets, ...TOKENS.slice(0, 1)] });
      expect(others).toEqual([]);
      expect(problem).toEqual({
        key: 'server.host',
        text: `${JSON.stringify(host)} lets other machines connect; give tokens (auth.node.tokens, auth.admin.tokens), or set server.insecure = true to let anybody in`,
        where: null,
      });
      expect(loadConfig({ sets: [...sets, ...TOKENS] }).warnings).toEqual([]);
      expect(loadConfig({ sets: [...sets, 'server.insecure=true'] }).warnings).toEqual([
        `server.insecure: anybody who reaches ${host} may connect as session or node`,
      ]);
    },
  );

  test('[CFG8] tokens that were given and are wrong are not told as missing', () => {
    const sets = ['server.host=0.0.0.0', TOKENS[0] ?? '', 'auth.node.tokens=short', 'auth.admn.tokens=a'];
    expect(problemsOf({ sets }).map(({ key }) => key)).toEqual(['auth.admn.tokens', 'auth.node.tokens']);
    expect(problemsOf({ sets: sets.slice(0, 3) })).toMatchObject([
      { key: 'server.host', text: expect.stringContaining('give tokens (auth.admin.tokens), or') },
      { key: 'auth.node.tokens', text: expect.stringContaining('entry 1: ') },
    ]);
  });

  test('[CFG8] what a file that cannot be read says of tokens is not told as missing', () => {
    const broken = toml('[auth]\nnode.tokens = ["node-token-0123456"]\n[server\nport = 1');
    const problems = problemsOf({ ...broken, sets: ['server.host=0.0.0.0'] });
    expect(problems).toHaveLength(1);
    expect(problems.map(({ key }) => key)).not.toContain('server.host');
  });

  test('[CFG8] it is told before everything else that is wrong', () => {
    const problems = problemsOf(toml('[server]\nprot = 1\nhost = "0.0.0.0"\n[limits]\nmailbox = 1'));
    expect(problems.map(({ key }) => key)).toEqual(['server.host', 'server.prot', 'limits.mailbox']);
  });

  test('[CFG30] a token is a text or a table, long enough and fit for a subprotocol, and stands once', () => {
    const { config } = loadConfig(
      toml(
        '[auth]\nsession.tokens = ["session-token-0123", { token = "acme-token-01234567", tenant = "acme", scopes = ["priority"] }]',
      ),
    );
    expect(tokenGrants(config)).toEqual([
      { kind: 'session', token: 'session-token-0123', tenant: 'default', subject: 'session', scopes: [] },
      {
        kind: 'session',
        token: 'acme-token-01234567',
        tenant: 'acme',
        subject: 'session',
        scopes: ['priority'],
      },
    ]);
    expect(problemsOf({ sets: [...TOKENS, 'auth.node.tokens=admin-token-0123456789'] })).toEqual([
      {
        key: 'auth.admin.tokens',
        text: 'entry 1: the token is listed already, as entry 1 of auth.node.tokens',
        where: null,
      },
    ]);
  });

  const TOKEN_RANGE = '16 to 256 letters, digits or any of . _ ~ + -';
  test.each([
    ['"too-short"', [`the token is not ${TOKEN_RANGE}`]],
    ['"a/b/c/d/e/f/g/h/i"', [`the token is not ${TOKEN_RANGE}`]],
    ['"with blank 012345"', [`the token is not ${TOKEN_RANGE}`]],
    ['17', ['is neither a token nor a table with one']],
    ['{ tenant = "acme" }', ['token is missing']],
    [
      '{ token = "too-short", tenant = "", scopes = "priority" }',
      [
        `token is not ${TOKEN_RANGE}`,
        'tenant is not a text of 1 to 256 characters',
        'scopes is not a list of at most 16 texts of 1 to 256 characters',
      ],
    ],
    [
      '{ token = "token-of-acme-0123", tenent = "acme", secret-token-0123 = 1 }',
      [
        'there is no tenent; there is token, tenant, subject, scopes',
        'there is no such field; there is token, tenant, subject, scopes',
      ],
    ],
  ])('[CFG30][CFG5] a bad token is told by its entry and field, and not printed: %s', (bad, texts) => {
    const problems = problemsOf(toml(`[auth.node]\ntokens = ["secret-0123456789", ${bad}]`));
    expect(problems).toEqual(
      texts.map((text) => ({ key: 'auth.node.tokens', text: `entry 2: ${text}`, where: 'scheduler.toml' })),
    );
  });

  test.each(['127.0.0.1', '127.0.0.2', '::1', 'localhost'])('[CFG8] host %s is served', (host) => {
    expect(problemsOf({ sets: [`server.host=${host}`] })).toEqual([]);
  });
});

describe('keys without effect', () => {
  test('[CFG6] set to something else they are told in one line each, with the reason', () => {
    const { warnings } = loadConfig({
      ...toml('[scheduler.load_balancer]\nstrategy = "random"'),
      env: { LINGUA_SCHEDULER__PHASE2__ENABLED: 'true' },
      sets: ['scheduler.phase2.enabled=true', 'scheduler.phase2.instance_id=a', 'limits.mailbox=300'],
    });
    expect(warnings).toEqual([
      'scheduler.load_balancer.strategy has no effect: nodes are chosen by their load in work and readings, always',
      'scheduler.phase2.enabled has no effect: several instances come with a later version',
    ]);
  });

  test('[CFG6] set to their defaults they are not', () => {
    expect(
      loadConfig({ sets: ['scheduler.phase2.enabled=false', 'session.resume_window_ms=120000'] }).warnings,
    ).toEqual([]);
  });

  test('[CFG6] every entry of the table is a key or a table', () => {
    for (const path of Object.keys(WITHOUT_EFFECT)) {
      expect(KEYS.has(path) || tableAt(path.split('.')) !== undefined, path).toBe(true);
    }
  });

  test('[CFG6] every other key changes a setting', () => {
    const settingsWith = (sets: readonly string[]) => {
      const { config } = loadConfig({ sets });
      const { instanceId, ...runtime } = runtimeSettings(config, { next: () => 'ID', uuid: () => 'uuid' });
      return JSON.stringify([instanceId, runtime, gatewaySettings(config), tokenGrants(config)]);
    };
    const unchanged = settingsWith([]);
    const others: Readonly<Record<string, string>> = {
      'results.hold_ms': '9000',
      'limits.audio_budget_fraction': '0.5',
      'scheduler.compat.cut_flags': 'exact',
      'server.origins': 'https://a.example',
      'auth.session.tokens': 'some-token-0123456789',
      'auth.node.tokens': 'some-token-0123456789',
      'auth.admin.tokens': 'some-token-0123456789',
      'scheduler.phase2.instance_id': 'a',
      'scheduler.job_timeout_seconds': '20',
      'scheduler.node_health.health_check_count': '2',
    };
    // Read by the process itself, not by a layer below it; the last one is the other side of a relation.
    const ownKeys = [
      'server.host',
      'server.port',
      'server.insecure',
      'limits.requests_per_s',
      'server.drain_ms',
      'log.level',
      'scheduler.node_health.heartbeat_interval_seconds',
    ];
    for (const { path, view } of KEYS.values()) {
      if (reasonWithoutEffect(path) !== null || ownKeys.includes(path)) continue;
      const value =
        others[path] ??
        (typeof view.default === 'boolean' ? String(!view.default) : String(Number(view.default) - 1));
      expect(settingsWith([`${path}=${value}`]), path).not.toBe(unchanged);
    }
  });
});

describe('settings', () => {
  test('[CFG12] the defaults are those of the layers below', () => {
    const { config } = loadConfig({});
    const runtime = runtimeSettings(config, randomIds);
    expect(runtime.session).toEqual(defaultSessionSettings);
    expect(runtime.dispatch).toEqual(defaultDispatchSettings);
    expect(runtime.mailboxMax).toBe(200);
    expect(gatewaySettings(config)).toEqual(defaultGatewaySettings);
  });

  test('[CFG12] an instance draws a new name unless it was given one', () => {
    const named = loadConfig({ sets: ['scheduler.phase2.instance_id=host-a'] }).config;
    const auto = loadConfig({}).config;
    expect(runtimeSettings(named, randomIds).instanceId).toBe('host-a');
    expect(runtimeSettings(auto, randomIds).instanceId).not.toBe(runtimeSettings(auto, randomIds).instanceId);
  });

  test('[CFG11] the whole file of the reference is read; beyond this machine it needs tokens, like any', () => {
    const configFile = join(import.meta.dirname, 'reference.toml');
    expect(() => readConfig({ configFile })).toThrow(
      /^The configuration cannot be used:\n {2}server\.host: "0\.0\.0\.0" lets other machines connect; .* server\.insecure = true .*$/,
    );
    const { config, sources, warnings } = readConfig({ configFile, sets: ['server.insecure=true'] });
    for (const key of referenceKeys) expect(sources.get(key), key).toBe(configFile);
    expect(config.scheduler.load_balancer.resource_threshold).toBe(85);
    expect(warnings).toEqual([
      'server.insecure: anybody who reaches 0.0.0.0 may connect as session or node',
      'scheduler.phase2.enabled has no effect: several instances come with a later version',
    ]);
  });

  test('[CFG11] every key of the reference is known', () => {
    for (const key of referenceKeys) expect(KEYS.has(key), key).toBe(true);
  });
});
