/** Accounts as operators see them: who signs in, who is an operator, and who is neither any more. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { startTestApp, type TestApp } from '../../http-app.ts';
import { Browser, linkToken, password, setUp } from '../../sign-in/browser.ts';

onBothStores('accounts', async (engine) => {
  let app: TestApp;
  let first: Browser;
  let organizationId: string;
  before(async () => {
    app = await startTestApp(engine);
    organizationId = app.harness.scope.organizationId;
    first = new Browser(app.url);
    await setUp(first, app.harness.place.store, 'first@example.com');
  });
  after(() => app[Symbol.asyncDispose]());

  const join = async (email: string): Promise<Browser> => {
    const link = { purpose: 'invite', email, organizationId, role: 'member' } as const;
    const browser = new Browser(app.url);
    const token = await linkToken(app.harness.place.store, link);
    await browser.must('POST', '/link', { token, password });
    return browser;
  };
  const idOf = async (browser: Browser): Promise<string> => (await browser.must('GET', '/me')).account.id;
  const operatorToken = async (browser: Browser): Promise<string> =>
    (await browser.must('POST', '/token', { operator: true })).token;

  test('all of them are listed, a page at a time', async () => {
    await join('listed@example.com');
    const page = await app.admin('GET', '/accounts?limit=1');
    assert.equal(page.status, 200);
    const [one] = page.body.data;
    assert.deepEqual(
      [one.email, one.operator, one.has_password, one.sessions],
      ['first@example.com', true, true, 1],
    );
    assert.ok(!JSON.stringify(page.body).includes('argon2'));
    const next = await app.admin('GET', `/accounts?cursor=${page.body.next_cursor}`);
    assert.equal(next.body.data[0].email, 'listed@example.com');
  });

  test('the last operator stays; another one can be made, and be none any more', async () => {
    const firstId = await idOf(first);
    for (const [method, body] of [
      ['PATCH', { operator: false }],
      ['DELETE', undefined],
    ] as const) {
      const refused = await app.admin(method, `/accounts/${firstId}`, body);
      assert.deepEqual([refused.status, refused.body.code], [409, 'conflict']);
    }
    const second = await join('second@example.com');
    const id = await idOf(second);
    assert.equal((await second.call('POST', '/token', { operator: true })).status, 403);
    assert.equal((await app.admin('PATCH', `/accounts/${id}`, { operator: true })).body.operator, true);
    const token = await operatorToken(second);
    assert.equal((await app.call('/api/admin/accounts', { token })).status, 200);
    const memberToken = (await second.must('POST', '/token', { org_id: organizationId })).token;
    assert.equal((await app.admin('PATCH', `/accounts/${id}`, { operator: false })).status, 200);
    assert.equal((await app.call('/api/admin/accounts', { token })).status, 401);
    const talk = `/api/conversation/list?org_id=${organizationId}`;
    assert.equal((await app.call(talk, { token: memberToken })).status, 200);
    const trail = await app.admin('GET', '/audit?action=account.update&limit=1');
    assert.deepEqual(
      [trail.body.data[0].before, trail.body.data[0].after],
      [{ is_operator: true }, { is_operator: false }],
    );
  });

  test('the connections of who becomes an operator stay', async () => {
    const { store } = app.harness.place;
    const browser = await join('promoted@example.com');
    const { account, session } = await browser.must('GET', '/me');
    const change = (isOperator: boolean) =>
      store.execute('setOperator', { id: account.id, isOperator, now: Date.now() });
    assert.deepEqual(await change(true), { sessions: [] });
    assert.deepEqual(await change(false), { sessions: [session.id] });
  });

  test('a deleted account is out at once, and its member stays', async () => {
    const browser = await join('deleted@example.com');
    const { account, organizations } = await browser.must('GET', '/me');
    const { token } = await browser.must('POST', '/token', { org_id: organizationId });
    assert.equal((await app.admin('DELETE', `/accounts/${account.id}`)).status, 204);
    assert.equal((await browser.call('GET', '/me')).status, 401);
    assert.equal((await app.call(`/api/conversation/list?org_id=${organizationId}`, { token })).status, 401);
    const path = `/organizations/${organizationId}/members/${organizations[0].member_id}`;
    assert.equal((await app.admin('GET', path)).body.can_sign_in, false);
    assert.equal((await app.admin('DELETE', `/accounts/${account.id}`)).status, 404);
    const trail = await app.admin('GET', '/audit?action=account.delete');
    assert.deepEqual(trail.body.data[0].before.password, 'set');
  });
});
