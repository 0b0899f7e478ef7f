/** Health, readiness and metrics for operators and their monitoring, and what this server is. */
import type { Registry } from 'prom-client';
import { Type } from 'typebox';
import { errorResponses } from '../openapi/responses.ts';
import type { AppPlugin } from '../openapi/route-plugin.ts';
import { addRoutes, route } from '../routing/route.ts';

/** Whether the server can serve, and how its models are. */
export interface Readiness {
  readonly ready: boolean;
  /** What is not ready, for people; empty when all is. */
  readonly problems?: readonly string[];
  /** The local model among them: `{state, percent}`. */
  readonly models: Readonly<Record<string, unknown>>;
}

const tags = ['operation'];

export interface OperationRoutesOptions {
  /** False while the server is draining; `/readyz` is 503 then. */
  isAccepting(): boolean;
  isReady(): Promise<Readiness>;
  readonly version: string;
  readonly registry: Registry;
  /** Whether `/` leads browsers to the console. */
  readonly hasConsole: boolean;
}

const ReadinessSchema = Type.Object(
  {
    ready: Type.Boolean({ description: 'Whether it can serve.' }),
    problems: Type.Array(Type.String(), { description: 'What is not ready.' }),
    models: Type.Unsafe<Record<string, unknown>>({
      type: 'object',
      additionalProperties: true,
      description: 'How the models are; of the local one `{state, percent}`.',
    }),
  },
  { $id: 'Readiness', title: 'Readiness', description: 'Whether the server can serve.' },
);

const example = { ready: true, problems: [], models: { local: { state: 'ready', percent: 100 } } };

/** These routes need no credential, since nothing that they show belongs to an organization. */
const shared = { method: 'GET', access: 'public' } as const;

export function operationRoutes(options: OperationRoutesOptions): AppPlugin {
  const { registry, version } = options;
  const routes = [
    route({
      ...shared,
      path: '/healthz',
      schema: {
        tags,
        operationId: 'getHealth',
        summary: 'Whether the process is up',
        description: 'Says nothing of what it depends on.',
        response: {
          200: {
            description: 'It is.',
            content: {
              'application/json': {
                schema: Type.Object(
                  {
                    status: Type.Literal('ok', { description: 'Always this.' }),
                    version: Type.String({ description: "The server's version.", examples: ['0.1.0'] }),
                  },
                  { title: 'Liveness', description: 'The process is up.' },
                ),
                example: { status: 'ok', version: '0.1.0' },
              },
            },
          },
          ...errorResponses(400),
        },
      },
      handler: async (_request, reply) => reply.send({ status: 'ok', version }),
    }),
    route({
      ...shared,
      path: '/readyz',
      schema: {
        tags,
        operationId: 'getReadiness',
        summary: 'Whether the server can serve',
        description: 'Its store and bus answer; 503 where not, and while it shuts down.',
        response: {
          200: {
            description: 'It can.',
            content: { 'application/json': { schema: Type.Ref('Readiness#'), example } },
          },
          503: {
            description: 'It can not, or is shutting down.',
            content: {
              'application/json': {
                schema: Type.Ref('Readiness#'),
                example: { ...example, ready: false, problems: ['shutting down'] },
              },
            },
          },
          ...errorResponses(400),
        },
      },
      async handler(_request, reply) {
        const { ready, problems = [], models } = await options.isReady();
        const isAccepting = options.isAccepting();
        reply.code(ready && isAccepting ? 200 : 503);
        return reply.send({
          ready: ready && isAccepting,
          problems: isAccepting ? problems : [...problems, 'shutting down'],
          models,
        });
      },
    }),
    route({
      ...shared,
      path: '/metrics',
      schema: {
        tags,
        operationId: 'getMetrics',
        summary: 'Metrics',
        description: "In Prometheus' text format.",
        response: {
          200: {
            description: 'The metrics.',
            content: {
              'text/plain': {
                schema: Type.String({ description: "Prometheus' text format." }),
                example: 'colloquy_streams_open 3\n',
              },
            },
          },
          ...errorResponses(400),
        },
      },
      handler: async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()),
    }),
    route({
      ...shared,
      path: '/',
      schema: { hide: true },
      async handler({ basePath, headers }, reply) {
        reply.header('Vary', 'Accept');
        if (options.hasConsole && headers.accept?.includes('text/html'))
          return reply.redirect('/console', 302);
        return {
          name: 'colloquy',
          version,
          ...(options.hasConsole && { console: `${basePath}/console` }),
          documentation: `${basePath}/docs`,
          openapi: `${basePath}/docs/openapi.json`,
        };
      },
    }),
  ];
  return async (app) => {
    app.addSchema(ReadinessSchema);
    addRoutes(app, routes);
  };
}
