/** `/organizations/{org_id}/keys` */

import type { Static } from 'typebox';
import { generateApiKey } from '../../../auth/api-keys.ts';
import { creatorOf } from '../../../auth/principal.ts';
import type { ApiKeyType } from '../../../domain/api-key.ts';
import { invalid, notFound } from '../../../domain/errors.ts';
import { newId } from '../../../domain/ids.ts';
import { type Limits, type SubjectLimits, withWriteLimit } from '../../../domain/limits/limits.ts';
import type { OrganizationScope } from '../../../domain/scope.ts';
import { isOriginPattern } from '../../../domain/text/origin.ts';
import { fromTime } from '../../../domain/text/time.ts';
import {
  type ApiKeyRecord,
  findAnyApiKey,
  findApiKey,
  listApiKeys,
} from '../../../store/queries/api-keys.ts';
import { nameCreators } from '../../../store/queries/creators.ts';
import { answer, gone } from '../../openapi/answers.ts';
import { type Route, route } from '../../routing/route.ts';
import { budgetWarnings } from '../budget-warnings.ts';
import { readConsumed } from '../consumed.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { toLimits } from '../limit-fields.ts';
import { pageById, pageOf, toPageResource } from '../page.ts';
import {
  createdAnswer,
  locationOf,
  OrganizationParams,
  organizationPath,
  refusals,
  tags,
} from '../schema.ts';
import {
  ChangedKey,
  CreateKeyBody,
  Key,
  KeyListQuery,
  KeyParams,
  NewKey,
  RotateKeyBody,
  toKeyResource,
  UpdateKeyBody,
} from './schema.ts';

const access = 'organization-admin';
const path = `${organizationPath}/keys`;

/** The key's own limits, as they hold. */
function limitsOf({ id, limits }: Pick<ApiKeyRecord, 'id' | 'limits'>): SubjectLimits {
  return { subject: 'key', id, limits: withWriteLimit(limits) };
}

export function keyRoutes({ store, engine, revocation, now }: AdminDependencies): readonly Route[] {
  async function get(scope: OrganizationScope, keyId: string): Promise<Static<typeof Key>> {
    const record = await findAnyApiKey(store.reads, scope, keyId.toLowerCase());
    if (record === undefined) throw notFound('key');
    const named = await nameCreators(store.reads, scope, [record.createdBy]);
    const consumed = await readConsumed(engine, [limitsOf(record)]);
    return toKeyResource(record, named(record.createdBy), consumed(record.id), now());
  }

  /** From when a limit is set on, what it bounds is counted, so that what was used before is shown too. */
  async function count({ organizationId }: OrganizationScope, id: string, limits: Limits): Promise<void> {
    await engine.storedLimits.counted(organizationId, [limitsOf({ id, limits })]);
  }

  async function living(scope: OrganizationScope, keyId: string): Promise<ApiKeyRecord> {
    const record = await findApiKey(store.reads, scope, keyId.toLowerCase());
    if (record === undefined) throw notFound('key');
    return record;
  }

  return [
    route({
      method: 'POST',
      path,
      access,
      schema: {
        tags,
        operationId: 'createKey',
        summary: 'Make an API key',
        params: OrganizationParams,
        body: CreateKeyBody,
        response: {
          201: createdAnswer(answer('The new key; `key` is shown this once.', NewKey)),
          ...refusals,
        },
      },
      async handler(request, reply) {
        const { caller, scope, body } = request;
        const at = now();
        checkBody(body, body.type, at);
        const limits = toLimits(body.limits ?? {});
        const endUserLimits = toLimits(body.end_user_limits ?? {});
        const { key, prefix, hash } = generateApiKey(body.type);
        const { result, replayed } = await store.changeOnce(request, 'createApiKey', {
          id: newId(),
          organizationId: scope.organizationId,
          name: body.name,
          type: body.type,
          prefix,
          hash,
          defaultPersonaId: body.default_persona_id ?? null,
          personas: distinct(body.personas ?? null),
          limits,
          endUserLimits,
          allowedOrigins: body.allowed_origins ?? null,
          expiresAt: typeof body.expires_at === 'string' ? fromTime(body.expires_at) : null,
          createdBy: creatorOf(caller),
          now: at,
        });
        await count(scope, result.id, limits);
        reply.code(201).header('Location', locationOf(scope, 'keys', result.id));
        const warnings = await budgetWarnings(store.reads, scope, limits, endUserLimits);
        return { ...(await get(scope, result.id)), ...warnings, ...(!replayed && { key }) };
      },
    }),
    route({
      method: 'GET',
      path,
      access,
      schema: {
        tags,
        operationId: 'listKeys',
        summary: 'The API keys of an organization',
        params: OrganizationParams,
        querystring: KeyListQuery,
        response: {
          200: answer('A page of keys, oldest first.', pageOf('ApiKeyList', Key)),
          ...refusals,
        },
      },
      async handler({ scope, query }) {
        const page = await listApiKeys(store.reads, scope, pageById(query), { isRevoked: query.revoked });
        const named = await nameCreators(
          store.reads,
          scope,
          page.data.map(({ createdBy }) => createdBy),
        );
        const at = now();
        const consumed = await readConsumed(engine, page.data.map(limitsOf));
        return toPageResource(page, (record) =>
          toKeyResource(record, named(record.createdBy), consumed(record.id), at),
        );
      },
    }),
    route({
      method: 'GET',
      path: `${path}/:id`,
      access,
      schema: {
        tags,
        operationId: 'getKey',
        summary: 'An API key',
        params: KeyParams,
        response: { 200: answer('The key.', Key), ...refusals },
      },
      handler: ({ scope, params }) => get(scope, params.id),
    }),
    route({
      method: 'PATCH',
      path: `${path}/:id`,
      access,
      writes: 'beyond',
      schema: {
        tags,
        operationId: 'updateKey',
        summary: 'Change an API key; all of its tokens obey at their next request',
        params: KeyParams,
        body: UpdateKeyBody,
        response: { 200: answer('The changed key.', ChangedKey), ...refusals },
      },
      async handler(request) {
        const { scope, params, body } = request;
        const { type, id } = await living(scope, params.id);
        checkBody(body, type, now());
        const { name, default_persona_id, personas, expires_at, limits, end_user_limits, allowed_origins } =
          body;
        const changedLimits = limits && toLimits(limits);
        const changedUserLimits = end_user_limits && toLimits(end_user_limits);
        await store.change(request, 'updateApiKey', {
          organizationId: scope.organizationId,
          id,
          changes: {
            ...(name !== undefined && { name }),
            ...(default_persona_id !== undefined && { defaultPersonaId: default_persona_id }),
            ...(personas !== undefined && { personas: distinct(personas) }),
            ...(expires_at !== undefined && {
              expiresAt: expires_at === null ? null : fromTime(expires_at),
            }),
            ...(changedLimits && { limits: changedLimits }),
            ...(changedUserLimits && { endUserLimits: changedUserLimits }),
            ...(allowed_origins !== undefined && { allowedOrigins: allowed_origins }),
          },
        });
        await count(scope, id, changedLimits ?? {});
        const warnings = await budgetWarnings(store.reads, scope, changedLimits, changedUserLimits);
        return { ...(await get(scope, id)), ...warnings };
      },
    }),
    route({
      method: 'POST',
      path: `${path}/:id/rotate`,
      access,
      writes: 'beyond',
      schema: {
        tags,
        operationId: 'rotateKey',
        summary: 'Give an API key another secret; its id, limits, usage and tokens stay',
        description: 'Connections of the earlier secret end with its overlap; what they have begun goes on.',
        params: KeyParams,
        body: RotateKeyBody,
        response: { 200: answer('The key; `key` is its new secret, shown this once.', NewKey), ...refusals },
      },
      /** The body may be left out. */
      async preValidation(request) {
        request.body ??= {};
      },
      async handler(request) {
        const { scope, params, body } = request;
        const { type, id } = await living(scope, params.id);
        const { key, prefix, hash } = generateApiKey(type);
        const overlapMs = (body.overlap_seconds ?? 0) * 1000;
        const { replayed } = await store.changeOnce(request, 'rotateApiKey', {
          organizationId: scope.organizationId,
          id,
          prefix,
          hash,
          overlapMs,
          now: now(),
        });
        await revocation.secret(id);
        return { ...(await get(scope, id)), ...(!replayed && { key }) };
      },
    }),
    route({
      method: 'DELETE',
      path: `${path}/:id`,
      access,
      writes: 'beyond',
      schema: {
        tags,
        operationId: 'deleteKey',
        summary: 'Revoke an API key and its tokens, at once and everywhere',
        description:
          'Connections of the key and its end users end with an error, and what they have running and queued ends as cancelled.',
        params: KeyParams,
        response: { 204: gone, ...refusals },
      },
      async handler(request, reply) {
        const { organizationId } = request.scope;
        const id = request.params.id.toLowerCase();
        await store.change(request, 'revokeApiKey', { organizationId, id, now: now() });
        // Nothing new starts under the key by now; what it and its end users have running and queued ends.
        await revocation.key(id);
        return reply.code(204).send(null);
      },
    }),
  ];
}

function distinct(ids: readonly number[] | null): readonly number[] | null {
  return ids && [...new Set(ids)];
}

/** @throws AppError invalid_request */
function checkBody(body: Static<typeof UpdateKeyBody>, type: ApiKeyType, now: number): void {
  if (typeof body.expires_at === 'string' && fromTime(body.expires_at) <= now) {
    throw invalid('expires_at', 'expires_at must lie in the future');
  }
  for (const [index, origin] of (body.allowed_origins ?? []).entries()) {
    if (isOriginPattern(origin)) continue;
    const field = `allowed_origins.${index}`;
    throw invalid(
      field,
      `${field} must be an origin like https://www.example.com, without a path, or a pattern like https://*.example.com`,
    );
  }
  if (type !== 'admin') return;
  const useless = (['default_persona_id', 'personas', 'end_user_limits', 'allowed_origins'] as const).find(
    (name) => body[name] !== undefined && body[name] !== null,
  );
  if (useless !== undefined) throw invalid(useless, `${useless} must be absent for a key of type admin`);
  const { writes_per_minute: _, ...others } = toLimits(body.limits ?? {});
  const [other] = Object.keys(others);
  if (other !== undefined) {
    const field = `limits.${other}`;
    throw invalid(field, `${field} must be absent for a key of type admin, which has writes_per_minute only`);
  }
}
