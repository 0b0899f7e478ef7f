/** The rows of accepted turns: on SQLite inserted one by one, on PostgreSQL all by one statement. */
import { type RawBuilder, sql } from 'kysely';
import type { CommandContext } from '../command-context.ts';
import type { FileTable, MessageGapTable } from '../queries/message-tables.ts';
import { searchStates } from '../search/pending.ts';
import { statement } from '../statement.ts';
import type { SegmentTable, Tables } from '../tables.ts';
import { leaseLost, requireOwner } from './owner.ts';
import {
  insertConversation,
  insertGeneration,
  insertMessage,
  insertSegment,
  insertSession,
  type NewConversation,
  type NewGeneration,
  type NewMessage,
  type NewSession,
} from './turn-statements.ts';

export class TurnRows {
  readonly conversations: NewConversation[] = [];
  readonly sessions: NewSession[] = [];
  readonly messages: NewMessage[] = [];
  readonly generations: NewGeneration[] = [];
  readonly segments: SegmentTable[] = [];
  /** What few turns have beside. */
  readonly gaps: MessageGapTable[] = [];
  readonly files: FileTable[] = [];
  readonly ephemeral: { readonly id: string; readonly expiresAt: number }[] = [];

  /** Whether some of it is stored by statements of its own. */
  get hasMore(): boolean {
    const { gaps, files, ephemeral } = this;
    return [gaps, files, ephemeral].some(({ length }) => length > 0);
  }
}

interface Rows {
  readonly owners: readonly number[];
  readonly owner_count: number;
  /** Rows as a JSON array each. */
  readonly conversations: string;
  readonly sessions: string;
  readonly messages: string;
  readonly generations: string;
  readonly segments: string;
}

/** Values of rows that are alike in all new ones, by their columns: SQL. */
type Alike<T extends keyof Tables> = { readonly [C in keyof Tables[T]]?: string };

/** Inserts rows of a JSON array: `own` are the columns that each has, `alike` those that are the same in all. */
function insertAll<T extends keyof Tables, Row>(
  table: T,
  own: readonly (keyof Row & keyof Tables[T] & string)[],
  rows: RawBuilder<unknown>,
  alike: Alike<T> = {},
): RawBuilder<unknown> {
  const columns = [...own, ...Object.keys(alike)].map((column) => sql.ref(column));
  const values = [
    ...own.map((column) => sql.ref(column)),
    ...Object.values<string | undefined>(alike).map((value) => sql.raw(value ?? 'null')),
  ];
  return sql`insert into ${sql.table(table)} (${sql.join(columns)})
    select ${sql.join(values)} from json_populate_recordset(null::${sql.table(table)}, ${rows}::json)`;
}

/**
 * Divides by zero, and so inserts nothing, if one of the owners is fenced; keeps all of them from being fenced before
 * the commit.
 */
const insertInPostgres = statement<Rows, { live: number }>((_db, param) => {
  const conversations = insertAll<'conversation', NewConversation>(
    'conversation',
    [
      ...(['id', 'organization_id', 'environment', 'end_user_id', 'title', 'next_position'] as const),
      ...(['created_by_kind', 'created_by_id', 'created_at', 'client_id'] as const),
    ],
    sql`${param('conversations')}`,
    { title_source: `'automatic'`, is_archived: '0', updated_at: 'created_at' },
  );
  const sessions = insertAll<'session', NewSession>(
    'session',
    [
      ...(['id', 'conversation_id', 'organization_id', 'environment', 'end_user_id'] as const),
      ...([
        'persona_id',
        'persona_version',
        'model_id',
        'head_message_id',
        'created_at',
        'metadata',
      ] as const),
    ],
    sql`${param('sessions')}`,
    { status: `'active'`, updated_at: 'created_at' },
  );
  const messages = insertAll<'message', NewMessage>(
    'message',
    [
      ...(['id', 'conversation_id', 'session_id', 'organization_id', 'environment', 'end_user_id'] as const),
      ...(['parent_id', 'role', 'parts', 'text', 'position', 'status'] as const),
      ...(['generation_id', 'api_key_id', 'model_id', 'created_at', 'metadata', 'client_id'] as const),
    ],
    sql`${param('messages')}`,
    { updated_at: 'created_at' },
  );
  const generations = insertAll<'generation', NewGeneration>(
    'generation',
    [
      ...(['id', 'organization_id', 'environment', 'end_user_id', 'conversation_id', 'session_id'] as const),
      ...(['reply_to', 'attempt', 'message_id', 'model_id', 'model_name', 'provider'] as const),
      ...(['requested_model_id', 'persona_id', 'persona_version', 'api_key_id', 'dialect'] as const),
      ...(['created_by_kind', 'created_by_id'] as const),
      ...(['status', 'owner', 'parameters', 'created_at', 'started_at', 'metadata'] as const),
    ],
    sql`${param('generations')}`,
  );
  const segments = insertAll<'segment', SegmentTable>(
    'segment',
    ['generation_id', 'first_seq', 'last_seq', 'events'],
    sql`${param('segments')}`,
  );
  return sql`with locked as (
      select id from owner where id = any(${param('owners')}::integer[]) and fenced_at is null for key share
    ),
    conversations as (${conversations}),
    sessions as (${sessions}),
    messages as (${messages}),
    generations as (${generations}),
    segments as (${segments})
    select 1 / (count(*) = ${param('owner_count')}::integer)::integer as live from locked`;
});
const divisionByZero = '22012';

/** Inserts the rows of turns that `owners` accept. @throws AppError interrupted, if one of them was fenced */
export async function insertTurns(
  context: CommandContext,
  rows: TurnRows,
  owners: ReadonlySet<number>,
): Promise<void> {
  const { db, engine } = context;
  if (engine === 'postgres') {
    await insertInPostgres(db, {
      owners: [...owners],
      owner_count: owners.size,
      conversations: JSON.stringify(rows.conversations),
      sessions: JSON.stringify(rows.sessions),
      messages: JSON.stringify(rows.messages),
      generations: JSON.stringify(rows.generations),
      segments: JSON.stringify(rows.segments),
    }).catch((error: unknown) => {
      throw (error as { code?: unknown }).code === divisionByZero ? leaseLost() : error;
    });
    if (rows.hasMore) await insertMore(context, rows);
    return;
  }
  for (const owner of owners) await requireOwner(context, owner);
  for (const row of rows.conversations) await insertConversation(db, row);
  for (const row of rows.sessions) await insertSession(db, row);
  for (const row of rows.messages) await insertMessage(db, row);
  for (const row of rows.generations) await insertGeneration(db, row);
  for (const row of rows.segments) await insertSegment(db, row);
  if (rows.hasMore) await insertMore(context, rows);
}

/** Stores what few turns have beside their rows. */
export async function insertMore({ db }: CommandContext, rows: TurnRows): Promise<void> {
  const { gaps, files, ephemeral } = rows;
  const [gap] = gaps;
  if (gap !== undefined) {
    await db.insertInto('message_gap').values(gaps).execute();
    await db
      .updateTable('conversation')
      .set((eb) => ({ deleted_messages: eb('deleted_messages', '+', gaps.length) }))
      .where('id', '=', gap.conversation_id)
      .execute();
  }
  for (const file of files) await db.insertInto('file').values(file).execute();
  for (const { id, expiresAt } of ephemeral) {
    // No search finds them, so that the index need not look at them.
    const search_state = searchStates.refused;
    await db
      .updateTable('conversation')
      .set({ expires_at: expiresAt, search_state })
      .where('id', '=', id)
      .execute();
    await db.updateTable('message').set({ search_state }).where('conversation_id', '=', id).execute();
  }
}
