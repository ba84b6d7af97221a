import { Type } from 'typebox';

/** Milliseconds for people and tools: clocks measure finer than anybody wants to read. */
export const Ms = (description?: string) =>
  Type.Integer({ minimum: 0, ...(description === undefined ? {} : { description }) });

export const wholeMs = (ms: number): number => Math.max(0, Math.round(ms));
