/**
 * The one way to write a route: a value that says its method, its path, who may call it, what comes in and goes out,
 * and what it does. Its schema stands beside it, or in the same folder's `schema.ts`.
 *
 *     export function noteRoutes({ store, now }: NoteRoutesOptions): readonly Route[] {
 *       return [
 *         route({
 *           method: 'GET',
 *           path: '/notes/:id',
 *           access: 'conversation',
 *           admits: ['anonymous'],
 *           schema: { tags: ['notes'], operationId: 'getNote', summary: 'Get a note', params, response },
 *           handler: async ({ scope, params }) => toNote(await getNote(store.reads, scope, params.id)),
 *         }),
 *         route({
 *           method: 'POST',
 *           path: '/notes',
 *           access: 'writer',
 *           schema: { tags: ['notes'], operationId: 'createNote', summary: 'Create a note', body: NoteBody, response },
 *           async handler(request, reply) {
 *             const claim = idempotencyClaim(request, request.caller, now());
 *             const { result } = await store.executeOnce('createNote', { scope: request.scope, …request.body }, claim);
 *             return reply.code(201).send(toNote(result));
 *           },
 *         }),
 *       ];
 *     }
 *
 *     app.register(async (app) => addRoutes(app, noteRoutes(options)), { prefix: '/api' });
 *
 * - `params`, `query`, `body` and what is sent have the types of the schema; `caller` and `scope` those of the access
 *   (`access.ts`), in the handler and in the hooks of the route alike. Both are there before the body is read.
 * - The operation's `security` follows from `access` and `admits`; a schema does not say it.
 * - A check that depends on what a request turns out to do (a guest may read an answer, not start one) stays in the
 *   handler: `requireWrite(request.caller)`.
 */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  ContextConfigDefault,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifySchema,
  HTTPMethods,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
  RouteGenericInterface,
  RouteHandlerMethod,
  RouteOptions,
} from 'fastify';
import type { Admission } from '../request/authentication.ts';
import { type Access, type Granted, securityOf } from './access.ts';

type Request<Schema extends FastifySchema> = FastifyRequest<
  RouteGenericInterface,
  RawServerDefault,
  RawRequestDefaultExpression,
  Schema,
  TypeBoxTypeProvider
>;

type Reply<Schema extends FastifySchema> = FastifyReply<
  RouteGenericInterface,
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  ContextConfigDefault,
  Schema,
  TypeBoxTypeProvider
>;

type Returned<Schema extends FastifySchema> = ReturnType<
  RouteHandlerMethod<
    RawServerDefault,
    RawRequestDefaultExpression,
    RawReplyDefaultExpression,
    RouteGenericInterface,
    ContextConfigDefault,
    Schema,
    TypeBoxTypeProvider
  >
>;

/** A request before it is validated: what it brings is unknown, who calls is not. */
export type GrantedRequest<Kind extends Access> = FastifyRequest & Granted[Kind];

export interface RouteDefinition<Kind extends Access, Schema extends FastifySchema> {
  readonly method: HTTPMethods;
  /** Below the prefix of the instance that it is added to. */
  readonly path: string;
  readonly access: Kind;
  /** Besides credentials in headers. */
  readonly admits?: readonly Admission[];
  /** `security` is not among it: it follows from the access. */
  readonly schema: Schema & { readonly security?: never };
  /** Answers HEAD too. */
  readonly exposeHeadRoute?: boolean;
  /** Runs when the body is read, before it is validated. What it sends is the answer. */
  preValidation?(request: GrantedRequest<Kind>, reply: FastifyReply): Promise<unknown>;
  /** Runs after validation. What it sends is the answer. */
  preHandler?(request: GrantedRequest<Kind>, reply: FastifyReply): Promise<unknown>;
  handler(request: Request<Schema> & Granted[Kind], reply: Reply<Schema>): Returned<Schema>;
}

/** A route as Fastify takes it. */
export type Route = RouteOptions;

/** Makes a route; the types of its handler follow from its access and its schema. */
export function route<const Kind extends Access, const Schema extends FastifySchema>({
  path,
  access,
  admits = [],
  schema,
  ...rest
}: RouteDefinition<Kind, Schema>): Route {
  const security = securityOf(access, admits);
  const options = {
    ...rest,
    url: path,
    config: { access, admits },
    schema: { ...schema, ...(security !== undefined && { security }) },
  };
  // Fastify's own type of a handler knows neither what the hook of `access.ts` grants nor this schema.
  return options as unknown as Route;
}

export function addRoutes(app: FastifyInstance, routes: readonly Route[]): void {
  for (const one of routes) app.route(one);
}
