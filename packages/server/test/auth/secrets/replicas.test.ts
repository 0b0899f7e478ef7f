/** The secret of several servers on one database. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { findPostgres } from 'colloquy-testkit/services';
import { administer, adminKey } from 'colloquy-testkit/tenants';
import { fingerprintOf, SecretRing } from '../../../src/domain/secrets/secret-ring.ts';
import { answers, makeSealedTenant, makeToken, makeWorld, rotate, stored, tryToken } from './servers.ts';

const postgres = await findPostgres();
const skip = 'skip' in postgres ? postgres : {};
const [old, young] = ['the secret of before', 'the secret from now on'] as const;

test('servers change their secret one after another, and every token is good on each', skip, async (t) => {
  const world = await makeWorld(t, 'postgres');
  const { upstream } = world;
  await using one = await world.start({ COLLOQUY_SECRET: old, COLLOQUY_SECRET_PREVIOUS: young });
  const tenant = await makeSealedTenant(one.url, upstream);
  const warned: string[] = [];
  const next = { COLLOQUY_SECRET: young, COLLOQUY_SECRET_PREVIOUS: old };
  await using two = await world.start(next, warned);
  assert.match(warned.join(''), /sealed under an earlier secret.*colloquy secrets rotate/);
  {
    await using store = await world.open();
    assert.equal((await stored(store)).fingerprint, fingerprintOf(old));
  }
  for (const { url } of [one, two]) {
    const token = await makeToken(url, tenant);
    await answers(url, tenant, upstream);
    assert.equal(await tryToken(one.url, token), 200);
    assert.equal(await tryToken(two.url, token), 200);
  }

  // What either of them seals meanwhile is sealed anew, too.
  const path = `/organizations/${tenant.organizationId}/models/${tenant.modelId}`;
  await administer(two.url, 'PATCH', path, { headers: { 'X-Team': 'a hidden team' } });
  await one[Symbol.asyncDispose]();
  const rotated = await rotate(two.url);
  assert.deepEqual([rotated.status, rotated.body.outcome], [200, 'resealed']);
  assert.equal((await rotate(two.url)).body.outcome, 'unchanged');
  await answers(two.url, tenant, upstream);
  await using three = await world.start({ COLLOQUY_SECRET: young });
  await answers(three.url, tenant, upstream);
});

test('a server that lacks the new secret stores nothing under the old one', skip, async (t) => {
  const world = await makeWorld(t, 'postgres');
  await using behind = await world.start({ COLLOQUY_SECRET: old });
  const tenant = await makeSealedTenant(behind.url, world.upstream);
  await using ahead = await world.start({ COLLOQUY_SECRET: young, COLLOQUY_SECRET_PREVIOUS: old });
  const problemsOf = async ({ url }: { readonly url: string }): Promise<readonly string[]> => {
    const answer = await fetch(`${url}/readyz`);
    assert.equal(answer.status, 200);
    return ((await answer.json()) as { readonly problems?: readonly string[] }).problems ?? [];
  };
  assert.deepEqual(await problemsOf(behind), []);
  assert.equal((await rotate(ahead.url)).body.outcome, 'resealed');
  assert.deepEqual(await problemsOf(ahead), []);
  assert.match((await problemsOf(behind)).join(), /^the secret of the database was replaced: this server/);
  const base = `/organizations/${tenant.organizationId}/models`;
  const call = async (method: string, path: string, body: object) => {
    const answer = await fetch(`${behind.url}/api/admin${path}`, {
      method,
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: answer.status, text: await answer.text() };
  };
  const fresh = { name: 'New', provider: 'openai', model: 'gpt-test' };
  for (const [method, path, body] of [
    ['POST', base, { ...fresh, api_key: 'sk-new' }],
    ['PATCH', `${base}/${tenant.modelId}`, { api_key: 'sk-new' }],
    ['PATCH', `${base}/${tenant.modelId}`, { query: { v: 'new' } }],
  ] as const) {
    const { status, text } = await call(method, path, body);
    assert.equal(status, 409, text);
    assert.match(text, /secret of the server was replaced/);
  }
  // Nothing of these is sealed.
  assert.equal((await call('POST', base, fresh)).status, 201);
  assert.equal((await call('PATCH', `${base}/${tenant.modelId}`, { api_key: null })).status, 200);
  assert.equal((await rotate(behind.url)).status, 409);
});

test('a file is not replaced while others run, which would not have the new secret', skip, async (t) => {
  const world = await makeWorld(t, 'postgres');
  await using one = await world.start();
  await using two = await world.start();
  const { status, body } = await rotate(one.url);
  assert.equal(status, 409);
  assert.match(body.error, /another server runs on the database.*COLLOQUY_SECRET/);
  assert.equal(existsSync(join(world.place.dataDir, 'secret.previous')), false);
  await two[Symbol.asyncDispose]();
  assert.equal((await rotate(one.url)).body.outcome, 'rotated');
});

test(
  'of servers that start at once with different secrets one has its way, and the others are told',
  skip,
  async (t) => {
    const world = await makeWorld(t, 'postgres');
    const secrets = ['a secret of server one', 'a secret of server two', 'the three have a third'];
    const started = await Promise.allSettled(
      [...secrets, ...secrets].map((COLLOQUY_SECRET) => world.start({ COLLOQUY_SECRET })),
    );
    await using store = await world.open();
    const { fingerprint } = await stored(store);
    const fitting = secrets.filter((secret) => fingerprintOf(secret) === fingerprint);
    assert.equal(fitting.length, 1);
    for (const [index, result] of started.entries()) {
      if (result.status === 'fulfilled') await result.value[Symbol.asyncDispose]();
      else assert.equal(result.reason.name, 'UnfitSecretError', String(result.reason));
      assert.equal(result.status === 'fulfilled', secrets[index % 3] === fitting[0], String(index));
    }
  },
);

test('models that are written while all is sealed anew are sealed under the new secret', skip, async (t) => {
  const world = await makeWorld(t, 'postgres');
  await using server = await world.start();
  const tenant = await makeSealedTenant(server.url, world.upstream);
  const base = `/organizations/${tenant.organizationId}/models`;
  let isWriting = true;
  let written = 0;
  const write = async (writer: number): Promise<void> => {
    for (let count = 0; isWriting; count += 1) {
      const api_key = `sk-of-writer-${writer}-${count}`;
      const model = { name: `${writer}.${count}`, provider: 'openai', model: 'gpt-test', api_key };
      const answer = await fetch(`${server.url}/api/admin${base}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
        body: JSON.stringify(model),
      });
      await answer.body?.cancel();
      // A request whose secret was replaced between its look at it and its commit is to be sent again.
      assert.ok(answer.status === 201 || answer.status === 409, String(answer.status));
      if (answer.status === 201) written += 1;
    }
  };
  const writing = Promise.all([1, 2, 3, 4].map(write));
  for (let turn = 0; turn < 12; turn += 1) {
    const { status, body } = await rotate(server.url);
    assert.equal(status, 200, JSON.stringify(body));
  }
  isWriting = false;
  await writing;
  assert.ok(written > 0);
  await using store = await world.open();
  const { models, fingerprint } = await stored(store);
  assert.equal(models.length, written + 1);
  const ringNow = async (): Promise<SecretRing> =>
    new SecretRing({ current: (await readFile(join(world.place.dataDir, 'secret'), 'utf8')).trim() });
  const present = await ringNow();
  assert.equal(fingerprint, present.fingerprint);
  for (const { id, apiKey } of models) assert.match(present.open(apiKey ?? '', id), /^sk-/);
  await rotate(server.url, { end_tokens: true });
  const { models: last } = await stored(store);
  const ring = await ringNow();
  for (const { id, apiKey } of last) assert.match(ring.open(apiKey ?? '', id), /^sk-/);
});
