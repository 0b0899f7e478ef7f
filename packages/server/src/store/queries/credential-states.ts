/** Reads whether credentials that were good are good still, of many callers at once. */
import { sql } from 'kysely';
import type { ApiKeyTable, Database } from '../tables.ts';

export interface CredentialsToRead {
  readonly keyIds: readonly string[];
  readonly memberIds: readonly string[];
  readonly endUserIds: readonly string[];
  readonly sessionIds: readonly string[];
}

export interface KeyState {
  readonly hash: string;
  readonly previousHash: string | null;
  /** Epoch milliseconds. */
  readonly previousUntil: number | null;
  readonly expiresAt: number | null;
  readonly isRevoked: boolean;
}

export interface SessionState {
  readonly accountId: string;
  readonly isOperator: boolean;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly lastUsedAt: number;
}

export interface CredentialStates {
  /** The keys that there are, by their ids. */
  readonly keys: ReadonlyMap<string, KeyState>;
  /** The members that there are, by their ids, each with its account if it has one. */
  readonly members: ReadonlyMap<string, string | null>;
  /** The sessions that there are, by their ids. */
  readonly sessions: ReadonlyMap<string, SessionState>;
  /** The ids of end users that there are, and that are not being erased. */
  readonly endUsers: ReadonlySet<string>;
}

type KeyRow = Pick<
  ApiKeyTable,
  'id' | 'hash' | 'previous_hash' | 'previous_until' | 'expires_at' | 'revoked_at'
>;

interface SessionRow {
  readonly id: string;
  readonly account_id: string;
  readonly created_at: number;
  readonly last_used_at: number;
  readonly is_operator: number;
}

/** Four queries at most, each by primary keys. */
export async function readCredentialStates(
  db: Database,
  { keyIds, memberIds, endUserIds, sessionIds }: CredentialsToRead,
): Promise<CredentialStates> {
  const read = async <Row>(
    table: string,
    columns: string,
    ids: readonly string[],
  ): Promise<readonly Row[]> => {
    if (ids.length === 0) return [];
    const query = sql<Row>`select ${sql.raw(columns)} from ${sql.table(table)} where id in (${sql.join(ids)})`;
    return (await query.execute(db)).rows;
  };
  const [keys, members, endUsers, sessions] = await Promise.all([
    read<KeyRow>('api_key', 'id, hash, previous_hash, previous_until, expires_at, revoked_at', keyIds),
    read<{ id: string; account_id: string | null }>('member', 'id, account_id', memberIds),
    read<{ id: string; erasing_at: number | null }>('end_user', 'id, erasing_at', endUserIds),
    read<SessionRow>(
      'sign_in_session',
      `id, account_id, created_at, last_used_at,
        (select is_operator from account where account.id = account_id) as is_operator`,
      sessionIds,
    ),
  ]);
  return {
    keys: new Map(
      keys.map((row) => [
        row.id,
        {
          hash: row.hash,
          previousHash: row.previous_hash,
          previousUntil: row.previous_until,
          expiresAt: row.expires_at,
          isRevoked: row.revoked_at !== null,
        },
      ]),
    ),
    members: new Map(members.map((row) => [row.id, row.account_id])),
    sessions: new Map(
      sessions.map((row) => [
        row.id,
        {
          accountId: row.account_id,
          isOperator: row.is_operator === 1,
          createdAt: row.created_at,
          lastUsedAt: row.last_used_at,
        },
      ]),
    ),
    endUsers: new Set(endUsers.flatMap(({ id, erasing_at: at }) => (at === null ? [id] : []))),
  };
}
