/** Attempts at answering a message. */
import type { GenerationRecord } from '../../domain/generation.ts';
import type { Scope } from '../../domain/scope.ts';
import { statement } from '../statement.ts';
import type { Database, GenerationRow } from '../tables.ts';
import { toGeneration } from './generations.ts';
import { isInScope } from './scope.ts';

const newestAttempt = statement<{ reply_to: string; limit: number }, GenerationRow>((db, param) =>
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
): Promise<GenerationRecord | undefined> {
  const [row] = await newestAttempt(db, { reply_to: messageId.toLowerCase(), limit: 1 });
  return row !== undefined && isInScope(row, scope) ? toGeneration(row) : undefined;
}
