/**
 * PostgreSQL, Redis and Chromium for tests if the machine has them, else the reason to skip. With
 * COLLOQUY_REQUIRE_SERVICES=1 a missing one throws, so that CI never passes by skipping.
 *
 *   const postgres = await postgresForTests();
 *   test('…', 'skip' in postgres ? postgres : {}, …);
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { Client } from 'pg';

export interface Skip {
  readonly skip: string;
}

/** A missing service refuses at once; on a busy machine an existing one may take long to answer. */
const connectTimeoutMs = 30_000;

/**
 * Makes an empty PostgreSQL database, which is dropped when the process has nothing more to do. The server is that of
 * TEST_DATABASE_URL, else the one at 127.0.0.1:5432 with user postgres.
 */
export async function postgresForTests(): Promise<{ readonly url: string } | Skip> {
  if (isSqliteOnly()) return sqliteOnly;
  const server = postgresServer();
  try {
    const name = await createDatabase(server);
    process.setMaxListeners(0);
    process.on('beforeExit', dropOnce(server, name));
    const url = new URL(server);
    url.pathname = `/${name}`;
    return { url: url.href };
  } catch (error) {
    return missing('PostgreSQL', error);
  }
}

/** Finds the PostgreSQL server of `postgresForTests`, without making a database. */
export async function findPostgres(): Promise<{ readonly server: string } | Skip> {
  if (isSqliteOnly()) return sqliteOnly;
  const server = postgresServer();
  try {
    await withClient(server, async () => {});
    return { server };
  } catch (error) {
    return missing('PostgreSQL', error);
  }
}

const sqliteOnly: Skip = { skip: 'TEST_STORES is sqlite, as the quick tier sets it' };

function isSqliteOnly(): boolean {
  return process.env.TEST_STORES === 'sqlite';
}

function postgresServer(): string {
  return process.env.TEST_DATABASE_URL || 'postgres://postgres@127.0.0.1:5432/postgres';
}

/** A Redis address. Its database number comes from the process id: there are 15, and all of them share channels. */
export async function redisForTests(): Promise<{ readonly url: string } | Skip> {
  const url = new URL(process.env.TEST_REDIS_URL || 'redis://127.0.0.1:6379');
  try {
    await pingRedis(url.hostname, Number(url.port || 6379));
    if (url.pathname.length <= 1) url.pathname = `/${1 + (process.pid % 15)}`;
    return { url: url.href };
  } catch (error) {
    return missing('Redis', error);
  }
}

/** The path of a Chromium: CHROMIUM_PATH, or one of the usual places. */
export function chromiumForTests(): { readonly path: string } | Skip {
  const places = [
    process.env.CHROMIUM_PATH ?? '',
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ];
  const path = places.find((place) => place !== '' && existsSync(place));
  return path === undefined ? missing('Chromium', new Error('in none of the usual places')) : { path };
}

export function missing(what: string, cause: unknown): Skip {
  const reason = cause instanceof Error ? cause.message || cause.name : String(cause);
  const skip = `${what} is not to be had: ${reason}`;
  if (process.env.COLLOQUY_REQUIRE_SERVICES === '1') throw new Error(skip, { cause });
  return { skip };
}

const namePattern = /^colloquy_test_(\d+)_[0-9a-f]+$/;
/** Longer than any test runs: older databases were left behind by processes that were killed. */
const leftOverAfterSeconds = 3600;

async function createDatabase(server: string): Promise<string> {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const name = `colloquy_test_${nowSeconds}_${randomBytes(6).toString('hex')}`;
  await withClient(server, async (client) => {
    const { rows } = await client.query<{ datname: string }>('select datname from pg_database');
    for (const { datname } of rows) {
      const madeAtSeconds = Number(namePattern.exec(datname)?.[1] ?? nowSeconds);
      if (nowSeconds - madeAtSeconds > leftOverAfterSeconds) await dropDatabase(client, datname);
    }
    // `template0`, since `template1` can't be copied while anybody is connected to it.
    await client.query(`create database ${name} template template0`);
  });
  return name;
}

async function dropDatabase(client: Client, name: string): Promise<void> {
  await client.query(`drop database if exists ${name} with (force)`);
}

/** Drops the database at `beforeExit`, once: that event comes again whenever its listeners started new work. */
function dropOnce(server: string, name: string): () => void {
  let isDropped = false;
  return () => {
    if (isDropped) return;
    isDropped = true;
    withClient(server, (client) => dropDatabase(client, name)).catch((error) => {
      console.error(`The test database ${name} could not be dropped:`, error);
      process.exitCode = 1;
    });
  };
}

async function withClient(url: string, use: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: connectTimeoutMs });
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}

function pingRedis(host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect({ host, port, timeout: connectTimeoutMs });
  socket.once('connect', () => socket.write('PING\r\n'));
  socket.once('data', (data) =>
    data.toString().startsWith('+PONG') ? resolve() : reject(new Error(`answered ${data.toString().trim()}`)),
  );
  socket.once('timeout', () => reject(new Error('no answer')));
  socket.once('error', reject);
  return promise.finally(() => socket.destroy());
}
