/** `/organizations/{org_id}/keys` */
import { type Static, Type } from 'typebox';
import { generateApiKey } from '../../../auth/api-keys.ts';
import { invalid, notFound } from '../../../domain/errors.ts';
import { newId } from '../../../domain/ids.ts';
import type { OrganizationScope } from '../../../domain/scope.ts';
import { type ApiKeyRecord, findApiKey, listApiKeys } from '../../../store/queries/api-keys.ts';
import { maxPersonaId } from '../../../store/queries/personas.ts';
import { type AdminApp, claimOf, openOrganization, timeOf } from '../access.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { pageById, toPageResource } from '../page.ts';
import {
  answers,
  closed,
  created,
  createdAt,
  deleted,
  exampleTime,
  id,
  nullable,
  OrganizationParams,
  oneOf,
  PageQuery,
  pageOf,
  text,
} from '../schema.ts';
import { fromTime, toTime, toTimeOrNull } from '../time.ts';

function limit(description: string, example: number): ReturnType<typeof Type.Integer> {
  return Type.Integer({ minimum: 1, maximum: 2_147_483_647, description, examples: [example] });
}

const Limits = Type.Object(
  {
    requests_per_minute: Type.Optional(limit('Requests that start a generation.', 60)),
    tokens_per_minute: Type.Optional(limit('Tokens, of prompts and answers.', 100_000)),
    tokens_per_day: Type.Optional(limit('Tokens, of prompts and answers.', 5_000_000)),
    concurrent_streams: Type.Optional(limit('Generations that run at once.', 20)),
  },
  { ...closed, description: 'What the key may use up; what is absent is not limited.' },
);

const fields = {
  name: text('What the key is for.', 'website', { maxLength: 255 }),
  type: oneOf(['test', 'prod', 'admin'] as const, {
    description:
      '`prod` uses submitted personas by alias, `test` any version; their data do not mix. `admin` administers this organization.',
    examples: ['prod'],
  }),
  default_persona_id: nullable(
    Type.Integer({
      minimum: 1,
      maximum: maxPersonaId,
      description: 'The persona of requests that select none.',
      examples: [1],
    }),
  ),
  expires_at: nullable(
    Type.String({
      format: 'date-time',
      description: 'When the key stops working; null: never.',
      examples: [exampleTime],
    }),
  ),
  allowed_origins: nullable(
    Type.Array(
      Type.String({ maxLength: 300, description: 'An origin.', examples: ['https://www.example.com'] }),
      {
        minItems: 1,
        maxItems: 100,
        description: 'The origins that browsers may call from; null: any.',
        examples: [['https://www.example.com']],
      },
    ),
  ),
};

const resourceFields = {
  id: id('The id.'),
  ...fields,
  prefix: Type.String({ description: 'What of the key stays visible.', examples: ['sk_prod_Ab3dE6'] }),
  limits: Limits,
  created_at: createdAt,
  last_used_at: nullable(
    Type.String({
      format: 'date-time',
      description: 'When the key was used last, up to a minute late.',
      examples: [exampleTime],
    }),
  ),
};

const Key = Type.Object(resourceFields, { title: 'ApiKey', description: 'An API key, without its secret.' });
const NewKey = Type.Object(
  {
    ...resourceFields,
    key: Type.Optional(
      Type.String({
        description: 'The whole key, shown this once; a replayed answer lacks it.',
        examples: ['sk_prod_Ab3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6kM9nP2r'],
      }),
    ),
  },
  { title: 'NewApiKey', description: 'A new API key with its secret.' },
);

const Params = Type.Object({ ...OrganizationParams.properties, id: id('The key.') });
const CreateBody = Type.Object(
  {
    name: fields.name,
    type: fields.type,
    default_persona_id: Type.Optional(fields.default_persona_id),
    expires_at: Type.Optional(fields.expires_at),
    limits: Type.Optional(Limits),
    allowed_origins: Type.Optional(fields.allowed_origins),
  },
  { ...closed, title: 'ApiKeyRequest' },
);

function toResource(record: ApiKeyRecord): Static<typeof Key> {
  return {
    id: record.id,
    name: record.name,
    type: record.type,
    default_persona_id: record.defaultPersonaId,
    expires_at: toTimeOrNull(record.expiresAt),
    allowed_origins: record.allowedOrigins === null ? null : [...record.allowedOrigins],
    prefix: record.prefix,
    limits: record.limits,
    created_at: toTime(record.createdAt),
    last_used_at: toTimeOrNull(record.lastUsedAt),
  };
}

/** @throws AppError invalid_request */
function checkBody(body: Static<typeof CreateBody>, now: number): void {
  if (typeof body.expires_at === 'string' && fromTime(body.expires_at) <= now) {
    throw invalid('expires_at', 'expires_at must lie in the future');
  }
  for (const [index, origin] of (body.allowed_origins ?? []).entries()) {
    if (URL.canParse(origin) && new URL(origin).origin === origin) continue;
    const field = `allowed_origins.${index}`;
    throw invalid(field, `${field} must be an origin like https://www.example.com, without a path`);
  }
  if (body.type !== 'admin') return;
  const useless = (['default_persona_id', 'limits', 'allowed_origins'] as const).find(
    (name) => body[name] !== undefined && body[name] !== null,
  );
  if (useless !== undefined) throw invalid(useless, `${useless} must be absent for a key of type admin`);
}

export function keyRoutes(app: AdminApp, dependencies: AdminDependencies): void {
  const { store } = dependencies;
  const path = '/organizations/:org_id/keys';

  async function get(scope: OrganizationScope, keyId: string): Promise<Static<typeof Key>> {
    const record = await findApiKey(store.reads, scope, keyId.toLowerCase());
    if (record === undefined) throw notFound('key');
    return toResource(record);
  }

  app.post(
    path,
    {
      schema: {
        tags: ['admin'],
        operationId: 'createKey',
        summary: 'Make an API key',
        params: OrganizationParams,
        body: CreateBody,
        response: created(NewKey, 'The new key; `key` is shown this once.'),
      },
    },
    async (request, reply) => {
      const scope = await openOrganization(request, dependencies, request.params.org_id);
      const { organizationId } = scope;
      const { body } = request;
      const now = timeOf(dependencies);
      checkBody(body, now);
      const { key, prefix, hash } = generateApiKey(body.type);
      const { result, replayed } = await store.executeOnce(
        'createApiKey',
        {
          id: newId(),
          organizationId,
          name: body.name,
          type: body.type,
          prefix,
          hash,
          defaultPersonaId: body.default_persona_id ?? null,
          limits: body.limits ?? {},
          allowedOrigins: body.allowed_origins ?? null,
          expiresAt: typeof body.expires_at === 'string' ? fromTime(body.expires_at) : null,
          now,
        },
        claimOf(request, dependencies),
      );
      reply
        .code(201)
        .header('Cache-Control', 'no-store')
        .header('Location', `${app.prefix}/organizations/${organizationId}/keys/${result.id}`);
      return { ...(await get(scope, result.id)), ...(!replayed && { key }) };
    },
  );

  app.get(
    path,
    {
      schema: {
        tags: ['admin'],
        operationId: 'listKeys',
        summary: 'The API keys of an organization',
        params: OrganizationParams,
        querystring: PageQuery,
        response: answers(pageOf('ApiKeyList', Key), 'A page of keys that are not revoked, oldest first.'),
      },
    },
    async (request) => {
      const scope = await openOrganization(request, dependencies, request.params.org_id);
      return toPageResource(await listApiKeys(store.reads, scope, pageById(request.query)), toResource);
    },
  );

  app.get(
    `${path}/:id`,
    {
      schema: {
        tags: ['admin'],
        operationId: 'getKey',
        summary: 'An API key',
        params: Params,
        response: answers(Key, 'The key.'),
      },
    },
    async (request) => {
      const scope = await openOrganization(request, dependencies, request.params.org_id);
      return await get(scope, request.params.id);
    },
  );

  app.delete(
    `${path}/:id`,
    {
      schema: {
        tags: ['admin'],
        operationId: 'deleteKey',
        summary: 'Revoke an API key and its tokens, at once and everywhere',
        params: Params,
        response: deleted(),
      },
    },
    async (request, reply) => {
      const { organizationId } = await openOrganization(request, dependencies, request.params.org_id);
      await store.execute('revokeApiKey', {
        organizationId,
        id: request.params.id.toLowerCase(),
        now: timeOf(dependencies),
      });
      return reply.code(204).send(null);
    },
  );
}
