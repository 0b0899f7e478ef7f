/** Members who sign in: how they are shown, signed out and removed. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { startTestApp, type TestApp } from '../../http-app.ts';
import { Browser, linkToken, password } from '../../sign-in/browser.ts';

interface Person {
  readonly browser: Browser;
  readonly memberId: string;
}

onBothStores('members who sign in', async (engine) => {
  let app: TestApp;
  let organizationId: string;
  before(async () => {
    app = await startTestApp(engine);
    organizationId = app.harness.scope.organizationId;
  });
  after(() => app[Symbol.asyncDispose]());

  const join = async (
    name: string,
    role: 'owner' | 'admin' | 'member',
    org = organizationId,
  ): Promise<Person> => {
    const email = `${name}@example.com`;
    const link = { purpose: 'invite', email, organizationId: org, role } as const;
    const browser = new Browser(app.url);
    const token = await linkToken(app.harness.place.store, link);
    const { organizations } = await browser.must('POST', '/link', { token, password });
    const mine = organizations.find(({ id }: { id: string }) => id === org);
    return { browser, memberId: mine.member_id };
  };
  const members = (org = organizationId): string => `/organizations/${org}/members`;
  const tokenOf = async ({ browser }: Person, org_id = organizationId): Promise<string> =>
    (await browser.must('POST', '/token', { org_id })).token;

  test('the last owner who can sign in stays', async () => {
    // Owners who can't sign in do not count, and go as they always did.
    const { body } = await app.admin('POST', members(), { name: 'O', email: 'o@example.com', role: 'owner' });
    const first = await join('first', 'owner');
    assert.equal((await app.admin('DELETE', `${members()}/${body.id}`)).status, 204);
    for (const [method, change] of [
      ['DELETE', undefined],
      ['PATCH', { role: 'admin' }],
    ] as const) {
      const refused = await app.admin(method, `${members()}/${first.memberId}`, change);
      assert.deepEqual([refused.status, refused.body.code], [409, 'conflict'], method);
    }
    assert.equal((await app.admin('PATCH', `${members()}/${first.memberId}`, { name: 'One' })).status, 200);
    await join('second', 'owner');
    assert.equal((await app.admin('PATCH', `${members()}/${first.memberId}`, { role: 'admin' })).status, 200);
  });

  test('a member is signed out everywhere by an admin', async () => {
    const person = await join('leaves', 'member');
    const admin = await join('chief', 'admin');
    const [token, adminToken] = [await tokenOf(person), await tokenOf(admin)];
    const mine = `/api/conversation/list?org_id=${organizationId}`;
    assert.equal((await app.call(mine, { token })).status, 200);
    const path = `/api/admin${members()}/${person.memberId}`;
    const ended = await app.call(`${path}/sessions`, { method: 'DELETE', token: adminToken });
    assert.equal(ended.status, 204);
    assert.equal((await app.call(mine, { token })).status, 401);
    assert.equal((await person.browser.call('GET', '/me')).status, 401);
    assert.equal((await app.call(path, { token: adminToken })).body.sessions, 0);
    const withoutAccount = await app.admin('POST', members(), {
      ...{ name: 'P', email: 'p@example.com', role: 'member' },
    });
    const nothing = await app.admin('DELETE', `${members()}/${withoutAccount.body.id}/sessions`);
    assert.equal(nothing.status, 204);
  });

  test('who belongs to other organizations too is signed out by operators alone', async () => {
    const other = (await app.admin('POST', '/organizations', { name: 'Other' })).body.id;
    const person = await join('shared', 'member');
    const { store } = app.harness.place;
    const link = { purpose: 'invite', email: 'shared@example.com', organizationId: other } as const;
    await person.browser.must('POST', '/link', { token: await linkToken(store, link) });
    const admin = await join('boss', 'admin');
    const path = `${members()}/${person.memberId}/sessions`;
    const refused = await app.call(`/api/admin${path}`, { method: 'DELETE', token: await tokenOf(admin) });
    assert.equal(refused.status, 403);
    assert.equal((await person.browser.call('GET', '/me')).status, 200);
    assert.equal((await app.admin('DELETE', path)).status, 204);
    assert.equal((await person.browser.call('GET', '/me')).status, 401);
  });

  test('an account goes with its last organization, and not before', async () => {
    const other = (await app.admin('POST', '/organizations', { name: 'Another' })).body.id;
    const person = await join('twice', 'member');
    const { store } = app.harness.place;
    const link = { purpose: 'invite', email: 'twice@example.com', organizationId: other } as const;
    await person.browser.must('POST', '/link', { token: await linkToken(store, link) });
    const token = await tokenOf(person);
    assert.equal((await app.admin('DELETE', `${members()}/${person.memberId}`)).status, 204);
    assert.equal((await app.call(`/api/conversation/list?org_id=${organizationId}`, { token })).status, 401);
    assert.equal((await person.browser.must('GET', '/me')).organizations.length, 1);
    assert.equal((await app.admin('DELETE', `/organizations/${other}`)).status, 200);
    assert.equal((await person.browser.call('GET', '/me')).status, 401);
    const again = await person.browser.call('POST', '/sign-in', { email: 'twice@example.com', password });
    assert.equal(again.status, 401);
  });
});
