/** Runs statements that fill a store whose server is down. */
import { DatabaseSync } from 'node:sqlite';
import { Client } from 'pg';
import type { Home } from '../colloquy.ts';

/** Runs them in order, on SQLite in one transaction and without a look at foreign keys. */
export async function runStatements({ storage }: Home, statements: readonly string[]): Promise<void> {
  if (storage.engine === 'sqlite') {
    const database = new DatabaseSync(storage.path, { enableForeignKeyConstraints: false });
    database.exec('pragma synchronous = off; begin');
    for (const statement of statements) database.exec(statement);
    database.exec('commit');
    database.close();
  } else {
    const client = new Client({ connectionString: storage.url });
    await client.connect();
    for (const statement of [...statements, 'vacuum (analyze)']) await client.query(statement);
    await client.end();
  }
}
