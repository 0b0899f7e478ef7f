/** Reads generations and their logs. */
import { type RawBuilder, sql } from 'kysely';
import type {
  GenerationParameters,
  GenerationRecord,
  GenerationStatus,
  Outcome,
} from '../../domain/generation.ts';
import type { RevisionReference } from '../../domain/persona.ts';
import type { Scope } from '../../domain/scope.ts';
import type { Usage } from '../../domain/usage.ts';
import { statement } from '../statement.ts';
import type { Database, GenerationRow } from '../tables.ts';
import { toCreator } from './creators.ts';
import { isInScope } from './scope.ts';

export function toGeneration(row: GenerationRow): GenerationRecord {
  return {
    id: row.id,
    organizationId: row.organization_id,
    environment: row.environment,
    endUserId: row.end_user_id,
    conversationId: row.conversation_id,
    sessionId: row.session_id,
    replyTo: row.reply_to,
    attempt: row.attempt,
    messageId: row.message_id,
    modelId: row.model_id,
    modelName: row.model_name,
    provider: row.provider,
    personaId: row.persona_id,
    personaVersion: row.persona_version,
    apiKeyId: row.api_key_id,
    createdBy: toCreator(row),
    dialect: row.dialect,
    status: row.status,
    owner: row.owner,
    parameters: JSON.parse(row.parameters) as GenerationParameters,
    cancelRequestedAt: row.cancel_requested_at,
    createdAt: row.created_at,
    startedAt: row.started_at,
    firstTokenAt: row.first_token_at,
    finishedAt: row.finished_at,
    finishReason: row.finish_reason,
    usage: row.usage === null ? null : (JSON.parse(row.usage) as Usage),
    error: toError(row.error),
    retries: row.retries,
    cost: row.cost,
    requestedModelId: row.requested_model_id ?? row.model_id,
  };
}

function toError(error: string | null): Outcome['error'] {
  return error === null ? null : (JSON.parse(error) as Outcome['error']);
}

/** How a generation ended, as its message shows it. */
export type Ending = Pick<
  GenerationRecord,
  'replyTo' | 'finishReason' | 'error' | 'cost' | 'personaId' | 'personaVersion'
>;

/** The persona's revision that answered; null: it had none. */
export function revisionOf(ending: Ending | undefined): RevisionReference | null {
  const { personaId = null, personaVersion: version = null } = ending ?? {};
  return personaId === null || version === null ? null : { personaId, version };
}

/** How generations ended, by their ids; those that were deleted are left out. The caller has checked the scope. */
export async function readEndings(
  db: Database,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Ending>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('generation')
    .select(['id', 'reply_to', 'finish_reason', 'error', 'cost', 'persona_id', 'persona_version'])
    .where('id', 'in', [...ids])
    .execute();
  return new Map(
    rows.map((row) => [
      row.id,
      {
        replyTo: row.reply_to,
        finishReason: row.finish_reason,
        error: toError(row.error),
        cost: row.cost,
        personaId: row.persona_id,
        personaVersion: row.persona_version,
      },
    ]),
  );
}

const byId = statement<{ id: string }, GenerationRow>((db, param) =>
  db.selectFrom('generation').selectAll().where('id', '=', param('id')),
);

export async function findGeneration(
  db: Database,
  scope: Scope,
  id: string,
): Promise<GenerationRecord | undefined> {
  const [row] = await byId(db, { id: id.toLowerCase() });
  return row !== undefined && isInScope(row, scope) ? toGeneration(row) : undefined;
}

/** Finds a generation for the engine, which runs those of all tenants: no scope is checked. */
export async function readGeneration(db: Database, id: string): Promise<GenerationRecord | undefined> {
  const [row] = await byId(db, { id });
  return row && toGeneration(row);
}

/** Live generations of an owner whose cancellation was requested. */
export async function readCancelRequests(db: Database, owner: number): Promise<string[]> {
  const rows = await db
    .selectFrom('generation')
    .select('id')
    .where('owner', '=', owner)
    .where('status', 'in', ['queued', 'running'])
    .where('cancel_requested_at', 'is not', null)
    .execute();
  return rows.map((row) => row.id);
}

/** The generations that an owner is stored as running. */
export async function readRunningGenerations(
  db: Database,
  owner: number,
): Promise<{ readonly id: string; readonly sessionId: string }[]> {
  const rows = await db
    .selectFrom('generation')
    .select(['id', 'session_id'])
    .where('owner', '=', owner)
    .where('status', '=', 'running')
    .execute();
  return rows.map(({ id, session_id: sessionId }) => ({ id, sessionId }));
}

/** The generation of a session that an owner is stored as running. */
export async function findRunning(
  db: Database,
  owner: number,
  sessionId: string,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('generation')
    .select('id')
    .where('session_id', '=', sessionId)
    .where('status', '=', 'running')
    .where('owner', '=', owner)
    .executeTakeFirst();
  return row?.id;
}

/** Whether the journal holds events, of whatever owner. */
export async function hasJournal(db: Database): Promise<boolean> {
  return (await db.selectFrom('journal').select('owner').limit(1).executeTakeFirst()) !== undefined;
}

/** How far a generation has come in the store. */
export interface GenerationHead {
  readonly status: GenerationStatus;
  readonly owner: number | null;
  /** The seq of the last event that a segment holds. */
  readonly lastSeq: number;
}

/** The heads of generations, by their ids; those that were deleted are left out. */
export async function readHeads(
  db: Database,
  ids: readonly string[],
): Promise<ReadonlyMap<string, GenerationHead>> {
  const rows = await db
    .selectFrom('generation')
    .select((eb) => [
      'id',
      'status',
      'owner',
      eb
        .selectFrom('segment')
        .select('last_seq')
        .whereRef('generation_id', '=', 'generation.id')
        .orderBy('first_seq', 'desc')
        .limit(1)
        .as('last_seq'),
    ])
    .where('id', 'in', [...ids])
    .execute();
  return new Map(
    rows.map(({ id, status, owner, last_seq: lastSeq }) => [id, { status, owner, lastSeq: lastSeq ?? 0 }]),
  );
}

/** Which live generations. */
export type LiveGenerations =
  | { readonly conversationId: string }
  | { readonly sessionId: string }
  /** The answers to a message, and the one that writes it. */
  | { readonly messageId: string }
  /** Those of a key and its end users. */
  | { readonly apiKeyId: string }
  /** Those that a member has asked for. */
  | { readonly memberId: string }
  /** Those of keys that are revoked or have expired by this time, of members who are gone, of end users being erased. */
  | { readonly revokedAt: number };

/** Generations that wait for others of their session, on all servers together. */
export async function countQueued(db: Database): Promise<number> {
  const { queued } = await db
    .selectFrom('generation')
    .select((build) => build.fn.countAll().as('queued'))
    // Both as literals, as in the conditions of the partial indexes.
    .where('status', 'in', [sql.lit<GenerationStatus>('queued'), sql.lit<GenerationStatus>('running')])
    .where('status', '=', sql.lit<GenerationStatus>('queued'))
    .executeTakeFirstOrThrow();
  return Number(queued);
}

/** The ids of live generations, the newest first. */
export async function readLiveGenerations(db: Database, where: LiveGenerations): Promise<string[]> {
  const query = db
    .selectFrom('generation')
    .select('generation.id')
    // As literals, as in the conditions of the partial indexes.
    .where('generation.status', 'in', [
      sql.lit<GenerationStatus>('queued'),
      sql.lit<GenerationStatus>('running'),
    ])
    .where(conditionOf(where));
  return (await query.orderBy('generation.created_at', 'desc').execute()).map((row) => row.id);
}

function conditionOf(where: LiveGenerations): RawBuilder<boolean> {
  if ('conversationId' in where) return sql`generation.conversation_id = ${where.conversationId}`;
  if ('sessionId' in where) return sql`generation.session_id = ${where.sessionId}`;
  if ('messageId' in where) {
    const { messageId } = where;
    return sql`(generation.reply_to = ${messageId} or generation.message_id = ${messageId})`;
  }
  if ('apiKeyId' in where) return sql`generation.api_key_id = ${where.apiKeyId}`;
  if ('memberId' in where) {
    return sql`(generation.created_by_kind = 'member' and generation.created_by_id = ${where.memberId})`;
  }
  // Each looked up by its id: PostgreSQL would read the whole table for an `exists` beside an `or`.
  return sql`(
    (generation.api_key_id is not null and coalesce((
      select case when revoked_at is null and (expires_at is null or expires_at > ${where.revokedAt}) then 1 else 0 end
      from api_key where api_key.id = generation.api_key_id), 0) = 0)
    or (generation.created_by_kind = 'member' and generation.created_by_id not like 'idp:%'
      and (select id from member where member.id = generation.created_by_id) is null)
    or (select erasing_at from end_user where end_user.id = generation.end_user_id) is not null)`;
}
