/** Reads context receipts. */
import type { Database } from '../tables.ts';

/** The receipt of a generation, as JSON. The caller has checked the generation's scope. */
export async function findReceipt(db: Database, generationId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('context_receipt')
    .select('receipt')
    .where('generation_id', '=', generationId)
    .executeTakeFirst();
  return row?.receipt;
}
