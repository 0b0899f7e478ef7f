/**
 * Starts that must fail: each is told in one sentence that names a file or a variable, never with a stack, and the exit
 * code says whether another try may succeed (1) or somebody must change something first (78).
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { mountSmallDisk } from '../faults/kit/disk.ts';
import { emptyDirectory, type FailedStartCase, startHere, testFailedStarts } from './failed-starts.ts';

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

/** A directory that user 65534 may enter, in which `path` belongs to root. */
function forNobody(cwd: string, mode: number): Record<string, string> | string {
  if (!isRoot) return 'only root can start it as another user';
  chmodSync(cwd, 0o755);
  const dataDir = join(cwd, 'data');
  mkdirSync(dataDir, { mode: 0o700 });
  if (mode === 0o700) chownSync(dataDir, nobody, nobody);
  else chmodSync(dataDir, mode);
  return { DATA_DIR: dataDir };
}

/** A data directory with a database that has been used once. */
async function usedDirectory(cwd: string): Promise<string> {
  const dataDir = join(cwd, 'data');
  await (await openSqliteStore(dataDir))[Symbol.asyncDispose]();
  return dataDir;
}

const dataDirectories: readonly FailedStartCase[] = [
  {
    name: 'in /proc, where nothing can be made',
    code: 78,
    expected: /data directory \/proc\/colloquy can't be made.*DATA_DIR/,
    prepare: () => (process.platform === 'linux' ? { DATA_DIR: '/proc/colloquy' } : 'there is no /proc'),
  },
  {
    name: 'below /proc, deeper',
    code: 78,
    expected: /DATA_DIR.*\/proc\/self\/a|\/proc\/self\/a.*DATA_DIR/s,
    prepare: () => (process.platform === 'linux' ? { DATA_DIR: '/proc/self/a/b/c' } : 'there is no /proc'),
  },
  {
    name: 'a directory of /proc',
    code: 78,
    expected: /DATA_DIR.*\/proc\/self|\/proc\/self.*DATA_DIR/s,
    prepare: () => (process.platform === 'linux' ? { DATA_DIR: '/proc/self' } : 'there is no /proc'),
  },
  {
    name: 'a file',
    code: 78,
    expected: /DATA_DIR: .*is not a directory/,
    prepare(cwd) {
      writeFileSync(join(cwd, 'file'), 'text');
      return { DATA_DIR: join(cwd, 'file') };
    },
  },
  {
    name: 'a link that leads nowhere',
    code: 78,
    expected: /DATA_DIR: .*is a link that leads nowhere/,
    prepare(cwd) {
      symlinkSync(join(cwd, 'absent'), join(cwd, 'link'));
      return { DATA_DIR: join(cwd, 'link', 'data') };
    },
  },
  {
    name: 'of another user',
    code: 78,
    expected: /DATA_DIR: .*can't be written to \(EACCES\)/,
    prepare: (cwd) => forNobody(cwd, 0o755),
    uid: nobody,
  },
  {
    name: 'on a file system that only reads',
    code: 78,
    expected: /DATA_DIR: .*\(EROFS\)/,
    async prepare(_cwd, t) {
      const path = await mkdtemp(join(tmpdir(), 'colloquy-read-only-'));
      const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', path]);
      t.after(async () => {
        spawnSync('umount', ['-l', path]);
        await rm(path, { recursive: true });
      });
      return mounted.status === 0 ? { DATA_DIR: join(path, 'data') } : 'this user may not mount';
    },
  },
  {
    name: 'on a full disk',
    code: 1,
    expected: /disk .*is full.*free some space/s,
    async prepare(_cwd, t) {
      const disk = await mountSmallDisk(1);
      if (disk === undefined) return 'this user may not mount';
      t.after(() => disk[Symbol.asyncDispose]());
      await disk.fill();
      return { DATA_DIR: join(disk.path, 'data') };
    },
  },
  {
    name: 'on a disk that is too small for the database',
    code: 1,
    expected: /disk .*is full.*free some space/s,
    async prepare(_cwd, t) {
      const disk = await mountSmallDisk(1);
      if (disk === undefined) return 'this user may not mount';
      t.after(() => disk[Symbol.asyncDispose]());
      writeFileSync(join(disk.path, 'filler'), Buffer.alloc(2 ** 20 - 40_960));
      return { DATA_DIR: disk.path };
    },
  },
];

const databases: readonly FailedStartCase[] = [
  {
    name: 'no database at all',
    code: 78,
    expected: /colloquy\.db is no SQLite database/,
    prepare(cwd) {
      mkdirSync(join(cwd, 'data'));
      writeFileSync(
        join(cwd, 'data', 'colloquy.db'),
        'a text that is longer than the header of a database '.repeat(99),
      );
      return {};
    },
  },
  {
    name: 'a directory in its place',
    code: 78,
    expected: /colloquy\.db is a directory/,
    prepare(cwd) {
      mkdirSync(join(cwd, 'data', 'colloquy.db'), { recursive: true });
      return {};
    },
  },
  {
    name: 'a directory in the place of its lock',
    code: 78,
    expected: /server\.lock/,
    prepare(cwd) {
      mkdirSync(join(cwd, 'data', 'server.lock'), { recursive: true });
      return {};
    },
  },
  {
    name: 'of another program',
    code: 78,
    expected: /tables of another program \(books\); move colloquy\.db away/,
    prepare(cwd) {
      mkdirSync(join(cwd, 'data'));
      const database = new DatabaseSync(join(cwd, 'data', 'colloquy.db'));
      database.exec('create table books (title text)');
      database.close();
      return {};
    },
  },
  {
    name: 'damaged',
    code: 78,
    expected: /colloquy\.db is damaged .*backup/,
    async prepare(cwd) {
      const dataDir = await usedDirectory(cwd);
      const path = join(dataDir, 'colloquy.db');
      const database = new DatabaseSync(path);
      const { page_size: pageSize } = database.prepare('pragma page_size').get() as { page_size: number };
      database.exec('pragma wal_checkpoint(truncate)');
      database.close();
      const bytes = readFileSync(path);
      // The first page keeps its header; the table of tables and all that follows are noise.
      bytes.fill(0xa5, 100, pageSize);
      writeFileSync(path, bytes);
      return {};
    },
  },
  {
    name: 'that this user may only read',
    code: 78,
    expected: /colloquy\.db can't be written to/,
    prepare(cwd) {
      const environment = forNobody(cwd, 0o700);
      if (typeof environment !== 'string')
        writeFileSync(join(cwd, 'data', 'colloquy.db'), '', { mode: 0o644 });
      return environment;
    },
    uid: nobody,
  },
  {
    name: 'of a newer version, which is left as it is',
    code: 78,
    expected:
      /^the database was made by a newer version of Colloquy \(it has the migrations 9999_future\); start that version or a newer one\n$/,
    async prepare(cwd) {
      const dataDir = await usedDirectory(cwd);
      const database = new DatabaseSync(join(dataDir, 'colloquy.db'));
      database.exec(`insert into kysely_migration values ('9999_future', '2030-01-01T00:00:00.000Z')`);
      database.close();
      return {};
    },
  },
];

const secrets: readonly FailedStartCase[] = [
  ...['secret', 'admin-key', 'first-key'].flatMap((file): FailedStartCase[] => [
    {
      name: `${file} that is empty`,
      code: 78,
      expected: new RegExp(`${file} is empty; restore it`),
      prepare(cwd) {
        mkdirSync(join(cwd, 'data'));
        writeFileSync(join(cwd, 'data', file), '', { mode: 0o600 });
        return {};
      },
    },
    {
      name: `${file} that was cut`,
      code: 78,
      expected: new RegExp(`${file} is not whole.*restore it`),
      prepare(cwd) {
        mkdirSync(join(cwd, 'data'));
        writeFileSync(join(cwd, 'data', file), 'sk_ad', { mode: 0o600 });
        return {};
      },
    },
    {
      name: `${file} that is a directory`,
      code: 78,
      expected: new RegExp(`${file} can't be read: EISDIR.*move the directory away`),
      prepare(cwd) {
        mkdirSync(join(cwd, 'data', file), { recursive: true, mode: 0o700 });
        return {};
      },
    },
  ]),
  {
    name: 'secret that this user may not read',
    code: 78,
    expected: /secret can't be read: EACCES/,
    prepare(cwd) {
      const environment = forNobody(cwd, 0o700);
      if (typeof environment !== 'string')
        writeFileSync(join(cwd, 'data', 'secret'), 'x'.repeat(43), { mode: 0o600 });
      return environment;
    },
    uid: nobody,
  },
  {
    name: '.env that is a directory',
    code: 78,
    expected: /^\.env can't be read: it is a directory/,
    prepare(cwd) {
      mkdirSync(join(cwd, '.env'));
      return {};
    },
    isProcess: true,
    leavesNothing: true,
  },
  {
    name: '.env that this user may not read',
    code: 78,
    expected: /^\.env can't be read: .*EACCES|^\.env can't be read: permission denied/i,
    prepare(cwd) {
      const environment = forNobody(cwd, 0o700);
      writeFileSync(join(cwd, '.env'), 'PORT=0', { mode: 0o600 });
      return environment;
    },
    uid: nobody,
  },
];

const addresses: readonly FailedStartCase[] = [
  {
    name: 'a port that is taken',
    code: 1,
    expected: /^PORT: something else listens on port \d+ of 127\.0\.0\.1; stop it/,
    async prepare(_cwd, t) {
      const other = createServer().listen(0, '127.0.0.1');
      await once(other, 'listening');
      t.after(() => other.close());
      const address = other.address();
      return { PORT: String(typeof address === 'object' && address?.port) };
    },
    leavesNothing: true,
    isProcess: true,
  },
  {
    name: 'an address of another machine',
    code: 78,
    expected: /^HOST: 192\.0\.2\.1 is not an address of this machine/,
    prepare: () => ({ HOST: '192.0.2.1' }),
    leavesNothing: true,
  },
  {
    name: 'a name that nobody knows',
    code: 1,
    expected: /^HOST: the name no-such-host\.invalid can't be found/,
    prepare: () => ({ HOST: 'no-such-host.invalid' }),
    leavesNothing: true,
  },
  {
    name: 'a port of the system',
    code: 78,
    expected: /^PORT: this user may not listen on port 80;/,
    prepare(cwd) {
      const probe = spawnSync('setpriv', ['--version']);
      const first = spawnSync('cat', ['/proc/sys/net/ipv4/ip_unprivileged_port_start'])
        .stdout?.toString()
        .trim();
      if (probe.status !== 0 || first !== '1024') return 'every user may listen on every port here';
      return { ...(forNobody(cwd, 0o700) as Record<string, string>), PORT: '80' };
    },
    uid: nobody,
  },
];

for (const [group, cases] of Object.entries({ dataDirectories, databases, secrets, addresses })) {
  testFailedStarts(group, cases);
}

test('files that are not there are told together with wrong values', async (t) => {
  const { status, stderr } = await startHere(await emptyDirectory(t), {
    PORT: 'x',
    COLLOQUY_LOCAL_MODEL: './absent.gguf',
  });
  assert.equal(status, 78);
  assert.match(stderr, /2 settings are wrong/);
  assert.match(stderr, /^ {2}PORT: /m);
  assert.match(stderr, /^ {2}COLLOQUY_LOCAL_MODEL: .* does not exist/m);
});

test('one fault of a variable is told once', async (t) => {
  const { stderr } = await startHere(await emptyDirectory(t), { COLLOQUY_LOCAL_MODEL: 'qwen9' });
  assert.match(stderr, /one setting is wrong/);
});

test('an ANONYMOUS_ORG that is not there', async (t) => {
  const { status, stderr } = await startHere(await emptyDirectory(t), {
    ANONYMOUS_ORG: '01a20546-8ebc-7531-9991-009e03380850',
  });
  assert.equal(status, 78);
  assert.match(stderr, /^ {2}ANONYMOUS_ORG: .*01a20546-8ebc-7531-9991-009e03380850/m);
});
