/** Reads summaries of histories. */
import type { SummaryRecord } from '../../domain/session.ts';
import { statement } from '../statement.ts';
import type { Database } from '../tables.ts';
import type { SummaryTable } from './message-tables.ts';

function toSummary(row: SummaryTable): SummaryRecord {
  return {
    id: row.id,
    sessionId: row.session_id,
    version: row.version,
    previousId: row.previous_id,
    firstMessageId: row.first_message_id,
    throughMessageId: row.through_message_id,
    throughPosition: row.through_position,
    messageCount: row.message_count,
    isComplete: row.is_complete === 1,
    text: row.text,
    tokenCount: row.token_count,
    modelId: row.model_id,
    createdAt: row.created_at,
  };
}

const summariesBefore = statement<{ session_id: string; before: number; limit: number }, SummaryTable>(
  (db, param) =>
    db
      .selectFrom('summary')
      .selectAll()
      .where('session_id', '=', param('session_id'))
      .where('through_position', '<', param('before'))
      .orderBy('through_position', 'desc')
      .orderBy('version', 'desc')
      .limit(param('limit')),
);

/** Summaries of a session that end before a position, on any branch; those that end last come first. */
export async function readSummariesBefore(
  db: Database,
  sessionId: string,
  before: number,
  limit: number,
): Promise<SummaryRecord[]> {
  return (await summariesBefore(db, { session_id: sessionId, before, limit })).map(toSummary);
}

const summaryById = statement<{ id: string }, SummaryTable>((db, param) =>
  db.selectFrom('summary').selectAll().where('id', '=', param('id')),
);

export async function findSummary(db: Database, id: string): Promise<SummaryRecord | undefined> {
  const [row] = await summaryById(db, { id });
  return row && toSummary(row);
}
