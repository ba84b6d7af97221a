import type { AudioEncoding } from '#protocol/audio.ts';
import { knownNodeFeatures, type NodeFeature } from '#protocol/capabilities.ts';
import type { NodeHeartbeat, NodeRegister } from '#protocol/node-agent-messages.ts';
import type { CapabilityByType, Hardware, InstalledModel, InstalledService } from '#protocol/shapes.ts';
import { type DeclaredLanguages, declaredLanguages, sameLanguages } from './languages.ts';
import { flagMask } from './requirements.ts';
import { CORE_SERVICES, hasAll, type ServiceMask, serviceBit } from './service-mask.ts';

/** What the machine is made of, as declared; for figures of computing power [NOD45]. */
export interface DeclaredHardware {
  readonly cpuCores: number;
  readonly memoryGb: number;
  readonly gpus: readonly { readonly name: string; readonly memoryGb: number }[];
}

/** What a node last said about itself, with what follows from it. A new word replaces it whole. */
export interface Declaration {
  readonly version: string;
  readonly platform: string;
  readonly hasGpu: boolean;
  readonly hardware: DeclaredHardware;
  readonly acceptsPublicJobs: boolean;
  /** Granted, not asked: empty for a legacy node. */
  readonly features: readonly NodeFeature[];
  readonly formats: readonly AudioEncoding[];
  readonly flags: number;
  readonly models: readonly InstalledModel[];
  readonly services: readonly InstalledService[];
  readonly capabilities: readonly CapabilityByType[];
  readonly languages: DeclaredLanguages | null;
  /** Attempts it may hold at once. */
  readonly capacity: number;
  readonly installedTypes: ServiceMask;
  readonly readyTypes: ServiceMask;
  /** Ready, and an implementation of it runs: what jobs may ask for. */
  readonly servedTypes: ServiceMask;
  /** Some of its speech services run on the processor. */
  readonly runsOnCpu: boolean;
}

/** What this version obeys; the rest of what a node may ask for is not granted yet [NOD4]. */
const GRANTED: readonly NodeFeature[] = [
  'job_ack',
  'job_progress',
  'job_reject',
  'partials',
  'open_job',
  'drain',
  'audio:pcm16',
  'audio:opus',
];

const formatsOf = (features: readonly NodeFeature[]): readonly AudioEncoding[] => {
  const formats: AudioEncoding[] = [];
  if (features.includes('audio:opus')) formats.push('opus');
  if (features.includes('audio:pcm16')) formats.push('pcm16');
  return formats.length === 0 ? ['opus'] : formats;
};

const hardwareOf = ({ cpu_cores, memory_gb, gpus = [] }: Hardware): DeclaredHardware => ({
  cpuCores: cpu_cores,
  memoryGb: memory_gb,
  gpus: gpus.map(({ name, memory_gb: memoryGb }) => ({ name, memoryGb })),
});

type Services = Pick<
  Declaration,
  'services' | 'capabilities' | 'installedTypes' | 'readyTypes' | 'servedTypes' | 'runsOnCpu'
>;

const servicesFrom = (
  services: readonly InstalledService[],
  capabilities: readonly CapabilityByType[],
): Services => {
  let installedTypes = 0;
  let runningTypes = 0;
  let runsOnCpu = false;
  for (const service of services) {
    const bit = serviceBit(service.type);
    installedTypes |= bit;
    if (service.status !== 'running') continue;
    runningTypes |= bit;
    runsOnCpu ||= service.device === 'cpu' && hasAll(CORE_SERVICES, bit);
  }
  const readyTypes = capabilities.reduce(
    (mask, { type, ready }) => (ready ? mask | serviceBit(type) : mask),
    0,
  );
  return {
    services,
    capabilities,
    installedTypes,
    readyTypes,
    servedTypes: runningTypes & readyTypes,
    runsOnCpu,
  };
};

export const declarationOf = (message: NodeRegister, capacityByDefault: number): Declaration => {
  const features = knownNodeFeatures(message.advanced_features).filter((name) => GRANTED.includes(name));
  return {
    version: message.version,
    platform: message.platform,
    hardware: hardwareOf(message.hardware),
    hasGpu: (message.hardware.gpus?.length ?? 0) > 0,
    acceptsPublicJobs: message.accept_public_jobs,
    features,
    formats: formatsOf(features),
    flags: flagMask(message.features_supported),
    models: message.installed_models,
    languages: declaredLanguages(message),
    capacity: message.max_concurrent_jobs ?? capacityByDefault,
    ...servicesFrom(message.installed_services ?? [], message.capability_by_type),
  };
};

/** Services and capabilities replace; models, languages and capacity stay when the heartbeat leaves them out [NOD8]. */
export const declarationAfter = (old: Declaration, message: NodeHeartbeat): Declaration => {
  const languages = declaredLanguages(message) ?? old.languages;
  return {
    ...old,
    models: message.installed_models ?? old.models,
    languages: sameLanguages(old.languages, languages) ? old.languages : languages,
    capacity: message.max_concurrent_jobs ?? old.capacity,
    ...servicesFrom(message.installed_services, message.capability_by_type),
  };
};

/** True when the same demands are served as before, so that no index has to be looked at. */
export const servesTheSame = (one: Declaration, other: Declaration): boolean =>
  one.servedTypes === other.servedTypes && one.languages === other.languages;
