/** Forgets idempotency claims whose time is over. */
import { sql } from 'kysely';
import type { CommandContext } from '../command-context.ts';

/** At most `limit` at once, so that no other write waits long. Gives how many there were. */
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
