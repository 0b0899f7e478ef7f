/**
 * A store that is being filled from another one. A table of its own says how far it is, so that a filling that is cut off
 * goes on; no server starts on it until that table is gone. Triggers are off meanwhile: what they count is carried too.
 */
import { sql } from 'kysely';
import { UnfitDatabaseError } from '../schema/unfit-database.ts';
import type { Database, StoreEngine } from '../tables.ts';
import { type CarriedTable, madeAnew, type Row, stateColumn } from './carried-tables.ts';
import type { TableContent } from './content.ts';

export interface Progress extends TableContent {
  /** Key of the last row that was written. */
  readonly after: readonly unknown[];
}

const noteTable = 'unfinished_transfer';
/** SQLite takes at most 32,766 parameters. */
const maxParameters = 30_000;

export class TransferTarget {
  readonly db: Database;
  readonly engine: StoreEngine;

  constructor(db: Database, engine: StoreEngine) {
    this.db = db;
    this.engine = engine;
  }

  /** What the filling that was cut off came from; undefined if none was. */
  async unfinished(): Promise<string | undefined> {
    return (await hasNotes(this.db)) ? await this.#note('source') : undefined;
  }

  /** Empties the store and begins to fill it. */
  async begin(source: string, tables: readonly CarriedTable[]): Promise<void> {
    await this.db.transaction().execute(async (trx) => {
      await sql`create table if not exists ${sql.table(noteTable)} (name text primary key, value text not null)`.execute(
        trx,
      );
      await this.#switchTriggersOff(trx, tables);
      await sql`delete from ${sql.table(noteTable)} where name not like 'trigger %'`.execute(trx);
      for (const name of [...madeAnew, ...tables.map((table) => table.name).toReversed()])
        await sql`delete from ${sql.table(name)}`.execute(trx);
      await this.#putNote(trx, 'source', source);
    });
  }

  async progressOf({ name }: CarriedTable): Promise<Progress | undefined> {
    const note = await this.#note(`table ${name}`);
    return note === undefined ? undefined : JSON.parse(note);
  }

  async write({ name, columns }: CarriedTable, rows: readonly Row[], progress: Progress): Promise<void> {
    const atOnce = Math.max(1, Math.floor(maxParameters / columns.length));
    const table = sql.table(name);
    const names = sql.join(columns.map((column) => sql.ref(column)));
    await this.db.transaction().execute(async (trx) => {
      for (let from = 0; from < rows.length; from += atOnce) {
        const values = rows
          .slice(from, from + atOnce)
          .map(
            (row) => sql`(${sql.join(columns.map((column) => (column === stateColumn ? 0 : row[column])))})`,
          );
        await sql`insert into ${table} (${names}) values ${sql.join(values)}`.execute(trx);
      }
      await this.#putNote(trx, `table ${name}`, JSON.stringify(progress));
    });
  }

  /** Turns the triggers on again; from here on a server may start. */
  async finish(tables: readonly CarriedTable[]): Promise<void> {
    await this.db.transaction().execute(async (trx) => {
      await this.#switchTriggersOn(trx, tables);
      await sql`drop table ${sql.table(noteTable)}`.execute(trx);
    });
  }

  async #switchTriggersOff(db: Database, tables: readonly CarriedTable[]): Promise<void> {
    if (this.engine === 'postgres') {
      for (const { name } of tables)
        await sql`alter table ${sql.table(name)} disable trigger user`.execute(db);
      return;
    }
    const { rows } = await sql<{ name: string; sql: string }>`select name, sql from sqlite_master
      where type = 'trigger'`.execute(db);
    for (const trigger of rows) {
      await this.#putNote(db, `trigger ${trigger.name}`, trigger.sql);
      await sql`drop trigger ${sql.table(trigger.name)}`.execute(db);
    }
  }

  async #switchTriggersOn(db: Database, tables: readonly CarriedTable[]): Promise<void> {
    if (this.engine === 'sqlite') {
      const { rows } = await sql<{ value: string }>`select value from ${sql.table(noteTable)}
        where name like 'trigger %'`.execute(db);
      for (const { value } of rows) await sql.raw(value).execute(db);
      return;
    }
    for (const { name, identity } of tables) {
      await sql`alter table ${sql.table(name)} enable trigger user`.execute(db);
      if (identity === undefined) continue;
      await sql`select setval(pg_get_serial_sequence(${name}, ${identity}), max(${sql.ref(identity)}))
        from ${sql.table(name)}`.execute(db);
    }
  }

  async #note(name: string): Promise<string | undefined> {
    const { rows } = await sql<{ value: string }>`select value from ${sql.table(noteTable)}
      where name = ${name}`.execute(this.db);
    return rows[0]?.value;
  }

  async #putNote(db: Database, name: string, value: string): Promise<void> {
    await sql`insert into ${sql.table(noteTable)} (name, value) values (${name}, ${value})
      on conflict (name) do update set value = excluded.value`.execute(db);
  }
}

async function hasNotes(db: Database): Promise<boolean> {
  return (await db.introspection.getTables()).some(({ name }) => name === noteTable);
}

/** @throws UnfitDatabaseError if the store is filled only in part */
export async function refuseUnfinished(db: Database): Promise<void> {
  if (!(await hasNotes(db))) return;
  throw new UnfitDatabaseError(
    'the database is only filled in part by `colloquy migrate-store` or `colloquy restore`; ' +
      'run the same command again, which goes on where it was cut off',
  );
}
