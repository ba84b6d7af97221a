import type { Static, TObject, TSchema } from 'typebox';
import { Type } from 'typebox';
import type { Principal } from '#core/ports.ts';
import type { ErrorCode } from '#protocol/errors.ts';

/**
 * Who may ask. `anyone`: numbers, and ids of machines beside them. `admin`: what tells of single people and machines, or
 * changes something. `client`: whoever may open sessions, and operators.
 */
export type Access = 'anyone' | 'admin' | 'client';

/** What a request asks, checked against the schemas of its route. */
export interface ApiRequest<Params extends TObject, Query extends TObject> {
  readonly params: Static<Params>;
  readonly query: Static<Query>;
  /** Null where anyone may ask. */
  readonly asker: Principal | null;
}

export type ApiAnswer<Answer> =
  | { readonly kind: 'found'; readonly body: Answer }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message?: string };

/**
 * One path of the HTTP interface. The same description answers requests, refuses bad ones and becomes a page of
 * docs/openapi.json [HTT50].
 */
export interface ApiRoute<
  Params extends TObject = TObject,
  Query extends TObject = TObject,
  Answer extends TSchema = TSchema,
> {
  readonly method: 'GET' | 'POST';
  /** With `:name` for what `params` describes. */
  readonly path: string;
  /** One sentence for the page. */
  readonly summary: string;
  readonly access: Access;
  readonly params: Params;
  readonly query: Query;
  /** Body of a 200. What is not in it is not sent. */
  readonly answer: Answer;
  /** Refusals of its own, beside those that every path has. */
  readonly refusals: readonly ErrorCode[];
  handle(request: ApiRequest<Params, Query>): ApiAnswer<Static<Answer>> | Promise<ApiAnswer<Static<Answer>>>;
}

/** Keeps the types of one route together; lists of routes then hold them without. */
export const route = <Params extends TObject, Query extends TObject, Answer extends TSchema>(
  description: ApiRoute<Params, Query, Answer>,
): ApiRoute => description as unknown as ApiRoute;

export const found = <Answer>(body: Answer): ApiAnswer<Answer> => ({ kind: 'found', body });
export const refused = <Answer>(code: ErrorCode, message?: string): ApiAnswer<Answer> => ({
  kind: 'refused',
  code,
  ...(message === undefined ? {} : { message }),
});

export const NOTHING = Type.Object({}, { additionalProperties: false });

/** Body of every refusal. `message` names what was wrong, and of what was sent a short name at most. */
export const RefusalSchema = Type.Object({
  error: Type.String({ description: 'A code of docs/errors.md.' }),
  message: Type.String(),
});
