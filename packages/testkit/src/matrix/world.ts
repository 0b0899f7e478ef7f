/** The world of the matrix of endpoints and credentials: one organization's data, and every kind of caller. */
import assert from 'node:assert/strict';
import { apiKeyPrefix, hashApiKey } from '../../../server/src/auth/api-keys.ts';
import { createTokenSigner, type TokenClaims } from '../../../server/src/auth/tokens.ts';
import { newId } from '../../../server/src/domain/ids.ts';
import { oneSecret } from '../../../server/src/domain/secrets/secret-ring.ts';
import type { TestServer } from '../server.ts';
import { administer, adminKey, makeTenant, type Tenant } from '../tenants.ts';

/** The callers. `good` is the one that is allowed. */
export const columns = [
  'none',
  'bad',
  'expiredKey',
  'expiredToken',
  'revokedKey',
  'revokedToken',
  'otherOrganization',
  'otherUser',
  'guest',
  'testKey',
  'adminKey',
  'good',
] as const;
export type Column = (typeof columns)[number];

/** The value of `Authorization: Bearer`; null: no credential. */
export type Credentials = Readonly<Record<Column, string | null>>;

export interface World {
  readonly url: string;
  readonly tenant: Tenant;
  /** Credentials for the conversation endpoints: `good` is the token of end user `ada`, who owns the data. */
  readonly talking: Credentials;
  /** Credentials for the administration: `good` is the operator's key. */
  readonly administering: Credentials;
  /** Calls an endpoint as `ada`; throws if the call fails. */
  make(path: string, body?: object): Promise<Made>;
  /** Calls the administration of the organization as the operator; throws if the call fails. */
  administer<T = { id: string }>(method: string, path: string, body?: object): Promise<T>;
}

export interface Made {
  // biome-ignore lint/suspicious/noExplicitAny: tests read the fields of answers.
  readonly body: any;
  /** The generation that a stream shows. */
  readonly generationId: string;
}

/** The secret that `serverEnvironment` gives. */
const serverSecret = 'a secret of the tests, long enough';

export async function makeWorld(server: TestServer): Promise<World> {
  const { url, organizationId, personaId } = server;
  const base = `/organizations/${organizationId}`;
  const own = <T = { id: string }>(method: string, path: string, body?: object): Promise<T> =>
    administer<T>(url, method, base + path, body);
  const other = await makeTenant(url, server.upstream, 'other');

  const key = (type: string, organization = base): Promise<{ id: string; key: string }> =>
    administer(url, 'POST', `${organization}/keys`, {
      name: type,
      type,
      ...(type !== 'admin' && organization === base && { default_persona_id: personaId }),
    });
  const expiredKey = async (type: 'prod' | 'admin'): Promise<string> => {
    const text = `sk_${type}_expired-${newId()}`;
    await server.server.store.execute('createApiKey', {
      id: newId(),
      organizationId,
      name: 'expired',
      type,
      prefix: apiKeyPrefix(text),
      hash: hashApiKey(text),
      defaultPersonaId: type === 'prod' ? personaId : null,
      limits: {},
      allowedOrigins: null,
      expiresAt: Date.now() - 1000,
      now: Date.now() - 2000,
    });
    return text;
  };
  const revokedKey = async (type: 'prod' | 'admin'): Promise<{ key: string; token: string }> => {
    const made = await key(type);
    const token = type === 'prod' ? await userToken(url, made.key, 'ada') : '';
    await own('DELETE', `/keys/${made.id}`);
    return { key: made.key, token };
  };
  const member = async (role: string): Promise<{ id: string; token: string }> => {
    const { id } = await own('POST', '/members', { name: role, email: `${newId()}@a.example`, role });
    const { token } = await own<{ token: string }>('POST', `/members/${id}/token`, {});
    return { id, token };
  };

  // Each user calls every route many times, within a minute.
  await own('PATCH', '/settings', { end_user_limits: { writes_per_minute: 100_000 } });
  const ada = await userToken(url, server.prodKey, 'ada');
  const guest = (await member('guest')).token;
  const removed = await member('owner');
  await own('DELETE', `/members/${removed.id}`);
  const owner = await member('owner');
  const revokedProd = await revokedKey('prod');
  const organizationAdmin = (await key('admin')).key;
  const ben = await userToken(url, server.prodKey, 'ben');
  const talking: Credentials = {
    none: null,
    bad: 'sk_prod_nobody-ever-made-this-one',
    expiredKey: await expiredKey('prod'),
    expiredToken: await expiredTwin(url, ada),
    revokedKey: revokedProd.key,
    revokedToken: revokedProd.token,
    otherOrganization: other.prodKey,
    otherUser: ben,
    guest,
    testKey: server.testKey,
    adminKey: organizationAdmin,
    good: ada,
  };
  const administering: Credentials = {
    none: null,
    bad: 'sk_admin_nobody-ever-made-this-one',
    expiredKey: await expiredKey('admin'),
    expiredToken: await expiredTwin(url, owner.token),
    revokedKey: (await revokedKey('admin')).key,
    revokedToken: removed.token,
    otherOrganization: (await key('admin', `/organizations/${other.organizationId}`)).key,
    otherUser: ben,
    guest,
    testKey: server.testKey,
    adminKey: organizationAdmin,
    good: adminKey,
  };
  return {
    url,
    tenant: server,
    talking,
    administering,
    administer: own,
    async make(path, body) {
      const response = await fetch(url + path, {
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          authorization: `Bearer ${ada}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      assert.ok(response.ok, `${path}: ${response.status} ${text}`);
      const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
      const generationId = response.headers.get('content-location')?.split('/')[3] ?? '';
      return { body: isJson ? JSON.parse(text) : text, generationId };
    },
  };
}

export async function userToken(url: string, key: string, userId: string): Promise<string> {
  const response = await fetch(`${url}/api/chat/get_token`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify({ user_id: userId }),
  });
  const { token } = (await response.json()) as { token?: string };
  return token ?? assert.fail(`no token: ${response.status}`);
}

/** Makes an expired copy of a token. It checks that an unexpired copy works, so that only the expiry is wrong. */
async function expiredTwin(url: string, token: string): Promise<string> {
  const payload = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  const claims: TokenClaims =
    payload.key === undefined
      ? { kind: 'member', organizationId: payload.org, memberId: payload.sub }
      : {
          kind: 'end-user',
          keyId: payload.key,
          organizationId: payload.org,
          environment: payload.env,
          endUserId: payload.sub,
          personaId: payload.persona,
          personaVersion: payload.version,
        };
  const signed = (now: () => number) => createTokenSigner(oneSecret(serverSecret), now).sign(claims, 60);
  const alive = await signed(Date.now);
  const check = await fetch(`${url}/chats/`, { headers: { authorization: `Bearer ${alive.token}` } });
  assert.equal(check.status, 200, await check.text());
  return (await signed(() => Date.now() - 120_000)).token;
}
