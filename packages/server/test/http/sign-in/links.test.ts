/** Invitations and links that lead back into an account: what they give, and what they can't be made to give. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { startTestApp, type TestApp } from '../http-app.ts';
import { Browser, password, setUp } from './browser.ts';

onBothStores('links', async (engine) => {
  let app: TestApp;
  let organizationId: string;
  let otherId: string;
  /** An operator, who is a member of nothing. */
  let operator: Browser;
  let admin: Browser;
  let skew = 0;
  const tokenOf = (url: string): string => url.split('#link=')[1] ?? assert.fail(url);
  const invite = async (by: Browser, body: object): Promise<string> =>
    tokenOf((await by.must('POST', '/links', { purpose: 'invite', ...body })).url);
  const join = async (email: string, org_id: string, role: string): Promise<Browser> => {
    const browser = new Browser(app.url);
    await browser.must('POST', '/link', { token: await invite(operator, { email, org_id, role }), password });
    return browser;
  };

  before(async () => {
    app = await startTestApp(engine, { now: () => Date.now() + skew });
    organizationId = app.harness.scope.organizationId;
    otherId = (await app.admin('POST', '/organizations', { name: 'Other' })).body.id;
    operator = new Browser(app.url);
    await setUp(operator, app.harness.place.store, 'operator@example.com');
    admin = await join('admin@example.com', organizationId, 'admin');
  });
  after(() => app[Symbol.asyncDispose]());

  test('an invitation makes an account and a member, once', async () => {
    const { url, expires_at } = await admin.must('POST', '/links', {
      purpose: 'invite',
      email: 'New@Example.com',
      org_id: organizationId,
      role: 'guest',
    });
    assert.ok(url.startsWith(`http://localhost:${new URL(app.url).port}/console#link=`), url);
    const days = (Date.parse(expires_at) - Date.now()) / 86_400_000;
    assert.ok(days > 6.9 && days < 7.1, `${days}`);
    const token = tokenOf(url);
    const browser = new Browser(app.url);
    const facts = await browser.must('POST', '/link/look', { token });
    assert.deepEqual(
      [facts.purpose, facts.email, facts.role, facts.has_account],
      ['invite', 'new@example.com', 'guest', false],
    );
    const without = await browser.call('POST', '/link', { token });
    assert.deepEqual([without.status, without.body.field], [400, 'password']);
    const short = await browser.call('POST', '/link', { token, password: 'too short' });
    assert.deepEqual([short.status, short.body.field], [400, 'password']);
    const entered = await browser.must('POST', '/link', { token, name: 'New', password });
    assert.deepEqual(
      entered.organizations.map(({ id, role }: { id: string; role: string }) => [id, role]),
      [[organizationId, 'guest']],
    );
    assert.deepEqual([entered.account.name, entered.operator], ['New', false]);
    const again = await new Browser(app.url).call('POST', '/link', { token, password });
    assert.equal(again.status, 401);
  });

  test('a newer link takes the place of an earlier one, and none outlives its time', async () => {
    const body = { email: 'late@example.com', org_id: organizationId };
    const earlier = await invite(admin, body);
    const later = await invite(admin, body);
    const browser = new Browser(app.url);
    assert.equal((await browser.call('POST', '/link', { token: earlier, password })).status, 401);
    assert.equal((await browser.call('POST', '/link/look', { token: later })).status, 200);
    skew = 7 * 86_400_000 + 1;
    assert.equal((await browser.call('POST', '/link', { token: later, password })).status, 401);
    skew = 0;
  });

  test('an invitation for a member who can’t sign in yet gives that member an account', async () => {
    const members = `/organizations/${organizationId}/members`;
    const email = 'there@example.com';
    const made = await app.admin('POST', members, { name: 'There', email, role: 'admin' });
    assert.deepEqual([made.body.can_sign_in, made.body.last_seen_at, made.body.sessions], [false, null, 0]);
    const wrong = await admin.call('POST', '/links', {
      purpose: 'invite',
      email,
      org_id: organizationId,
      role: 'guest',
    });
    assert.deepEqual([wrong.status, wrong.body.code], [409, 'conflict']);
    const browser = new Browser(app.url);
    const token = await invite(admin, { email, org_id: organizationId });
    const { account, organizations } = await browser.must('POST', '/link', { token, password });
    assert.deepEqual([account.name, organizations[0].member_id], ['There', made.body.id]);
    const member = await app.admin('GET', `${members}/${made.body.id}`);
    assert.deepEqual([member.body.can_sign_in, member.body.sessions], [true, 1]);
    assert.ok(Math.abs(Date.parse(member.body.last_seen_at) - Date.now()) < 60_000);
    const known = await admin.call('POST', '/links', { purpose: 'invite', email, org_id: organizationId });
    assert.equal(known.status, 409);
  });

  test('whoever holds an invitation for an account that is there is not let in to it', async () => {
    await join('victim@example.com', otherId, 'member');
    // An admin of another organization invites them, and uses the link themselves.
    const token = await invite(admin, { email: 'victim@example.com', org_id: organizationId, role: 'owner' });
    const thief = new Browser(app.url);
    assert.equal((await thief.call('POST', '/link', { token })).status, 409);
    const guessed = { token, password: 'a password of the thief’s own' };
    assert.equal((await thief.call('POST', '/link', guessed)).status, 401);
    assert.equal((await admin.call('POST', '/link', { token })).status, 409);
    assert.equal(thief.secret, undefined);
    // They themselves give their password, or are signed in.
    const victim = new Browser(app.url);
    await victim.must('POST', '/sign-in', { email: 'victim@example.com', password });
    const { organizations } = await victim.must('POST', '/link', { token });
    assert.equal(organizations.length, 2);
  });

  test('a reset sets a new password and ends all other sessions', async () => {
    const email = 'forgets@example.com';
    const browser = await join(email, organizationId, 'member');
    const { url, expires_at } = await admin.must('POST', '/links', { purpose: 'reset', email });
    assert.ok(Date.parse(expires_at) - Date.now() <= 3_600_000);
    const elsewhere = new Browser(app.url);
    const next = 'a new password of theirs';
    await elsewhere.must('POST', '/link', { token: tokenOf(url), password: next });
    assert.equal((await browser.call('GET', '/me')).status, 401);
    assert.equal((await browser.call('POST', '/sign-in', { email, password })).status, 401);
    await browser.must('POST', '/sign-in', { email, password: next });
  });

  test('who may make which link', async () => {
    const guest = await join('guest@example.com', organizationId, 'guest');
    await join('both@example.com', organizationId, 'member');
    const both = await invite(operator, { email: 'both@example.com', org_id: otherId, role: 'member' });
    await new Browser(app.url).must('POST', '/link', { token: both, password });
    const made = async (by: Browser, body: object): Promise<number> =>
      (await by.call('POST', '/links', body)).status;
    const to = (email: string, org_id?: string) => ({ purpose: 'invite', email, ...(org_id && { org_id }) });
    const reset = (email: string) => ({ purpose: 'reset', email });
    assert.equal(await made(guest, to('x@example.com', organizationId)), 403);
    assert.equal(await made(guest, reset('admin@example.com')), 403);
    assert.equal(await made(admin, to('x@example.com', otherId)), 404);
    assert.equal(await made(admin, to('x@example.com')), 400);
    assert.equal(await made(admin, { ...reset('guest@example.com'), org_id: organizationId }), 400);
    assert.equal(await made(admin, reset('guest@example.com')), 201);
    // Neither an account of others, nor one that is more than theirs.
    assert.equal(await made(admin, reset('nobody@example.com')), 404);
    assert.equal(await made(admin, reset('operator@example.com')), 404);
    assert.equal(await made(admin, reset('both@example.com')), 403);
    assert.equal(await made(operator, reset('both@example.com')), 201);
    assert.equal(await made(operator, reset('nobody@example.com')), 404);
    assert.equal(await made(operator, to('second@example.com')), 201);
    assert.equal(await made(operator, { ...to('third@example.com'), role: 'admin' }), 400);
  });

  test('a way back in is good no more once the account belongs to more', async () => {
    const email = 'grows@example.com';
    await join(email, organizationId, 'member');
    const { url } = await admin.must('POST', '/links', { purpose: 'reset', email });
    const token = await invite(operator, { email, org_id: otherId, role: 'owner' });
    await new Browser(app.url).must('POST', '/link', { token, password });
    const late = await new Browser(app.url).call('POST', '/link', { token: tokenOf(url), password });
    assert.equal(late.status, 401);
  });

  test('an invitation without an organization makes an operator', async () => {
    const token = await invite(operator, { email: 'second@example.com' });
    const browser = new Browser(app.url);
    const { operator: isOperator, organizations } = await browser.must('POST', '/link', { token, password });
    assert.deepEqual([isOperator, organizations], [true, []]);
  });

  test('the operator’s key makes a way back in; a link is in the trail without its token', async () => {
    const { status, body } = await app.admin('POST', '/sign-in-link', { email: 'admin@example.com' });
    assert.deepEqual([status, body.purpose], [201, 'reset']);
    assert.equal((await app.admin('POST', '/sign-in-link', { email: 'nobody@example.com' })).status, 404);
    const trail = JSON.stringify((await app.admin('GET', '/audit?action=account.link&limit=100')).body);
    assert.ok(trail.includes('admin@example.com') && !trail.includes(tokenOf(body.url)));
    await new Browser(app.url).must('POST', '/link', { token: tokenOf(body.url) });
  });
});
