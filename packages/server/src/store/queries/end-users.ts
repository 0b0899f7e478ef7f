/** Reads end users, who are identified by organization, environment and the id that the key's owner gives them. */
import { sql } from 'kysely';
import type { GenerationStatus } from '../../domain/generation.ts';
import type { Environment, OrganizationScope, Scope } from '../../domain/scope.ts';
import { statement } from '../statement.ts';
import type { Database, EndUserTable } from '../tables.ts';

export interface EndUserRecord {
  readonly id: string;
  readonly organizationId: string;
  readonly environment: Environment;
  /** The `user_id` by which clients know the user. */
  readonly externalId: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

const byExternalId = statement<
  Pick<EndUserTable, 'organization_id' | 'environment' | 'external_id'>,
  { id: string }
>((db, param) =>
  db
    .selectFrom('end_user')
    .select('id')
    .where('organization_id', '=', param('organization_id'))
    .where('environment', '=', param('environment'))
    .where('external_id', '=', param('external_id'))
    .where('erasing_at', 'is', null),
);

/** The id of an end user of this organization and environment who is not being erased. */
export async function findEndUserId(
  db: Database,
  scope: Scope,
  externalId: string,
): Promise<string | undefined> {
  const [row] = await byExternalId(db, {
    organization_id: scope.organizationId,
    environment: scope.environment,
    external_id: externalId,
  });
  return row?.id;
}

/** An end user of the scope's organization and environment. */
export async function findEndUser(
  db: Database,
  scope: Scope,
  id: string,
): Promise<EndUserRecord | undefined> {
  return await db
    .selectFrom('end_user')
    .select(['id', 'environment'])
    .select(['organization_id as organizationId', 'external_id as externalId', 'created_at as createdAt'])
    .where('id', '=', id)
    .where('organization_id', '=', scope.organizationId)
    .where('environment', '=', scope.environment)
    .executeTakeFirst();
}

/** The end users with this external id, in both environments. */
export async function listEndUsers(
  db: Database,
  scope: OrganizationScope,
  externalId: string,
): Promise<EndUserRecord[]> {
  return await db
    .selectFrom('end_user')
    .select(['id', 'environment'])
    .select(['organization_id as organizationId', 'external_id as externalId', 'created_at as createdAt'])
    .where('organization_id', '=', scope.organizationId)
    .where('external_id', '=', externalId)
    .orderBy('environment')
    .execute();
}

/** Conversations with a queued or running generation. `endUserIds` null stands for all end users. */
export async function listLiveConversations(
  db: Database,
  organizationId: string,
  endUserIds: readonly string[] | null,
): Promise<string[]> {
  let query = db
    .selectFrom('generation')
    .select('conversation_id')
    .distinct()
    .where('organization_id', '=', organizationId)
    .where('status', 'in', [sql.lit<GenerationStatus>('queued'), sql.lit<GenerationStatus>('running')]);
  if (endUserIds !== null) query = query.where('end_user_id', 'in', [...endUserIds]);
  return (await query.execute()).map((row) => row.conversation_id);
}
