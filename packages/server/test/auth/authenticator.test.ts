import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { openTestStore } from 'colloquy-testkit/stores';
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose';
import { generateApiKey, hashApiKey } from '../../src/auth/api-keys.ts';
import { type Authenticator, createAuthenticator } from '../../src/auth/authenticator.ts';
import type { ApiKeyPrincipal } from '../../src/auth/principal.ts';
import { conversationScope, organizationScope } from '../../src/auth/scopes.ts';
import type { ApiKeyType } from '../../src/domain/api-key.ts';
import { newId } from '../../src/domain/ids.ts';
import type { Role } from '../../src/domain/organization.ts';
import { oneSecret } from '../../src/domain/secrets/secret-ring.ts';
import { findApiKey } from '../../src/store/queries/api-keys.ts';
import type { Store } from '../../src/store/store.ts';

const operatorKey = 'sk_admin_operator-of-the-tests-0123456789';
const secret = 'the secret of the tests';
const start = Date.parse('2026-11-22T12:00:00.000Z');
const persona = { personaId: 7, version: 3 };

class Place implements AsyncDisposable {
  now = start;
  readonly store: Store;
  readonly authenticator: Authenticator & AsyncDisposable;
  readonly organizationId = newId();
  readonly #dispose: () => Promise<void>;

  constructor(store: Store, dispose: () => Promise<void>, secretOfServer = secret) {
    this.store = store;
    this.#dispose = dispose;
    this.authenticator = createAuthenticator({
      store,
      secrets: oneSecret(secretOfServer),
      adminKey: operatorKey,
      tokenTtlSeconds: 3600,
      now: () => this.now,
    });
  }

  async organization(): Promise<void> {
    await this.store.execute('createOrganization', { id: this.organizationId, name: 'Acme', now: this.now });
  }

  async key(type: ApiKeyType, more: { expiresAt?: number } = {}): Promise<{ id: string; key: string }> {
    const { key, prefix, hash } = generateApiKey(type);
    const id = newId();
    await this.store.execute('createApiKey', {
      id,
      organizationId: this.organizationId,
      name: type,
      type,
      prefix,
      hash,
      defaultPersonaId: null,
      personas: null,
      limits: { requests_per_minute: 5 },
      allowedOrigins: ['https://example.com'],
      expiresAt: null,
      now: this.now,
      ...more,
    });
    return { id, key };
  }

  async principal(key: string): Promise<ApiKeyPrincipal> {
    const principal = await this.authenticator.authenticate({ apiKey: key });
    assert.equal(principal?.kind, 'api-key');
    return principal as ApiKeyPrincipal;
  }

  async userToken(key: string, userId = 'ada'): Promise<string> {
    return (await this.authenticator.issueEndUserToken(await this.principal(key), { userId, persona })).token;
  }

  async member(role: Role): Promise<string> {
    const id = newId();
    const { organizationId, now } = this;
    await this.store.execute('createMember', {
      id,
      organizationId,
      name: 'Ada',
      email: `${id}@a`,
      role,
      now,
    });
    return id;
  }

  async refused(credentials: Parameters<Authenticator['authenticate']>[0], message: RegExp): Promise<void> {
    await assert.rejects(this.authenticator.authenticate(credentials), { code: 'unauthenticated', message });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.authenticator[Symbol.asyncDispose]();
    await this.#dispose();
  }
}

onBothStores('authenticator', async (engine) => {
  const opened = await openTestStore(engine);
  const place = new Place(opened.store, async () => await opened[Symbol.asyncDispose]());
  after(() => place[Symbol.asyncDispose]());
  await place.organization();
  const scopeOf = (environment: 'test' | 'prod', user?: string | null) =>
    conversationScope(place.organizationId, environment, user);

  test('no credential is nobody', async () => {
    assert.equal(await place.authenticator.authenticate({}), undefined);
    assert.deepEqual(await place.authenticator.anonymous(place.organizationId), {
      kind: 'anonymous',
      scope: scopeOf('prod', null),
      limits: [],
    });
  });

  test('a key is who it is, in either header', async () => {
    for (const type of ['test', 'prod'] as const) {
      const { id, key } = await place.key(type);
      const expected = {
        kind: 'api-key',
        scope: scopeOf(type),
        keyId: id,
        secretHash: hashApiKey(key),
        keyType: type,
        defaultPersonaId: null,
        personas: null,
        limits: [{ subject: 'key', id, limits: { requests_per_minute: 5, writes_per_minute: 50 } }],
        allowedOrigins: ['https://example.com'],
      };
      assert.deepEqual(await place.authenticator.authenticate({ apiKey: key }), expected);
      assert.deepEqual(await place.authenticator.authenticate({ authorization: `Bearer ${key}` }), expected);
      assert.deepEqual(await place.authenticator.authenticate({ authorization: `bearer ${key}` }), expected);
      // Only members choose the environment.
      assert.deepEqual(
        await place.authenticator.authenticate({ apiKey: key, environment: 'nonsense' }),
        expected,
      );
    }
  });

  test('an admin key is of its organization, the configured one of all', async () => {
    const { id, key } = await place.key('admin');
    assert.deepEqual(await place.authenticator.authenticate({ authorization: `Bearer ${key}` }), {
      kind: 'admin',
      organization: organizationScope(place.organizationId),
      keyId: id,
      limits: [{ subject: 'key', id, limits: { requests_per_minute: 5, writes_per_minute: 50 } }],
    });
    assert.deepEqual(await place.authenticator.authenticate({ authorization: `Bearer ${operatorKey}` }), {
      kind: 'admin',
      organization: null,
      keyId: null,
      limits: [],
    });
  });

  test('what is no credential is refused', async () => {
    const { key } = await place.key('prod');
    await place.refused({ apiKey: '' }, /X-API-Key must be an API key/);
    await place.refused({ apiKey: 'nonsense' }, /X-API-Key must be an API key/);
    await place.refused({ apiKey: `${key}x` }, /not valid/);
    await place.refused({ apiKey: `${operatorKey}x` }, /not valid/);
    await place.refused({ apiKey: await place.userToken(key) }, /X-API-Key must be an API key/);
    await place.refused({ authorization: key }, /must be "Bearer/);
    await place.refused({ authorization: 'Basic YTpi' }, /must be "Bearer/);
    await place.refused({ authorization: 'Bearer ' }, /must be "Bearer/);
    await place.refused({ authorization: 'Bearer nonsense' }, /not valid/);
    await place.refused({ authorization: 'Bearer a.b.c' }, /not valid/);
    await place.refused({ accessToken: key }, /never an API key/);
    await place.refused({ accessToken: '' }, /not valid/);
    // If the first credential is bad, a good one after it is not used.
    await place.refused({ apiKey: 'sk_prod_x', authorization: `Bearer ${key}` }, /not valid/);
  });

  test('a key expires, with its tokens, to the millisecond', async () => {
    const { key } = await place.key('prod', { expiresAt: place.now + 1000 });
    const token = await place.userToken(key);
    place.now += 999;
    assert.equal((await place.principal(key)).kind, 'api-key');
    place.now += 1;
    await place.refused({ apiKey: key }, /expired/);
    await place.refused({ accessToken: token }, /expired/);
  });

  test('a revoked key is dead with the next call, and its tokens too', async () => {
    const { id, key } = await place.key('prod');
    const other = await place.key('prod');
    const token = await place.userToken(key);
    const otherToken = await place.userToken(other.key);
    await place.store.execute('revokeApiKey', {
      organizationId: place.organizationId,
      id,
      now: place.now,
    });
    await place.refused({ apiKey: key }, /revoked/);
    await place.refused({ authorization: `Bearer ${token}` }, /revoked/);
    assert.equal((await place.authenticator.authenticate({ accessToken: otherToken }))?.kind, 'end-user');
  });

  test("a user's token is bound to key, environment, user and revision", async () => {
    for (const type of ['test', 'prod'] as const) {
      const { id, key } = await place.key(type);
      const issued = await place.authenticator.issueEndUserToken(await place.principal(key), {
        userId: 'grace',
        persona,
      });
      assert.equal(issued.expiresAt, Math.floor(place.now / 1000) + 3600);
      const header = decodeProtectedHeader(issued.token);
      assert.equal(header.alg, 'HS256');
      assert.ok(header.kid);
      const principal = await place.authenticator.authenticate({
        authorization: `Bearer ${issued.token}`,
      });
      assert.equal(principal?.kind, 'end-user');
      if (principal?.kind !== 'end-user') return;
      assert.deepEqual(principal, {
        kind: 'end-user',
        scope: scopeOf(type, principal.endUserId),
        endUserId: principal.endUserId,
        keyId: id,
        keyType: type,
        personaId: 7,
        personaVersion: 3,
        personas: null,
        limits: [
          { subject: 'end_user', id: principal.endUserId, limits: { writes_per_minute: 120, viewers: 20 } },
          { subject: 'key', id, limits: { requests_per_minute: 5, writes_per_minute: 50 } },
        ],
        allowedOrigins: ['https://example.com'],
      });
      // Another key of the same type finds the same user; a key of the other type has users of its own.
      const again = await place.userToken((await place.key(type)).key, 'grace');
      const other = await place.userToken((await place.key(type === 'test' ? 'prod' : 'test')).key, 'grace');
      assert.equal(decodeJwt(again).sub, principal.endUserId);
      assert.notEqual(decodeJwt(other).sub, principal.endUserId);
    }
  });

  test('two first calls for one user make one user', async () => {
    const principal = await place.principal((await place.key('prod')).key);
    const request = { userId: 'twin', persona };
    const tokens = await Promise.all(
      Array.from({ length: 8 }, () => place.authenticator.issueEndUserToken(principal, request)),
    );
    assert.equal(new Set(tokens.map(({ token }) => decodeJwt(token).sub)).size, 1);
  });

  test('a token expires', async () => {
    const token = await place.userToken((await place.key('prod')).key);
    place.now += 3600_000 - 1000;
    assert.equal((await place.authenticator.authenticate({ accessToken: token }))?.kind, 'end-user');
    place.now += 1000;
    await place.refused({ accessToken: token }, /expired/);
  });

  test('a token of an erased user is dead, though the user comes again', async () => {
    const { key } = await place.key('prod');
    const token = await place.userToken(key, 'gone');
    const { organizationId } = place;
    const endUserIds = [String(decodeJwt(token).sub)];
    await place.store.execute('eraseEndUsers', { organizationId, endUserIds, now: Date.now() });
    await place.refused({ accessToken: token }, /its user was erased/);
    await place.userToken(key, 'gone');
    await place.refused({ accessToken: token }, /its user was erased/);
  });

  test('a changed or forged token is refused', async () => {
    const { key } = await place.key('prod');
    const token = await place.userToken(key);
    const [header = '', payload = '', signature = ''] = token.split('.');
    const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = decodeJwt(token);
    const forged = [
      [header, encode({ ...claims, env: 'test' }), signature],
      [header, encode({ ...claims, version: 99 }), signature],
      [encode({ ...decodeProtectedHeader(token), typ: 'colloquy-member+jwt' }), payload, signature],
      [encode({ alg: 'none' }), payload, ''],
      [header, payload, signature.slice(0, -3)],
      [header, payload],
    ];
    for (const parts of forged) {
      await place.refused({ authorization: `Bearer ${parts.join('.')}` }, /not valid/);
    }
    // The server's secret itself is not the key that tokens are signed with.
    const bySecret = await new SignJWT(claims)
      .setProtectedHeader({ ...decodeProtectedHeader(token), alg: 'HS256' })
      .sign(new TextEncoder().encode(secret));
    await place.refused({ accessToken: bySecret }, /not valid/);
  });

  test('a token of another secret is refused', async () => {
    const token = await place.userToken((await place.key('prod')).key);
    await using other = new Place(place.store, async () => {}, 'another secret of a server');
    await other.refused({ accessToken: token }, /not valid/);
  });

  test('a member has the role of now, and chooses the environment', async () => {
    const memberId = await place.member('member');
    const organization = organizationScope(place.organizationId);
    const { token, expiresAt } = await place.authenticator.issueMemberToken(organization, memberId, 60);
    assert.equal(expiresAt, Math.floor(place.now / 1000) + 60);
    const authorization = `Bearer ${token}`;
    const expected = { kind: 'member', scope: scopeOf('prod', null), memberId, role: 'member', limits: [] };
    assert.deepEqual(await place.authenticator.authenticate({ authorization }), expected);
    assert.deepEqual(await place.authenticator.authenticate({ authorization, environment: 'test' }), {
      ...expected,
      scope: scopeOf('test', null),
    });
    await assert.rejects(place.authenticator.authenticate({ authorization, environment: 'x' }), {
      code: 'invalid_request',
    });
    await place.store.execute('updateMember', {
      organizationId: place.organizationId,
      id: memberId,
      changes: { role: 'guest' },
      now: place.now,
    });
    assert.deepEqual(await place.authenticator.authenticate({ authorization }), {
      ...expected,
      role: 'guest',
      limits: [],
    });
    const { organizationId } = place;
    const promote = { organizationId, id: memberId, changes: { role: 'admin' as const }, now: place.now };
    await place.store.execute('updateMember', promote);
    const administering = { ...expected, role: 'admin', scope: scopeOf('prod') };
    assert.deepEqual(await place.authenticator.authenticate({ authorization }), administering);
    await place.store.execute('deleteMember', { organizationId: place.organizationId, id: memberId });
    await place.refused({ authorization }, /removed/);
    await assert.rejects(place.authenticator.issueMemberToken(organization, memberId), {
      code: 'not_found',
    });
  });

  test('a key is noted as used, in time', async () => {
    const scope = organizationScope(place.organizationId);
    const { id, key } = await place.key('prod');
    const lastUsedAt = async () => (await findApiKey(place.store.reads, scope, id))?.lastUsedAt;
    await place.principal(key);
    assert.equal(await lastUsedAt(), null);
    await place.authenticator.flushLastUsed();
    assert.equal(await lastUsedAt(), place.now);
    const token = await place.userToken(key);
    place.now += 5000;
    await place.authenticator.authenticate({ accessToken: token });
    await place.authenticator.flushLastUsed();
    assert.equal(await lastUsedAt(), place.now);
  });

  test('what was used since is stored at the end', async () => {
    const { id, key } = await place.key('prod');
    {
      await using other = new Place(place.store, async () => {});
      other.now = place.now + 1;
      await other.principal(key);
    }
    const found = await findApiKey(place.store.reads, organizationScope(place.organizationId), id);
    assert.equal(found?.lastUsedAt, place.now + 1);
  });
});
