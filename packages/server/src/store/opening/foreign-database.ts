/** Keeps this program's tables out of a database that another program has made. */
import { type Kysely, sql } from 'kysely';
import { UnfitDatabaseError } from '../schema/unfit-database.ts';
import type { Database, StoreEngine } from '../tables.ts';

/** A few tables of the first migration: where one is there without it, somebody else has made it. */
const namesTaken = [
  'organization',
  'persona',
  'session',
  'message',
  'generation',
  'owner',
  'journal',
  'model',
];

/**
 * On SQLite the file is this program's alone. A database of PostgreSQL may hold tables of others, as extensions make
 * some; only their names must differ. Gives whether this program has migrated it before.
 * @throws UnfitDatabaseError if another program made it
 */
export async function isOurs(db: Database, engine: StoreEngine): Promise<boolean> {
  const names = await tableNames(db, engine);
  if (names.includes('kysely_migration')) {
    const own = await (db as unknown as Kysely<{ kysely_migration: { name: string } }>)
      .selectFrom('kysely_migration')
      .select('name')
      .orderBy('name')
      .limit(1)
      .execute();
    if (own.length === 0 || own[0]?.name === '0001-first') return true;
    refuse('has migrations of another program', engine);
  }
  const foreign = engine === 'sqlite' ? names : names.filter((name) => namesTaken.includes(name));
  if (foreign.length > 0) refuse(`has tables of another program (${foreign.slice(0, 5).join(', ')})`, engine);
  return false;
}

function refuse(what: string, engine: StoreEngine): never {
  const advice =
    engine === 'sqlite'
      ? 'move colloquy.db away, or set DATA_DIR to another directory'
      : 'set DATABASE_URL to a database of its own';
  throw new UnfitDatabaseError(`the database ${what}; ${advice}`);
}

/** Of PostgreSQL, those of the schema in which this program's tables are made. */
async function tableNames(db: Database, engine: StoreEngine): Promise<readonly string[]> {
  const query =
    engine === 'sqlite'
      ? sql<{
          name: string;
        }>`select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\'`
      : sql<{ name: string }>`select tablename as name from pg_tables where schemaname = current_schema()`;
  return (await query.execute(db)).rows.map(({ name }) => name);
}
