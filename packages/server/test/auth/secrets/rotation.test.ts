/** The secret of a server: it fits the store, is replaced, and what an earlier one has signed and sealed stays good. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { administer } from 'colloquy-testkit/tenants';
import { writeDirectly } from 'colloquy-testkit/write-directly';
import { readPreviousSecrets } from '../../../src/config/secrets.ts';
import { fingerprintOf, SecretRing } from '../../../src/domain/secrets/secret-ring.ts';
import { explainFailedStart } from '../../../src/lifecycle/failed-start.ts';
import { resetSecret } from '../../../src/reset-secret.ts';
import {
  answers,
  configIn,
  makeSealedTenant,
  makeToken,
  makeWorld,
  providerKey,
  rotate,
  stored,
  tryToken,
  type World,
} from './servers.ts';

const [first, second, third] = [
  'the first secret of all',
  'another secret, with a comma',
  'a third and last secret',
] as const;
/** As COLLOQUY_SECRET_PREVIOUS takes them. */
const listOf = (...secrets: string[]): string => JSON.stringify(secrets);

/** The sentence that a start with these variables fails with. */
async function failure(world: World, more: Record<string, string> = {}): Promise<string> {
  try {
    await using _server = await world.start(more);
  } catch (error) {
    const { sentence, exitCode } = explainFailedStart(error, configIn(world.place, more));
    assert.equal(exitCode, 78, sentence);
    assert.doesNotMatch(sentence, /\n/);
    assert.equal(sentence.includes(first) || sentence.includes(second), false);
    return sentence;
  }
  return assert.fail('it started');
}

onBothStores('the secret', (engine) => {
  test('a file is replaced by the running server: tokens and keys of before stay good, twice', async (t) => {
    const world = await makeWorld(t, engine);
    const { upstream, place } = world;
    const file = join(place.dataDir, 'secret');
    const secretNow = (): string => readFileSync(file, 'utf8').trim();
    const tokens: string[] = [];
    const secrets: string[] = [];
    let tenant: Awaited<ReturnType<typeof makeSealedTenant>>;
    {
      await using server = await world.start({ LEASE_MS: '60000' });
      const { url } = server;
      tenant = await makeSealedTenant(url, upstream);
      for (const body of [{}, { secret: third }]) {
        tokens.push(await makeToken(url, tenant));
        secrets.unshift(secretNow());
        const { status, body: answer } = await rotate(url, body);
        assert.equal(status, 200, JSON.stringify(answer));
        assert.deepEqual(answer, {
          outcome: 'rotated',
          source: 'file',
          models: 1,
          unreadable: [],
          webhooks: 0,
          unreadable_webhooks: [],
        });
        assert.notEqual(secretNow(), secrets[0]);
        assert.deepEqual(await readPreviousSecrets(place.dataDir), secrets);
      }
      assert.equal(secretNow(), third);
      tokens.push(await makeToken(url, tenant));
      for (const token of tokens) assert.equal(await tryToken(url, token), 200);
      await answers(url, tenant, upstream);
      assert.equal((await rotate(url, { secret: third })).body.field, 'secret');
      const { data } = await administer<{ data: { action: string; after: object; actor: object }[] }>(
        url,
        'GET',
        '/audit?action=secret.rotate',
      );
      assert.deepEqual(
        data.map(({ action, after }) => ({ action, after })),
        [1, 2].map(() => ({ action: 'secret.rotate', after: { models: 1 } })),
      );
      for (const secret of [...secrets, third]) assert.equal(JSON.stringify(data).includes(secret), false);
    }
    {
      await using store = await world.open();
      const { fingerprint, models } = await stored(store);
      assert.equal(fingerprint, fingerprintOf(third));
      const alone = new SecretRing({ current: third });
      assert.equal(alone.open(models[0]?.apiKey ?? '', tenant.modelId), providerKey);
      assert.equal(alone.open(models[0]?.headers['X-Team'] ?? '', tenant.modelId), 'a hidden team');
    }
    {
      await using server = await world.start();
      for (const token of tokens) assert.equal(await tryToken(server.url, token), 200);
      await answers(server.url, tenant, upstream);
      const { status } = await rotate(server.url, { end_tokens: true });
      assert.equal(status, 200);
      assert.equal(existsSync(`${file}.previous`), false);
      for (const token of tokens) assert.equal(await tryToken(server.url, token), 401);
      tokens.push(await makeToken(server.url, tenant));
    }
    await using server = await world.start();
    assert.equal(await tryToken(server.url, tokens[0] ?? ''), 401);
    assert.equal(await tryToken(server.url, tokens.at(-1) ?? ''), 200);
    await answers(server.url, tenant, upstream);
  });

  test('tokens of before are accepted until they expire', async (t) => {
    const world = await makeWorld(t, engine);
    await using server = await world.start({ TOKEN_TTL_SECONDS: '2' });
    const tenant = await makeSealedTenant(server.url, world.upstream);
    const token = await makeToken(server.url, tenant);
    const expiresAt = 1000 * JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).exp;
    await rotate(server.url);
    const seen = new Set<number>();
    while (Date.now() < expiresAt - 100) {
      seen.add(await tryToken(server.url, token));
      await sleep(50);
    }
    assert.deepEqual([...seen], [200]);
    await sleep(Math.max(0, expiresAt - Date.now()) + 100);
    assert.equal(await tryToken(server.url, token), 401);
  });

  test('what the body may not be is told by its field, and a changed file is not overwritten', async (t) => {
    const world = await makeWorld(t, engine);
    await using server = await world.start();
    const wrong = [
      '',
      'fifteen letters',
      ` ${first}`,
      `${first}\n`,
      `a\u0000${first}`,
      'x'.repeat(20),
      7,
      null,
    ];
    for (const secret of wrong) {
      const { status, body } = await rotate(server.url, { secret });
      assert.deepEqual([status, body.field], [400, 'secret'], JSON.stringify(secret));
    }
    assert.equal((await rotate(server.url, { end_tokens: 'yes' })).body.field, 'end_tokens');
    await writeFile(join(world.place.dataDir, 'secret'), `${first}\n`);
    const { status, body } = await rotate(server.url);
    assert.deepEqual([status, body.code], [409, 'conflict']);
    assert.match(body.error, /secret was changed since the server started/);
    assert.equal(existsSync(join(world.place.dataDir, 'secret.previous')), false);
  });

  test('a variable is the operator’s: the server seals anew, and tells what does not fit', async (t) => {
    const world = await makeWorld(t, engine);
    const { upstream } = world;
    let tenant: Awaited<ReturnType<typeof makeSealedTenant>>;
    let token: string;
    {
      await using server = await world.start({ COLLOQUY_SECRET: first });
      tenant = await makeSealedTenant(server.url, upstream);
      token = await makeToken(server.url, tenant);
      assert.equal((await rotate(server.url, { secret: third })).body.field, 'secret');
      assert.equal((await rotate(server.url, { end_tokens: true })).body.field, 'end_tokens');
      assert.deepEqual(await rotate(server.url), {
        status: 200,
        body: {
          outcome: 'unchanged',
          source: 'variable',
          models: 0,
          unreadable: [],
          webhooks: 0,
          unreadable_webhooks: [],
        },
      });
    }
    assert.match(
      await failure(world, { COLLOQUY_SECRET: second }),
      /^COLLOQUY_SECRET is not the secret .*set COLLOQUY_SECRET .*COLLOQUY_SECRET_PREVIOUS .*secrets reset$/,
    );
    assert.match(
      await failure(world, { COLLOQUY_SECRET: second, COLLOQUY_SECRET_PREVIOUS: third }),
      /^COLLOQUY_SECRET is not the secret .*COLLOQUY_SECRET_PREVIOUS does not have it/,
    );
    const both = { COLLOQUY_SECRET: second, COLLOQUY_SECRET_PREVIOUS: listOf(third, first) };
    {
      await using server = await world.start(both);
      assert.equal(await tryToken(server.url, token), 200);
      await answers(server.url, tenant, upstream);
      assert.equal((await rotate(server.url)).body.outcome, 'unchanged');
      const { data } = await administer<{ data: { actor: { kind: string } }[] }>(
        server.url,
        'GET',
        '/audit?action=secret.rotate',
      );
      assert.deepEqual(
        data.map(({ actor }) => actor.kind),
        ['server'],
      );
    }
    assert.match(await failure(world, { COLLOQUY_SECRET: first }), /^COLLOQUY_SECRET is not/);
    await using server = await world.start({ COLLOQUY_SECRET: second });
    assert.equal(await tryToken(server.url, token), 401);
    await answers(server.url, tenant, upstream);
  });

  test('from a file to a variable: the file is named, and replaced by way of COLLOQUY_SECRET_PREVIOUS', async (t) => {
    const world = await makeWorld(t, engine);
    const file = join(world.place.dataDir, 'secret');
    await (await world.start())[Symbol.asyncDispose]();
    const sentence = await failure(world, { COLLOQUY_SECRET: first });
    assert.match(sentence, /secret is; leave COLLOQUY_SECRET unset, or set COLLOQUY_SECRET_PREVIOUS/);
    assert.ok(sentence.includes(file));
    const inFile = readFileSync(file, 'utf8').trim();
    {
      await using _server = await world.start({ COLLOQUY_SECRET: first, COLLOQUY_SECRET_PREVIOUS: inFile });
    }
    assert.match(
      await failure(world),
      /secret is not the secret that the data were written with; put the right/,
    );
    {
      await using server = await world.start({ COLLOQUY_SECRET_PREVIOUS: first });
      const { status, body } = await rotate(server.url, { end_tokens: true });
      assert.deepEqual([status, body.field], [400, 'end_tokens']);
    }
    await unlink(file);
    assert.match(await failure(world), /secret is missing/);
    assert.equal(existsSync(file), false);
  });

  test('data of before fingerprints get one if the secret opens what is sealed', async (t) => {
    const world = await makeWorld(t, engine);
    const forget = async (): Promise<void> => {
      await using store = await world.open();
      assert.notEqual((await stored(store)).fingerprint, undefined);
      const query = store.reads.deleteFrom('setting').where('name', '=', 'secret_fingerprint');
      await writeDirectly({ store, dataDir: world.place.dataDir }, query.compile());
      assert.equal((await stored(store)).fingerprint, undefined);
    };
    {
      await using _server = await world.start({ COLLOQUY_SECRET: first });
    }
    await forget();
    // Nothing is sealed: any secret will do.
    {
      await using server = await world.start({ COLLOQUY_SECRET: second });
      await makeSealedTenant(server.url, world.upstream);
    }
    await forget();
    assert.match(await failure(world, { COLLOQUY_SECRET: first }), /^COLLOQUY_SECRET is not/);
    assert.match(await failure(world), /secret is missing/);
    {
      await using store = await world.open();
      assert.equal((await stored(store)).fingerprint, undefined);
    }
    {
      await using _server = await world.start({
        COLLOQUY_SECRET: first,
        COLLOQUY_SECRET_PREVIOUS: listOf(second),
      });
    }
    await using store = await world.open();
    const { fingerprint, models } = await stored(store);
    assert.equal(fingerprint, fingerprintOf(first));
    new SecretRing({ current: first }).open(models[0]?.apiKey ?? '', models[0]?.id ?? '');
  });

  test('a lost secret: what it sealed is removed, and the server starts', async (t) => {
    const world = await makeWorld(t, engine);
    let tenant: Awaited<ReturnType<typeof makeSealedTenant>>;
    let token: string;
    {
      await using server = await world.start({ LEASE_MS: '60000' });
      tenant = await makeSealedTenant(server.url, world.upstream);
      token = await makeToken(server.url, tenant);
      await assert.rejects(resetSecret(configIn(world.place)), /running|runs/);
    }
    await rm(join(world.place.dataDir, 'secret'));
    assert.match(await failure(world), /secret is missing.*secrets reset/);
    const { unreadable, changed } = await resetSecret(configIn(world.place));
    assert.deepEqual([unreadable.map(({ name }) => name), changed], [['Scripted'], 1]);
    await using server = await world.start();
    assert.equal(await tryToken(server.url, token), 401);
    const model = await administer<{ has_api_key?: boolean; headers: string[] }>(
      server.url,
      'GET',
      `/organizations/${tenant.organizationId}/models/${tenant.modelId}`,
    );
    assert.deepEqual(model.headers, []);
    const { data } = await administer<{ data: { after: object; actor: { kind: string } }[] }>(
      server.url,
      'GET',
      '/audit?action=secret.reset',
    );
    assert.deepEqual(
      data.map(({ after, actor }) => ({ after, kind: actor.kind })),
      [{ after: { models: 1 }, kind: 'operator' }],
    );
    assert.deepEqual((await resetSecretStopped(server, world)).unreadable, []);
  });
});

/** Stops the server first. */
async function resetSecretStopped(server: AsyncDisposable, world: World) {
  await server[Symbol.asyncDispose]();
  return await resetSecret(configIn(world.place));
}
