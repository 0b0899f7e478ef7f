/** Brings the database to this program's version, before the store is opened on it. */
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { migrate } from '../migrate.ts';
import { UnfitDatabaseError } from '../schema/unfit-database.ts';
import type { Tables } from '../tables.ts';
import { connectionTo, surviveBrokenConnections } from './connection.ts';

const oldestMajor = 15;

/**
 * Migrations may take long, as may the wait for another server's, so their statements have no time limit.
 * @throws UnfitDatabaseError, and what `pg` throws where the server can't be reached
 */
export async function prepareDatabase(url: string): Promise<void> {
  const pool = new pg.Pool({ ...connectionTo(url), max: 1 });
  pool.on('error', () => undefined);
  surviveBrokenConnections(pool);
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  try {
    await refuseOld(pool);
    await migrate(db, 'postgres');
  } finally {
    await db.destroy();
  }
}

async function refuseOld(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ server_version: string }>('show server_version');
  const version = rows[0]?.server_version ?? '';
  if (Number.parseInt(version, 10) >= oldestMajor) return;
  throw new UnfitDatabaseError(
    `DATABASE_URL: the server is PostgreSQL ${version}, and Colloquy needs ${oldestMajor} or newer; upgrade it`,
  );
}
