/** Idempotency claims, as they are read. */
import type { IdempotencyClaim } from '../command.ts';
import type { Database } from '../tables.ts';

/** Whether an earlier call has made this claim. */
export async function isClaimed(db: Database, claim: IdempotencyClaim): Promise<boolean> {
  const row = await db
    .selectFrom('idempotency')
    .select('key')
    .where('scope', '=', claim.scope)
    .where('key', '=', claim.key)
    .where('expires_at', '>', claim.now)
    .executeTakeFirst();
  return row !== undefined;
}
