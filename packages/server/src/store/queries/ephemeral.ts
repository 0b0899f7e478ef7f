/** What is kept for the time of a call only: no query but those of its generation finds it. */
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../tables.ts';

/** Whether the conversation of a row is kept; `column` holds its id. */
export function isKept(column: string): RawBuilder<boolean> {
  return sql<boolean>`not exists (select 1 from conversation kept
    where kept.id = ${sql.ref(column)} and kept.expires_at is not null)`;
}

/** Ephemeral conversations whose time has come and that nobody writes into. */
export async function findExpiredEphemeral(
  db: Database,
  now: number,
  limit: number,
): Promise<readonly { readonly id: string; readonly next_position: number }[]> {
  return await db
    .selectFrom('conversation')
    .select(['id', 'next_position'])
    .where('expires_at', '<=', now)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('generation')
            .select('generation.id')
            .whereRef('generation.conversation_id', '=', 'conversation.id')
            .where('generation.status', 'in', ['queued', 'running']),
        ),
      ),
    )
    .orderBy('expires_at')
    .limit(limit)
    .execute();
}
