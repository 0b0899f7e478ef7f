/** API keys: creates, changes, rotates and revokes them, and notes when they were used last. */
import { AppError, invalid, notFound } from '../../domain/errors.ts';
import { type Limits, noLimits } from '../../domain/limits/limits.ts';
import { toTime } from '../../domain/text/time.ts';
import { type CommandContext, forUpdate } from '../command-context.ts';
import { type ApiKeyRecord, toApiKey } from '../queries/api-keys.ts';
import { creatorColumns } from '../queries/creators.ts';
import { statement } from '../statement.ts';
import type { ApiKeyTable } from '../tables.ts';

export interface CreateApiKey
  extends Omit<
    ApiKeyRecord,
    'createdAt' | 'lastUsedAt' | 'revokedAt' | 'previous' | 'createdBy' | 'personas' | 'endUserLimits'
  > {
  readonly createdBy?: ApiKeyRecord['createdBy'];
  readonly personas?: ApiKeyRecord['personas'];
  /** Default: none. */
  readonly endUserLimits?: Limits;
  readonly now: number;
}

/** @throws AppError invalid_request (no such persona) */
export async function createApiKey(
  context: CommandContext,
  args: CreateApiKey,
): Promise<{ readonly id: string }> {
  await lockPersonas(context, args.organizationId, args);
  checkDefault(args.defaultPersonaId, args.personas ?? null, 'default_persona_id');
  await context.db
    .insertInto('api_key')
    .values({
      id: args.id,
      organization_id: args.organizationId,
      name: args.name,
      type: args.type,
      prefix: args.prefix,
      hash: args.hash,
      default_persona_id: args.defaultPersonaId,
      expires_at: args.expiresAt,
      limits: JSON.stringify(args.limits),
      end_user_limits: JSON.stringify(args.endUserLimits ?? noLimits),
      allowed_origins: toJson(args.allowedOrigins),
      created_at: args.now,
      last_used_at: null,
      revoked_at: null,
      previous_hash: null,
      previous_until: null,
      ...creatorColumns(args.createdBy),
      personas: toJson(args.personas ?? null),
    })
    .execute();
  return { id: args.id };
}

/** Personas that a key names stay while they are looked at. @throws AppError invalid_request */
async function lockPersonas(
  context: CommandContext,
  organizationId: string,
  {
    defaultPersonaId,
    personas,
  }: { readonly defaultPersonaId?: number | null; readonly personas?: readonly number[] | null },
): Promise<void> {
  const named = [
    ...(personas ?? []).map((id, index) => ({ id, field: `personas.${index}` })),
    ...(typeof defaultPersonaId === 'number' ? [{ id: defaultPersonaId, field: 'default_persona_id' }] : []),
  ];
  // Locks are taken in one order, so that two commands don't wait for each other.
  for (const { id, field } of named.toSorted((one, other) => one.id - other.id)) {
    await lockPersona(context, organizationId, id, field);
  }
}

function checkDefault(
  defaultPersonaId: number | null,
  personas: readonly number[] | null,
  field: 'default_persona_id' | 'personas',
): void {
  if (defaultPersonaId === null || personas === null || personas.includes(defaultPersonaId)) return;
  throw invalid(field, `${field}: default_persona_id must be one of personas`);
}

async function lockPersona(
  context: CommandContext,
  organizationId: string,
  id: number,
  field: string,
): Promise<void> {
  const query = context.db
    .selectFrom('persona')
    .select('id')
    .where('id', '=', id)
    .where('organization_id', '=', organizationId);
  if ((await forUpdate(context, query).executeTakeFirst()) !== undefined) return;
  throw invalid(field, `${field}: the organization has no persona ${id}`);
}

export interface UpdateApiKey {
  readonly organizationId: string;
  readonly id: string;
  readonly changes: Partial<
    Pick<
      ApiKeyRecord,
      'name' | 'defaultPersonaId' | 'personas' | 'expiresAt' | 'limits' | 'endUserLimits' | 'allowedOrigins'
    >
  >;
}

/** Whoever uses the key obeys at the next request. @throws AppError not_found, invalid_request (no such persona) */
export async function updateApiKey(context: CommandContext, args: UpdateApiKey): Promise<null> {
  const { organizationId, id, changes } = args;
  const { name, defaultPersonaId, personas, expiresAt, limits, endUserLimits, allowedOrigins } = changes;
  await lockPersonas(context, organizationId, changes);
  const before = toApiKey(await lockKey(context, args));
  checkDefault(
    defaultPersonaId === undefined ? before.defaultPersonaId : defaultPersonaId,
    personas === undefined ? before.personas : personas,
    defaultPersonaId === undefined ? 'personas' : 'default_persona_id',
  );
  const columns: Partial<ApiKeyTable> = {
    ...(name !== undefined && { name }),
    ...(defaultPersonaId !== undefined && { default_persona_id: defaultPersonaId }),
    ...(personas !== undefined && { personas: toJson(personas) }),
    ...(expiresAt !== undefined && { expires_at: expiresAt }),
    ...(limits !== undefined && { limits: JSON.stringify(limits) }),
    ...(endUserLimits !== undefined && { end_user_limits: JSON.stringify(endUserLimits) }),
    ...(allowedOrigins !== undefined && { allowed_origins: toJson(allowedOrigins) }),
  };
  if (Object.keys(columns).length === 0) return null;
  await context.db.updateTable('api_key').set(columns).where('id', '=', id).execute();
  return null;
}

function toJson(list: readonly unknown[] | null): string | null {
  return list === null ? null : JSON.stringify(list);
}

export interface RotateApiKey {
  readonly organizationId: string;
  readonly id: string;
  /** Of the new secret. */
  readonly prefix: string;
  readonly hash: string;
  /** How long the secret before stays valid, in milliseconds. */
  readonly overlapMs: number;
  readonly now: number;
}

/** Gives a key another secret. All else of it stays. @throws AppError not_found, conflict (two are valid now) */
export async function rotateApiKey(
  context: CommandContext,
  args: RotateApiKey,
): Promise<{ readonly id: string }> {
  const { id, prefix, hash, overlapMs, now } = args;
  const row = await lockKey(context, args);
  if (row.previous_until !== null && row.previous_until > now) {
    throw new AppError(
      'conflict',
      `the key was rotated already: its earlier secret is valid until ${toTime(row.previous_until)}`,
    );
  }
  const previous =
    overlapMs > 0
      ? { previous_hash: row.hash, previous_until: now + overlapMs }
      : { previous_hash: null, previous_until: null };
  await context.db
    .updateTable('api_key')
    .set({ prefix, hash, ...previous })
    .where('id', '=', id)
    .execute();
  return { id };
}

/** @throws AppError not_found, for a revoked key too */
async function lockKey(
  context: CommandContext,
  args: { readonly organizationId: string; readonly id: string },
): Promise<ApiKeyTable> {
  const query = context.db
    .selectFrom('api_key')
    .selectAll()
    .where('id', '=', args.id)
    .where('organization_id', '=', args.organizationId)
    .where('revoked_at', 'is', null);
  const row = await forUpdate(context, query).executeTakeFirst();
  if (row === undefined) throw notFound('key');
  return row;
}

/** Revokes a key. Its row stays, so that usage can still be reported by key. @throws AppError not_found */
export async function revokeApiKey(
  context: CommandContext,
  args: { readonly organizationId: string; readonly id: string; readonly now: number },
): Promise<null> {
  const revoked = await context.db
    .updateTable('api_key')
    .set({ revoked_at: args.now })
    .where('id', '=', args.id)
    .where('organization_id', '=', args.organizationId)
    .where('revoked_at', 'is', null)
    .returning('id')
    .execute();
  if (revoked.length === 0) throw notFound('key');
  return null;
}

const touch = statement<{ id: string; at: number }, unknown>((db, param) =>
  db
    .updateTable('api_key')
    .set({ last_used_at: param('at') })
    .where('id', '=', param('id'))
    .where((eb) => eb.or([eb('last_used_at', 'is', null), eb('last_used_at', '<', param('at'))])),
);

/** Notes when keys were used last; an earlier time never replaces a later one. */
export async function touchApiKeys(
  context: CommandContext,
  args: { readonly uses: readonly { readonly id: string; readonly at: number }[] },
): Promise<null> {
  // All replicas update keys in the same order, so that they don't deadlock.
  const uses = [...args.uses].sort((one, other) => (one.id < other.id ? -1 : 1));
  for (const use of uses) await touch(context.db, use);
  return null;
}
