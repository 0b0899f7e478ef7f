/** Tokens of an outside identity provider, whose keys a server on loopback publishes. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { openTestStore } from 'colloquy-testkit/stores';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { createAuthenticator } from '../../src/auth/authenticator.ts';
import { createIdentityProvider } from '../../src/auth/identity-provider.ts';
import { conversationScope } from '../../src/auth/scopes.ts';
import { newId } from '../../src/domain/ids.ts';
import { oneSecret } from '../../src/domain/secrets/secret-ring.ts';

const issuer = 'https://id.example/';
const audience = 'colloquy';

/** An identity provider that publishes its keys, signs tokens, and counts the fetches of its keys. */
async function startProvider() {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
  let fetches = 0;
  const server = createServer((_request, response) => {
    fetches += 1;
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`,
    jwk,
    privateKey,
    fetches: () => fetches,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

onBothStores('identity provider', async (engine) => {
  const opened = await openTestStore(engine);
  const { store } = opened;
  const provider = await startProvider();
  const organizationId = newId();
  await store.execute('createOrganization', { id: organizationId, name: 'Acme', now: Date.now() });
  const config = {
    jwksUrl: provider.jwksUrl,
    issuer,
    audience,
    organizationClaim: 'https://id.example/org',
    roleClaim: 'realm_access.roles',
  };
  const options = {
    store,
    secrets: oneSecret('the secret of the tests'),
    adminKey: 'sk_admin_operator-of-the-tests-0123456789',
    tokenTtlSeconds: 3600,
  };
  const authenticator = createAuthenticator({ ...options, identityProvider: createIdentityProvider(config) });

  const usual = { 'https://id.example/org': organizationId, realm_access: { roles: ['member'] } };
  const sign = (
    claims: JWTPayload = usual,
    more: {
      iss?: string;
      aud?: string;
      exp?: string | number;
      kid?: string;
      key?: Parameters<SignJWT['sign']>[0];
    } = {},
  ): Promise<string> =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: more.kid ?? 'one', typ: 'JWT' })
      .setSubject('ada|42')
      .setIssuedAt()
      .setIssuer(more.iss ?? issuer)
      .setAudience(more.aud ?? audience)
      .setExpirationTime(more.exp ?? '5m')
      .sign(more.key ?? provider.privateKey);
  const authenticate = (token: string, environment?: string) =>
    authenticator.authenticate({ authorization: `Bearer ${token}`, environment });

  after(async () => {
    await authenticator[Symbol.asyncDispose]();
    await opened[Symbol.asyncDispose]();
  });

  test('its tokens speak for members; the keys are fetched once', async () => {
    const member = {
      kind: 'member',
      scope: conversationScope(organizationId, 'prod', null),
      memberId: 'idp:ada|42',
      role: 'member',
      limits: [],
    };
    assert.deepEqual(await authenticate(await sign()), member);
    assert.deepEqual(await authenticate(await sign(), 'test'), {
      ...member,
      scope: conversationScope(organizationId, 'test', null),
    });
    assert.equal(provider.fetches(), 1);
  });

  test('the role is the one that may most; an unknown one only reads', async () => {
    for (const [roles, expected] of [
      [['guest', 'owner', 'x'], 'owner'],
      ['admin', 'admin'],
      [['superuser'], 'guest'],
      [undefined, 'guest'],
      [{ admin: true }, 'guest'],
    ] as const) {
      const principal = await authenticate(await sign({ ...usual, realm_access: { roles } }));
      assert.ok(principal?.kind === 'member');
      assert.equal(principal.role, expected);
      const ofNobody = { endUserId: null };
      const rest = expected === 'guest' ? ofNobody : {};
      assert.deepEqual(principal.scope, { organizationId, environment: 'prod', ...rest });
    }
  });

  test('of another issuer, audience or key, expired or changed: 401', async () => {
    const foreign = (await generateKeyPair('ES256')).privateKey;
    const good = await sign();
    for (const token of [
      await sign(usual, { iss: 'https://other.example/' }),
      await sign(usual, { aud: 'other' }),
      await sign(usual, { key: foreign }),
      await sign(usual, { exp: Math.floor(Date.now() / 1000) - 60 }),
      await sign(usual, { kid: 'two' }),
      `${good.slice(0, -4)}AAAA`,
      await new SignJWT(usual)
        .setProtectedHeader({ alg: 'HS256', kid: 'one' })
        .setSubject('eve')
        .setIssuer(issuer)
        .setAudience(audience)
        .setExpirationTime('5m')
        .sign(new TextEncoder().encode(JSON.stringify(provider.jwk))),
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${good.split('.')[1]}.`,
      'nonsense',
    ]) {
      await assert.rejects(authenticate(token), { code: 'unauthenticated' });
    }
  });

  test('without an organization that is here: 403', async () => {
    for (const org of [undefined, newId(), 'acme', [organizationId]]) {
      const token = await sign({ ...usual, 'https://id.example/org': org });
      await assert.rejects(authenticate(token), { code: 'forbidden' });
    }
  });

  test('the server’s own tokens stay good, and without a provider outside ones are bad', async () => {
    const memberId = newId();
    const member = {
      id: memberId,
      organizationId,
      name: 'A',
      email: 'a@a',
      role: 'owner',
      now: 1,
    } as const;
    await store.execute('createMember', member);
    const scope = conversationScope(organizationId, 'prod');
    const { token } = await authenticator.issueMemberToken(scope, memberId);
    const principal = await authenticate(token);
    assert.equal(principal?.kind === 'member' && principal.memberId, memberId);
    await using alone = createAuthenticator(options);
    const outside = { authorization: `Bearer ${await sign()}` };
    await assert.rejects(alone.authenticate(outside), { code: 'unauthenticated' });
  });

  test('a provider that fails is not asked once for each token that somebody makes up', async () => {
    let asked = 0;
    let isDown = true;
    let at = Date.now();
    const fails = [
      async () => new Response('away', { status: 503 }),
      async () => new Response('<html>', { status: 200 }),
      async () => Promise.reject(new Error('refused')),
    ];
    const failing = createIdentityProvider(config, {
      now: () => at,
      fetch: async () => {
        asked += 1;
        return isDown ? fails[asked % 3]!() : Response.json({ keys: [provider.jwk] });
      },
    });
    const madeUp = await sign();
    const askOften = () =>
      Promise.all(
        Array.from({ length: 50 }, () => assert.rejects(failing.verify(madeUp), { code: 'overloaded' })),
      );
    await askOften();
    await askOften();
    assert.equal(asked, 1);
    at += 1001;
    await askOften();
    assert.equal(asked, 2);
    at += 1001;
    await askOften();
    assert.equal(asked, 2, 'the wait doubles');
    at += 31_000;
    await askOften();
    assert.equal(asked, 3);
    isDown = false;
    at += 31_000;
    assert.equal((await failing.verify(madeUp)).organizationId, organizationId);
    await failing.verify(madeUp);
    assert.equal(asked, 4);
  });

  test('a provider that is away: 503, for its own tokens only', async () => {
    await provider.close();
    await using away = createAuthenticator({
      ...options,
      identityProvider: createIdentityProvider(config),
    });
    const outside = { authorization: `Bearer ${await sign()}` };
    await assert.rejects(away.authenticate(outside), { code: 'overloaded' });
    await assert.rejects(away.authenticate({ authorization: 'Bearer x.y.z' }), { code: 'unauthenticated' });
  });
});
