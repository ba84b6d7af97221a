import type { JobError } from '#protocol/node-agent-messages.ts';
import { type CommonEffect, count } from '../effects.ts';

const CODE = 'MODEL_NOT_AVAILABLE';
/** Reasons that agents give in words of their own are folded into these. */
const KNOWN_REASONS = ['not_found', 'checksum_mismatch', 'load_failed', 'timeout', 'oom'];
const RAW_CHARS_MAX = 64;

const textOf = (details: unknown, key: string): string => {
  if (typeof details !== 'object' || details === null) return '';
  const value: unknown = (details as Readonly<Record<string, unknown>>)[key];
  return typeof value === 'string' ? value : '';
};

/** Which service a node says it lacks; null when the failure is another one, or names none. */
export const missingServiceOf = (error: JobError | undefined): string | null => {
  if (error?.code !== CODE) return null;
  const serviceId = textOf(error.details, 'service_id');
  return serviceId === '' ? null : serviceId;
};

const missingModelReason = (error: JobError): string => {
  const said = textOf(error.details, 'reason');
  const word = said.trim().toLowerCase();
  if (word === '') return 'unknown';
  return KNOWN_REASONS.includes(word) ? word : `raw:${said.slice(0, RAW_CHARS_MAX)}`;
};

/** What is counted of a node that lacks a model, whatever becomes of the job [JOB80]. */
export const missingModelCounts = (error: JobError | undefined): readonly CommonEffect[] => {
  if (error?.code !== CODE) return [];
  return [
    count('model_na_received_total'),
    count('model_na_by_service_total', { service_id: missingServiceOf(error) ?? 'unknown' }),
    count('model_na_by_reason_total', { reason: missingModelReason(error) }),
  ];
};
