/** A checkout with a program of a test's own. */
import assert from 'node:assert/strict';
import { type SpawnOptions, spawn } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

/** The package `server` of this checkout. */
export const server = fileURLToPath(new URL('../../', import.meta.url));

/** The launcher, with `cli` instead of `src/cli/cli.ts`; every user may enter. Gives its directory. */
export async function install(t: TestContext, cli: string): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'colloquy-installation-'));
  t.after(() => rm(home, { recursive: true }));
  await chmod(home, 0o755);
  await cp(join(server, 'bin'), join(home, 'bin'), { recursive: true });
  await mkdir(join(home, 'src/cli'), { recursive: true });
  await writeFile(join(home, 'src/cli/cli.ts'), cli);
  await writeFile(join(home, 'src/cli/fake.worker.ts'), 'export {};\n');
  await writeFile(join(home, 'package.json'), '{"type":"module"}');
  await symlink(join(server, '../../node_modules'), join(home, 'node_modules'));
  return home;
}

/** Gives what the program prints as JSON; it must print nothing to standard error. */
export async function run(
  home: string,
  args: readonly string[],
  options: Pick<SpawnOptions, 'env' | 'uid'> = {},
): Promise<Record<string, unknown>> {
  const child = spawn(process.execPath, [join(home, 'bin/colloquy.js'), ...args], {
    ...options,
    stdio: 'pipe',
  });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  assert.equal(err, '');
  return JSON.parse(out);
}
