/** Reads API keys. Each request's credential takes one query by an index. */
import type { ApiKeyType } from '../../domain/api-key.ts';
import { type Limits, parseLimits } from '../../domain/limits/limits.ts';
import type { Creator, OrganizationScope } from '../../domain/scope.ts';
import { remembered, statement } from '../statement.ts';
import type { ApiKeyTable, Database } from '../tables.ts';
import { toCreator } from './creators.ts';
import {
  type OrganizationRules,
  type OrganizationRulesRow,
  organizationRuleColumns,
  toOrganizationRules,
} from './organization-settings.ts';
import { type Page, type PageRequest, readPage } from './page.ts';

export interface ApiKeyRecord {
  readonly id: string;
  readonly organizationId: string;
  readonly name: string;
  readonly type: ApiKeyType;
  readonly prefix: string;
  /** SHA-256 of the whole key, hex. */
  readonly hash: string;
  readonly defaultPersonaId: number | null;
  /** The ids of the personas that it is held to; null: all of its organization. */
  readonly personas: readonly number[] | null;
  readonly limits: Limits;
  /** Of each end user with a token of this key. */
  readonly endUserLimits: Limits;
  /** Origins that may use the key; null allows any. */
  readonly allowedOrigins: readonly string[] | null;
  /** Epoch milliseconds. */
  readonly expiresAt: number | null;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
  /** The secret before the last rotation; null: it is not valid any more, or there was none. */
  readonly previous: { readonly hash: string; readonly until: number } | null;
  /** Null for keys of before this was kept, and for the first one. */
  readonly createdBy: Creator | null;
}

export function toApiKey(row: ApiKeyTable): ApiKeyRecord {
  return {
    id: row.id,
    organizationId: row.organization_id,
    name: row.name,
    type: row.type,
    prefix: row.prefix,
    hash: row.hash,
    defaultPersonaId: row.default_persona_id,
    personas: row.personas === null ? null : (JSON.parse(row.personas) as number[]),
    limits: parseLimits(row.limits),
    endUserLimits: parseLimits(row.end_user_limits),
    allowedOrigins: row.allowed_origins === null ? null : (JSON.parse(row.allowed_origins) as string[]),
    expiresAt: row.expires_at,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
    previous:
      row.previous_hash === null || row.previous_until === null
        ? null
        : { hash: row.previous_hash, until: row.previous_until },
    createdBy: toCreator(row),
  };
}

/** A key with the limits of its organization, which hold for each of its requests. */
export interface AuthenticatedKey extends ApiKeyRecord {
  readonly organization: OrganizationRules;
}

type KeyRow = ApiKeyTable & OrganizationRulesRow;

function toAuthenticatedKey(row: KeyRow): AuthenticatedKey {
  return { ...toApiKey(row), organization: toOrganizationRules(row.organization_id, row) };
}

function selectKeys(db: Database) {
  return db
    .selectFrom('api_key')
    .leftJoin('organization_settings', 'organization_settings.organization_id', 'api_key.organization_id')
    .selectAll('api_key')
    .select(organizationRuleColumns);
}

const byHash = statement<{ hash: string }, KeyRow>((db, param) =>
  selectKeys(db).where('hash', '=', param('hash')),
);

const byPreviousHash = statement<{ hash: string }, KeyRow>((db, param) =>
  selectKeys(db).where('previous_hash', '=', param('hash')),
);

const ofToken = statement<{ key: string; end_user: string }, KeyRow>((db, param) =>
  selectKeys(db)
    .innerJoin('end_user', 'end_user.organization_id', 'api_key.organization_id')
    .where('api_key.id', '=', param('key'))
    .where('end_user.id', '=', param('end_user'))
    .where('end_user.erasing_at', 'is', null),
);

/**
 * Finds a key in any state by the hash of its secret, or of the one before; the caller checks `revokedAt`, `expiresAt`
 * and `previous`. No scope is known yet.
 */
export function findApiKeyByHash(db: Database, hash: string): Promise<AuthenticatedKey | undefined> {
  return remembered(db, `key ${hash}`, async () => {
    const [row = (await byPreviousHash(db, { hash }))[0]] = await byHash(db, { hash });
    return row && toAuthenticatedKey(row);
  });
}

/** The key of an end user's token, in any state; undefined if the key was deleted, or the end user was or is being erased. */
export function findApiKeyOfToken(
  db: Database,
  keyId: string,
  endUserId: string,
): Promise<AuthenticatedKey | undefined> {
  return remembered(db, `key ${keyId} of ${endUserId}`, async () => {
    const [row] = await ofToken(db, { key: keyId, end_user: endUserId });
    return row && toAuthenticatedKey(row);
  });
}

/** A key that is not revoked. */
export async function findApiKey(
  db: Database,
  scope: OrganizationScope,
  id: string,
): Promise<ApiKeyRecord | undefined> {
  const key = await findAnyApiKey(db, scope, id);
  return key?.revokedAt === null ? key : undefined;
}

/** A key, which may be revoked. */
export async function findAnyApiKey(
  db: Database,
  scope: OrganizationScope,
  id: string,
): Promise<ApiKeyRecord | undefined> {
  const row = await db
    .selectFrom('api_key')
    .selectAll()
    .where('id', '=', id)
    .where('organization_id', '=', scope.organizationId)
    .executeTakeFirst();
  return row && toApiKey(row);
}

/** The keys, oldest first. `isRevoked`: only those that are, or are not. */
export async function listApiKeys(
  db: Database,
  scope: OrganizationScope,
  page: PageRequest,
  { isRevoked }: { readonly isRevoked?: boolean | undefined } = {},
): Promise<Page<ApiKeyRecord>> {
  const query = db
    .selectFrom('api_key')
    .selectAll()
    .where('organization_id', '=', scope.organizationId)
    .$if(isRevoked !== undefined, (all) => all.where('revoked_at', isRevoked ? 'is not' : 'is', null));
  return readPage(query, page, toApiKey);
}
