/** Links are worth what those who made them may still do. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { startTestApp, type TestApp } from '../http-app.ts';
import { Browser, password, setUp } from './browser.ts';

onBothStores('who has made a link', async (engine) => {
  let app: TestApp;
  let org_id: string;
  let operator: Browser;
  before(async () => {
    app = await startTestApp(engine);
    org_id = app.harness.scope.organizationId;
    operator = new Browser(app.url);
    await setUp(operator, app.harness.place.store, 'operator@example.com');
  });
  after(() => app[Symbol.asyncDispose]());

  const make = async (by: Browser, body: object): Promise<string> => {
    const { url } = await by.must('POST', '/links', body);
    return url.split('#link=')[1] ?? assert.fail(url);
  };
  const join = async (email: string, place: object): Promise<Browser> => {
    const token = await make(operator, { purpose: 'invite', email, ...place });
    const browser = new Browser(app.url);
    await browser.must('POST', '/link', { token, password });
    return browser;
  };
  const memberOf = async (browser: Browser): Promise<string> =>
    `/organizations/${org_id}/members/${(await browser.must('GET', '/me')).organizations[0].member_id}`;
  const assertWorthless = async (token: string, why: string): Promise<void> => {
    const visitor = new Browser(app.url);
    assert.equal((await visitor.call('POST', '/link/look', { token })).status, 401, why);
    assert.equal((await visitor.call('POST', '/link', { token, password })).status, 401, why);
    assert.equal(visitor.secret, undefined, why);
  };

  test('who administers no more lets nobody in, and may again once they do', async () => {
    const admin = await join('admin@example.com', { org_id, role: 'admin' });
    await join('member@example.com', { org_id, role: 'member' });
    const invitation = { purpose: 'invite', org_id, role: 'owner' };
    const mine = await make(admin, { ...invitation, email: 'another-name-of-admin@example.com' });
    const back = await make(admin, { purpose: 'reset', email: 'member@example.com' });
    const others = await make(operator, { ...invitation, email: 'welcome@example.com' });
    const member = await memberOf(admin);
    assert.equal((await app.admin('PATCH', member, { role: 'member' })).status, 200);
    await assertWorthless(mine, 'an invitation of who is a member now');
    await assertWorthless(back, 'a way back in of who is a member now');
    assert.equal((await app.admin('PATCH', member, { role: 'admin' })).status, 200);
    const looked = await new Browser(app.url).call('POST', '/link/look', { token: mine });
    assert.equal(looked.status, 200, 'it was not used up');
    await operator.must('POST', '/link/look', { token: others });
    assert.equal((await app.admin('DELETE', member)).status, 204);
    await assertWorthless(mine, 'an invitation of who is gone');
    await assertWorthless(back, 'a way back in of who is gone');
    // Those of others stay good.
    await new Browser(app.url).must('POST', '/link', { token: others, password });
  });

  test('nor does who is no operator any more make operators, or lead them back in', async () => {
    const second = await join('second@example.com', {});
    const { account } = await second.must('GET', '/me');
    const heir = await make(second, { purpose: 'invite', email: 'heir@example.com' });
    const back = await make(second, { purpose: 'reset', email: 'operator@example.com' });
    const { token } = await second.must('POST', '/token', { operator: true });
    const asked = await app.call('/api/admin/sign-in-link', {
      token,
      body: { email: 'operator@example.com' },
    });
    const byToken = asked.body.url.split('#link=')[1];
    // The newest takes the place of the one before.
    await assertWorthless(back, 'replaced');
    assert.equal((await app.admin('PATCH', `/accounts/${account.id}`, { operator: false })).status, 200);
    await assertWorthless(heir, 'another operator');
    await assertWorthless(byToken, 'a way into the account of an operator');
  });

  test('what the server itself has made stays good', async () => {
    const made = await app.admin('POST', '/sign-in-link', { email: 'operator@example.com' });
    const token = made.body.url.split('#link=')[1];
    assert.equal((await new Browser(app.url).must('POST', '/link', { token })).operator, true);
  });
});
