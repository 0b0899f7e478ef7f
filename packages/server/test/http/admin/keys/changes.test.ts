/** Keys that are changed and rotated: what they may do follows at the next request, and their tokens go on. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { startAdminApp } from '../admin-app.ts';

onBothStores('changes of keys', async (engine) => {
  const app = await startAdminApp(engine);
  after(() => app[Symbol.asyncDispose]());
  const organization = await app.organization();
  const keys = `/organizations/${organization}/keys`;
  const own = await app.key(organization, 'admin', { name: 'The console' });
  const authenticate = (key: string) => app.authenticator.authenticate({ apiKey: key });

  async function newPersona(alias: string): Promise<number> {
    return (await app.call('POST', `/organizations/${organization}/personas`, { name: alias, alias })).body
      .id;
  }

  async function tokenOf(key: string, personaId: number): Promise<string> {
    const caller = await authenticate(key);
    assert.equal(caller?.kind, 'api-key');
    const persona = { personaId, version: 1 };
    return (await app.authenticator.issueEndUserToken(caller, { userId: 'ada', persona })).token;
  }

  test('every field is changed, taken back, and obeyed at once', async () => {
    const persona = await newPersona('first');
    const { id, key } = await app.key(organization, 'prod', { limits: { requests_per_minute: 5 } });
    const token = await tokenOf(key, persona);
    const changes = {
      name: 'renamed',
      default_persona_id: persona,
      expires_at: '2099-01-01T00:00:00.000Z',
      limits: { tokens_per_day: 7 },
      end_user_limits: { budget_per_month: 2.5 },
      allowed_origins: ['https://*.example.com'],
    };
    const changed = await app.call('PATCH', `${keys}/${id}`, changes, own.key);
    assert.equal(changed.status, 200, changed.text);
    assert.equal(changed.text.includes(key), false);
    assert.deepEqual({ ...changed.body, ...changes }, changed.body);
    assert.deepEqual((await app.call('GET', `${keys}/${id}`)).body, changed.body);
    const caller = await authenticate(key);
    assert.equal(caller?.kind, 'api-key');
    assert.deepEqual(
      [caller.limits, caller.allowedOrigins, caller.defaultPersonaId],
      [[{ subject: 'key', id, limits: changes.limits }], changes.allowed_origins, persona],
    );
    const user = await app.authenticator.authenticate({ authorization: `Bearer ${token}` });
    assert.equal(user?.kind, 'end-user');
    const ofUser = { writes_per_minute: 120, viewers: 20, ...changes.end_user_limits };
    assert.deepEqual(
      [user.limits, user.allowedOrigins],
      [
        [
          { subject: 'end_user', id: user.endUserId, limits: ofUser },
          { subject: 'key', id, limits: changes.limits },
        ],
        changes.allowed_origins,
      ],
    );
    const cleared = {
      ...{ default_persona_id: null, expires_at: null, limits: {}, end_user_limits: {} },
      allowed_origins: null,
    };
    const back = await app.call('PATCH', `${keys}/${id}`, cleared);
    assert.deepEqual(back.body, { ...changed.body, ...cleared, consumed: {} });
    assert.deepEqual((await app.call('PATCH', `${keys}/${id}`, {})).body, back.body);
  });

  test('a key that is given an end has one, and comes back with a later one', async () => {
    const { id, key } = await app.key(organization, 'test');
    await app.call('PATCH', `${keys}/${id}`, { expires_at: new Date(Date.now() + 60_000).toISOString() });
    assert.equal((await authenticate(key))?.kind, 'api-key');
    app.skew = 61_000;
    await assert.rejects(authenticate(key), /expired/);
    const later = { expires_at: new Date(Date.now() + 600_000).toISOString() };
    assert.equal((await app.call('PATCH', `${keys}/${id}`, later)).status, 200);
    assert.equal((await authenticate(key))?.kind, 'api-key');
    app.skew = 0;
  });

  test('what is wrong is named, and changes nothing', async () => {
    const { id } = await app.key(organization, 'prod', { name: 'stays' });
    const others = await app.organization();
    const foreign = (
      await app.call('POST', `/organizations/${others}/personas`, { name: 'F', alias: 'foreign' })
    ).body.id;
    const wrong: [id: string, changes: object, error: RegExp][] = [
      [id, { type: 'test' }, /unknown field type/],
      [id, { name: null }, /^name must/],
      [id, { limits: null }, /^limits must/],
      [id, { limits: { requests_per_minute: 0 } }, /^limits.requests_per_minute must/],
      [
        id,
        { name: 'x', default_persona_id: foreign },
        /^default_persona_id: the organization has no persona/,
      ],
      [id, { name: 'x', expires_at: '2020-01-01T00:00:00Z' }, /^expires_at must lie in the future/],
      [id, { allowed_origins: ['https://example.com/x'] }, /^allowed_origins.0 must/],
      [
        own.id,
        { limits: { requests_per_minute: 1 } },
        /^limits.requests_per_minute must be absent for a key/,
      ],
      [own.id, { default_persona_id: foreign }, /^default_persona_id must be absent/],
    ];
    for (const [key, changes, error] of wrong) {
      const refused = await app.call('PATCH', `${keys}/${key}`, changes);
      assert.equal(refused.status, 400, JSON.stringify(changes));
      assert.match(refused.body.error, error);
    }
    for (const overlap_seconds of [-1, 604_801, 1.5, 'x', null]) {
      const refused = await app.call('POST', `${keys}/${id}/rotate`, { overlap_seconds });
      assert.equal(refused.status, 400, `${overlap_seconds}`);
      assert.match(refused.body.error, /^overlap_seconds must/);
    }
    assert.equal((await app.call('GET', `${keys}/${id}`)).body.name, 'stays');
    const elsewhere = `/organizations/${others}/keys/${id}`;
    assert.equal((await app.call('PATCH', elsewhere, { name: 'x' })).status, 404);
    assert.equal((await app.call('POST', `${elsewhere}/rotate`)).status, 404);
    assert.equal((await app.call('GET', elsewhere)).status, 404);
  });

  test('a rotated key has another secret, and all else of it stays', async () => {
    const persona = await newPersona('second');
    const { id, key } = await app.key(organization, 'prod', { limits: { tokens_per_day: 9 } });
    const token = await tokenOf(key, persona);
    const before = (await app.call('GET', `${keys}/${id}`)).body;
    const rotated = await app.call('POST', `${keys}/${id}/rotate`, undefined, own.key);
    assert.equal(rotated.status, 200, rotated.text);
    assert.equal(rotated.headers['cache-control'], 'no-store');
    const { key: secret, ...shown } = rotated.body;
    assert.match(secret, /^sk_prod_[\w-]{43}$/);
    assert.notEqual(secret, key);
    assert.deepEqual(shown, { ...before, prefix: secret.slice(0, 14) });
    assert.deepEqual((await app.call('GET', `${keys}/${id}`)).body, shown);
    await assert.rejects(authenticate(key), { code: 'unauthenticated' });
    const caller = await authenticate(secret);
    assert.equal(caller?.kind === 'api-key' && caller.keyId, id);
    const user = await app.authenticator.authenticate({ authorization: `Bearer ${token}` });
    assert.equal(user?.kind === 'end-user' && user.keyId, id);
  });

  test('two secrets are valid until the overlap ends, and none is a third', async () => {
    const { id, key } = await app.key(organization, 'admin');
    const rotate = (body?: object) => app.call('POST', `${keys}/${id}/rotate`, body);
    const first = await rotate({ overlap_seconds: 60 });
    const second = first.body.key;
    assert.ok(Date.parse(first.body.previous_secret_until) > Date.now() + 50_000);
    for (const secret of [key, second]) assert.equal((await authenticate(secret))?.kind, 'admin');
    for (const body of [undefined, { overlap_seconds: 0 }, { overlap_seconds: 60 }]) {
      const refused = await rotate(body);
      assert.deepEqual([refused.status, refused.body.code], [409, 'conflict']);
    }
    app.skew = 61_000;
    await assert.rejects(authenticate(key), /replaced/);
    assert.equal((await authenticate(second))?.kind, 'admin');
    assert.equal((await app.call('GET', `${keys}/${id}`)).body.previous_secret_until, null);
    const third = (await rotate({ overlap_seconds: 60 })).body.key;
    await assert.rejects(authenticate(key), /not valid/);
    for (const secret of [second, third]) assert.equal((await authenticate(secret))?.kind, 'admin');
    assert.equal((await app.call('DELETE', `${keys}/${id}`)).status, 204);
    for (const secret of [second, third]) await assert.rejects(authenticate(secret), /revoked/);
    app.skew = 0;
  });

  test('an idempotent retry of a rotation rotates nothing, and shows no secret', async () => {
    const { id } = await app.key(organization, 'test');
    const rotate = () =>
      app.inject({
        method: 'POST',
        url: `/api/admin${keys}/${id}/rotate`,
        headers: { authorization: `Bearer ${own.key}`, 'idempotency-key': 'rotate' },
      });
    const [first, again] = [await rotate(), await rotate()];
    const { key, ...shown } = first.body;
    assert.deepEqual([again.status, again.body], [200, shown]);
    assert.equal((await authenticate(key))?.kind, 'api-key');
  });

  test('of many rotations at once, one makes the second secret', async () => {
    const { id, key } = await app.key(organization, 'test');
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => app.call('POST', `${keys}/${id}/rotate`, { overlap_seconds: 60 })),
    );
    const good = answers.filter(({ status }) => status === 200);
    assert.deepEqual([good.length, answers.filter(({ status }) => status === 409).length], [1, 7]);
    for (const secret of [key, good[0]?.body.key])
      assert.equal((await authenticate(secret))?.kind, 'api-key');
  });

  test('it is told who made a key', async () => {
    const member = { name: 'Grace', email: 'grace@example.com', role: 'admin' };
    const { id } = (await app.call('POST', `/organizations/${organization}/members`, member)).body;
    const path = `/organizations/${organization}/members/${id}`;
    const { token } = (await app.call('POST', `${path}/token`)).body;
    const body = { name: 'x', type: 'test' };
    const made = [
      (await app.call('POST', keys, body, own.key)).body,
      (await app.call('POST', keys, body, token)).body,
    ];
    assert.deepEqual(
      made.map(({ created_by }) => created_by),
      [
        { kind: 'key', id: own.id, name: 'The console' },
        { kind: 'member', id, name: 'Grace' },
      ],
    );
    await app.call('DELETE', path);
    const list = (await app.call('GET', `${keys}?revoked=false&limit=1000`)).body.data;
    const last = list.filter((key: { id: string }) => made.some((one) => one.id === key.id));
    assert.deepEqual(
      last.map(({ created_by }: { created_by: { name: string } }) => created_by.name),
      ['The console', null],
    );
  });
});
