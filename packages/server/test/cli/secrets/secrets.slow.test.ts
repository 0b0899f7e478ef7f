/** `colloquy secrets`, and what the commands on whole stores tell of the secret. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { emptyPlace } from 'colloquy-testkit/place';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { spawnServer } from 'colloquy-testkit/server-process';
import { answers, makeSealedTenant, makeToken, makeWorld, tryToken } from '../../auth/secrets/servers.ts';
import { colloquy } from '../colloquy.ts';

const [first, second] = ['the first secret of all', 'another one, of a variable'] as const;

onBothStores('colloquy secrets', (engine) => {
  test('rotates a file through the running server, and on the store', async (t) => {
    const { place, upstream } = await makeWorld(t, engine);
    const env = serverEnvironment(place, { COLLOQUY_SECRET: '' });
    const run = (args: readonly string[], input?: string) =>
      colloquy(['secrets', 'rotate', ...args], { env, cwd: place.dataDir, ...(input && { input }) });
    const secretNow = (): string => readFileSync(join(place.dataDir, 'secret'), 'utf8').trim();
    const tokens: string[] = [];
    {
      await using server = await spawnServer(env);
      const tenant = await makeSealedTenant(server.url, upstream);
      tokens.push(await makeToken(server.url, tenant));
      const before = secretNow();
      const rotated = await run([]);
      assert.equal(rotated.status, 0, rotated.stderr);
      assert.equal(rotated.stdout, '');
      assert.match(
        rotated.stderr,
        /^There is a new secret .*encrypted anew: 1\. Tokens of before stay valid/,
      );
      assert.notEqual(secretNow(), before);
      for (const text of [rotated.stderr, server.output()]) {
        assert.equal(text.includes(before) || text.includes(secretNow()), false);
      }
      tokens.push(await makeToken(server.url, tenant));
      for (const token of tokens) assert.equal(await tryToken(server.url, token), 200);
      await answers(server.url, tenant, upstream);
      server.signal('SIGTERM');
      assert.equal(await server.exited, 0);
    }
    const given = await run(['--secret-file', '-', '--json'], `${first}\n`);
    assert.equal(given.status, 0, given.stderr);
    assert.deepEqual(JSON.parse(given.stdout), {
      outcome: 'rotated',
      source: 'file',
      models: 1,
      unreadable: [],
      webhooks: 0,
      unreadable_webhooks: [],
    });
    assert.equal(secretNow(), first);
    // One after another, since each holds the lock of the directory.
    const wrong = await run(['--secret-file', '/nowhere']);
    const uniform = await run(['--secret-file', '-'], 'x'.repeat(30));
    const same = await run(['--secret-file', '-'], first);
    const asked = await run(['--end-tokens']);
    assert.match(wrong.stderr, /^\/nowhere can't be read/);
    assert.match(uniform.stderr, /at least 6 different characters/);
    assert.match(asked.stderr, /to end all tokens .*add --yes/);
    assert.deepEqual(
      [wrong, uniform, same, asked].map(({ status }) => status),
      [1, 1, 1, 64],
    );
    {
      await using server = await spawnServer(env);
      for (const token of tokens) assert.equal(await tryToken(server.url, token), 200);
      const ended = await run(['--end-tokens', '--yes']);
      assert.equal(ended.status, 0, ended.stderr);
      for (const token of tokens) assert.equal(await tryToken(server.url, token), 401);
    }
  });

  test('prints what to set where the secret is a variable', async (t) => {
    const { place, upstream } = await makeWorld(t, engine);
    const env = (more: Record<string, string>) => serverEnvironment(place, more);
    const run = (more: Record<string, string>, ...args: string[]) =>
      colloquy(['secrets', 'rotate', ...args], { env: env(more), cwd: place.dataDir });
    let token: string;
    {
      await using server = await spawnServer(env({ COLLOQUY_SECRET: first }));
      const tenant = await makeSealedTenant(server.url, upstream);
      token = await makeToken(server.url, tenant);
      const told = await run({ COLLOQUY_SECRET: first });
      assert.equal(told.status, 0, told.stderr);
      assert.match(told.stdout, /^COLLOQUY_SECRET=[\w-]{43}\nCOLLOQUY_SECRET_PREVIOUS=<.*>\n$/);
      assert.match(told.stderr, /nothing was changed yet: set both variables/);
      const json = JSON.parse((await run({ COLLOQUY_SECRET: first }, '--json')).stdout);
      assert.match(json.new_secret, /^[\w-]{43}$/);
      server.signal('SIGTERM');
      await server.exited;
    }
    const both = { COLLOQUY_SECRET: second, COLLOQUY_SECRET_PREVIOUS: first };
    const atRest = await run(both);
    assert.match(
      atRest.stderr,
      /^What an earlier secret had encrypted is encrypted with COLLOQUY_SECRET now\./,
    );
    const unfit = await run({ COLLOQUY_SECRET: first });
    assert.deepEqual([unfit.status, unfit.stdout], [78, '']);
    assert.match(unfit.stderr, /^COLLOQUY_SECRET is not the secret/);
    await using server = await spawnServer(env(both));
    assert.equal(await tryToken(server.url, token), 200);
  });

  test('restore, migrate-store and check tell of a secret that does not fit, and reset goes on without', async (t) => {
    const { place, upstream } = await makeWorld(t, engine);
    const env = serverEnvironment(place, { COLLOQUY_SECRET: '' });
    const run = (...args: string[]) => colloquy(args, { env, cwd: place.dataDir });
    const secret = join(place.dataDir, 'secret');
    {
      await using server = await spawnServer(env);
      await makeSealedTenant(server.url, upstream);
      server.signal('SIGTERM');
      await server.exited;
    }
    const fine = await run('check');
    assert.deepEqual(fine, { status: 0, stdout: 'Nothing is wrong.\n', stderr: '' });
    const file = join(place.dataDir, 'copy.db');
    assert.equal((await run('backup', file)).status, 0);
    const present = await run('restore', file, '--replace');
    assert.match(present.stdout, /The present secret is theirs\.\n$/, present.stderr);
    assert.equal((await run('secrets', 'rotate')).status, 0);
    const earlier = await run('restore', file, '--replace');
    assert.match(earlier.stdout, /Their secret is an earlier one of this server/);

    await rename(`${secret}.previous`, `${secret}.kept`);
    const other = await run('restore', file, '--replace');
    assert.match(other.stdout, /The present secret is not theirs: before you start, put the secret/);
    const found = await run('check');
    assert.equal(found.status, 1);
    assert.match(found.stdout, /^secret: \/.*secret is not the secret that the data were written with/);
    await writeFile(`${secret}.previous`, await readFile(`${secret}.kept`), { mode: 0o600 });
    assert.equal((await run('check')).status, 0);
    await rm(`${secret}.previous`);

    const to = await emptyPlace('sqlite');
    t.after(() => rm(to.dataDir, { recursive: true, force: true }));
    const from = place.databaseUrl ?? place.dataDir;
    const moved = await run('migrate-store', '--from', from, '--to', to.dataDir, '--json');
    assert.equal(JSON.parse(moved.stdout).secret, 'missing', moved.stderr);

    const asked = await run('secrets', 'reset');
    assert.equal(asked.status, 64);
    const reset = await run('secrets', 'reset', '--yes');
    assert.deepEqual([reset.status, reset.stdout], [0, ''], reset.stderr);
    assert.match(reset.stderr, /Set the keys of these models anew: Scripted\./);
    assert.equal((await run('check')).status, 0);
    await using _server = await spawnServer(env);
    const refused = await run('secrets', 'reset', '--yes');
    assert.deepEqual([refused.status, refused.stdout], [1, '']);
    assert.match(refused.stderr, /server (is running|runs) on the/);
  });
});
