/** `colloquy secrets rotate`, killed at each of its steps: nothing is lost, and running it again ends it. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { administer } from 'colloquy-testkit/tenants';
import { fingerprintOf, SecretRing } from '../../../src/domain/secrets/secret-ring.ts';
import { colloquy } from '../../cli/colloquy.ts';
import { answers, makeSealedTenant, makeToken, makeWorld, providerKey, stored, tryToken } from './servers.ts';

const preloaded = new URL('./kill-at.ts', import.meta.url).href;
const models = 20;

/** Whether the secret in the file is a new one by then, and whether the store has it. */
const places: readonly (readonly [place: string, isNew: boolean, isStored: boolean])[] = [
  ['before rename 1', false, false],
  ['after rename 1', false, false],
  ['before rename 2', false, false],
  ['after rename 2', true, false],
  ['update 1', true, false],
  [`update ${models}`, true, false],
  ['before commit 1', true, false],
  ['after commit 1', true, true],
];

onBothStores('a rotation that is killed', (engine) => {
  test('loses nothing at any step', async (t) => {
    const world = await makeWorld(t, engine);
    const { place, upstream } = world;
    const env = serverEnvironment(place, { COLLOQUY_SECRET: '' });
    const run = (more: Record<string, string>, ...args: string[]) =>
      colloquy(['secrets', 'rotate', '--json', ...args], { env: { ...env, ...more }, cwd: place.dataDir });
    const secretNow = (): string => readFileSync(join(place.dataDir, 'secret'), 'utf8').trim();
    const storedNow = async () => {
      await using store = await world.open();
      return await stored(store);
    };
    let tenant: Awaited<ReturnType<typeof makeSealedTenant>>;
    const tokens: string[] = [];
    {
      await using server = await world.start();
      tenant = await makeSealedTenant(server.url, upstream);
      const base = `/organizations/${tenant.organizationId}/models`;
      for (let count = 1; count < models; count += 1) {
        const model = { name: `${count}`, provider: 'openai', model: 'gpt-test', api_key: providerKey };
        await administer(server.url, 'POST', base, model);
      }
    }
    for (const [place, isNew, isStored] of places) {
      await t.test(place, async () => {
        {
          await using server = await world.start();
          tokens.push(await makeToken(server.url, tenant));
        }
        const before = secretNow();
        assert.equal((await storedNow()).fingerprint, fingerprintOf(before));
        const killed = await run({ NODE_OPTIONS: `--import ${preloaded}`, KILL_AT: place });
        assert.deepEqual([killed.status, killed.stdout], [null, ''], killed.stderr);
        assert.equal(secretNow() !== before, isNew);
        assert.equal((await storedNow()).fingerprint === fingerprintOf(before), !isStored);
        {
          await using server = await world.start();
          for (const token of tokens) assert.equal(await tryToken(server.url, token), 200);
          await answers(server.url, tenant, upstream);
        }
        // On PostgreSQL a killed command holds the job for some seconds.
        const again = await rerun(run);
        assert.equal(again.status, 0, again.stderr);
        const { fingerprint, models: sealed } = await storedNow();
        assert.equal(fingerprint, fingerprintOf(secretNow()));
        const ring = new SecretRing({ current: secretNow() });
        assert.equal(sealed.length, models);
        for (const { id, apiKey } of sealed) assert.equal(ring.open(apiKey ?? '', id), providerKey);
      });
    }
    await t.test('before the secrets of before are forgotten', async () => {
      const killed = await run(
        { NODE_OPTIONS: `--import ${preloaded}`, KILL_AT: 'before unlink 1' },
        '--end-tokens',
        '--yes',
      );
      assert.deepEqual([killed.status, killed.stdout], [null, ''], killed.stderr);
      assert.equal((await storedNow()).fingerprint, fingerprintOf(secretNow()));
      const again = await rerun(run, '--end-tokens', '--yes');
      assert.equal(again.status, 0, again.stderr);
      assert.equal(existsSync(join(place.dataDir, 'secret.previous')), false);
      await using server = await world.start();
      for (const token of tokens) assert.equal(await tryToken(server.url, token), 401);
      await answers(server.url, tenant, upstream);
    });
  });
});

/** Runs it until no killed one holds the job any more. */
async function rerun(
  run: (more: Record<string, string>, ...args: string[]) => ReturnType<typeof colloquy>,
  ...args: string[]
): ReturnType<typeof colloquy> {
  for (const signal = AbortSignal.timeout(60_000); ; signal.throwIfAborted()) {
    const ran = await run({}, ...args);
    if (!/being replaced; try again/.test(ran.stderr)) return ran;
  }
}
