/** API keys: creates and revokes them, and notes when they were used last. */
import { invalid, notFound } from '../../domain/errors.ts';
import { type CommandContext, forUpdate } from '../command-context.ts';
import type { ApiKeyRecord } from '../queries/api-keys.ts';
import { statement } from '../statement.ts';

export interface CreateApiKey extends Omit<ApiKeyRecord, 'createdAt' | 'lastUsedAt' | 'revokedAt'> {
  readonly now: number;
}

/** @throws AppError invalid_request (no such persona) */
export async function createApiKey(
  context: CommandContext,
  args: CreateApiKey,
): Promise<{ readonly id: string }> {
  if (args.defaultPersonaId !== null) {
    await lockPersona(context, args.organizationId, args.defaultPersonaId);
  }
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
      allowed_origins: args.allowedOrigins === null ? null : JSON.stringify(args.allowedOrigins),
      created_at: args.now,
      last_used_at: null,
      revoked_at: null,
    })
    .execute();
  return { id: args.id };
}

async function lockPersona(context: CommandContext, organizationId: string, id: number): Promise<void> {
  const query = context.db
    .selectFrom('persona')
    .select('id')
    .where('id', '=', id)
    .where('organization_id', '=', organizationId);
  if ((await forUpdate(context, query).executeTakeFirst()) !== undefined) return;
  throw invalid('default_persona_id', `default_persona_id: the organization has no persona ${id}`);
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
