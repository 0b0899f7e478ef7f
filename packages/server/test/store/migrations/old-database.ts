/** Databases as earlier versions of the program left them. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Place } from 'colloquy-testkit/place';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import pg from 'pg';
import { migrations } from '../../../src/store/migrate.ts';
import { describeSchema } from '../../../src/store/schema/check-schema.ts';
import type { SchemaDescription } from '../../../src/store/schema/description.ts';
import { kyselyOn, openForWriting } from '../../../src/store/sqlite/database.ts';
import type { Database, StoreEngine } from '../../../src/store/store.ts';

/** The one organization of an old database. */
export const organization = '019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f01';

/** How many migrations there were before this one. */
export function migrationsBefore(name: string): number {
  const count = Object.keys(migrations).indexOf(name);
  assert.notEqual(count, -1, `there is no migration ${name}`);
  return count;
}

/** Makes the schema as the first `count` migrations leave it, with an organization, and lets `fill` put rows into it. */
export async function makeOldDatabase(
  place: Place,
  engine: StoreEngine,
  count: number,
  fill: (db: Kysely<unknown>) => Promise<void>,
): Promise<void> {
  const db = connect(place);
  await migrateTo(db, engine, count);
  await makeOrganization(db, organization);
  await fill(db);
  await db.destroy();
}

/** Makes a database that every version of the program has written to: after each migration `fill` puts rows into it. */
export async function makeLivedInDatabase(
  place: Place,
  engine: StoreEngine,
  fill: (db: Kysely<unknown>, migration: string) => Promise<void>,
): Promise<void> {
  const db = connect(place);
  for (const [index, name] of Object.keys(migrations).entries()) {
    await migrateTo(db, engine, index + 1);
    await fill(db, name);
  }
  await db.destroy();
}

async function migrateTo(db: Kysely<unknown>, engine: StoreEngine, count: number): Promise<void> {
  const known = Object.entries(migrations).slice(0, count);
  const provider = {
    getMigrations: async () =>
      Object.fromEntries(known.map(([name, up]) => [name, { up: (on: Kysely<unknown>) => up(on, engine) }])),
  };
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  if (error !== undefined) throw error;
}

export async function makeOrganization(db: Kysely<unknown>, id: string): Promise<void> {
  await sql`insert into organization (id, name, created_at, updated_at) values (${id}, ${id}, 1, 1)`.execute(
    db,
  );
}

/** What the migrations make of an empty place. */
export async function schemaOfMigrations(place: Place, engine: StoreEngine): Promise<SchemaDescription> {
  let schema: SchemaDescription = {};
  await makeOldDatabase(place, engine, Object.keys(migrations).length, async (db) => {
    schema = await describeSchema(db as unknown as Database, engine);
  });
  return schema;
}

function connect({ databaseUrl, dataDir }: Place): Kysely<unknown> {
  if (databaseUrl === undefined) {
    return kyselyOn(openForWriting(join(dataDir, 'colloquy.db'))) as unknown as Kysely<unknown>;
  }
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  return new Kysely({ dialect: new PostgresDialect({ pool }) });
}
