/** The OpenAPI 3.1 document, made from the routes' schemas. */
import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { defaultSecurity } from '../routing/access.ts';
import { withNamedSchemas } from './components.ts';
import { type Parameter, type RequestBody, withBodyExample, withExampleToTick } from './examples.ts';
import { withBodyRefusals } from './responses.ts';

/** A section of the document. */
export interface Tag {
  readonly name: string;
  readonly description: string;
}

/** The sections that follow those of the dialects. */
const commonTags: readonly Tag[] = [
  {
    name: 'generations',
    description: 'The answers of every dialect: look, stream again, cancel.',
  },
  { name: 'admin', description: 'Organizations, models, personas, keys, members, usage.' },
  {
    name: 'console',
    description:
      'What the console signs in with, for pages of this server alone. Its cookie is good for nothing but these calls; every other API takes the tokens that it is exchanged for.',
  },
  { name: 'operation', description: 'Health, metrics, and this documentation.' },
];

const description = `Colloquy is a self-hosted conversation server for language models.

**Credentials.** \`X-API-Key: sk_test_…\` or \`sk_prod_…\`, or \`Authorization: Bearer\` with a key or a token. The
administration takes an admin key, \`Authorization: Bearer sk_admin_…\`. "Test Request" sends what is typed here: the API key,
and to the administration the admin key.

**Errors** before a stream are a status and \`{"error", "code"}\`; after it began they are its error event.

**Streams** go on when a client goes away. Every event has an \`id:\`; \`Last-Event-ID\` (or \`?after=\`) at
\`GET /api/generations/{id}/stream\` sends everything behind it. \`POST /api/generations/{id}/cancel\` stops an answer.

**Limits** of keys, organizations and end users: every answer of a caller that has some bears \`RateLimit-Policy\` and
\`RateLimit\`; 429 names the \`limit\` that refuses, and \`Retry-After\`. Every call that writes counts.

**Idempotency-Key** on a POST makes a retry safe: the same key and body gets the first call's result.`;

/** Call it before any route is added. */
export function addOpenApi(app: FastifyInstance, version: string, dialectTags: readonly Tag[]): void {
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Colloquy',
        version,
        description,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } as { name: string },
      },
      servers: [{ url: '/', description: 'This server' }],
      security: [...defaultSecurity],
      tags: [...dialectTags, ...commonTags],
      components: {
        securitySchemes: {
          apiKey: {
            type: 'apiKey',
            in: 'header',
            name: 'X-API-Key',
            description: 'An API key, `sk_test_…` or `sk_prod_…`.',
          },
          bearerKey: { type: 'http', scheme: 'bearer', description: 'An API key.' },
          bearerToken: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: "An end user's token from `get_token`, or a member's.",
          },
          adminKey: { type: 'http', scheme: 'bearer', description: 'An admin key, `sk_admin_…`.' },
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: '__Host-colloquy',
            description: 'The session of a browser; without HTTPS the cookie is `colloquy`.',
          },
          accessToken: {
            type: 'apiKey',
            in: 'query',
            name: 'access_token',
            description: 'A token, for `EventSource`, which cannot set headers.',
          },
        },
      },
    },
    refResolver: {
      buildLocalReference: (json, _baseUri, _fragment, index) =>
        typeof json.$id === 'string' ? json.$id : `Schema${index}`,
    },
  });
}

interface Operation {
  readonly tags?: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: RequestBody;
  readonly responses: Parameters<typeof withBodyRefusals>[1];
}

/** The document as it is sent: with those tags only that some operation has, and with what refuses a body. */
export function openApiDocument(app: FastifyInstance): object {
  const document = app.swagger() as unknown as {
    readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
    readonly tags?: readonly { readonly name: string }[];
  };
  const paths = Object.entries(document.paths ?? {}).map(([written, operations]) => {
    const path = written.replace('{*}', '{path}');
    const whole = Object.entries(operations).map(([method, operation]) => {
      const responses = withBodyRefusals(method, operation.responses);
      const { parameters, requestBody } = operation;
      const whole = {
        ...operation,
        ...(parameters && { parameters: parameters.map(namedPath).map(withExampleToTick) }),
        ...(requestBody && { requestBody: withBodyExample(requestBody) }),
        responses,
      };
      return [method, whole] as const;
    });
    return [path, Object.fromEntries(whole)] as const;
  });
  const used = new Set(
    paths.flatMap(([, operations]) => Object.values(operations).flatMap(({ tags }) => tags ?? [])),
  );
  return withNamedSchemas({
    ...document,
    paths: Object.fromEntries(paths),
    tags: document.tags?.filter(({ name }) => used.has(name)),
  });
}

/** The rest of a path has no name in its route. */
function namedPath(parameter: Parameter): Parameter {
  return parameter.name === '*' ? { ...parameter, name: 'path' } : parameter;
}
