import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { newId } from '../../../../src/domain/ids.ts';
import { startAdminApp } from '../admin-app.ts';

onBothStores('keys and members', async (engine) => {
  const app = await startAdminApp(engine);
  after(() => app[Symbol.asyncDispose]());
  const organization = await app.organization();
  const keys = `/organizations/${organization}/keys`;
  const members = `/organizations/${organization}/members`;

  test('a key is shown once, and works until it is revoked', async () => {
    const persona = (
      await app.call('POST', `/organizations/${organization}/personas`, { name: 'P', alias: 'the-p' })
    ).body.id;
    const wanted = {
      name: 'website',
      type: 'prod',
      default_persona_id: persona,
      expires_at: '2099-01-01T01:00:00+01:00',
      personas: [persona],
      limits: { requests_per_minute: 60, concurrent_streams: 2 },
      end_user_limits: { queued_turns: 3, budget_per_month: 0.5 },
      allowed_origins: ['https://example.com', 'http://localhost:3000'],
    };
    const made = await app.call('POST', keys, wanted);
    assert.equal(made.status, 201);
    assert.equal(made.headers['cache-control'], 'no-store');
    const { key, ...shown } = made.body;
    assert.match(key, /^sk_prod_[\w-]{43}$/);
    assert.deepEqual(shown, {
      id: shown.id,
      ...wanted,
      expires_at: '2099-01-01T00:00:00.000Z',
      prefix: key.slice(0, 14),
      consumed: { requests_per_minute: 0, writes_per_minute: 0, concurrent_streams: 0 },
      created_at: shown.created_at,
      last_used_at: null,
      revoked_at: null,
      previous_secret_until: null,
      created_by: { kind: 'operator', id: null, name: null },
    });
    assert.equal((await app.authenticator.authenticate({ apiKey: key }))?.kind, 'api-key');
    await app.authenticator.flushLastUsed();
    const read = await app.call('GET', `${keys}/${shown.id}`);
    assert.match(read.body.last_used_at, /Z$/);
    assert.deepEqual({ ...read.body, last_used_at: null }, shown);
    const list = await app.call('GET', keys);
    assert.equal(list.text.includes(key), false);
    assert.deepEqual(list.body.data, [read.body]);

    assert.equal((await app.call('DELETE', `${keys}/${shown.id}`)).status, 204);
    await assert.rejects(app.authenticator.authenticate({ apiKey: key }), { code: 'unauthenticated' });
    assert.equal((await app.call('DELETE', `${keys}/${shown.id}`)).status, 404);
    assert.equal((await app.call('PATCH', `${keys}/${shown.id}`, { name: 'x' })).status, 404);
    assert.equal((await app.call('POST', `${keys}/${shown.id}/rotate`)).status, 404);
    const gone = (await app.call('GET', `${keys}/${shown.id}`)).body;
    assert.match(gone.revoked_at, /Z$/);
    assert.deepEqual({ ...gone, revoked_at: null }, read.body);
    assert.deepEqual((await app.call('GET', keys)).body.data, [gone]);
    assert.deepEqual((await app.call('GET', `${keys}?revoked=true`)).body.data, [gone]);
    assert.deepEqual((await app.call('GET', `${keys}?revoked=false`)).body.data, []);
  });

  test('a replayed answer shows no key, and makes none', async () => {
    const post = () =>
      app.inject({
        method: 'POST',
        url: `/api/admin${keys}`,
        headers: {
          authorization: 'Bearer sk_admin_operator-of-the-tests-0123456789',
          'idempotency-key': 'key',
        },
        payload: { name: 'x', type: 'test' },
      });
    const [first, second] = [await post(), await post()];
    const { key, ...shown } = first.body;
    assert.match(key, /^sk_test_/);
    assert.deepEqual([second.status, second.body], [201, shown]);
  });

  test('what is wrong with a key is named', async () => {
    const good = { name: 'x', type: 'prod' };
    const wrong: [body: object, error: RegExp][] = [
      [{ name: 'x' }, /type is required/],
      [{ ...good, type: 'live' }, /type must be one of/],
      [{ ...good, default_persona_id: 2147483647 }, /default_persona_id/],
      [{ ...good, default_persona_id: 'x' }, /default_persona_id must be/],
      [{ ...good, expires_at: 'tomorrow' }, /expires_at must be a time/],
      [{ ...good, expires_at: '2020-01-01T00:00:00Z' }, /expires_at must lie in the future/],
      [{ ...good, limits: { requests: 5 } }, /unknown field limits.requests/],
      [{ ...good, end_user_limits: { budget_per_month: 0 } }, /end_user_limits.budget_per_month/],
      [{ ...good, limits: { budget_per_month: 1e9 } }, /limits.budget_per_month/],
      [{ ...good, limits: { queued_turns: 1.5 } }, /limits.queued_turns/],
      [{ ...good, limits: { requests_per_minute: 0 } }, /limits.requests_per_minute/],
      [{ ...good, allowed_origins: ['https://example.com/path'] }, /allowed_origins.0 must be an origin/],
      [{ ...good, allowed_origins: ['example.com'] }, /allowed_origins.0 must be an origin/],
      [{ ...good, allowed_origins: [] }, /allowed_origins must have/],
      [
        { ...good, type: 'admin', limits: { requests_per_minute: 5 } },
        /limits.requests_per_minute must be absent/,
      ],
    ];
    for (const [body, error] of wrong) {
      const answer = await app.call('POST', keys, body);
      assert.equal(answer.status, 400, JSON.stringify(body));
      assert.match(answer.body.error, error);
    }
  });

  test('a key that expired can still be looked at', async () => {
    const expires_at = new Date(Date.now() + 60_000).toISOString();
    const { id, key } = await app.key(organization, 'test', { expires_at });
    app.skew = 61_000;
    await assert.rejects(app.authenticator.authenticate({ apiKey: key }), /expired/);
    assert.equal((await app.call('GET', `${keys}/${id}`)).body.expires_at, expires_at);
    app.skew = 0;
  });

  test('members are made, read, changed, removed', async () => {
    const made = await app.call('POST', members, {
      name: 'Ada',
      email: 'Ada@Example.com',
      role: 'member',
    });
    assert.equal(made.status, 201);
    const { id, created_at, updated_at } = made.body;
    assert.deepEqual(made.body, {
      id,
      name: 'Ada',
      email: 'ada@example.com',
      role: 'member',
      can_sign_in: false,
      last_seen_at: null,
      sessions: 0,
      created_at,
      updated_at,
    });
    assert.equal(made.headers.location, `/api/admin${members}/${id}`);
    const patched = await app.call('PATCH', `${members}/${id}`, { role: 'owner' });
    assert.deepEqual(patched.body, { ...made.body, role: 'owner', updated_at: patched.body.updated_at });
    assert.deepEqual((await app.call('GET', members)).body.data, [patched.body]);

    const again = { name: 'Ada 2', email: 'ADA@example.com', role: 'guest' };
    const taken = await app.call('POST', members, again);
    assert.deepEqual([taken.status, taken.body.code], [409, 'conflict']);
    assert.match(taken.body.error, /email/);
    const second = await app.call('POST', members, { ...again, email: 'b@example.com' });
    const change = await app.call('PATCH', `${members}/${second.body.id}`, { email: 'ada@example.com' });
    assert.equal(change.status, 409);

    for (const [body, error] of [
      [{ role: 'boss' }, /role must be one of/],
      [{ email: 'nonsense' }, /email must be/],
      [{ mail: 'a@b' }, /did you mean email/],
    ] as const) {
      const answer = await app.call('PATCH', `${members}/${id}`, body);
      assert.equal(answer.status, 400);
      assert.match(answer.body.error, error);
    }
    assert.equal((await app.call('DELETE', `${members}/${id}`)).status, 204);
    assert.equal((await app.call('DELETE', `${members}/${id}`)).status, 404);
    assert.equal((await app.call('PATCH', `${members}/${id}`, { name: 'x' })).status, 404);
  });

  test("a member's token lives as long as wished, and no longer than the member", async () => {
    const member = { name: 'Grace', email: 'grace@example.com', role: 'admin' };
    const { id } = (await app.call('POST', members, member)).body;
    const before = Math.floor(Date.now() / 1000);
    const short = await app.call('POST', `${members}/${id}/token`, { ttl_seconds: 5 });
    assert.equal(short.status, 200);
    assert.ok(Math.abs(short.body.expires_at - before - 5) <= 2);
    const usual = await app.call('POST', `${members}/${id}/token`);
    assert.ok(Math.abs(usual.body.expires_at - before - 3600) <= 2);
    const read = (token: string) => app.call('GET', `/organizations/${organization}`, undefined, token);
    assert.equal((await read(short.body.token)).status, 200);
    app.skew = 10_000;
    assert.equal((await read(short.body.token)).status, 401);
    assert.equal((await read(usual.body.token)).status, 200);
    app.skew = 0;
    await app.call('DELETE', `${members}/${id}`);
    assert.equal((await read(usual.body.token)).status, 401);
    assert.equal((await app.call('POST', `${members}/${newId()}/token`)).status, 404);
    assert.equal((await app.call('POST', `${members}/${id}/token`, { ttl_seconds: 0 })).status, 400);
  });
});
