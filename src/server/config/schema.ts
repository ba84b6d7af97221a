import type { MessageOf } from '#protocol/field-kinds.ts';
import { table } from './key-kinds.ts';
import { LimitsTable, NodesTable, ResultsTable, SessionTable } from './own-tables.ts';
import { Phase2Table, Phase3Table } from './phase-tables.ts';
import { schedulerKeys } from './scheduler-tables.ts';
import { AuthTable, LogTable, ModelHubTable, ServerTable } from './server-tables.ts';

/**
 * Everything that can be configured. Keys of the reference keep their names; our own tables stand at top level
 * (small print 23, 42).
 */
export const ConfigSchema = table('Lingua Scheduler', {
  server: ServerTable,
  log: LogTable,
  auth: AuthTable,
  limits: LimitsTable,
  results: ResultsTable,
  session: SessionTable,
  nodes: NodesTable,
  scheduler: table('Scheduling, by the names of the reference.', {
    ...schedulerKeys,
    phase2: Phase2Table,
    phase3: Phase3Table,
  }),
  model_hub: ModelHubTable,
});

/** A complete configuration, deep-frozen. */
export type Config = MessageOf<typeof ConfigSchema>;
