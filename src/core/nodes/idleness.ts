import type { NodeRecord } from './node.ts';
import { type IdleCause, tellStatus } from './node-status.ts';
import type { RegistryTurn } from './registry.ts';
import { DEFAULT_TENANT } from './requirements.ts';
import { CORE_SERVICES } from './service-mask.ts';

const EJECTED: IdleCause = {
  code: 'EJECTED',
  reason: 'Set aside: too many of its jobs failed',
  fix: 'See why jobs on the node fail or hang; it is tried again by itself after a while.',
};
const PAIRED_ONLY: IdleCause = {
  code: 'PAIRED_SESSIONS_ONLY',
  reason: 'Declines public jobs and belongs to no tenant',
  fix: 'Register with accept_public_jobs true, or with the token of a tenant.',
};
const NO_CAPACITY: IdleCause = {
  code: 'NO_CAPACITY',
  reason: 'Declares room for no job',
  fix: 'Set max_concurrent_jobs to at least 1, or leave it out.',
};
const NO_LANGUAGES: IdleCause = {
  code: 'NO_LANGUAGES',
  reason: 'Declares no language pair',
  fix: 'List language_pairs, or leave the list out to be asked for anything.',
};
const NOTHING_SERVED: IdleCause = {
  code: 'NO_SERVICE_RUNNING',
  reason: 'No ready asr, nmt or tts service runs',
  fix: 'Start the installed services; see status and last_error of each.',
};
const SERVICE_LACKING: IdleCause = {
  code: 'SERVICE_UNAVAILABLE',
  reason: 'A service answered that its model is not available',
  fix: 'Restart the service that answered MODEL_NOT_AVAILABLE; it is asked again then, or after a while.',
};

/** Why a ready node gets no jobs, or not all that it could; null when it is just as ready as it says. */
const idleCauseOf = ({ declared, faults, lackingTypes, tenant }: NodeRecord): IdleCause | null => {
  if (faults.ejectedUntilAtMs !== null) return EJECTED;
  if (!declared.acceptsPublicJobs && tenant === DEFAULT_TENANT) return PAIRED_ONLY;
  if (declared.capacity === 0) return NO_CAPACITY;
  if (declared.languages !== null && declared.languages.pairs.size === 0) return NO_LANGUAGES;
  if ((declared.servedTypes & CORE_SERVICES) === 0) return NOTHING_SERVED;
  return lackingTypes === 0 ? null : SERVICE_LACKING;
};

/** Tells a ready node when why it is idle has changed; to be called when a step that may change it is done [NOD50]. */
export const tellIdleness = (turn: RegistryTurn, node: NodeRecord): void => {
  if (node.status !== 'ready') return;
  const cause = idleCauseOf(node);
  const code = cause?.code ?? null;
  if (code === node.idleCode) return;
  node.idleCode = code;
  tellStatus(turn, node, cause?.reason ?? 'Jobs may come', cause);
};
