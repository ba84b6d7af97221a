import type { NodeRecord } from './node.ts';
import { changeStatus, type IdleCause } from './node-status.ts';
import { type RegistryTurn, setTimer } from './registry.ts';
import { CORE_SERVICES, hasAll } from './service-mask.ts';

const NO_GPU: IdleCause = {
  code: 'NO_GPU_AVAILABLE',
  reason: 'No GPU listed',
  fix: 'List the GPU in hardware.gpus, or set nodes.require_gpu = false on the server.',
};
const GPU_READING: IdleCause = {
  code: 'GPU_READING_INVALID',
  reason: 'GPU load outside 0 to 100',
  fix: 'Report gpu_percent between 0 and 100, or leave it out.',
};
const NOTHING_INSTALLED: IdleCause = {
  code: 'NO_SERVICE_INSTALLED',
  reason: 'No asr, nmt or tts service installed',
  fix: 'Install and start at least one asr, nmt or tts service.',
};
const NOT_READY: IdleCause = {
  code: 'SERVICE_NOT_READY',
  reason: 'Installed services are not ready',
  fix: 'Wait for the services to start; see capability_by_type and last_error on the node.',
};
const WARMUP_OVER: IdleCause = {
  code: 'WARMUP_TIMEOUT',
  reason: 'Not ready within the warm-up time',
  fix: 'See why the services of the node are not ready; one healthy heartbeat brings it back.',
};
const SILENT: IdleCause = {
  code: 'HEARTBEAT_TIMEOUT',
  reason: 'No heartbeat',
  fix: 'Send node_heartbeat every 15 seconds; the next one brings the node back.',
};
const HANGING: IdleCause = {
  code: 'JOBS_HANG',
  reason: 'Several jobs in a row were not answered',
  fix: 'See why jobs on the node end without job_result; one healthy heartbeat brings it back.',
};

/** Jobs without an answer, in a row, before the node rests until its next heartbeat. Source: small print 43. */
const HANGS_IN_A_ROW_MAX = 3;

/** Null = healthy. While it registers, all of what it installed must be ready; later one type is enough [NOD10]. */
const illnessOf = (turn: RegistryTurn, node: NodeRecord): IdleCause | null => {
  const { declared, load } = node;
  if (turn.settings.requireGpu) {
    if (!declared.hasGpu) return NO_GPU;
    if (!load.isGpuReadingValid) return GPU_READING;
  }
  if (node.status !== 'registering') return declared.readyTypes === 0 ? NOT_READY : null;
  const installedCore = declared.installedTypes & CORE_SERVICES;
  if (installedCore === 0) return NOTHING_INSTALLED;
  return hasAll(declared.readyTypes, installedCore) ? null : NOT_READY;
};

/** The state every socket of a node begins in, and the way back from offline [NOD13]. */
export const beginWarmup = (turn: RegistryTurn, node: NodeRecord): void => {
  setTimer(turn, { kind: 'warmup', nodeId: node.nodeId }, turn.settings.warmupTimeoutMs);
};

/** A heartbeat was taken in: one reading of the node's health. Not while it is drained. */
export const judgeHealth = (turn: RegistryTurn, node: NodeRecord): void => {
  if (node.status === 'offline') {
    changeStatus(turn, node, 'registering', 'Heartbeat after a silence');
    beginWarmup(turn, node);
  }
  const illness = illnessOf(turn, node);
  if (illness === null) {
    node.unhealthyInARow = 0;
    node.healthyInARow += 1;
    const healthyNeeded = node.status === 'registering' ? turn.settings.healthCheckCount : 1;
    if (node.healthyInARow >= healthyNeeded) changeStatus(turn, node, 'ready', 'Health check passed');
    return;
  }
  node.healthyInARow = 0;
  node.unhealthyInARow += 1;
  if (node.status === 'ready' && node.unhealthyInARow >= turn.settings.consecutiveFailuresMax) {
    changeStatus(turn, node, 'degraded', illness.reason, illness);
  }
};

export const warmupRanOut = (turn: RegistryTurn, node: NodeRecord): void => {
  if (node.status !== 'registering') return;
  const cause = illnessOf(turn, node) ?? WARMUP_OVER;
  changeStatus(turn, node, 'degraded', WARMUP_OVER.reason, cause);
};

export const heartbeatMissed = (turn: RegistryTurn, node: NodeRecord): void => {
  if (node.connectionId === null) return;
  changeStatus(turn, node, 'offline', SILENT.reason, SILENT);
};

/** An attempt was not answered in time on a socket that lives. One answer of any kind clears the count [NOD23]. */
export const countHang = (turn: RegistryTurn, node: NodeRecord): void => {
  node.hangsInARow += 1;
  if (node.status !== 'ready' || node.hangsInARow < HANGS_IN_A_ROW_MAX) return;
  changeStatus(turn, node, 'degraded', HANGING.reason, HANGING);
};
