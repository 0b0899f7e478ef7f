/** Starts on PostgreSQL that must fail: each is told in one sentence that names DATABASE_URL, never with a password. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { postgresForTests } from 'colloquy-testkit/services';
import { Client } from 'pg';
import { type FailedStartCase, testFailedStarts } from './failed-starts.ts';

/** Something that is no PostgreSQL of today: it answers the first message with these bytes. */
async function impostor(t: TestContext, answers: (message: number) => Buffer | undefined): Promise<string> {
  const server = createServer((socket) => {
    let messages = 0;
    socket.on('error', () => undefined);
    socket.on('data', () => {
      const answer = answers(messages++);
      if (answer === undefined) socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
      else socket.write(answer);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  return `127.0.0.1:${typeof address === 'object' && address?.port}`;
}

/** A message of PostgreSQL's protocol: https://www.postgresql.org/docs/current/protocol-message-formats.html */
function message(type: string, ...parts: readonly (number | string | Buffer)[]): Buffer {
  const body = Buffer.concat(
    parts.map((part) => {
      if (typeof part === 'string') return Buffer.from(`${part}\0`);
      if (Buffer.isBuffer(part)) return part;
      const bytes = Buffer.alloc(4);
      bytes.writeInt32BE(part);
      return bytes;
    }),
  );
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
}

const ready = message('Z', Buffer.from('I'));
const column = message(
  'T',
  Buffer.from([0, 1]),
  'server_version',
  0,
  Buffer.from([0, 0]),
  25,
  Buffer.from([255, 255]),
  -1,
  Buffer.from([0, 0]),
);
const oldServer = [
  Buffer.concat([message('R', 0), ready]),
  Buffer.concat([
    column,
    message('D', Buffer.from([0, 1]), 4, Buffer.from('9.6.')),
    message('C', 'SHOW'),
    ready,
  ]),
];

const postgres = await postgresForTests();
const server = 'skip' in postgres ? undefined : new URL(postgres.url);

/** The address of the tests' PostgreSQL, changed. */
function changed(change: (url: URL) => void): Record<string, string> | string {
  if (server === undefined) return 'there is no PostgreSQL';
  const url = new URL(server);
  change(url);
  return { DATABASE_URL: url.href };
}

async function run(...statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: server?.href });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

const databaseServers: readonly FailedStartCase[] = [
  {
    name: 'a database that is not there',
    code: 78,
    expected: /^DATABASE_URL: there is no database "absent" on .*create it/,
    prepare: () =>
      changed((url) => {
        url.pathname = '/absent';
      }),
  },
  {
    name: 'a role that is not there',
    code: 78,
    expected: /^DATABASE_URL: .* refuses the role "nobody_knows"/,
    prepare: () =>
      changed((url) => {
        url.username = 'nobody_knows';
      }),
  },
  {
    name: 'nothing that listens',
    code: 1,
    expected: /^DATABASE_URL: nothing listens on 127\.0\.0\.1:1; start PostgreSQL/,
    prepare: () => ({ DATABASE_URL: 'postgres://a:hidden@127.0.0.1:1/b' }),
  },
  {
    name: 'a host that nobody knows',
    code: 1,
    expected: /^DATABASE_URL: the host of no-such-host\.invalid:5432 can't be found/,
    prepare: () => ({ DATABASE_URL: 'postgres://a:hidden@no-such-host.invalid/b' }),
  },
  {
    name: 'TLS that the server does not speak',
    code: 78,
    expected: /^DATABASE_URL: .* does not speak TLS/,
    prepare: async (_cwd, t) => ({
      DATABASE_URL: `postgres://a@${await impostor(t, () => Buffer.from('N'))}/b?sslmode=require`,
    }),
  },
  {
    name: 'a file of certificates that is not there',
    code: 78,
    expected: /^DATABASE_URL: the file .*absent\.pem that it needs can't be read \(ENOENT\)/,
    prepare: (cwd) => ({
      DATABASE_URL: `postgres://a@127.0.0.1/b?sslrootcert=${encodeURIComponent(join(cwd, 'absent.pem'))}`,
    }),
  },
  {
    name: 'something else that listens',
    code: 1,
    expected: /^DATABASE_URL: .* closed the connection; is it PostgreSQL that listens there\?/,
    prepare: async (_cwd, t) => ({ DATABASE_URL: `postgres://a@${await impostor(t, () => undefined)}/b` }),
  },
  {
    name: 'a server that is too old',
    code: 78,
    expected: /^DATABASE_URL: the server is PostgreSQL 9\.6\., and Colloquy needs 15 or newer/,
    prepare: async (_cwd, t) => ({
      DATABASE_URL: `postgres://a@${await impostor(t, (at) => oldServer[at] ?? ready)}/b`,
    }),
  },
  {
    name: 'a role without rights',
    code: 78,
    expected: /^DATABASE_URL: the role "colloquy_powerless" may not do what Colloquy needs/,
    async prepare(_cwd, t) {
      if (server === undefined) return 'there is no PostgreSQL';
      await run('drop role if exists colloquy_powerless', 'create role colloquy_powerless login');
      t.after(() => run('drop role colloquy_powerless'));
      return changed((url) => {
        url.username = 'colloquy_powerless';
      });
    },
  },
  {
    name: 'no connection that is left',
    code: 1,
    expected: /^DATABASE_URL: .*has no connection left .*max_connections/,
    async prepare(_cwd, t) {
      if (server === undefined) return 'there is no PostgreSQL';
      await run(
        'drop role if exists colloquy_crowded',
        'create role colloquy_crowded login connection limit 0',
      );
      t.after(() => run('drop role colloquy_crowded'));
      return changed((url) => {
        url.username = 'colloquy_crowded';
      });
    },
  },
  {
    name: 'tables of another program',
    code: 78,
    expected: /tables of another program \(message\); set DATABASE_URL/,
    async prepare(_cwd, t) {
      if (server === undefined) return 'there is no PostgreSQL';
      await run('create table message (subject text)');
      t.after(() => run('drop table message'));
      return changed(() => undefined);
    },
  },
];

testFailedStarts('the database server', databaseServers);
