import { describe, expect, it } from 'vitest';
import { pairsOfCapabilities } from '#core/nodes/languages.ts';
import { requirementOf } from '#core/nodes/requirements.ts';
import { explainSelection } from '#core/nodes/selection.ts';
import { serviceBit } from '#core/nodes/service-mask.ts';
import { asNodeId, asSessionId } from '#protocol/ids.ts';
import type { NodeHeartbeat, NodeRegister } from '#protocol/node-agent-messages.ts';
import { capabilities, jobRequest, nodePrincipal, services } from '../jobs/words.ts';
import { World } from '../jobs/world.ts';

const explain = (world: World, overrides = {}, excluded: readonly string[] = []) =>
  explainSelection(
    world.state.registry,
    requirementOf(jobRequest('x', overrides)),
    new Set(excluded.map(asNodeId)),
  );

const failedOf = (world: World, name: string, overrides = {}, excluded: readonly string[] = []) =>
  explain(world, overrides, excluded).nodes.find(({ nodeId }) => nodeId === name)?.failed;

const usage = (cpu_percent: number, more = {}): Partial<NodeHeartbeat> => ({
  resource_usage: { cpu_percent, gpu_percent: 0, mem_percent: 0, running_jobs: 0, ...more },
});

/** From ready to ranked by its whole capacity. */
const SLOW_START_MS = 15_000;

/** The node a job goes to, and its end, so that nothing stays. */
const placeOf = (world: World, overrides = {}): string | null => {
  const name = `probe-${world.atMs}-${world.sent.length}`;
  const before = world.places.length;
  world.submit(name, { sessionId: asSessionId(name), ...overrides });
  const place = world.places[before] ?? null;
  if (place === null) world.cancel(name);
  else world.answer(place);
  return place;
};

describe('rules', () => {
  it('[SEL1] each rule has its word, and the first that fails is named', () => {
    const world = new World();
    const tenant = { principal: nodePrincipal('acme') };
    world.join('gone');
    world.hangUp('gone');
    world.join('sick', {}, { heartbeat: { capability_by_type: [] } });
    world.join('private', { accept_public_jobs: false }, tenant);
    world.join('deaf', { installed_services: services(['nmt']) });
    world.join('flat', { language_pairs: [{ src: 'zh', tgt: 'es' }] });
    world.join('pcm', { advanced_features: ['audio:pcm16'] });
    world.join('ejected');
    world.node('ejected').faults.ejectedUntilAtMs = world.atMs + 1;
    world.join('lacking');
    world.node('lacking').lackingTypes = serviceBit('tts');
    world.join('full', { max_concurrent_jobs: 0 });
    world.join('had');
    world.join('fit');
    const words = Object.fromEntries(
      explain(world, {}, ['had']).nodes.map(({ nodeId, failed }) => [nodeId, failed]),
    );
    expect(words).toEqual({
      gone: 'offline',
      sick: 'status_not_ready',
      private: 'not_in_public_pool',
      ejected: 'ejected',
      deaf: 'model_not_available',
      lacking: 'service_unavailable',
      flat: 'language_not_served',
      pcm: 'audio_format_not_served',
      full: 'capacity_exceeded',
      had: 'excluded',
      fit: null,
    });
    expect(explain(world, {}, ['had'])).toMatchObject({ chosen: 'fit', reason: 'undeclared_languages' });
  });

  it('[SEL1] a node without a GPU fails where one is required, whatever let it in', () => {
    const world = new World();
    world.join('a');
    world.node('a').declared = { ...world.node('a').declared, hasGpu: false };
    expect(failedOf(world, 'a')).toBe('gpu_unavailable');
  });

  it('[SEL12] a refusal names the rule that the nearest node failed', () => {
    const world = new World();
    expect(explain(world).reason).toBe('no_nodes');
    world.join('a');
    world.hangUp('a');
    expect(explain(world).reason).toBe('offline');
    world.join('b', { language_pairs: [{ src: 'zh', tgt: 'es' }] });
    expect(explain(world).reason).toBe('language_not_served');
    world.join('c', { max_concurrent_jobs: 1 });
    world.submit('1');
    world.submit('2');
    expect(explain(world).reason).toBe('capacity_exceeded');
    expect(world.count('no_available_node_total types capacity_exceeded')).toBe(1);
  });
});

describe('requirements', () => {
  const all = { use_asr: true, use_nmt: true, use_tts: true };

  it.each<[string, Partial<NodeRegister>, object, boolean]>([
    ['text to text on a node with nmt alone', only('nmt'), { use_asr: false, use_tts: false }, true],
    ['speech to text on a node without tts', only('asr', 'nmt'), { use_tts: false }, true],
    ['speech to speech on a node without tts', only('asr', 'nmt'), {}, false],
    ['tone on a node without it', {}, { use_tone: true }, false],
    ['tone on a node with it', only('asr', 'nmt', 'tts', 'tone'), { use_tone: true }, true],
  ])('[SEL11] [W37] %s (case 33)', (_, node, pipeline, fits) => {
    const world = new World();
    world.join('a', node);
    expect(placeOf(world, { pipeline: { ...all, ...pipeline } })).toBe(fits ? 'a' : null);
  });

  it('[SEL11] speaker identification needs tone, whatever the node says of features', () => {
    const world = new World();
    world.join('a');
    const features = { speaker_identification: true };
    expect(placeOf(world, { features })).toBeNull();
    world.join('b', only('asr', 'nmt', 'tts', 'tone'));
    expect(placeOf(world, { features })).toBe('b');
  });

  it('[SEL11] case 11: another feature that is wished must be declared', () => {
    const world = new World();
    world.join('a');
    const features = { emotion_detection: true, persona_adaptation: false };
    expect(placeOf(world, { features })).toBeNull();
    world.join('b', { features_supported: { emotion_detection: true } });
    expect(placeOf(world, { features })).toBe('b');
  });

  it('[SEL11] [W54] a type that is said to be ready and has no running service is not served', () => {
    const world = new World();
    world.join('a', { installed_services: services(undefined, { status: 'stopped' }) });
    expect(world.node('a').status).toBe('ready');
    expect(placeOf(world)).toBeNull();
  });

  it('[NOD20] PCM goes to nodes that asked for it only', () => {
    const world = new World();
    world.join('a', { advanced_features: ['audio:opus'] });
    expect(placeOf(world, { encoding: 'pcm16' })).toBeNull();
    world.join('b', { advanced_features: ['audio:pcm16', 'audio:opus'] });
    expect(placeOf(world, { encoding: 'pcm16' })).toBe('b');
  });
});

function only(...types: Parameters<typeof services>[0] & string[]): Partial<NodeRegister> {
  return { installed_services: services(types), capability_by_type: capabilities(types) };
}

describe('languages', () => {
  it.each<[string, NodeRegister['language_pairs'], string, string, boolean]>([
    ['the pair', [{ src: 'zh', tgt: 'en' }], 'zh', 'en', true],
    ['the other direction', [{ src: 'en', tgt: 'zh' }], 'zh', 'en', false],
    ['any source', [{ src: '*', tgt: 'en' }], 'zh', 'en', true],
    ['any target', [{ src: 'zh', tgt: '*' }], 'zh', 'en', true],
    ['anything', [{ src: '*', tgt: '*' }], 'zh', 'en', true],
    ['another target', [{ src: '*', tgt: 'es' }], 'zh', 'en', false],
    ['regions and case', [{ src: 'ZH-Hans', tgt: 'en' }], 'zh-CN', 'EN-us', true],
    ['an unknown source', [{ src: 'ja', tgt: 'en' }], 'auto', 'en', true],
    ['an unknown source, another target', [{ src: 'ja', tgt: 'es' }], 'auto', 'en', false],
    ['nothing', [], 'zh', 'en', false],
    ['no declaration', undefined, 'tlh', 'en', true],
  ])('[NOD20] [W54] %s', (_, language_pairs, srcLang, tgtLang, fits) => {
    const world = new World();
    world.join('a', language_pairs === undefined ? {} : { language_pairs });
    expect(placeOf(world, { srcLang, tgtLang })).toBe(fits ? 'a' : null);
  });

  it.each([
    [['zh', 'en'], ['zh', 'en'], 4],
    [['zh', 'en', 'de'], ['zh', 'en'], 6],
    [[], [], 0],
  ])('[NOD20] case 38: recognised %j times spoken %j are %i pairs', (asr, tts, pairs) => {
    const found = pairsOfCapabilities({ asr_languages: asr, tts_languages: tts }) ?? [];
    expect(found).toHaveLength(pairs);
    expect(found).not.toContainEqual({ src: 'de', tgt: 'de' });
  });

  it('[NOD20] a node may declare by capabilities; half of them is no declaration', () => {
    const world = new World();
    world.join('a', { language_capabilities: { asr_languages: ['zh'], tts_languages: ['en'] } });
    expect(placeOf(world, { tgtLang: 'es' })).toBeNull();
    world.join('b', { language_capabilities: { asr_languages: ['zh'] } });
    expect(placeOf(world, { tgtLang: 'es' })).toBe('b');
  });

  it('[SEL7] a node that declares the pair comes before one that declares nothing, however loaded', () => {
    const world = new World();
    world.join('any');
    world.join('zh', { language_pairs: [{ src: 'zh', tgt: 'en' }], max_concurrent_jobs: 2 });
    for (const name of ['1', '2', '3']) world.submit(name);
    expect(world.places).toEqual(['zh', 'zh', 'any']);
  });
});

describe('load', () => {
  it('[SEL2] case 9: of reported jobs 0, 1 and 3 the 0 is chosen, of 2, 1, 2 the 1', () => {
    const world = new World();
    for (const name of ['a', 'b', 'c']) world.join(name);
    world.advance(SLOW_START_MS);
    const report = (...jobs: number[]): void => {
      for (const [at, name] of ['a', 'b', 'c'].entries())
        world.beat(name, usage(0, { running_jobs: jobs[at] }));
    };
    report(1, 0, 3);
    expect(placeOf(world)).toBe('b');
    report(2, 1, 2);
    expect(placeOf(world)).toBe('b');
    report(2, 2, 1);
    expect(placeOf(world)).toBe('c');
  });

  it('[SEL2] [W55] jobs the node knows and we know are not counted twice', () => {
    const world = new World();
    world.join('a');
    world.join('b');
    world.submit('1');
    world.beat('a', usage(0, { running_jobs: 1 }));
    expect(world.node('a').foreignJobs).toBe(0);
    world.beat('a', usage(0, { running_jobs: 3 }));
    expect(world.node('a').foreignJobs).toBe(2);
    world.beat('a', usage(0));
    expect(world.node('a').foreignJobs).toBe(0);
  });

  it('[SEL2] load is a share of capacity: the bigger node takes more', () => {
    const world = new World();
    world.join('small', { max_concurrent_jobs: 2 });
    world.join('big', { max_concurrent_jobs: 8 });
    for (let n = 0; n < 10; n += 1) world.submit(`${n}`);
    expect(world.places.filter((place) => place === 'big')).toHaveLength(8);
    expect(world.places.slice(0, 5)).toEqual(['small', 'big', 'big', 'big', 'big']);
  });

  it('[SEL2] case 39: full is full, and no report makes room', () => {
    const world = new World();
    world.join('a', { max_concurrent_jobs: 2 });
    world.submit('1');
    world.submit('2');
    world.beat('a', usage(0));
    world.submit('3');
    expect(world.count('no_available_node_total types capacity_exceeded')).toBe(1);
  });

  it('[SEL3] [W56] among equals the one left alone longest', () => {
    const world = new World();
    for (const name of ['a', 'b', 'c']) world.join(name);
    const places = [1, 2, 3, 4, 5, 6].map(() => placeOf(world));
    expect(places).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
  });

  it('[SEL3] also among nodes whose load class does not change by one job', () => {
    const world = new World();
    for (const name of ['a', 'b', 'c']) world.join(name, { max_concurrent_jobs: 100 });
    for (let n = 0; n < 6; n += 1) world.submit(`${n}`, { sessionId: asSessionId(`s-${n}`) });
    expect(world.places).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
  });

  it('[SEL3] also where the demand is asked for the first time', () => {
    const world = new World();
    for (const name of ['a', 'b']) world.join(name);
    expect(placeOf(world, { tgtLang: 'es' })).toBe('a');
    expect(placeOf(world, { tgtLang: 'fr' })).toBe('b');
  });

  it.each(['cpu_percent', 'gpu_percent', 'mem_percent'])(
    '[SEL4] case 10: with the limit 25 a node at 20 by %s comes before one at 30',
    (resource) => {
      const world = new World({ resourceThresholdPercent: 25 });
      world.join('a', {}, { heartbeat: usage(0, { [resource]: 30 }) });
      world.join('b', {}, { heartbeat: usage(0, { [resource]: 20 }) });
      expect([placeOf(world), placeOf(world)]).toEqual(['b', 'b']);
    },
  );

  it.each(['cpu_percent', 'gpu_percent', 'mem_percent'])(
    '[NOD22] a wild reading of %s counts as full or as idle, and the next true ones count as ever',
    (resource) => {
      const world = new World({ requireGpu: false });
      world.join('a', {}, { heartbeat: usage(0) });
      world.beat('a', usage(0, { [resource]: 1e12 }));
      expect(world.node('a').load).toMatchObject({ busiestPercent: 50, isHigh: false });
      world.beat('a', usage(0, { [resource]: -1e12 }));
      expect(world.node('a').load.busiestPercent).toBe(25);
      world.beat('a', usage(0, { [resource]: 75 }));
      expect(world.node('a').load.busiestPercent).toBe(50);
    },
  );

  it('[NOD22] what is told of a load is between 0 and 100', () => {
    const world = new World({ requireGpu: false });
    const load = { gpu_percent: -3, mem_percent: 250 };
    world.join('a', {}, { heartbeat: usage(100.5, load) });
    expect(world.node('a').load).toMatchObject({ cpuPercent: 100, gpuPercent: 0, memPercent: 100 });
  });

  it('[SEL4] [SEL5] case 10 turned round: when all are above it, one is chosen all the same', () => {
    const world = new World({ resourceThresholdPercent: 25 });
    world.join('a', {}, { heartbeat: usage(99) });
    for (let n = 0; n < 4; n += 1) world.beat('a', usage(99));
    expect(world.node('a').load.isExcluded).toBe(true);
    expect(explain(world)).toMatchObject({ chosen: 'a', reason: 'fail_open' });
    expect(placeOf(world)).toBe('a');
  });

  it('[SEL4] [SEL5] one or two high readings rank a node last, the third excludes it, one low clears it', () => {
    const world = new World();
    world.join('hot', {}, { heartbeat: usage(90) });
    world.join('cool', { max_concurrent_jobs: 1 });
    world.beat('hot', usage(100));
    world.submit('1');
    world.submit('2');
    expect(world.places).toEqual(['cool', 'hot']);
    world.answer('cool');
    world.answer('hot');
    world.beat('hot', usage(100));
    expect(failedOf(world, 'hot')).toBe('resource_threshold_exceeded');
    world.submit('3');
    expect(explain(world)).toMatchObject({ chosen: 'hot', reason: 'fail_open' });
    world.answer('cool');
    world.beat('hot', usage(10));
    expect(failedOf(world, 'hot')).toBeNull();
  });

  it('[SEL4] [NOD22] the very first reading of 100 does not hide a node', () => {
    const world = new World();
    world.join('a', {}, { heartbeat: usage(100) });
    expect(explain(world)).toMatchObject({ chosen: 'a' });
    world.beat('a', usage(10));
    expect(world.node('a').load).toMatchObject({ busiestPercent: 55, isHigh: false });
  });

  it('[NOD22] an absent reading counts as nothing', () => {
    const world = new World();
    world.join('a', {}, { heartbeat: { resource_usage: {} } });
    expect(world.node('a').load).toMatchObject({ cpuPercent: null, busiestPercent: 0, isHigh: false });
  });

  it('[SEL6] the processor of a node whose services run on it does not count', () => {
    const world = new World();
    world.join('a', { installed_services: services(undefined, { device: 'cpu' }) });
    for (let n = 0; n < 3; n += 1) world.beat('a', usage(100));
    expect(world.node('a').load).toMatchObject({ cpuPercent: 100, isHigh: false, isExcluded: false });
    for (let n = 0; n < 3; n += 1) world.beat('a', usage(100, { mem_percent: 90 }));
    expect(world.node('a').load.isExcluded).toBe(true);
  });
});

describe('load of other services', () => {
  it('[SEL6] tone on the processor does not make a node one that runs on it', () => {
    const world = new World();
    const tone = services(['tone'], { device: 'cpu' });
    world.join('a', { installed_services: [...services(), ...tone] });
    for (let n = 0; n < 3; n += 1) world.beat('a', usage(100));
    expect(world.node('a').load.isExcluded).toBe(true);
  });
});

describe('tenants and pairing', () => {
  const withPrivate = (tenant: string): World => {
    const world = new World();
    world.join('own', { accept_public_jobs: false }, { principal: nodePrincipal(tenant) });
    return world;
  };

  it('[SEL8] [W53] a node that declines public jobs serves its own tenant only', () => {
    const world = withPrivate('acme');
    expect(placeOf(world, { tenant: 'acme' })).toBe('own');
    expect(placeOf(world, { tenant: 'other' })).toBeNull();
    world.join('open');
    expect(placeOf(world, { tenant: 'other' })).toBe('open');
    expect([placeOf(world, { tenant: 'acme' }), placeOf(world, { tenant: 'acme' })].sort()).toEqual([
      'open',
      'own',
    ]);
  });

  it('[SEL8] the tenant default has no nodes of its own', () => {
    const world = withPrivate('default');
    expect(placeOf(world)).toBeNull();
    expect(world.count('no_available_node_total types not_in_public_pool')).toBe(1);
  });

  it('[SEL13] case 13: a paired node comes first, also one that declines public jobs', () => {
    const world = withPrivate('default');
    world.join('open', { language_pairs: [{ src: '*', tgt: '*' }] });
    expect(placeOf(world, { pairedNodeId: asNodeId('own') })).toBe('own');
    expect(explain(world, { pairedNodeId: asNodeId('own') })).toMatchObject({
      chosen: 'own',
      reason: 'paired',
    });
  });

  it('[SEL13] [W35] one that is full, sick or unknown leaves the choice to the rules', () => {
    const world = new World();
    world.join('own', { max_concurrent_jobs: 1 });
    world.join('open');
    const paired = { pairedNodeId: asNodeId('own') };
    world.submit('1', paired);
    world.submit('2', paired);
    world.submit('3', { pairedNodeId: asNodeId('nobody') });
    expect(world.places).toEqual(['own', 'open', 'open']);
    world.hangUp('own');
    expect(placeOf(world, paired)).toBe('open');
  });
});
