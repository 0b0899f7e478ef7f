/** The sessions of an end user, of all their conversations. */
import { sql } from 'kysely';
import type { GenerationStatus } from '../../domain/generation.ts';
import type { Scope } from '../../domain/scope.ts';
import type { Database } from '../tables.ts';
import { hasMetadata, type MetadataFilter } from './metadata.ts';

export interface UserSession {
  readonly id: string;
  readonly conversationId: string;
  readonly title: string;
  /** Epoch milliseconds. */
  readonly updatedAt: number;
  /** The generation that runs in it, or waits there first; null: none. */
  readonly running: string | null;
}

export interface UserSessionsPage {
  readonly endUserId: string;
  /** Only those with this persona, or with none. Absent: with any. */
  readonly personaId?: number | null | undefined;
  /** Only those of these conversations. */
  readonly conversationIds?: readonly string[] | undefined;
  readonly metadata?: MetadataFilter | undefined;
  readonly limit: number;
  /** The session that the page before ended with. */
  readonly after?: string | undefined;
}

const live = sql`(${sql.lit<GenerationStatus>('queued')}, ${sql.lit<GenerationStatus>('running')})`;

/** Those of the newest conversation first, of each the newest first. Behind a session that is gone there are none. */
export async function pageUserSessions(
  db: Database,
  { organizationId, environment }: Scope,
  page: UserSessionsPage,
): Promise<{ readonly data: readonly UserSession[]; readonly next: string | null }> {
  const { endUserId, personaId, conversationIds, metadata, limit, after } = page;
  if (conversationIds?.length === 0) return { data: [], next: null };
  const conditions = [
    sql`c.end_user_id = ${endUserId}`,
    sql`c.organization_id = ${organizationId}`,
    sql`c.environment = ${environment}`,
    sql`c.expires_at is null`,
    ...(personaId === undefined ? [] : [sql`(s.persona_id is null or s.persona_id = ${personaId})`]),
    ...(conversationIds === undefined ? [] : [sql`c.id in (${sql.join([...conversationIds])})`]),
    ...(metadata === undefined ? [] : [hasMetadata(metadata, 's.metadata')]),
    ...(after === undefined
      ? []
      : [
          sql`(c.created_at, c.id, s.created_at, s.id) < (
            select before.created_at, before.id, last.created_at, last.id from session last
            join conversation before on before.id = last.conversation_id where last.id = ${after})`,
        ]),
  ];
  const { rows } = await sql<UserSession>`select s.id, c.id as "conversationId", c.title,
      s.updated_at as "updatedAt", (
        select generation.id from generation join message on message.id = generation.message_id
        where generation.session_id = s.id and generation.status in ${live}
        order by message.position limit 1) as running
    from conversation c join session s on s.conversation_id = c.id
    where ${sql.join(conditions, sql` and `)}
    order by c.created_at desc, c.id desc, s.created_at desc, s.id desc limit ${limit + 1}`.execute(db);
  const data = rows.slice(0, limit);
  return { data, next: rows.length > limit ? (data.at(-1)?.id ?? null) : null };
}
