import type { TSchema } from 'typebox';

/** The few JSON Schema words that our message schemas are made of (protocol/field-kinds.ts), typed for reading. */
export interface SchemaView {
  readonly type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean';
  readonly properties?: Readonly<Record<string, SchemaView>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: SchemaView;
  readonly items?: SchemaView;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly not?: SchemaView;
  readonly 'x-rounding'?: 'nearest' | 'down';
  /** A fallback value, or 'drop'. */
  readonly 'x-unknown'?: string;
  readonly 'x-skip-unknown'?: boolean;
  readonly 'x-json'?: boolean;
}

export const viewOf = (schema: TSchema): SchemaView => schema as SchemaView;
