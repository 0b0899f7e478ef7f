/** What the fuzzer's requests meet: two organizations with data of every kind, and every caller's credential. */
import assert from 'node:assert/strict';
import type { TestServer } from 'colloquy-testkit/server';
import { administer, adminKey, makeTenant } from 'colloquy-testkit/tenants';
import { answer, gate, refuse } from 'colloquy-testkit/upstream/scripted-upstream';
import { newBearerSecret } from '../../src/auth/accounts/bearer-secret.ts';
import { makeLink } from '../../src/auth/accounts/links.ts';
import { apiKeyPrefix, hashApiKey } from '../../src/auth/api-keys.ts';
import { newId } from '../../src/domain/ids.ts';
import type { Store } from '../../src/store/store.ts';
import type { Caller } from './requests.ts';

/** Whose things they are: of keys and members of the first organization, of its users, of its test key, of the second. */
type Group = 'key' | 'ada' | 'ben' | 'test' | 'other';

const groupOf: Readonly<Partial<Record<Caller, Group>>> = {
  ada: 'ada',
  ben: 'ben',
  testKey: 'test',
  otherKey: 'other',
  otherAdmin: 'other',
};

/** Words that stand in every title and message of a group. */
const markOf = (group: Group): string => `canary-${group}`;
const everyGroup: readonly Group[] = ['key', 'ada', 'ben', 'test', 'other'];
/** The provider's key of every model; nobody ever sees it. */
const secretMark = 'canary-secret';

/** The groups whose data a caller may see; one who is not named here sees none. */
const visible: Readonly<Partial<Record<Caller, readonly Group[]>>> = {
  operator: everyGroup,
  orgAdmin: ['key', 'ada', 'ben', 'test'],
  owner: ['key', 'ada', 'ben', 'test'],
  member: ['key', 'ada', 'ben', 'test'],
  guest: ['key', 'ada', 'ben', 'test'],
  prodKey: ['key', 'ada', 'ben'],
  testKey: ['test'],
  ada: ['ada'],
  ben: ['ben'],
  otherKey: ['other'],
  otherAdmin: ['other'],
};

/** A kind has no more things than this; the oldest go. */
const mostOfAKind = 8;

export interface World extends AsyncDisposable {
  /** The value of a caller's credential; null for none. */
  credential(caller: Caller): string | null;
  /** Puts ids and long texts in their places; `encode` is applied to what is put in. */
  fill(text: string, caller: Caller, encode?: (value: string) => string): string;
  /** Remembers something that a caller has made. */
  remember(caller: Caller, kind: string, id: string): void;
  /** The marks of others' data in a text that a caller was sent. */
  leaks(caller: Caller, text: string): readonly string[];
}

export async function makeWorld(server: TestServer): Promise<World> {
  const { url, upstream } = server;
  const held = gate();
  const first = await makeTenant(url, upstream, 'fuzzed');
  const second = await makeTenant(url, upstream, markOf('other'));
  const things = new Map<string, string[]>();
  const add = (group: Group, kind: string, ...ids: readonly string[]): void => {
    const name = `${group}.${kind}`;
    things.set(name, [...ids, ...(things.get(name) ?? [])].slice(0, mostOfAKind));
  };
  const own = <T = { id: string; key: string }>(
    method: string,
    path: string,
    body?: object,
    { organizationId } = first,
  ): Promise<T> => administer<T>(url, method, `/organizations/${organizationId}${path}`, body);

  const key = (name: string, type: string, tenant = first): Promise<{ id: string; key: string }> =>
    own('POST', '/keys', { name, type }, tenant);
  const member = async (role: string): Promise<string> => {
    const { id } = await own('POST', '/members', { name: role, email: `${newId()}@a.example`, role });
    add('key', 'member', id);
    return (await own<{ token: string }>('POST', `/members/${id}/token`, {})).token;
  };
  const expiredKey = async (): Promise<string> => {
    const text = `sk_prod_expired-${newId()}`;
    await server.server.store.execute('createApiKey', {
      id: newId(),
      organizationId: first.organizationId,
      name: 'expired',
      type: 'prod',
      prefix: apiKeyPrefix(text),
      hash: hashApiKey(text),
      defaultPersonaId: null,
      limits: {},
      allowedOrigins: null,
      expiresAt: Date.now() - 1000,
      now: Date.now() - 2000,
    });
    return text;
  };
  const token = async (user: string): Promise<string> =>
    (await post<{ token: string }>(url, first.prodKey, '/api/chat/get_token', { user_id: user })).token;

  // Only its first answer is held: whoever waits for another one gets it.
  let calls = 0;
  upstream.script('held', () => {
    calls += 1;
    const { steps = [] } = answer('Held');
    return { steps: calls === 1 ? [...steps.slice(0, 2), held.step] : steps };
  });
  upstream.script('failing', refuse(400, { message: 'this is refused' }));
  const models: Record<string, string> = {};
  for (const model of ['held', 'failing', 'spare']) {
    const { id } = await own('POST', '/models', {
      name: model,
      provider: 'openai-compatible',
      model,
      base_url: upstream.openAiUrl,
      api_key: secretMark,
    });
    models[model] = id;
  }
  const spareKey = await key('spare', 'prod');
  const revoked = await key('revoked', 'prod');
  await own('DELETE', `/keys/${revoked.id}`);
  const sparePersona = await own<{ id: number }>('POST', '/personas', { name: 'Spare', alias: 'spare' });
  await own('PUT', `/personas/${sparePersona.id}/next`, {
    system_prompt: 'Be spare.',
    model_id: models.failing,
  });
  await own('POST', `/personas/${sparePersona.id}/submit`);

  const credentials: Readonly<Record<Caller, string | null>> = {
    operator: adminKey,
    orgAdmin: (await key('admin', 'admin')).key,
    owner: await member('owner'),
    member: await member('member'),
    guest: await member('guest'),
    prodKey: first.prodKey,
    testKey: first.testKey,
    ada: await token('ada'),
    ben: await token('ben'),
    otherKey: second.prodKey,
    otherAdmin: (await key('admin', 'admin', second)).key,
    revoked: revoked.key,
    expired: await expiredKey(),
    bad: 'sk_prod_nobody-ever-made-this-one',
    none: null,
  };
  const { data: keys } = await own<{ data: { id: string }[] }>('GET', '/keys?limit=100');
  add('key', 'organization', first.organizationId);
  add('other', 'organization', second.organizationId);
  add('key', 'model', ...Object.values(models), first.modelId);
  add('other', 'model', second.modelId);
  add('key', 'persona', String(sparePersona.id), String(first.personaId));
  add('other', 'persona', String(second.personaId));
  add('key', 'key', spareKey.id, ...keys.slice(0, 3).map(({ id }) => id));
  add('key', 'alias', 'spare', 'helper');
  add('other', 'alias', 'helper');
  add('key', 'user', 'ada', 'ben', 'carl');
  add('other', 'user', 'otto');
  // Nothing listens there; what can't be delivered stays.
  for (const [group, tenant] of [
    ['key', first],
    ['other', second],
  ] as const) {
    const events = ['conversation.deleted', 'generation.completed'];
    const settings = { url: 'http://127.0.0.1:9/', events, description: markOf(group) };
    const { id } = await own('POST', '/webhooks', settings, tenant);
    add(group, 'webhook', id);
    const { id: chatId } = await post<{ id: string }>(url, tenant.prodKey, '/chats/create', { name: 'Gone' });
    await fetch(`${url}/chats/delete/${chatId}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${tenant.prodKey}` },
    });
    const texts = { name: markOf(group), questions: [{ turns: [`Words of ${markOf(group)}`] }] };
    const set = await own<{ id: string; questions: { id: string }[] }>(
      'POST',
      '/question-sets',
      texts,
      tenant,
    );
    add(group, 'question-set', set.id);
    add(group, 'set-question', ...set.questions.map((question) => question.id));
    const list = `/webhooks/${id}/deliveries`;
    const { data } = await own<{ data: { id: string }[] }>('GET', list, undefined, tenant);
    assert.ok(data.length > 0, 'a deletion is to be told');
    add(group, 'delivery', ...data.map((delivery) => delivery.id));
  }
  add(
    'key',
    'upstream',
    upstream.openAiUrl,
    upstream.anthropicUrl,
    'http://127.0.0.1:9/v1',
    'http://host.invalid',
  );
  add('key', 'cursor', 'none');
  await addAccounts(server.server.store, first.organizationId, (kind, id) => add('key', kind, id));

  for (const [group, credential] of [
    ['key', credentials.prodKey],
    ['ada', credentials.ada],
    ['ben', credentials.ben],
    ['test', credentials.testKey],
    ['other', credentials.otherKey],
  ] as const) {
    const call = <T = { id: string }>(path: string, body: object): Promise<T> =>
      post<T>(url, credential ?? '', path, body);
    const text = `Words of ${markOf(group)}`;
    const chats = [
      await call('/chats/create', { name: text }),
      await call('/chats/create', { name: `${text} too` }),
    ];
    const chatId = chats[0]?.id;
    const question = await call('/conversations/create', { chat_id: chatId, role: 'Human', message: text });
    const said = await call<{ session_id: string; message_id: string }>('/api/chat/completion', {
      message: text,
    });
    const location = await generationOf(url, credential ?? '', question.id);
    add(group, 'conversation', ...chats.map(({ id }) => id));
    add(group, 'session', said.session_id);
    add(group, 'message', question.id, said.message_id);
    add(group, 'question', question.id, chatId ?? '');
    add(group, 'generation', location);
  }
  // One answer that is still being given.
  const org = `org_id=${first.organizationId}`;
  const ofKey = <T = { id: string }>(path: string, body: object): Promise<T> =>
    post<T>(url, first.prodKey, `${path}?${org}`, body);
  const conversation = await ofKey('/api/conversation/create', { title: markOf('key') });
  const session = await ofKey('/api/conversation/create_session', {
    conversation_id: conversation.id,
    model_id: models.held,
  });
  const running = await fetch(`${url}/api/conversation/stream_chat?${org}`, {
    method: 'POST',
    headers: { 'x-api-key': first.prodKey, 'content-type': 'application/json' },
    body: JSON.stringify({ chat_session_id: session.id, message: 'Go on' }),
  });
  await running.body?.cancel();
  add('key', 'session', session.id);
  add('key', 'generation', running.headers.get('content-location')?.split('/')[3] ?? '');

  const idOf = (caller: Caller, kind: string, index: number): string => {
    const group = groupOf[caller] ?? 'key';
    const mine = things.get(`${group}.${kind}`) ?? things.get(`key.${kind}`) ?? [];
    const others = [things.get(`ben.${kind}`), things.get(`test.${kind}`), things.get(`other.${kind}`)];
    const list = index < 5 ? mine : (others[index - 5] ?? mine);
    return list[index % Math.max(1, list.length)] ?? newId();
  };
  return {
    credential: (caller) => credentials[caller],
    fill: (text, caller, encode = (value) => value) =>
      text
        .replace(/"<<#([\w-]+)\.(\d+)>>"/g, (_, kind, index) => idOf(caller, kind, Number(index)))
        .replace(/<<#?([\w-]+)\.(\d+)>>/g, (_, kind, index) => {
          if (kind === 'long') return 'x'.repeat(Number(index));
          if (kind === 'wide') return encode('💡'.repeat(Number(index)));
          return encode(idOf(caller, kind, Number(index)));
        }),
    remember: (caller, kind, id) => add(groupOf[caller] ?? 'key', kind, id),
    leaks(caller, text) {
      if (!text.includes('canary-')) return [];
      const seen = visible[caller] ?? [];
      const hidden = everyGroup.filter((group) => !seen.includes(group)).map(markOf);
      return [secretMark, ...hidden].filter((mark) => text.includes(mark));
    },
    async [Symbol.asyncDispose]() {
      held.release();
      for (const { organizationId } of [first, second]) {
        // A request may have deleted it before.
        await administer(url, 'DELETE', `/organizations/${organizationId}`).catch(() => undefined);
      }
    },
  };
}

/** Accounts of the first organization that are signed in, and links that are good. */
async function addAccounts(
  store: Store,
  organizationId: string,
  add: (kind: 'cookie' | 'sign-in-session' | 'link', id: string) => void,
): Promise<void> {
  const link = (email: string) =>
    makeLink(store, { purpose: 'invite', email, organizationId, role: 'admin' }, Date.now());
  for (const name of ['lea', 'max', 'noa', 'pia', 'tom']) {
    const email = `${name}-${newId()}@a.example`;
    const { token } = await link(email);
    const { secret, hash } = newBearerSecret();
    const session = {
      id: newId(),
      hash,
      method: 'link',
      address: null,
      userAgent: null,
      replaces: null,
    } as const;
    await store.execute('acceptInvitation', {
      linkHash: hashApiKey(token),
      accountId: null,
      account: { id: newId(), name, password: null },
      memberId: newId(),
      session,
      now: Date.now(),
    });
    add('cookie', secret);
    add('sign-in-session', session.id);
    add('link', (await link(`invited-${newId()}@a.example`)).token);
  }
}

async function post<T>(url: string, credential: string, path: string, body: object): Promise<T> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${credential}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  assert.ok(response.ok, `${path}: ${response.status} ${text}`);
  return JSON.parse(text) as T;
}

/** The generation that answers a question of the chats dialect. */
async function generationOf(url: string, credential: string, question: string): Promise<string> {
  const response = await fetch(`${url}/conversations/inference/${question}`, {
    headers: { authorization: `Bearer ${credential}` },
  });
  await response.text();
  return response.headers.get('content-location')?.split('/')[3] ?? assert.fail(`status ${response.status}`);
}
