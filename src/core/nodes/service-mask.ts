import { SERVICE_TYPES, type ServiceType } from '#protocol/shapes.ts';

/** A set of service types as bits, in the order of `SERVICE_TYPES`; small enough to stand in an index key. */
export type ServiceMask = number;

export const serviceBit = (type: ServiceType): ServiceMask => 1 << SERVICE_TYPES.indexOf(type);

/** The types every speech job runs through; health looks at these and not at tone. */
export const CORE_SERVICES: ServiceMask = serviceBit('asr') | serviceBit('nmt') | serviceBit('tts');

export const hasAll = (held: ServiceMask, needed: ServiceMask): boolean => (held & needed) === needed;
