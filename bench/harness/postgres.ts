/** A PostgreSQL database of the bench's own, and the processes of its backends. */
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

export interface BenchDatabase extends AsyncDisposable {
  readonly url: string;
  /** Processes of the PostgreSQL server that serve connections to this database now. */
  backendPids(): Promise<number[]>;
}

/**
 * Makes a database on the server of TEST_DATABASE_URL, else on the one at 127.0.0.1:5432 with user postgres. Gives
 * undefined if there is no server. Its backends' CPU can be measured only if they run on this machine.
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
