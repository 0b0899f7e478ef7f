/** Each declared access with every kind of caller: who is let in, and what the handler gets. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import Fastify, { type FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { newId } from '../../../src/domain/ids.ts';
import { errorEnvelope, errorHandler } from '../../../src/http/answer/errors.ts';
import { buildValidator } from '../../../src/http/request/validation.ts';
import { type Access, addAccess } from '../../../src/http/routing/access.ts';
import { addRoutes, route } from '../../../src/http/routing/route.ts';
import { operatorKey, startAdminApp } from '../admin/admin-app.ts';

const callers = [
  'none',
  'bad',
  'apiKey',
  'endUser',
  'guest',
  'member',
  'owner',
  'adminKey',
  'otherAdminKey',
  'operator',
] as const;
type Caller = (typeof callers)[number];

/** The status for each caller, in the order of `callers`, of a request whose body is valid. */
const expected: Readonly<Record<Access, readonly number[]>> = {
  // They are for pages of this server, and none of these requests says that it comes from one.
  visitor: [403, 403, 403, 403, 403, 403, 403, 403, 403, 403],
  account: [403, 403, 403, 403, 403, 403, 403, 403, 403, 403],
  public: [200, 200, 200, 200, 200, 200, 200, 200, 200, 200],
  conversation: [401, 401, 200, 200, 200, 200, 200, 403, 403, 403],
  writer: [401, 401, 200, 200, 403, 200, 200, 403, 403, 403],
  chat: [401, 401, 200, 200, 403, 200, 200, 403, 403, 403],
  'key-or-end-user': [401, 401, 200, 200, 403, 403, 403, 403, 403, 403],
  'api-key': [401, 401, 200, 403, 403, 403, 403, 403, 403, 403],
  administrator: [401, 401, 403, 403, 403, 403, 200, 200, 200, 200],
  'organization-admin': [401, 401, 403, 403, 403, 403, 200, 200, 404, 200],
  operator: [401, 401, 403, 403, 403, 403, 403, 403, 403, 200],
  'organization-operator': [401, 401, 403, 403, 403, 403, 403, 403, 403, 200],
};

const app = await startAdminApp('sqlite');
const { store, authenticator, harness } = app;
const { organizationId } = harness.scope;

function startRoutes(): FastifyInstance {
  const server = Fastify({ schemaController: { compilersFactory: { buildValidator } } });
  server.setErrorHandler(errorHandler({ envelope: errorEnvelope }));
  addAccess(server, { authenticator, store });
  const schema = { body: Type.Object({ n: Type.Integer() }) };
  for (const access of Object.keys(expected) as Access[]) {
    const handler = async ({ caller, scope }: { caller: unknown; scope: unknown }) => ({ caller, scope });
    addRoutes(server, [
      route({ method: 'POST', path: `/${access}/:org_id`, access, schema, handler }),
      route({
        method: 'POST',
        path: `/admitting/${access}/:org_id`,
        access,
        admits: ['access-token'],
        schema,
        handler,
      }),
    ]);
  }
  return server;
}

async function makeCredentials(): Promise<Record<Caller, string | undefined>> {
  const { key: apiKey } = await app.key(organizationId, 'prod');
  const principal = await authenticator.authenticate({ apiKey });
  assert.equal(principal?.kind, 'api-key');
  const user = { userId: 'ada', persona: harness.persona };
  const { token: endUser } = await authenticator.issueEndUserToken(principal, user);
  const member = async (role: string): Promise<string> => {
    const path = `/organizations/${organizationId}/members`;
    const { id } = (await app.call('POST', path, { name: role, email: `${role}@a.example`, role })).body;
    return (await app.call('POST', `${path}/${id}/token`)).body.token;
  };
  return {
    none: undefined,
    bad: 'sk_prod_nobody-ever-made-this-one',
    apiKey,
    endUser,
    guest: await member('guest'),
    member: await member('member'),
    owner: await member('owner'),
    adminKey: (await app.key(organizationId, 'admin')).key,
    otherAdminKey: (await app.key(await app.organization('Other'), 'admin')).key,
    operator: operatorKey,
  };
}

describe('access', () => {
  const server = startRoutes();
  let credentials: Record<Caller, string | undefined>;
  before(async () => {
    credentials = await makeCredentials();
  });
  after(async () => {
    await server.close();
    await app[Symbol.asyncDispose]();
  });

  async function call(url: string, caller: Caller, payload: object = { n: 1 }) {
    const credential = credentials[caller];
    const headers = credential === undefined ? {} : { authorization: `Bearer ${credential}` };
    const response = await server.inject({ method: 'POST', url, headers, payload });
    return { status: response.statusCode, body: response.json() };
  }

  for (const [access, statuses] of Object.entries(expected)) {
    test(`${access}: ${statuses.join(' ')}`, async () => {
      for (const [index, caller] of callers.entries()) {
        const { status } = await call(`/${access}/${organizationId}`, caller);
        assert.equal(status, statuses[index], caller);
        const invalid = await call(`/${access}/${organizationId}`, caller, { n: 'one' });
        // A refused caller learns nothing about faults in the body.
        assert.equal(invalid.status, statuses[index] === 200 ? 400 : statuses[index], `${caller}, invalid`);
      }
    });
  }

  test('a handler is given who calls, and what the caller may touch', async () => {
    const user = (await call(`/writer/${organizationId}`, 'endUser')).body;
    assert.equal(user.caller.kind, 'end-user');
    assert.deepEqual(user.scope, user.caller.scope);
    assert.equal(user.scope.endUserId, user.caller.endUserId);
    const owner = (await call(`/organization-admin/${organizationId.toUpperCase()}`, 'owner')).body;
    assert.equal(owner.caller.kind, 'member');
    assert.deepEqual(owner.scope, { organizationId });
    assert.deepEqual((await call(`/administrator/${organizationId}`, 'adminKey')).body.scope, {
      organizationId,
    });
    assert.equal((await call(`/administrator/${organizationId}`, 'operator')).body.scope, null);
    assert.deepEqual((await call(`/public/${organizationId}`, 'owner')).body, {});
  });

  test('the organization of a path must exist and have the form of an id', async () => {
    for (const access of ['organization-admin', 'organization-operator']) {
      assert.equal((await call(`/${access}/${newId()}`, 'operator')).status, 404);
      const malformed = await call(`/${access}/x`, 'operator');
      assert.deepEqual(malformed.body, {
        error: 'org_id must be a UUID',
        message: 'org_id must be a UUID',
        code: 'invalid_request',
        field: 'org_id',
      });
    }
  });

  test('a token in the query is taken where the route admits it, and never in the administration', async () => {
    const withToken = async (url: string, caller: Caller): Promise<number> => {
      const path = `${url}/${organizationId}?access_token=${credentials[caller]}`;
      return (await call(path, 'none')).status;
    };
    assert.equal(await withToken('/admitting/conversation', 'endUser'), 200);
    assert.equal(await withToken('/conversation', 'endUser'), 401);
    assert.equal(await withToken('/admitting/organization-admin', 'owner'), 401);
  });

  test('a route that does not declare its access is refused', () => {
    const bare = Fastify();
    addAccess(bare, { authenticator, store });
    assert.throws(() => bare.get('/notes', async () => 'open'), /GET \/notes does not declare its access/);
  });
});
