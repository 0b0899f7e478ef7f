/** The statements of a turn's acceptance, compiled once. */
import { sql } from 'kysely';
import type { GenerationStatus } from '../../domain/generation.ts';
import type { Environment } from '../../domain/scope.ts';
import type { CommandContext } from '../command-context.ts';
import type { PackedSegment } from '../journal.ts';
import { statement } from '../statement.ts';
import type {
  ConversationKeeping,
  ConversationTable,
  CreatorColumns,
  GenerationMetadata,
  GenerationTable,
  MessageNames,
  MessageTable,
  SegmentTable,
  SessionTable,
} from '../tables.ts';

export type NewConversation = Omit<
  ConversationTable,
  'title_source' | 'is_archived' | 'updated_at' | 'description' | 'metadata'
> &
  Pick<ConversationKeeping, 'client_id'> &
  CreatorColumns;

export const insertConversation = statement<NewConversation, unknown>((db, param) =>
  db.insertInto('conversation').values({
    id: param('id'),
    organization_id: param('organization_id'),
    environment: param('environment'),
    end_user_id: param('end_user_id'),
    title: param('title'),
    title_source: 'automatic',
    is_archived: 0,
    next_position: param('next_position'),
    created_by_kind: param('created_by_kind'),
    created_by_id: param('created_by_id'),
    created_at: param('created_at'),
    updated_at: param('created_at'),
    client_id: param('client_id'),
  }),
);

export type NewSession = Omit<SessionTable, 'updated_at' | 'status'>;

export const insertSession = statement<NewSession, unknown>((db, param) =>
  db.insertInto('session').values({
    id: param('id'),
    conversation_id: param('conversation_id'),
    organization_id: param('organization_id'),
    environment: param('environment'),
    end_user_id: param('end_user_id'),
    persona_id: param('persona_id'),
    persona_version: param('persona_version'),
    model_id: param('model_id'),
    status: 'active',
    head_message_id: param('head_message_id'),
    created_at: param('created_at'),
    updated_at: param('created_at'),
    metadata: param('metadata'),
  }),
);

export type NewMessage = Omit<MessageTable, 'updated_at' | 'usage'> & MessageNames;

export const insertMessage = statement<NewMessage, unknown>((db, param) =>
  db.insertInto('message').values({
    id: param('id'),
    conversation_id: param('conversation_id'),
    session_id: param('session_id'),
    organization_id: param('organization_id'),
    environment: param('environment'),
    end_user_id: param('end_user_id'),
    parent_id: param('parent_id'),
    role: param('role'),
    parts: param('parts'),
    text: param('text'),
    position: param('position'),
    status: param('status'),
    generation_id: param('generation_id'),
    api_key_id: param('api_key_id'),
    model_id: param('model_id'),
    usage: null,
    created_at: param('created_at'),
    updated_at: param('created_at'),
    metadata: param('metadata'),
    client_id: param('client_id'),
  }),
);

export type NewGeneration = Pick<
  GenerationTable,
  | 'id'
  | 'organization_id'
  | 'environment'
  | 'end_user_id'
  | 'conversation_id'
  | 'session_id'
  | 'reply_to'
  | 'attempt'
  | 'message_id'
  | 'model_id'
  | 'model_name'
  | 'provider'
  | 'persona_id'
  | 'persona_version'
  | 'api_key_id'
  | 'dialect'
  | 'status'
  | 'owner'
  | 'parameters'
  | 'created_at'
  | 'started_at'
> &
  CreatorColumns &
  GenerationMetadata & { readonly requested_model_id: string | null };

export const insertGeneration = statement<NewGeneration, unknown>((db, param) =>
  db.insertInto('generation').values({
    id: param('id'),
    organization_id: param('organization_id'),
    environment: param('environment'),
    end_user_id: param('end_user_id'),
    conversation_id: param('conversation_id'),
    session_id: param('session_id'),
    reply_to: param('reply_to'),
    attempt: param('attempt'),
    message_id: param('message_id'),
    model_id: param('model_id'),
    model_name: param('model_name'),
    provider: param('provider'),
    requested_model_id: param('requested_model_id'),
    persona_id: param('persona_id'),
    persona_version: param('persona_version'),
    api_key_id: param('api_key_id'),
    created_by_kind: param('created_by_kind'),
    created_by_id: param('created_by_id'),
    dialect: param('dialect'),
    status: param('status'),
    owner: param('owner'),
    parameters: param('parameters'),
    created_at: param('created_at'),
    started_at: param('started_at'),
    metadata: param('metadata'),
  }),
);

export const insertSegment = statement<SegmentTable, unknown>((db, param) =>
  db.insertInto('segment').values({
    generation_id: param('generation_id'),
    first_seq: param('first_seq'),
    last_seq: param('last_seq'),
    events: param('events'),
    is_plain: param('is_plain'),
  }),
);

/** Also where a segment is there already, since the answer to a move of its first events was lost. */
export const replaceSegment = statement<SegmentTable, unknown>((db, param) =>
  db
    .insertInto('segment')
    .values({
      generation_id: param('generation_id'),
      first_seq: param('first_seq'),
      last_seq: param('last_seq'),
      events: param('events'),
      is_plain: param('is_plain'),
    })
    .onConflict((conflict) =>
      conflict.columns(['generation_id', 'first_seq']).doUpdateSet((eb) => ({
        last_seq: eb.ref('excluded.last_seq'),
        events: eb.ref('excluded.events'),
        is_plain: eb.ref('excluded.is_plain'),
      })),
    ),
);

export function segmentRow(generationId: string, segment: PackedSegment): SegmentTable {
  return {
    generation_id: generationId,
    first_seq: segment.firstSeq,
    last_seq: segment.lastSeq,
    events: segment.events,
    is_plain: segment.isPlain ? 1 : null,
  };
}

export const takePositions = statement<
  { id: string; count: number; now: number; organization_id: string; environment: Environment },
  { next_position: number }
>((db, param) =>
  db
    .updateTable('conversation')
    .set((eb) => ({
      next_position: eb('next_position', '+', param('count')),
      updated_at: eb.val(param('now')),
    }))
    .where('id', '=', param('id'))
    .where('organization_id', '=', param('organization_id'))
    .where('environment', '=', param('environment'))
    .returning('next_position'),
);

/** Takes positions of a session's conversation, whose row stays locked until the commit. */
export const takeSessionPositions = statement<
  { session_id: string; count: number; now: number; organization_id: string; environment: Environment },
  { id: string; next_position: number }
>((db, param) =>
  db
    .updateTable('conversation')
    .set((eb) => ({
      next_position: eb('next_position', '+', param('count')),
      updated_at: eb.val(param('now')),
    }))
    .where('id', '=', (eb) =>
      eb.selectFrom('session').select('conversation_id').where('session.id', '=', param('session_id')),
    )
    .where('organization_id', '=', param('organization_id'))
    .where('environment', '=', param('environment'))
    .returning(['id', 'next_position']),
);

/** Queued and running turns, in the order in which they were accepted. */
export const liveOfSession = statement<
  { session_id: string },
  Pick<GenerationTable, 'id' | 'message_id' | 'status'>
>((db, param) =>
  db
    .selectFrom('generation')
    .innerJoin('message', 'message.id', 'generation.message_id')
    .select(['generation.id', 'generation.message_id', 'generation.status'])
    .where('generation.session_id', '=', param('session_id'))
    .where('generation.status', 'in', [
      sql.lit<GenerationStatus>('queued'),
      sql.lit<GenerationStatus>('running'),
    ])
    // Not by the time, which may go backwards.
    .orderBy('message.position'),
);

const lockByOwnRow = statement<{ session_id: string }, { id: string }>((db, param) =>
  db
    .selectFrom('conversation')
    .innerJoin('session', 'session.conversation_id', 'conversation.id')
    .select('conversation.id')
    .where('session.id', '=', param('session_id'))
    .forNoKeyUpdate('conversation'),
);

/**
 * Locks a session's conversation until the commit, as accepting a turn does: who ends a turn and starts the next one
 * sees every turn that was accepted. Before this lock comes that on the owner, after it those on generations.
 */
export async function lockSession(context: CommandContext, sessionId: string): Promise<void> {
  if (context.engine === 'postgres') await lockByOwnRow(context.db, { session_id: sessionId });
}

export const readSession = statement<
  { id: string },
  Pick<SessionTable, 'conversation_id' | 'end_user_id' | 'head_message_id' | 'status'>
>((db, param) =>
  db
    .selectFrom('session')
    .select(['conversation_id', 'end_user_id', 'head_message_id', 'status'])
    .where('id', '=', param('id')),
);

export const moveHead = statement<{ id: string; head: string; now: number }, unknown>((db, param) =>
  db
    .updateTable('session')
    .set({ head_message_id: param('head'), updated_at: param('now') })
    .where('id', '=', param('id')),
);
