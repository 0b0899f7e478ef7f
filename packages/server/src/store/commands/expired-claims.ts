/** Deletes idempotency claims that have expired. */
import { sql } from 'kysely';
import type { CommandContext } from '../command-context.ts';
import { deleteSome } from './delete-some.ts';

/** Deletes at most `limit` claims at once, so that no other write waits long. Returns the number of deleted claims. */
export async function deleteExpiredClaims(
  context: CommandContext,
  args: { readonly now: number; readonly limit: number },
): Promise<{ readonly deleted: number }> {
  const isExpired = sql`expires_at <= ${args.now}`;
  return { deleted: await deleteSome(context.db, 'idempotency', ['scope', 'key'], isExpired, args.limit) };
}
