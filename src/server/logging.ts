import { type DestinationStream, destination, type LevelWithSilent, pino, stdTimeFunctions } from 'pino';
import type { Log } from '#runtime/contract.ts';
import { errorChain } from '#runtime/error-chain.ts';

const STANDARD_ERROR = 2;
const CHARS_MAX = 300;
const ENTRIES_MAX = 32;
const DEPTH_MAX = 4;
const REDACTED = '[redacted]';

/** Names under which content or a secret could come; what stands there is never written, whatever it is. */
const SENSITIVE =
  /audio|payload|transcript|text|token|secret|password|authorization|cookie|credential|tts_|base64/i;

/**
 * The log as JSON lines. Redaction is by construction: only short plain values pass, bytes never, and nothing under a
 * name that could hold content [CFG23].
 */
export const createLog = (
  level: LevelWithSilent,
  stream: DestinationStream = destination({ dest: STANDARD_ERROR, sync: true }),
): Log => {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      messageKey: 'event',
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  return {
    write: (at, event, fields = {}) => {
      if (logger.isLevelEnabled(at)) logger[at](safeFields(fields, DEPTH_MAX), event);
    },
  };
};

const safeFields = (fields: object, depthLeft: number): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields)
      .slice(0, ENTRIES_MAX)
      .map(([name, value]) => [name, SENSITIVE.test(name) ? REDACTED : safeValue(value, depthLeft)]),
  );

const safeValue = (value: unknown, depthLeft: number): unknown => {
  switch (typeof value) {
    case 'string':
      return value.length > CHARS_MAX ? `${value.slice(0, CHARS_MAX)}…` : value;
    case 'number':
    case 'boolean':
    case 'undefined':
      return value;
    case 'bigint':
      return String(value);
    case 'object':
      return value === null ? null : safeObject(value, depthLeft);
    default:
      return REDACTED;
  }
};

const safeObject = (value: object, depthLeft: number): unknown => {
  if (value instanceof Error) return safeValue(errorChain(value), depthLeft);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || depthLeft === 0) return REDACTED;
  if (!Array.isArray(value)) return safeFields(value, depthLeft - 1);
  return value.slice(0, ENTRIES_MAX).map((entry) => safeValue(entry, depthLeft - 1));
};
