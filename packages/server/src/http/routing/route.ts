/**
 * The one way to write a route: one value with its method, its path, who may call it, the schemas of its input and
 * answers, and its handler. The schema stands beside it, or in the same folder's `schema.ts`.
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
 * - A GET route answers HEAD too, through the same handler, so a handler has no effect for `request.method === 'HEAD'`.
 *   One that sends a stream answers it with `answerStreamHead` (`head.ts`).
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
import type { Writes } from './caller-limits.ts';

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

/** A request before validation: its body, query and parameters are unknown, but its caller is identified. */
export type GrantedRequest<Kind extends Access> = FastifyRequest & Granted[Kind];

export interface RouteDefinition<Kind extends Access, Schema extends FastifySchema> {
  readonly method: HTTPMethods;
  /** The path below the prefix of the instance that the route is added to. */
  readonly path: string;
  readonly access: Kind;
  /** What the route admits besides credentials in headers. */
  readonly admits?: readonly Admission[];
  /** How its calls count in `writes_per_minute`. Default: all of them, unless the method is GET or HEAD. */
  readonly writes?: Writes;
  /** Whether other sites lead a browser here (`own-pages.ts`). Default false. */
  readonly isLedTo?: boolean;
  /** Whether it is answered however overloaded the server is, as public routes are. Default false. */
  readonly isEssential?: boolean;
  /** It has no `security`, which follows from the access. */
  readonly schema: Schema & { readonly security?: never };
  /** The largest body that it takes, in bytes; the server's own bound otherwise. */
  readonly bodyLimit?: number;
  /** Runs after the body is read and before it is validated. If it sends a reply, the handler is not called. */
  preValidation?(request: GrantedRequest<Kind>, reply: FastifyReply): Promise<unknown>;
  /** Runs after validation. If it sends a reply, the handler is not called. */
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
  writes,
  isEssential,
  isLedTo,
  schema,
  ...rest
}: RouteDefinition<Kind, Schema>): Route {
  const security = securityOf(access, admits);
  const options = {
    ...rest,
    url: path,
    config: { access, admits, writes, isEssential, isLedTo },
    schema: { ...schema, ...(security !== undefined && { security }) },
  };
  // Fastify's own type of a handler knows neither what the hook of `access.ts` grants nor this schema.
  return options as unknown as Route;
}

export function addRoutes(app: FastifyInstance, routes: readonly Route[]): void {
  for (const one of routes) app.route(one);
}
