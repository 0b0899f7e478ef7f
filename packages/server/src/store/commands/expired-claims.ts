/** Deletes idempotency claims that have expired. */
import { sql } from 'kysely';
import type { CommandContext } from '../command-context.ts';

/** Deletes at most `limit` claims at once, so that no other write waits long. Returns the number of deleted claims. */
export async function deleteExpiredClaims(
  context: CommandContext,
  args: { readonly now: number; readonly limit: number },
): Promise<{ readonly deleted: number }> {
  const result = await sql`
    delete from idempotency where (scope, key) in (
      select scope, key from idempotency where expires_at <= ${args.now}
      limit ${sql`cast(${args.limit} as integer)`}
    )`.execute(context.db);
  return { deleted: Number(result.numAffectedRows ?? 0) };
}
