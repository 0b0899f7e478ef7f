/** `writes_per_minute` in every route, and the headers that tell where limits stand. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { withRoutes } from 'colloquy-testkit/route-table';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import { newId } from '../../../src/domain/ids.ts';
import { createProcessLimiter, type Limiter } from '../../../src/limits/limiter.ts';
import { type Answer, dataOf, startTestApp } from '../http-app.ts';

/** No time passes, so that nothing of a limit comes back while a test runs. */
const inProcess = createProcessLimiter(() => 0);
/** How often it was looked at where limits stand, and whether such a look fails. */
const looks = { count: 0, fail: false };
const limiter: Limiter = {
  ...inProcess,
  async states(subjects) {
    looks.count += 1;
    if (looks.fail) throw new Error('nobody knows');
    return inProcess.states(subjects);
  },
};
const { result: app, routes } = await withRoutes(() => startTestApp('sqlite', {}, { limiter }));
const { organizationId } = app.harness.scope;

/** Routes whose callers have no limits: the operator's, and those that take no credential. */
const unlimited: readonly string[] = [
  'POST /api/admin/doctor',
  'POST /api/admin/server-settings/search-test',
  'POST /api/admin/backup',
  'POST /api/admin/secret/rotate',
  'POST /api/admin/organizations',
  'DELETE /api/admin/organizations/:org_id',
  'PATCH /api/admin/accounts/:id',
  'DELETE /api/admin/accounts/:id',
  'POST /api/admin/sign-in-link',
];
/** Routes that count, and are never refused. */
const beyond: readonly string[] = [
  'PATCH /api/admin/organizations/:org_id/keys/:id',
  'POST /api/admin/organizations/:org_id/keys/:id/rotate',
  'DELETE /api/admin/organizations/:org_id/keys/:id',
  'PATCH /api/admin/organizations/:org_id/settings',
  'PATCH /api/admin/organizations/:org_id/members/:id',
  'DELETE /api/admin/organizations/:org_id/members/:id',
  'DELETE /api/admin/organizations/:org_id/members/:id/sessions',
];
const writing = routes.filter((route) => !/^(GET|OPTIONS) /.test(route));

function address(route: string): { method: string; path: string } {
  const [method = '', pattern = ''] = route.split(' ');
  const path = pattern.replace(':org_id', organizationId).replace(/:\w+/g, newId());
  return { method, path };
}

/** The members of a list of structured fields by the name of the policy. */
function fieldsOf(
  { headers }: Pick<Answer, 'headers'>,
  name: string,
): Record<string, Record<string, string>> {
  const value = headers.get(name) ?? '';
  return Object.fromEntries(
    value.split(', ').map((member) => {
      const [, policy = '', parameters = ''] = /^"([^"]+)"((?:;[^;]+)*)$/.exec(member) ?? assert.fail(value);
      const pairs = parameters.split(';').slice(1);
      return [policy, Object.fromEntries(pairs.map((pair) => pair.split('=') as [string, string]))];
    }),
  );
}

const newChat = (key: string) => app.call('/chats/create', { key, body: { name: 'A chat' } });

describe('limits of callers', () => {
  after(() => app[Symbol.asyncDispose]());

  describe('a caller whose writes are used up', () => {
    let key: string;
    let adminKey: string;
    let token: string;

    before(async () => {
      ({ key } = await app.key('prod', { limits: { writes_per_minute: 2 } }));
      ({ key: adminKey } = await app.key('admin', { limits: { writes_per_minute: 2 } }));
      const given = await app.call('/api/chat/get_token', {
        key,
        body: { user_id: 'ada', persona: { alias: 'test' } },
      });
      token = given.body.token;
      await newChat(key);
      const personas = `/api/admin/organizations/${organizationId}/personas`;
      for (const alias of ['a', 'b'])
        await app.call(personas, { token: adminKey, body: { name: alias, alias } });
    });

    test('there are routes that write', () => assert.ok(writing.length > 40, `${writing.length}`));

    for (const route of writing) {
      const isAdmin = route.includes(' /api/admin/');
      test(`${route}`, async () => {
        const { method, path } = address(route);
        const credential = isAdmin ? { token: adminKey } : { key };
        const { status, body, headers } = await app.call(path, { method, ...credential });
        // The console's own routes take no key; tries to sign in have bounds of their own.
        if (unlimited.includes(route) || path.startsWith('/api/console/')) {
          assert.equal(status, 403);
          return;
        }
        if (beyond.includes(route)) {
          assert.notEqual(status, 429);
          return;
        }
        assert.equal(status, 429, JSON.stringify(body));
        // OpenAI's errors have no place for the limit.
        if (path.startsWith('/v1/')) {
          assert.equal(body.error.code, 'rate_limit_exceeded');
        } else {
          assert.equal(body.code, 'rate_limited');
          assert.deepEqual(body.limit, { name: 'writes_per_minute', subject: 'key' });
        }
        const { r, t } = fieldsOf({ headers }, 'ratelimit')['key.writes_per_minute'] ?? {};
        assert.deepEqual([r, t], ['0', headers.get('retry-after')]);
      });
    }

    test('reads all the same', async () => {
      assert.equal((await app.call('/chats/', { key })).status, 200);
      assert.equal((await app.call('/chats/', { key, method: 'HEAD' })).status, 200);
      const settings = `/api/admin/organizations/${organizationId}/settings`;
      assert.equal((await app.call(settings, { token: adminKey })).status, 200);
    });

    test('its users too, since the key’s limit holds for them', async () => {
      const refused = await app.call('/api/chat/completion', { token, body: { message: 'Hi' } });
      assert.deepEqual(refused.body.limit, { name: 'writes_per_minute', subject: 'key' });
    });
  });

  test('what a request did wrong does not matter; that it was authenticated does', async () => {
    const { key } = await app.key('prod', { limits: { writes_per_minute: 2 } });
    assert.equal((await app.call('/chats/create', { body: '{', key })).status, 400);
    for (let i = 0; i < 5; i++)
      assert.equal((await app.call('/chats/create', { key: `${key}x`, body: {} })).status, 401);
    assert.equal((await app.call('/no/such/path', { key, body: {} })).status, 404);
    assert.equal((await newChat(key)).status, 201);
    assert.equal((await newChat(key)).status, 429);
  });

  test('who may not write uses nothing up of what others may', async () => {
    const settings = `/organizations/${organizationId}/settings`;
    const members = `/organizations/${organizationId}/members`;
    const guest = { name: 'Guest', email: 'guest@a.example', role: 'guest' };
    const { id } = (await app.admin('POST', members, guest)).body;
    const { token } = (await app.admin('POST', `${members}/${id}/token`)).body;
    await app.admin('PATCH', settings, { limits: { writes_per_minute: 3 } });
    for (let i = 0; i < 9; i++) {
      const refused = await app.call('/chats/create', { token, body: { name: 'x' } });
      assert.equal(refused.status, 403);
      assert.equal(fieldsOf(refused, 'ratelimit')['organization.writes_per_minute']?.r, '3');
    }
    const { key } = await app.key('prod');
    for (let i = 0; i < 3; i++) assert.equal((await newChat(key)).status, 201);
    const refused = await newChat(key);
    assert.deepEqual(refused.body.limit, { name: 'writes_per_minute', subject: 'organization' });
    // Its administrators can still do something about it.
    const { key: adminKey } = await app.key('admin');
    const own = `/api/admin${settings}`;
    const body = { limits: {} };
    assert.equal((await app.call(own, { method: 'PATCH', token: adminKey, body })).status, 200);
    assert.equal((await newChat(key)).status, 201);
  });

  test('an end user has 120 writes a minute of their own, and sees no limit of others', async () => {
    const { key } = await app.key('prod', { limits: { requests_per_minute: 500 } });
    const tokenOf = async (user: string): Promise<string> => {
      const body = { user_id: user, persona: { alias: 'test' } };
      return (await app.call('/api/chat/get_token', { key, body })).body.token;
    };
    const ada = await tokenOf('ada of 120');
    const create = (token: string) => app.call('/chats/create', { token, body: { name: 'x' } });
    const made = await Promise.all(Array.from({ length: 120 }, () => create(ada)));
    assert.ok(made.every(({ status }) => status === 201));
    const shown = fieldsOf(made[0] ?? assert.fail(), 'ratelimit-policy');
    assert.deepEqual(Object.keys(shown), ['end_user.writes_per_minute', 'end_user.viewers']);
    assert.deepEqual(shown['end_user.writes_per_minute'], { q: '120', w: '60' });
    const refused = await Promise.all(Array.from({ length: 5 }, () => create(ada)));
    assert.ok(refused.every(({ status }) => status === 429));
    assert.equal((await create(await tokenOf('bob'))).status, 201);
  });

  test('a key with requests a minute has ten times as many writes, at least 20', async () => {
    for (const [requests, writes] of [
      [1, '20'],
      [3, '30'],
    ]) {
      const { key } = await app.key('prod', { limits: { requests_per_minute: requests } });
      const policy = fieldsOf(await newChat(key), 'ratelimit-policy')['key.writes_per_minute'];
      assert.deepEqual(policy, { q: writes, w: '60' });
    }
  });

  test('a turn’s answer says what it left, with and without a stream', async () => {
    const limits = { requests_per_minute: 10, concurrent_streams: 4, viewers: 3, tokens_per_day: 100_000 };
    const { key } = await app.key('prod', {
      limits,
      default_persona_id: app.harness.persona.personaId,
    });
    app.harness.upstream.enqueue(answer('One', { usage: { promptTokens: 5, completionTokens: 5 } }));
    app.harness.upstream.enqueue(answer('Two', { usage: { promptTokens: 5, completionTokens: 5 } }));
    const body = { message: 'Hi', max_tokens: 50 };
    const whole = await app.call('/api/chat/completion', { key, body });
    assert.equal(whole.status, 200, JSON.stringify(whole.body));
    const left = fieldsOf(whole, 'ratelimit');
    assert.equal(left['key.requests_per_minute']?.r, '9');
    assert.equal(left['key.writes_per_minute']?.r, '99');
    assert.equal(left['key.viewers']?.r, '3');
    const stream = await app.stream('/api/chat/completion/stream', { key, body });
    const streaming = fieldsOf(stream.response, 'ratelimit');
    assert.equal(streaming['key.requests_per_minute']?.r, '8');
    assert.equal(streaming['key.viewers']?.r, '2');
    assert.equal(streaming['key.concurrent_streams']?.r, '3');
    assert.equal(streaming['key.viewers']?.t, undefined);
    assert.ok(Number(streaming['key.tokens_per_day']?.r) < 100_000 - 50);
    await stream.ended;
    assert.ok(dataOf(stream).length > 0);
    const generation = stream.response.headers.get('content-location') ?? '';
    const head = await app.call(generation, { key, method: 'HEAD' });
    assert.equal(fieldsOf(head, 'ratelimit')['key.viewers']?.r, '3');
    const page = { origin: 'https://www.example.com' };
    const { headers } = await app.call('/chats/', { key, headers: page });
    const exposed = headers.get('access-control-expose-headers') ?? '';
    for (const name of ['RateLimit', 'RateLimit-Policy', 'Retry-After']) assert.ok(exposed.includes(name));
  });

  test('every answer looks once at where the limits stand, just before it is sent', async () => {
    const { key } = await app.key('prod', {
      limits: { requests_per_minute: 2, viewers: 1 },
      default_persona_id: app.harness.persona.personaId,
    });
    const looksOf = async (call: () => Promise<unknown>): Promise<number> => {
      const before = looks.count;
      await call();
      return looks.count - before;
    };
    for (const text of ['One', 'Two']) app.harness.upstream.enqueue(answer(text));
    const body = { message: 'Hi' };
    const stream = async (): Promise<string> => {
      const { response, ended } = await app.stream('/api/chat/completion/stream', { key, body });
      await ended;
      return response.headers.get('content-location') ?? '';
    };
    let location = '';
    const calls: readonly (() => Promise<unknown>)[] = [
      async () => {
        location = await stream();
      },
      async () => (await app.stream(location, { key })).ended,
      () => app.call(location, { key, method: 'HEAD' }),
      () => app.call('/api/chat/completion', { key, body }),
      async () => assert.equal((await app.call('/api/chat/completion', { key, body })).status, 429),
      () => newChat(key),
      () => app.call('/chats/', { key }),
    ];
    for (const call of calls) assert.equal(await looksOf(call), 1, String(call));
  });

  test('an answer is given also where it can’t be told where the limits stand', async () => {
    const { key } = await app.key('prod', {
      limits: { requests_per_minute: 1 },
      default_persona_id: app.harness.persona.personaId,
    });
    app.harness.upstream.enqueue(answer('One'));
    const body = { message: 'Hi' };
    looks.fail = true;
    try {
      const made = await newChat(key);
      assert.equal(made.status, 201);
      assert.equal(made.headers.get('ratelimit'), null);
      assert.equal(fieldsOf(made, 'ratelimit-policy')['key.requests_per_minute']?.q, '1');
      await (await app.stream('/api/chat/completion/stream', { key, body })).ended;
      const refused = await app.call('/api/chat/completion', { key, body });
      assert.equal(refused.status, 429);
      const { t } = fieldsOf(refused, 'ratelimit')['key.requests_per_minute'] ?? {};
      assert.equal(t, refused.headers.get('retry-after'));
    } finally {
      looks.fail = false;
    }
  });

  test('a caller without limits gets no such headers', async () => {
    const { headers } = await newChat((await app.key('prod')).key);
    assert.equal(headers.get('ratelimit'), null);
    assert.equal(headers.get('ratelimit-policy'), null);
  });

  test('a stream is resumed however many writes were made, and a turn in its guise is none', async () => {
    const { key } = await app.key('prod', {
      limits: { writes_per_minute: 1 },
      default_persona_id: app.harness.persona.personaId,
    });
    app.harness.upstream.enqueue(answer('One'));
    const path = '/api/chat/completion/stream';
    const body = { message: 'Hi' };
    const first = await app.stream(path, { key, body });
    await first.ended;
    const id = first.events[0]?.id ?? assert.fail();
    const resumed = await app.stream(path, { key, body, headers: { 'last-event-id': id } });
    await resumed.ended;
    assert.equal(resumed.events.length, first.events.length - 1);
    for (const headers of [{}, { 'last-event-id': '' }] as Record<string, string>[])
      assert.equal((await app.call(path, { key, body, headers })).status, 429);
    // Without a stream, this route starts an answer whatever the header says.
    const again = `/api/generations/${id.split(':')[0]}/regenerate`;
    assert.equal((await app.call(again, { key, body: {}, headers: { 'last-event-id': id } })).status, 429);
  });

  test('what may be stored is refused with 413 in every dialect, until something is deleted', async () => {
    const { key } = await app.key('prod', {
      limits: { storage_bytes: 60 },
      default_persona_id: app.harness.persona.personaId,
    });
    const chat = (await newChat(key)).body;
    const say = (message: string) =>
      app.call('/conversations/create', { key, body: { chat_id: chat.id, role: 'Human', message } });
    const first = await say('x'.repeat(50));
    assert.equal(first.status, 201);
    const refused = [
      await say('y'.repeat(11)),
      await app.call('/api/chat/completion', { key, body: { message: 'y'.repeat(11) } }),
      await app.call('/api/chat/completion/stream', { key, body: { message: 'y'.repeat(11) } }),
    ];
    for (const { status, body, headers } of refused) {
      assert.equal(status, 413, JSON.stringify(body));
      assert.equal(body.code, 'payload_too_large');
      assert.deepEqual(body.limit, { name: 'storage_bytes', subject: 'key' });
      assert.equal(headers.get('retry-after'), null);
      assert.equal(fieldsOf({ headers }, 'ratelimit')['key.storage_bytes']?.r, '10');
    }
    assert.equal(
      (await app.call(`/conversations/delete/${first.body.id}`, { key, method: 'DELETE' })).status,
      200,
    );
    assert.equal((await say('y'.repeat(60))).status, 201);
    assert.equal((await say('z')).status, 413);
  });

  test('a retry with the same Idempotency-Key is billed once, also where nothing is left for another answer', async () => {
    const limits = { requests_per_minute: 1, tokens_per_day: 150, storage_bytes: 6 };
    const { id, key } = await app.key('prod', { default_persona_id: app.harness.persona.personaId, limits });
    app.harness.upstream.enqueue(answer('Fine', { usage: { promptTokens: 30, completionTokens: 60 } }));
    const body = { message: 'Hi', max_tokens: 60 };
    const call = (name: string) =>
      app.call('/api/chat/completion', { key, body, headers: { 'idempotency-key': name } });
    const first = await call('once');
    assert.equal(first.status, 200, JSON.stringify(first.body));
    const spent = (await app.admin('GET', `/organizations/${organizationId}/keys/${id}`)).body.consumed;
    assert.deepEqual([spent.requests_per_minute, spent.tokens_per_day, spent.storage_bytes], [1, 90, 6]);
    for (const retry of await Promise.all(Array.from({ length: 5 }, () => call('once')))) {
      assert.equal(retry.status, 200, JSON.stringify(retry.body));
      assert.equal(retry.body.message_id, first.body.message_id);
    }
    const { consumed } = (await app.admin('GET', `/organizations/${organizationId}/keys/${id}`)).body;
    // Each retry is a call that writes, and nothing else.
    assert.deepEqual(consumed, { ...spent, writes_per_minute: 6 });
    assert.equal((await call('twice')).status, 429);
  });
});
