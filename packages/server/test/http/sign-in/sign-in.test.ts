/** Signing in to the console and out of it, and what the tokens of a session are good for. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { newId } from '../../../src/domain/ids.ts';
import { startTestApp, type TestApp } from '../http-app.ts';
import { Browser, linkToken, password } from './browser.ts';

onBothStores('signing in', async (engine) => {
  let app: TestApp;
  let organizationId: string;
  /** Milliseconds that the clock is ahead. */
  let skew = 0;
  before(async () => {
    app = await startTestApp(engine, { now: () => Date.now() + skew });
    organizationId = app.harness.scope.organizationId;
  });
  after(() => app[Symbol.asyncDispose]());
  const invited = async (email: string, role: 'owner' | 'admin' | 'member' | 'guest'): Promise<Browser> => {
    const { store } = app.harness.place;
    const token = await linkToken(store, { purpose: 'invite', email, organizationId, role });
    const browser = new Browser(app.url);
    await browser.must('POST', '/link', { token, password });
    return browser;
  };
  const tokenOf = async (browser: Browser, body: object = { org_id: organizationId }): Promise<string> =>
    (await browser.must('POST', '/token', body)).token;

  test('the first account is made by the link of the start, once', async () => {
    const { store } = app.harness.place;
    const browser = new Browser(app.url);
    assert.equal((await browser.must('GET', '/options')).is_set_up, false);
    const [token, another] = [
      await linkToken(store, { purpose: 'setup' }),
      await linkToken(store, { purpose: 'setup' }),
    ];
    const account = { name: 'Ada', email: 'Ada@Example.com', password };
    const wrong = await browser.call('POST', '/setup', { ...account, token: 'x'.repeat(43) });
    assert.deepEqual([wrong.status, wrong.body.code], [401, 'unauthenticated']);
    for (const [field, value] of [
      ['password', 'too short'],
      ['password', 'x'.repeat(129)],
      ['email', 'nobody'],
      ['name', ''],
    ]) {
      const refused = await browser.call('POST', '/setup', { ...account, token, [String(field)]: value });
      assert.deepEqual([refused.status, refused.body.field], [400, field]);
    }
    const missing = await browser.call('POST', '/setup', { ...account, password: undefined, token });
    assert.deepEqual([missing.status, missing.body.field], [400, 'password']);

    const { status, body } = await browser.call('POST', '/setup', { ...account, token });
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(body.account.email, 'ada@example.com');
    assert.equal(body.operator, true);
    assert.equal((await browser.must('GET', '/options')).is_set_up, true);
    const { session, ...me } = await browser.must('GET', '/me');
    assert.deepEqual({ ...me, session: { ...session, expires_at: body.session.expires_at } }, body);

    for (const link of [token, another]) {
      const again = await new Browser(app.url).call('POST', '/setup', { ...account, token: link });
      assert.ok([401, 409].includes(again.status), `${again.status}`);
    }
    await assert.rejects(linkToken(store, { purpose: 'setup' }), { code: 'conflict' });
  });

  test('an operator’s token is good where the admin key is', async () => {
    const browser = new Browser(app.url);
    await browser.must('POST', '/sign-in', { email: 'ADA@example.com', password });
    const token = await tokenOf(browser, { operator: true });
    assert.equal((await app.call('/api/admin/health', { token })).status, 200);
    const made = await app.call('/api/admin/organizations', { token, body: { name: 'New' } });
    assert.equal(made.status, 201);
    const trail = await app.admin('GET', '/audit?action=organization.create&limit=1');
    assert.deepEqual([trail.body.data[0].actor.kind, trail.body.data[0].actor.name], ['account', 'Ada']);
    const talk = await app.call('/api/generations/x', { token });
    assert.equal(talk.status, 403);
    await browser.must('POST', '/sign-out');
    assert.equal((await app.call('/api/admin/health', { token })).status, 401);
  });

  test('a member’s token has the rights of the member, and ends with the session', async () => {
    const owner = await invited('owner@example.com', 'owner');
    const guest = await invited('guest@example.com', 'guest');
    const path = `/api/admin/organizations/${organizationId}`;
    const [ownerToken, guestToken] = [await tokenOf(owner), await tokenOf(guest)];
    assert.equal((await app.call(path, { token: ownerToken })).status, 200);
    assert.equal((await app.call(path, { token: guestToken })).status, 403);
    const asked = (token: string) => app.call(`/api/conversation/list?org_id=${organizationId}`, { token });
    assert.equal((await asked(guestToken)).status, 200);

    const refused = await guest.call('POST', '/token', { operator: true });
    assert.equal(refused.status, 403);
    assert.equal((await guest.call('POST', '/token', { org_id: newId() })).status, 404);
    for (const body of [{}, { operator: false }, { operator: true, org_id: organizationId }]) {
      assert.equal((await guest.call('POST', '/token', body)).status, 400);
    }
    await guest.must('POST', '/sign-out');
    assert.equal((await asked(guestToken)).status, 401);
    assert.equal((await app.call(path, { token: ownerToken })).status, 200);
    // To be signed out is no error.
    assert.equal((await guest.call('POST', '/sign-out')).status, 204);
    assert.equal((await guest.call('GET', '/me')).status, 401);
  });

  test('sessions are listed and ended one by one', async () => {
    const here = await invited('many@example.com', 'member');
    const there = new Browser(app.url, { 'user-agent': 'Elsewhere/1.0' });
    await there.must('POST', '/sign-in', { email: 'many@example.com', password });
    const token = await tokenOf(there);
    const { data } = await here.must('GET', '/sessions');
    assert.equal(data.length, 2);
    const other = data.find((one: { is_current: boolean }) => !one.is_current);
    assert.deepEqual(
      [other.user_agent, other.method, other.address],
      ['Elsewhere/1.0', 'password', '127.0.0.1'],
    );
    const stranger = await invited('stranger@example.com', 'member');
    assert.equal((await stranger.call('DELETE', `/sessions/${other.id}`)).status, 404);
    assert.equal((await here.call('DELETE', `/sessions/${other.id}`)).status, 204);
    assert.equal((await there.call('GET', '/me')).status, 401);
    assert.equal((await app.call(`/api/conversation/list?org_id=${organizationId}`, { token })).status, 401);
    assert.equal((await here.must('GET', '/sessions')).data.length, 1);
  });

  test('a new password needs the present one and ends all other sessions', async () => {
    const email = 'changes@example.com';
    const here = await invited(email, 'member');
    const there = new Browser(app.url);
    await there.must('POST', '/sign-in', { email, password });
    const next = 'another horse battery staple';
    const missing = await here.call('PATCH', '/me', { password: next });
    assert.deepEqual([missing.status, missing.body.field], [400, 'current_password']);
    const wrong = await here.call('PATCH', '/me', { password: next, current_password: 'not it, surely' });
    assert.deepEqual([wrong.status, wrong.body.field], [400, 'current_password']);
    assert.equal((await there.call('GET', '/me')).status, 200);
    const changed = await here.must('PATCH', '/me', {
      name: 'Changed',
      password: next,
      current_password: password,
    });
    assert.equal(changed.account.name, 'Changed');
    assert.equal((await here.call('GET', '/me')).status, 200);
    assert.equal((await there.call('GET', '/me')).status, 401);
    assert.equal((await there.call('POST', '/sign-in', { email, password })).status, 401);
    assert.equal((await there.call('POST', '/sign-in', { email, password: next })).status, 200);
  });

  test('signing in, failing, changing and signing out are in the trail of the organization', async () => {
    const email = 'traced@example.com';
    const browser = await invited(email, 'member');
    const { account } = await browser.must('GET', '/me');
    await browser.must('PATCH', '/me', { name: 'Traced' });
    await browser.must('POST', '/sign-out');
    assert.equal((await browser.call('POST', '/sign-in', { email, password: 'x' })).status, 401);
    await browser.must('POST', '/sign-in', { email, password });
    // Refusals are in the trail once their minute is over.
    skew = 60_000;
    const of = async (action: string): Promise<{ subject: { id: string }; actor: { kind: string } }[]> => {
      const path = `/organizations/${organizationId}/audit?action=${action}&limit=100`;
      const { status, body } = await app.admin('GET', path);
      assert.equal(status, 200);
      return body.data.filter((entry: { subject: { id: string } }) => entry.subject.id === account.id);
    };
    const actions = ['account.create', 'account.update', 'account.sign-out', 'account.sign-in'];
    for (const action of [...actions, 'sign-in.refused']) {
      const [entry] = await of(action);
      assert.ok(entry, `${action} is in the trail`);
      assert.equal(entry.actor.kind, action === 'account.create' ? 'account' : 'member');
    }
    const text = JSON.stringify((await app.admin('GET', '/audit?limit=1000')).body);
    assert.ok(!text.includes(password), 'no password is in the trail');
    assert.ok(!app.logged.some((line) => line.includes(password)), 'no password is in the log');
  });

  test('a session ends when nobody uses it, and in any case after 90 days', async () => {
    const { store } = app.harness.place;
    const dayMs = 86_400_000;
    const used = await invited('used@example.com', 'member');
    const idle = await invited('idle@example.com', 'member');
    const lastUse = async (): Promise<number> => {
      const { data } = await used.must('GET', '/sessions');
      return Date.parse(data[0].last_used_at);
    };
    const start = skew;
    for (const days of [13, 26, 39, 52, 65, 78, 89]) {
      skew = start + days * dayMs;
      assert.equal((await used.call('GET', '/me')).status, 200, `${days} days`);
      // That it was used is stored behind the answer.
      while ((await lastUse()) < Date.now() + skew - dayMs) await store.isReady();
    }
    assert.equal((await idle.call('GET', '/me')).status, 401);
    skew = start + 90 * dayMs + 1;
    assert.equal((await used.call('GET', '/me')).status, 401);
    skew = start;
  });
});
