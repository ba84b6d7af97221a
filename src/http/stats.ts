import type { ServiceType } from '#protocol/shapes.ts';
import type { StatsBody } from './api/stats.ts';
import type { Census, NodePower } from './census.ts';

const TOP_LANGUAGES_MAX = 10;

/** The reference writes the types with a capital here. */
const TYPE_KEYS: Readonly<Record<ServiceType, string>> = { asr: 'Asr', nmt: 'Nmt', tts: 'Tts', tone: 'Tone' };

export const statsOf = (census: Census): StatsBody => {
  const usage = [...census.languages].map(
    ([language, { asSource, asTarget }]) =>
      [language, { as_source: asSource, as_target: asTarget, total: asSource + asTarget }] as const,
  );
  const typeCounts = Object.fromEntries(
    [...census.nodesByReadyType].map(([type, count]) => [TYPE_KEYS[type], count]),
  );
  return {
    web_clients: {
      active_users: census.activeSessionCount,
      top_languages: usage
        .map(([language, { total }]) => ({ language, count: total }))
        .sort((one, other) => other.count - one.count || (one.language < other.language ? -1 : 1))
        .slice(0, TOP_LANGUAGES_MAX),
      language_usage: Object.fromEntries(usage),
    },
    nodes: {
      connected_nodes: census.onlineNodes.length,
      type_node_counts: typeCounts,
      available_services: [],
      total_services: 0,
      type_in_use_counts: typeCounts,
      compute_power: {
        total_cpu_power: sumOf(census, ({ cpu }) => cpu),
        total_gpu_power: sumOf(census, ({ gpu }) => gpu),
        total_memory_power: sumOf(census, ({ memory }) => memory),
        node_power_details: census.onlineNodes.map((node) => ({
          node_id: node.nodeId,
          node_name: nameOf(node.nodeId),
          cpu_power: shownPower(node.cpu),
          gpu_power: shownPower(node.gpu),
          memory_power: shownPower(node.memory),
          ...efficienciesOf(node),
        })),
      },
    },
  };
};

/** The services whose efficiency the reference shows beside the map, the first that is known. */
const SHOWN_SERVICES = {
  asr_efficiency: ['faster-whisper-vad'],
  nmt_efficiency: ['nmt-m2m100'],
  tts_efficiency: ['piper-tts', 'your-tts'],
} as const;

const efficienciesOf = ({ efficiencies, asrEfficiency }: NodePower): object => {
  const shown = Object.entries(SHOWN_SERVICES).flatMap(([key, ids]) => {
    const [id] = ids.filter((each) => efficiencies.has(each));
    const value = id === undefined ? undefined : efficiencies.get(id);
    if (value !== undefined) return [[key, value]];
    return key === 'asr_efficiency' && asrEfficiency !== null ? [[key, asrEfficiency]] : [];
  });
  return {
    ...(efficiencies.size === 0 ? {} : { service_efficiencies: Object.fromEntries(efficiencies) }),
    ...Object.fromEntries(shown),
  };
};

/** Thousandths: shares of cores and gigabytes do not add up in binary. */
const shownPower = (power: number): number => Math.round(power * 1000) / 1000;

const sumOf = ({ onlineNodes }: Census, part: (node: NodePower) => number): number =>
  shownPower(onlineNodes.reduce((sum, node) => sum + part(node), 0));

/** For people; eight characters of the id, as the reference shows its random ones. */
const nameOf = (nodeId: string): string => `Node-${nodeId.replace(/^node-/, '').slice(0, 8)}`;
