/** A PostgreSQL database of the bench's own, and what its backends cost. */
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

export interface BenchDatabase extends AsyncDisposable {
  readonly url: string;
  /** Processes of the PostgreSQL server that serve connections to this database now. */
  backendPids(): Promise<number[]>;
}

/**
 * The server: that of TEST_DATABASE_URL, else user postgres at 127.0.0.1:5432. Its backends' CPU can be told only
 * where they run on this machine. Undefined where there is no server.
 */
export async function createBenchDatabase(): Promise<BenchDatabase | undefined> {
  const server = process.env.TEST_DATABASE_URL || 'postgres://postgres@127.0.0.1:5432/postgres';
  const client = new Client({ connectionString: server, connectionTimeoutMillis: 3000 });
  try {
    await client.connect();
  } catch (error) {
    console.log(`PostgreSQL is left out: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
  const name = `colloquy_bench_${randomBytes(6).toString('hex')}`;
  await client.query(`create database ${name} template template0`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    async backendPids() {
      const { rows } = await client.query<{ pid: number }>(
        'select pid from pg_stat_activity where datname = $1',
        [name],
      );
      return rows.map((row) => row.pid);
    },
    async [Symbol.asyncDispose]() {
      await client.query(`drop database if exists ${name} with (force)`);
      await client.end();
    },
  };
}
