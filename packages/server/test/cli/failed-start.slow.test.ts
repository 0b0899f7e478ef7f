/** Starts that must fail: the server reports problems that an operator can fix in a sentence, with exit code 78. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { launchServer } from 'colloquy-testkit/server-process';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';

async function emptyDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'colloquy-failed-start-'));
  t.after(() => rm(directory, { recursive: true }));
  return directory;
}

/** Runs the server in an empty directory. If it starts unexpectedly, it is stopped and exits with 0. */
async function start(cwd: string, environment: Record<string, string>) {
  const usual = { PORT: '0', LOG_LEVEL: 'error', COLLOQUY_LOCAL_MODEL: 'off' };
  const server = launchServer({ ...usual, ...environment }, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  assert.ok(server.stdout !== null && server.stderr !== null);
  const exited = once(server, 'exit');
  server.stdout.once('data', () => server.kill('SIGTERM'));
  const stderr = await text(server.stderr);
  const [status] = await exited;
  return { status, stderr };
}

test('a database of a newer version is told in one sentence, and left as it is', async (t) => {
  const cwd = await emptyDirectory(t);
  const dataDir = join(cwd, 'data');
  await mkdir(dataDir);
  await (await openSqliteStore(dataDir))[Symbol.asyncDispose]();
  const database = new DatabaseSync(join(dataDir, 'colloquy.db'));
  database.exec(`insert into kysely_migration values ('9999_future', '2030-01-01T00:00:00.000Z')`);
  database.close();
  assert.deepEqual(await start(cwd, { DATA_DIR: dataDir }), {
    status: 78,
    stderr:
      'the database was made by a newer version of Colloquy (it has the migrations 9999_future); ' +
      'start that version or a newer one\n',
  });
});

test('files that are not there are told together with wrong values', async (t) => {
  const { status, stderr } = await start(await emptyDirectory(t), {
    PORT: 'x',
    COLLOQUY_LOCAL_MODEL: './absent.gguf',
  });
  assert.equal(status, 78);
  assert.match(stderr, /2 settings are wrong/);
  assert.match(stderr, /^ {2}PORT: /m);
  assert.match(stderr, /^ {2}COLLOQUY_LOCAL_MODEL: .* does not exist/m);
});

test('one fault of a variable is told once', async (t) => {
  const { stderr } = await start(await emptyDirectory(t), { COLLOQUY_LOCAL_MODEL: 'qwen9' });
  assert.match(stderr, /one setting is wrong/);
});

test('an ANONYMOUS_ORG that is not there', async (t) => {
  const { status, stderr } = await start(await emptyDirectory(t), {
    ANONYMOUS_ORG: '01a20546-8ebc-7531-9991-009e03380850',
  });
  assert.equal(status, 78);
  assert.match(stderr, /^ {2}ANONYMOUS_ORG: .*01a20546-8ebc-7531-9991-009e03380850/m);
});
