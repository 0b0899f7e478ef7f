/** Reads idempotency claims. */
import type { IdempotencyClaim } from '../command.ts';
import { idempotencyMismatch } from '../constraint.ts';
import type { Database } from '../tables.ts';

/**
 * Finds the result of an earlier call with this claim; undefined if there was none.
 * @throws AppError idempotency_mismatch if the earlier call had another body
 */
export async function findClaimed<R>(db: Database, claim: IdempotencyClaim): Promise<R | undefined> {
  const row = await db
    .selectFrom('idempotency')
    .select(['body_hash', 'result'])
    .where('scope', '=', claim.scope)
    .where('key', '=', claim.key)
    .where('expires_at', '>', claim.now)
    .executeTakeFirst();
  if (row === undefined || row.result === null) return undefined;
  if (row.body_hash !== claim.bodyHash) throw idempotencyMismatch();
  return JSON.parse(row.result) as R;
}

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
