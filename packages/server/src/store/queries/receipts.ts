/** Context receipts, as they are read. */
import type { Database } from '../tables.ts';

/** The receipt of a generation whose scope was checked, as JSON. */
export async function findReceipt(db: Database, generationId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('context_receipt')
    .select('receipt')
    .where('generation_id', '=', generationId)
    .executeTakeFirst();
  return row?.receipt;
}
