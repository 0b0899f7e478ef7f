/** Attempts at answering a message. */
import type { Scope } from '../../domain/scope.ts';
import { statement } from '../statement.ts';
import type { Database, GenerationTable } from '../tables.ts';
import { isInScope } from './scope.ts';

const newestAttempt = statement<{ reply_to: string; limit: number }, GenerationTable>((db, param) =>
  db
    .selectFrom('generation')
    .selectAll()
    .where('reply_to', '=', param('reply_to'))
    .orderBy('attempt', 'desc')
    .limit(param('limit')),
);

/** The newest generation that answers a message, whatever its status. */
export async function findNewestAttempt(
  db: Database,
  scope: Scope,
  messageId: string,
): Promise<GenerationTable | undefined> {
  const [row] = await newestAttempt(db, { reply_to: messageId.toLowerCase(), limit: 1 });
  return row !== undefined && isInScope(row, scope) ? row : undefined;
}
