/**
 * Two organizations, two environments, and end users whose ids resemble each other: everybody sees exactly what is theirs,
 * in lists and by id, and what is exported or erased is one user's alone.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { userToken } from 'colloquy-testkit/matrix/world';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { startTestServer, type TestServer } from 'colloquy-testkit/server';
import { administer, adminKey, makeTenant, type Tenant } from 'colloquy-testkit/tenants';

/** Different users: databases, paths and people take some of these for the same. */
const userIds = [
  'ada',
  'Ada',
  'ada ',
  'ad\u0430',
  'caf\u00e9',
  'cafe\u0301',
  'a/b',
  'a%2Fb',
  'a%252Fb',
  'ada\u200b',
  '%00',
  "ada' or '1'='1",
  'x'.repeat(255),
  `${'x'.repeat(254)}y`,
  '😀'.repeat(255),
];
/** Those of the whole table, in which everybody tries everything. */
const fewIds = ['ada', 'Ada', 'caf\u00e9', 'cafe\u0301', 'a/b', 'a%2Fb'];
const environments = ['prod', 'test'] as const;
type Environment = (typeof environments)[number];

interface Place {
  readonly tenant: Tenant;
  readonly environment: Environment;
}

interface Conversation extends Place {
  readonly id: string;
  readonly userId: string | null;
}

interface Caller extends Place {
  readonly name: string;
  readonly credential: string;
  /** Whose conversations it sees; undefined: all of its organization and environment. */
  readonly userId?: string | null;
}

onBothStores('tenancy', (engine) => {
  let server: TestServer;
  let tenants: readonly Tenant[];
  const conversations: Conversation[] = [];
  const callers: Caller[] = [];

  const keyOf = ({ tenant, environment }: Place): string =>
    environment === 'prod' ? tenant.prodKey : tenant.testKey;

  async function call<T = { id: string }>(
    credential: string,
    path: string,
    body?: object,
    method = body === undefined ? 'GET' : 'POST',
  ): Promise<{ status: number; text: string; body: T }> {
    const response = await fetch(server.url + path, {
      method,
      headers: {
        authorization: `Bearer ${credential}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /^application\/json\b/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, text, body: (isJson ? JSON.parse(text) : undefined) as T };
  }

  async function begin(place: Place, credential: string, userId: string | null): Promise<void> {
    const { status, body, text } = await call(credential, '/chats/create', { name: 'Lighthouse' });
    assert.equal(status, 201, text);
    conversations.push({ ...place, id: body.id, userId });
  }

  before(async () => {
    server = await startTestServer(engine);
    tenants = [server, await makeTenant(server.url, server.upstream, 'other')];
    for (const [index, tenant] of tenants.entries()) {
      const members = `/organizations/${tenant.organizationId}/members`;
      const memberTokens: [role: string, token: string][] = [];
      for (const role of ['owner', 'admin', 'member', 'guest']) {
        const email = `${role}@a.example`;
        const { id } = await administer<{ id: string }>(server.url, 'POST', members, {
          name: role,
          email,
          role,
        });
        const { token } = await administer<{ token: string }>(
          server.url,
          'POST',
          `${members}/${id}/token`,
          {},
        );
        memberTokens.push([role, token]);
      }
      for (const environment of environments) {
        const place = { tenant, environment };
        const name = `${index} ${environment}`;
        await begin(place, keyOf(place), null);
        callers.push({ ...place, name: `${name} key`, credential: keyOf(place) });
        for (const userId of fewIds) {
          const credential = await userToken(server.url, keyOf(place), userId);
          await begin(place, credential, userId);
          callers.push({ ...place, name: `${name} ${userId}`, credential, userId });
        }
        for (const [role, credential] of memberTokens) {
          const seesAll = role === 'owner' || role === 'admin';
          callers.push({ ...place, name: `${name} ${role}`, credential, ...(!seesAll && { userId: null }) });
        }
      }
    }
  });
  after(() => server[Symbol.asyncDispose]());

  test('everybody sees what is theirs, in lists, by search and by id, and nothing else', async () => {
    for (const caller of callers) {
      const { tenant, environment, credential } = caller;
      const seen = conversations.filter(
        (one) =>
          one.tenant === tenant &&
          one.environment === environment &&
          (caller.userId === undefined || one.userId === caller.userId),
      );
      assert.ok(seen.length > 0, caller.name);
      const expected = seen.map(({ id }) => id).sort();
      const more = `environment=${environment}`;
      const organization = `org_id=${tenant.organizationId}&${more}`;
      for (const path of [
        `/chats?${more}`,
        `/api/conversation/list?${organization}`,
        `/api/conversation/list?${organization}&q=lighthouse`,
      ]) {
        const { body } = await call<{ id: string }[]>(credential, path);
        assert.deepEqual(body.map(({ id }) => id).sort(), expected, `${caller.name}: ${path}`);
      }
      for (const { id } of conversations) {
        const { status } = await call(credential, `/chats/${id}?${more}`);
        assert.equal(status, expected.includes(id) ? 200 : 404, `${caller.name}: ${id}`);
      }
    }
  });

  test('another organization’s id, or another kind of key’s, opens nothing', async () => {
    const [one, other] = tenants as readonly [Tenant, Tenant];
    for (const { name, tenant, credential } of callers) {
      const foreign = tenant === one ? other : one;
      const { status } = await call(credential, `/api/conversation/list?org_id=${foreign.organizationId}`);
      assert.equal(status, 403, name);
    }
    // A key has its kind from its name: what is asked for changes nothing.
    const asked = await call<{ id: string }[]>(one.prodKey, '/chats?environment=test');
    const own = conversations.filter(({ tenant, environment }) => tenant === one && environment === 'prod');
    assert.deepEqual(asked.body.map(({ id }) => id).sort(), own.map(({ id }) => id).sort());
  });

  test('an export and an erasure are one user’s, however much the ids resemble each other', async () => {
    const [tenant, other] = tenants as readonly [Tenant, Tenant];
    const words = new Map<string, string>();
    for (const [index, userId] of userIds.entries()) {
      const word = `word-${String(index).padStart(3, '0')}`;
      words.set(userId, word);
      for (const key of [tenant.prodKey, tenant.testKey, other.prodKey]) {
        const token = await userToken(server.url, key, userId);
        await call(token, '/api/chat/completion', { message: key === tenant.prodKey ? word : `not ${word}` });
      }
    }
    const linesOf = (text: string): { type: string; user_id?: string }[] =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
    const base = `/api/admin/organizations/${tenant.organizationId}/users`;
    const exported = async (userId: string): Promise<readonly string[]> => {
      const encoded = encodeURIComponent(userId);
      const own = await userToken(server.url, tenant.prodKey, userId);
      return [
        (await call(tenant.prodKey, `/api/chat/me?user_id=${encoded}`)).text,
        (await call(own, '/api/chat/me')).text,
        (await call(adminKey, `${base}/export?user_id=${encoded}&environment=prod`)).text,
        (await call(adminKey, `${base}/${encoded}/export?environment=prod`)).text,
      ];
    };
    for (const [userId, word] of words) {
      for (const text of await exported(userId)) {
        const lines = linesOf(text);
        assert.equal(lines[0]?.user_id, userId);
        assert.equal(lines.filter(({ type }) => type === 'end_user').length, 1);
        assert.ok(text.includes(`"text":"${word}"`), `${userId}: ${text.slice(0, 300)}`);
        for (const foreign of words.values()) {
          if (foreign !== word) assert.ok(!text.includes(foreign), `${userId} exports ${foreign}`);
        }
        assert.ok(!text.includes(`not ${word}`));
      }
    }
    const left = new Map(words);
    for (const [index, userId] of userIds.entries()) {
      const encoded = encodeURIComponent(userId);
      const erased =
        index % 2 === 0
          ? await call(tenant.prodKey, `/api/chat/me?user_id=${encoded}`, undefined, 'DELETE')
          : await call(adminKey, `${base}/${encoded}?environment=prod`, undefined, 'DELETE');
      assert.equal(erased.status, 200, erased.text);
      left.delete(userId);
      const list = await call<{ snippet: string }[]>(
        tenant.prodKey,
        `/api/conversation/list?org_id=${tenant.organizationId}&q=word`,
      );
      const found = list.body.map(({ snippet }) => /word-\d+/.exec(snippet)?.[0]);
      assert.deepEqual([...new Set(found)].sort(), [...left.values()].sort(), `after ${userId}`);
    }
    for (const [key, organizationId] of [
      [tenant.testKey, tenant.organizationId],
      [other.prodKey, other.organizationId],
    ]) {
      const kept = await call<object[]>(
        key as string,
        `/api/conversation/list?org_id=${organizationId}&q=word`,
      );
      assert.equal(kept.body.length, userIds.length);
    }
  });

  test('a user id that is no user id is refused', async () => {
    for (const user_id of ['', '.', '..', 'x'.repeat(256), 'a\u0000b', '\ud800', 5, null]) {
      const { status } = await call(server.prodKey, '/api/chat/get_token', { user_id });
      assert.equal(status, 400, JSON.stringify(user_id));
    }
  });
});
