/** The services that other tests need. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { chromiumForTests, postgresForTests, redisForTests } from '../src/services.ts';

const postgres = await postgresForTests();

/** Runs a script that uses `services.ts` in a process of its own. */
function runScript(body: string, env: Record<string, string>) {
  const services = fileURLToPath(new URL('../src/services.ts', import.meta.url));
  const script = `import * as services from ${JSON.stringify(services)};\n${body}`;
  return spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
}

test('each process gets an empty database and drops it', 'skip' in postgres ? postgres : {}, async () => {
  assert.ok('url' in postgres);
  const { stdout, stderr } = runScript('console.log((await services.postgresForTests()).url)', {});
  assert.equal(stderr, '');
  assert.notEqual(stdout.trim(), postgres.url);
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  try {
    const { rows } = await client.query('select datname from pg_database where datname = any($1)', [
      [new URL(stdout).pathname.slice(1), new URL(postgres.url).pathname.slice(1)],
    ]);
    assert.deepEqual(rows, [{ datname: new URL(postgres.url).pathname.slice(1) }]);
  } finally {
    await client.end();
  }
});

test('Redis answers, or the reason is told', async () => {
  const redis = await redisForTests();
  assert.match('skip' in redis ? redis.skip : redis.url, /^redis:\/\/.*\/\d+$|^Redis is not to be had: /);
});

test('Chromium is found, or the reason is told', () => {
  const chromium = chromiumForTests();
  assert.match('skip' in chromium ? chromium.skip : chromium.path, /^\/|^Chromium is not to be had: /);
});

for (const [call, env] of [
  ['postgresForTests', { TEST_DATABASE_URL: 'postgres://127.0.0.1:1/none', TEST_STORES: '' }],
  ['redisForTests', { TEST_REDIS_URL: 'redis://127.0.0.1:1' }],
] as const) {
  test(`${call}: what is missing skips, but throws where it is required`, () => {
    const body = `console.log(JSON.stringify(await services.${call}()))`;
    const lenient = runScript(body, { ...env, COLLOQUY_REQUIRE_SERVICES: '' });
    assert.match(JSON.parse(lenient.stdout).skip, /not to be had: .*ECONNREFUSED/);
    const strict = runScript(body, { ...env, COLLOQUY_REQUIRE_SERVICES: '1' });
    assert.deepEqual({ status: strict.status, stdout: strict.stdout }, { status: 1, stdout: '' });
    assert.match(strict.stderr, /not to be had/);
  });
}
