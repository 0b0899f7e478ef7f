/** Reads whether credentials that were good are good still, of many callers at once. */
import { sql } from 'kysely';
import type { ApiKeyTable, Database } from '../tables.ts';

export interface CredentialsToRead {
  readonly keyIds: readonly string[];
  readonly memberIds: readonly string[];
  readonly endUserIds: readonly string[];
}

export interface KeyState {
  readonly hash: string;
  readonly previousHash: string | null;
  /** Epoch milliseconds. */
  readonly previousUntil: number | null;
  readonly expiresAt: number | null;
  readonly isRevoked: boolean;
}

export interface CredentialStates {
  /** The keys that there are, by their ids. */
  readonly keys: ReadonlyMap<string, KeyState>;
  /** The ids of members that there are. */
  readonly members: ReadonlySet<string>;
  /** The ids of end users that there are, and that are not being erased. */
  readonly endUsers: ReadonlySet<string>;
}

type KeyRow = Pick<
  ApiKeyTable,
  'id' | 'hash' | 'previous_hash' | 'previous_until' | 'expires_at' | 'revoked_at'
>;

/** Three queries at most, each by primary keys. */
export async function readCredentialStates(
  db: Database,
  { keyIds, memberIds, endUserIds }: CredentialsToRead,
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
  const [keys, members, endUsers] = await Promise.all([
    read<KeyRow>('api_key', 'id, hash, previous_hash, previous_until, expires_at, revoked_at', keyIds),
    read<{ id: string }>('member', 'id', memberIds),
    read<{ id: string; erasing_at: number | null }>('end_user', 'id, erasing_at', endUserIds),
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
    members: new Set(members.map(({ id }) => id)),
    endUsers: new Set(endUsers.flatMap(({ id, erasing_at: at }) => (at === null ? [id] : []))),
  };
}
