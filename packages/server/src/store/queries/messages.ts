/** Messages, as they are read. */
import { sql } from 'kysely';
import type { MessageRole } from '../../domain/message.ts';
import type { Scope } from '../../domain/scope.ts';
import { statement } from '../statement.ts';
import type { Database, MessageTable } from '../tables.ts';
import { isInScope } from './scope.ts';

const byId = statement<{ id: string }, MessageTable>((db, param) =>
  db.selectFrom('message').selectAll().where('id', '=', param('id')),
);

export async function findMessage(db: Database, scope: Scope, id: string): Promise<MessageTable | undefined> {
  const [row] = await byId(db, { id: id.toLowerCase() });
  return row !== undefined && isInScope(row, scope) ? row : undefined;
}

/** For the engine itself: the text of a message whose scope was checked when the turn was accepted. */
export async function findMessageText(db: Database, id: string): Promise<string | undefined> {
  return (await byId(db, { id }))[0]?.text;
}

/** One message of a history. */
export interface Ancestor {
  readonly id: string;
  readonly parent_id: string | null;
  readonly role: MessageRole;
  readonly text: string;
  readonly position: number;
}

/**
 * The message and its ancestors, newest first, at most `limit`. The caller has checked the scope of `messageId`;
 * a parent lies in the same session.
 */
export async function readAncestors(db: Database, messageId: string, limit: number): Promise<Ancestor[]> {
  const result = await sql<Ancestor>`
    with recursive chain (id, parent_id, role, text, position, depth) as (
      select id, parent_id, role, text, position, 1 from message where id = ${messageId}
      union all
      select m.id, m.parent_id, m.role, m.text, m.position, chain.depth + 1
      from message m join chain on m.id = chain.parent_id
      where chain.depth < ${sql.lit(limit)}
    )
    select id, parent_id, role, text, position from chain order by depth`.execute(db);
  return result.rows;
}
