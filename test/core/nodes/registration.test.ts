import { describe, expect, it } from 'vitest';
import type { NodeRegister } from '#protocol/node-agent-messages.ts';
import { capabilities, connection, heartbeat, nodePrincipal, registration } from '../jobs/words.ts';
import { World } from '../jobs/world.ts';

const NO_GPU = { hardware: { cpu_cores: 8, memory_gb: 32 } } as const;

const register = (world: World, socket: string, overrides: Partial<NodeRegister> = {}): void => {
  world.connect(socket);
  world.say(socket, registration(overrides));
};

describe('refusing', () => {
  it.each([
    ['no schema version (case 5)', { capability_schema_version: undefined }, 'INVALID_CAPABILITY_SCHEMA'],
    ['an old schema version', { capability_schema_version: '1.0' }, 'INVALID_CAPABILITY_SCHEMA'],
    ['no GPU (case 3)', NO_GPU, 'NO_GPU_AVAILABLE'],
    ['an empty list of GPUs', { hardware: { ...NO_GPU.hardware, gpus: [] } }, 'NO_GPU_AVAILABLE'],
    [
      'neither: the schema is looked at first',
      { capability_schema_version: '1.0', ...NO_GPU },
      'INVALID_CAPABILITY_SCHEMA',
    ],
  ])('[NOD1] %s is refused', (_, overrides, code) => {
    const world = new World();
    register(world, 'a', overrides as Partial<NodeRegister>);
    const [error] = world.messages('a', 'error');
    expect(error).toMatchObject({ type: 'error', code, fix: expect.any(String) });
    expect(world.messages('a', 'node_register_ack')).toEqual([]);
    expect(world.state.registry.nodes.size).toBe(0);
    expect(world.count(`nodes_refused_total ${code}`)).toBe(1);
  });

  it('[NOD1] without require_gpu a node needs none, to register and to be healthy', () => {
    const world = new World({ requireGpu: false });
    world.join('a', NO_GPU);
    expect(world.node('a').status).toBe('ready');
    world.submit('1');
    expect(world.places).toEqual(['a']);
  });

  it('[NOD1] an identity that is no node, and an id that belongs to another tenant, are refused', () => {
    const world = new World();
    world.join('a', {}, { principal: nodePrincipal('acme') });
    world.connect('b', { ...nodePrincipal(), kind: 'session' });
    world.say('b', registration());
    world.connect('c', nodePrincipal('other'));
    world.say('c', registration({ node_id: 'a' }));
    expect(world.messages('b', 'error')).toMatchObject([{ code: 'NODE_REFUSED' }]);
    expect(world.messages('c', 'error')).toMatchObject([{ code: 'NODE_ID_CONFLICT' }]);
    expect(world.node('a').connectionId).toBe(connection('a'));
  });

  it('[NOD2] the socket is closed between 30 and 60 s later, not at the same moment for all', () => {
    const delays = [1, 2, 3, 4, 5].map((seed) => {
      const world = new World({}, seed);
      register(world, 'a', NO_GPU);
      world.advance(29_999);
      expect(world.closed).toEqual([]);
      while (world.closed.length === 0) world.advance(100);
      expect(world.closed[0]).toEqual({
        to: connection('a'),
        code: 4012,
        reason: '{"code":"NO_GPU_AVAILABLE","retry_after_ms":30000}',
      });
      return world.atMs - 1000;
    });
    expect(Math.max(...delays)).toBeLessThanOrEqual(60_100);
    expect(new Set(delays).size).toBeGreaterThan(3);
  });

  it('[NOD2] trying again does not put the close off', () => {
    const world = new World();
    register(world, 'a', NO_GPU);
    for (let n = 0; n < 12; n += 1) {
      world.advance(5000);
      world.say('a', registration(NO_GPU));
    }
    expect(world.closed).toHaveLength(1);
    expect(world.messages('a', 'error')).toHaveLength(13);
  });

  it('[NOD3] a proper registration before that is accepted, and the close does not come', () => {
    const world = new World();
    register(world, 'a', NO_GPU);
    world.advance(20_000);
    world.say('a', registration({ node_id: 'a' }));
    world.beat('a');
    world.advance(40_000);
    expect(world.closed).toEqual([]);
    expect(world.node('a').status).toBe('ready');
  });

  it('[NOD2] a refused socket that goes by itself leaves nothing behind', () => {
    const world = new World();
    register(world, 'a', NO_GPU);
    world.hangUp('a');
    expect(world.timers.size).toBe(0);
    expect(world.state.registry.connections.size).toBe(0);
  });
});

describe('accepting', () => {
  it('[NOD4] a legacy agent gets the ack of the reference', () => {
    const world = new World();
    register(world, 'a', { node_id: 'node-4E8B20F1' });
    expect(world.messages('a', 'node_register_ack')).toStrictEqual([
      { type: 'node_register_ack', node_id: 'node-4E8B20F1', message: 'registered', status: 'registering' },
    ]);
  });

  it('[NOD4] one that asks is told what was granted', () => {
    const world = new World();
    register(world, 'a', { advanced_features: ['job_ack', 'drain', 'audio:pcm16', 'unheard_of'] });
    expect(world.messages('a', 'node_register_ack')).toMatchObject([
      { features: ['job_ack', 'drain', 'audio:pcm16'], ack_timeout_ms: 3000 },
    ]);
  });

  it('[NOD4] one that asks for nothing we know gets an empty list and takes opus', () => {
    const world = new World();
    register(world, 'a', { node_id: 'a', advanced_features: ['batched_inference'] });
    expect(world.messages('a', 'node_register_ack')).toMatchObject([{ features: [] }]);
    expect(world.node('a').declared.formats).toEqual(['opus']);
  });

  it('[NOD5] [W36] an id is kept as given (case 4), else it is `node-` and 128 bits', () => {
    const world = new World();
    register(world, 'a', { node_id: 'my own/id' });
    register(world, 'b');
    register(world, 'c', { node_id: '' });
    const ids = [...world.state.registry.nodes.keys()];
    expect(ids[0]).toBe('my own/id');
    expect(ids.slice(1)).toEqual([
      expect.stringMatching(/^node-[0-9A-F]{32}$/),
      expect.stringMatching(/^node-[0-9A-F]{32}$/),
    ]);
    expect(new Set(ids).size).toBe(3);
  });

  it('[NOD9] [W54] capacity is as declared, else as configured, and a heartbeat may change it', () => {
    const world = new World({ maxConcurrentJobsPerNode: 7 });
    register(world, 'a', { node_id: 'a', max_concurrent_jobs: 2 });
    register(world, 'b', { node_id: 'b' });
    expect([world.node('a').declared.capacity, world.node('b').declared.capacity]).toEqual([2, 7]);
    world.beat('a', { max_concurrent_jobs: 3 });
    world.beat('b');
    expect([world.node('a').declared.capacity, world.node('b').declared.capacity]).toEqual([3, 7]);
  });

  it('[NOD9] a node that declares room for nothing gets nothing', () => {
    const world = new World();
    world.join('a', { max_concurrent_jobs: 0 });
    world.submit('1');
    expect(world.count('no_available_node_total types capacity_exceeded')).toBe(1);
  });

  it('[NOD25] the store hears of socket and generation at each word of the node, and of its end', () => {
    const world = new World();
    world.join('a');
    world.hangUp('a');
    const { generation } = world.node('a');
    const record = { nodeId: 'a', owner: 'inst-1', generation };
    expect(world.stored).toEqual([
      { verb: 'putNode', ...record, ttlMs: 90_000 },
      { verb: 'putNode', ...record, ttlMs: 90_000 },
      { verb: 'dropNode', ...record },
    ]);
  });

  it('[NOD25] generations grow with every socket, and over a new start', () => {
    const world = new World();
    world.join('a');
    const first = world.node('a').generation;
    world.hangUp('a');
    world.join('a');
    world.join('a', {}, { socket: 'a2' });
    expect(world.node('a').generation).toBe(first + 2);
    const later = new World();
    later.advance(60_000);
    later.join('a');
    expect(later.node('a').generation).toBeGreaterThan(first + 2);
  });
});

describe('identity', () => {
  it('[NOD6] [W49] a heartbeat before the registration is quietly ignored, also under an id that is known', () => {
    const world = new World();
    world.join('a');
    world.connect('a2');
    world.say('a2', heartbeat('a', { capability_by_type: [] }));
    expect(world.sent.filter(({ to }) => to === connection('a2'))).toEqual([]);
    expect(world.node('a').declared.readyTypes).not.toBe(0);
    expect(world.count('node_messages_ignored_total node_heartbeat')).toBe(1);
  });

  it('[NOD6] messages of a socket that nobody opened are ignored', () => {
    const world = new World();
    world.say('ghost', registration());
    world.hangUp('ghost');
    expect(world.sent).toEqual([]);
  });

  it('[NOD7] [I8] [W87] a message that names another node is dropped', () => {
    const world = new World();
    world.join('a');
    world.join('b');
    world.submit('1');
    world.say('b', heartbeat('a', { capability_by_type: [] }));
    world.answer('a', {}, world.lastAssign('a'), 'b');
    expect(world.end('1')).toBeNull();
    expect(world.node('a').declared.readyTypes).not.toBe(0);
    expect(world.count('identity_refused_total node')).toBe(2);
  });

  it('[NOD7] [I8] a socket stays the node it is', () => {
    const world = new World();
    world.join('a');
    world.say('a', registration({ node_id: 'b' }));
    expect(world.count('identity_refused_total node')).toBe(1);
    world.say('a', registration());
    world.say('a', registration({ node_id: 'a' }));
    expect([...world.state.registry.nodes.keys()]).toEqual(['a']);
    expect(world.count('nodes_registered_total again')).toBe(2);
    expect(world.node('a').status).toBe('registering');
  });

  it('[NOD24] known messages with nothing to act on are counted', () => {
    const world = new World();
    world.join('a');
    world.say('a', { type: 'request_pairing_code' });
    world.say('a', { type: 'node_drain', node_id: 'a' });
    const names = { job_id: 'job-1', attempt_id: 1, node_id: 'a' };
    world.say('a', { type: 'job_progress', stage: 'asr', ...names });
    world.say('a', { type: 'job_reject', reason: 'full', running_jobs: 1, free_slots: 0, ...names });
    for (const type of ['request_pairing_code', 'node_drain', 'job_progress', 'job_reject']) {
      expect(world.count(`node_messages_ignored_total ${type}`)).toBe(1);
    }
    world.say('a', { type: 'node_error', node_id: 'a', code: 'GPU_LOST', message: 'secret words' });
    expect(world.logged).toContain('node reports trouble');
  });
});

describe('a second socket', () => {
  it('[NOD16] [W50] the new socket takes the node over, the old one is closed with 4004', () => {
    const world = new World();
    world.join('a');
    const { generation } = world.node('a');
    world.join('a', {}, { socket: 'a2' });
    expect(world.node('a')).toMatchObject({
      connectionId: connection('a2'),
      generation: generation + 1,
      status: 'ready',
    });
    expect(world.closed).toEqual([
      { to: connection('a'), code: 4004, reason: '{"code":"IDENTITY_REPLACED"}' },
    ]);
    expect(world.count('nodes_registered_total takeover')).toBe(1);
    world.submit('1');
    expect(world.places).toEqual(['a2']);
  });

  it('[NOD17] [W51] the old one says and ends nothing any more', () => {
    const world = new World();
    world.join('a');
    world.join('a', {}, { socket: 'a2' });
    world.beat('a', { capability_by_type: [] }, 'a');
    world.say('a', registration({ node_id: 'a' }));
    world.hangUp('a');
    expect(world.node('a')).toMatchObject({ connectionId: connection('a2'), status: 'ready' });
    expect(world.stored.filter(({ verb }) => verb === 'dropNode')).toEqual([]);
    expect(world.closed).toHaveLength(1);
  });

  it('[NOD18] the sixth takeover in a minute is refused, a later one is not', () => {
    const world = new World();
    world.join('a', {}, { socket: 's0' });
    for (let n = 1; n <= 6; n += 1) register(world, `s${n}`, { node_id: 'a' });
    expect(world.messages('s5', 'node_register_ack')).toHaveLength(1);
    expect(world.messages('s6', 'error')).toMatchObject([{ code: 'NODE_ID_CONFLICT' }]);
    expect(world.node('a').connectionId).toBe(connection('s5'));
    expect(world.node('a').idConflicts).toBe(1);
    world.advance(60_000);
    register(world, 's7', { node_id: 'a' });
    expect(world.node('a').connectionId).toBe(connection('s7'));
  });
});

describe('going', () => {
  it('[NOD19] [W58] a gone node is not chosen, is kept for 10 min, then forgotten', () => {
    const world = new World();
    world.join('a');
    world.hangUp('a');
    world.submit('1');
    expect(world.count('no_available_node_total types offline')).toBe(1);
    world.advance(599_999);
    expect(world.state.registry.nodes.size).toBe(1);
    world.advance(1);
    expect(world.state.registry.nodes.size).toBe(0);
    expect(world.timers.size).toBe(0);
  });

  it('[NOD19] one that comes back is the same node', () => {
    const world = new World();
    world.join('a');
    world.hangUp('a');
    world.advance(300_000);
    world.join('a');
    world.advance(40_000);
    world.beat('a');
    world.advance(40_000);
    expect(world.count('nodes_registered_total return')).toBe(1);
    expect(world.node('a').status).toBe('ready');
    expect([...world.timers.keys()]).toEqual(['heartbeat:a']);
  });

  it('[NOD19] of more than 1 000 gone nodes the first that went is forgotten', () => {
    const world = new World();
    for (let n = 0; n < 1002; n += 1) {
      register(world, `s${n}`, { node_id: `n${n}` });
      world.hangUp(`s${n}`);
    }
    expect(world.state.registry.nodes.size).toBe(1000);
    expect(() => world.node('n1')).toThrow('no node n1');
    expect(world.node('n2').connectionId).toBeNull();
  });
});

describe('heartbeats', () => {
  it('[NOD8] replace services and capabilities, keep models, languages and capacity when left out', () => {
    const world = new World();
    const models = [{ model_id: 'm', kind: 'asr', version: '1' }];
    world.join('a', {
      installed_models: models,
      language_pairs: [{ src: 'zh', tgt: 'en' }],
      max_concurrent_jobs: 3,
    });
    world.beat('a', { installed_services: [], capability_by_type: capabilities(['asr']) });
    expect(world.node('a').declared).toMatchObject({
      models,
      services: [],
      capabilities: [{ type: 'asr', ready: true }],
      capacity: 3,
      servedTypes: 0,
    });
    expect([...(world.node('a').declared.languages?.pairs ?? [])]).toEqual(['zh>en']);
    world.beat('a', { language_pairs: [{ src: 'en', tgt: 'zh' }], installed_models: [] });
    expect(world.node('a').declared.models).toEqual([]);
    expect([...(world.node('a').declared.languages?.pairs ?? [])]).toEqual(['en>zh']);
  });
});
