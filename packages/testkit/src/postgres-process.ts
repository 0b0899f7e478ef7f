/** A PostgreSQL of a test's own, which can be stopped and started: a cluster in a temporary directory, on a free port. */
import { execFile } from 'node:child_process';
import { chown, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findFreePort } from './free-port.ts';
import { missing, type Skip } from './services.ts';

const run = promisify(execFile);

export interface PostgresProcess extends AsyncDisposable {
  /** Of its database `postgres`. */
  readonly url: string;
  /** Ends it, with the connections that are open: `fast` rolls back and writes all out, `immediate` is a crash. */
  stop(mode: 'fast' | 'immediate'): Promise<void>;
  start(): Promise<void>;
}

/** Whether a PostgreSQL can be started here: Debian's places, and the user `postgres` if this is root. */
export async function findPostgresPrograms(): Promise<{ readonly programs: string } | Skip> {
  const root = '/usr/lib/postgresql';
  const versions = await readdir(root).catch(() => []);
  const newest = versions.toSorted((a, b) => Number(b) - Number(a))[0];
  if (newest === undefined) return missing('PostgreSQL', new Error(`there is none in ${root}`));
  return { programs: join(root, newest, 'bin') };
}

/** PostgreSQL does not run as root; then it runs as the user `postgres`. */
async function asUser(): Promise<{ readonly uid?: number; readonly gid?: number }> {
  if (process.getuid?.() !== 0) return {};
  const { stdout } = await run('id', ['-u', 'postgres']);
  const group = await run('id', ['-g', 'postgres']);
  return { uid: Number(stdout), gid: Number(group.stdout) };
}

export async function startPostgres(programs: string): Promise<PostgresProcess> {
  const user = await asUser();
  const port = await findFreePort();
  const directory = await mkdtemp(join(tmpdir(), 'colloquy-postgres-'));
  const data = join(directory, 'data');
  await mkdir(data, { mode: 0o700 });
  if (user.uid !== undefined && user.gid !== undefined) {
    for (const path of [directory, data]) await chown(path, user.uid, user.gid);
  }
  const call = (program: string, args: readonly string[]) =>
    run(join(programs, program), [...args], { ...user, cwd: directory });
  await call('initdb', ['-D', data, '-U', 'postgres', '--auth=trust', '--no-sync', '-E', 'UTF8']);
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=200`;
  const control = (...args: string[]) => call('pg_ctl', ['-D', data, '-w', '-t', '120', ...args]);
  const postgres: PostgresProcess = {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    async stop(mode) {
      await control('stop', '-m', mode);
    },
    async start() {
      await control('start', '-l', join(directory, 'log'), '-o', settings);
    },
    async [Symbol.asyncDispose]() {
      await control('stop', '-m', 'immediate').catch(() => undefined);
      await rm(directory, { recursive: true, force: true });
    },
  };
  await postgres.start();
  return postgres;
}
