/** The processes that share a store, and its schema, for the health of the administration. */
import { sql } from 'kysely';
import { databaseNow } from '../clock.ts';
import type { Database, StoreEngine } from '../tables.ts';

export interface ReplicaRecord {
  /** The number under which it writes. */
  readonly owner: number;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Milliseconds until its lease ends, by the database's clock; negative where it has ended. */
  readonly leaseMs: number;
}

/** Processes that hold a lease, or whose generations nobody has taken over yet; the oldest first. */
export async function listReplicas(db: Database, engine: StoreEngine): Promise<readonly ReplicaRecord[]> {
  const rows = await db
    .selectFrom('owner')
    .select(['id', 'started_at', 'lease_until', databaseNow(engine).as('now')])
    .where('fenced_at', 'is', null)
    .orderBy('id')
    .limit(100)
    .execute();
  return rows.map((row) => ({
    owner: row.id,
    startedAt: Number(row.started_at),
    leaseMs: Number(row.lease_until) - Number(row.now),
  }));
}

/** The name of the newest migration that the database has. */
export async function readSchemaVersion(db: Database): Promise<string | null> {
  const newest = sql<{ name: string | null }>`select max(name) as name from kysely_migration`;
  return (await newest.execute(db)).rows[0]?.name ?? null;
}
