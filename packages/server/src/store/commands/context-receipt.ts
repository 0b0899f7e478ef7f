/** The statement that keeps a generation's context receipt. */
import { statement } from '../statement.ts';
import type { ContextReceiptTable } from '../tables.ts';

export const insertReceipt = statement<ContextReceiptTable, unknown>((db, param) =>
  db
    .insertInto('context_receipt')
    .values({ generation_id: param('generation_id'), receipt: param('receipt') }),
);
