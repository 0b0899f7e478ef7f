/** Starts a server that must fail, and compares what it tells. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { launchServer } from 'colloquy-testkit/server-process';
import { formatProblems } from '../../src/config/problems.ts';
import { explainFailedStart } from '../../src/lifecycle/failed-start.ts';
import { readConfig } from '../../src/lifecycle/read-config.ts';
import { createLog } from '../../src/log.ts';
import { startServer } from '../../src/server.ts';

export async function emptyDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'colloquy-failed-start-'));
  t.after(() => rm(directory, { recursive: true }));
  return directory;
}

interface Failure {
  readonly status: unknown;
  readonly stderr: string;
}

const usual = { HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'error', COLLOQUY_LOCAL_MODEL: 'off' };

/** Runs the server in an empty directory, as another user if need be. If it starts unexpectedly, it is stopped: 0. */
async function startProcess(
  cwd: string,
  environment: Record<string, string>,
  uid?: number,
): Promise<Failure> {
  const server = launchServer(
    { ...usual, ...environment },
    { cwd, stdio: ['ignore', 'pipe', 'pipe'], ...(uid !== undefined && { uid, gid: uid }) },
  );
  assert.ok(server.stdout !== null && server.stderr !== null);
  const exited = once(server, 'exit');
  server.stdout.once('data', () => server.kill('SIGTERM'));
  const stderr = await text(server.stderr);
  const [status] = await exited;
  return { status, stderr };
}

/** What the process would do, in this one: a process for each case would take most of the time. */
export async function startHere(cwd: string, environment: Record<string, string>): Promise<Failure> {
  const all = { ...usual, DATA_DIR: join(cwd, 'data'), ...environment };
  const read = await readConfig(all);
  if ('problems' in read) return { status: 78, stderr: formatProblems(read.problems) };
  const { config } = read;
  try {
    await using _server = await startServer(config, { log: createLog('error', 'json') });
    return { status: 0, stderr: '' };
  } catch (error) {
    const { sentence, exitCode } = explainFailedStart(error, config);
    return { status: exitCode, stderr: `${sentence}\n` };
  }
}

export interface FailedStartCase {
  readonly name: string;
  readonly code: 1 | 78;
  readonly expected: RegExp;
  /** Prepares the directory; gives variables to set, or why it can't be tried here. */
  prepare(
    cwd: string,
    t: TestContext,
  ): Promise<Record<string, string> | string> | Record<string, string> | string;
  /** In a process of its own, of this user, which only root can start. */
  readonly uid?: number;
  /** In a process of its own. */
  readonly isProcess?: true;
  /** Whether nothing may have been made. */
  readonly leavesNothing?: boolean;
}

/** Tries each case in a directory of its own. */
export function testFailedStarts(group: string, cases: readonly FailedStartCase[]): void {
  test(`what is wrong with ${group}`, async (t) => {
    for (const { name, code, expected, prepare, uid, isProcess, leavesNothing } of cases) {
      await t.test(name, async (t) => {
        const cwd = await emptyDirectory(t);
        const environment = await prepare(cwd, t);
        if (typeof environment === 'string') return t.skip(environment);
        const before = readdirSync(cwd);
        const { status, stderr } =
          uid !== undefined || isProcess === true
            ? await startProcess(cwd, environment, uid)
            : await startHere(cwd, environment);
        assert.match(stderr, expected);
        assert.doesNotMatch(stderr, /^\s+at /m, 'it has a stack');
        assert.equal(status, code, stderr);
        if (leavesNothing === true) assert.deepEqual(readdirSync(cwd), before);
      });
    }
  });
}
