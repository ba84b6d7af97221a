import { type Static, type TObject, Type } from 'typebox';

const Count = Type.Integer({ minimum: 0 });
const LanguageUse = Type.Object({ as_source: Count, as_target: Count, total: Count });
const byKey = <Value extends Parameters<typeof Type.Record>[1]>(value: Value) =>
  Type.Record(Type.String(), value);

/**
 * What a node could still take: free processor cores, GPU and memory gigabytes, weighed as the reference does; and how fast
 * it says its services work, absent while unknown.
 */
const NodePower = Type.Object({
  node_id: Type.String(),
  node_name: Type.String(),
  cpu_power: Type.Number(),
  gpu_power: Type.Number(),
  memory_power: Type.Number(),
  service_efficiencies: Type.Optional(byKey(Type.Number())),
  asr_efficiency: Type.Optional(Type.Number()),
  nmt_efficiency: Type.Optional(Type.Number()),
  tts_efficiency: Type.Optional(Type.Number()),
});

/** Body of `/api/v1/stats`. Source: protocol 6; keys and nesting as there, nothing more [HTT4]. */
export const StatsSchema = Type.Object({
  web_clients: Type.Object({
    active_users: Count,
    top_languages: Type.Array(Type.Object({ language: Type.String(), count: Count }), { maxItems: 10 }),
    language_usage: byKey(LanguageUse),
  }),
  nodes: Type.Object({
    connected_nodes: Count,
    type_node_counts: byKey(Count),
    available_services: Type.Array(Type.Object({}) as TObject, { description: 'Empty without a model hub.' }),
    total_services: Count,
    type_in_use_counts: byKey(Count),
    compute_power: Type.Object({
      total_cpu_power: Type.Number(),
      total_gpu_power: Type.Number(),
      total_memory_power: Type.Number(),
      node_power_details: Type.Array(NodePower),
    }),
  }),
});
export type StatsBody = Static<typeof StatsSchema>;
