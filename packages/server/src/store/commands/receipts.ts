/** The statement that keeps a generation's context receipt. */
import { statement } from '../statement.ts';

export const insertReceipt = statement<{ generationId: string; receipt: string }, unknown>((db, param) =>
  db
    .insertInto('context_receipt')
    .values({ generation_id: param('generationId'), receipt: param('receipt') }),
);
