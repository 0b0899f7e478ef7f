/** Signing in by an OpenID provider, and attacks on the way there and back. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { createOpenIdProvider } from '../../../src/auth/accounts/openid.ts';
import { newId } from '../../../src/domain/ids.ts';
import { oneSecret } from '../../../src/domain/secrets/secret-ring.ts';
import { listPasskeys } from '../../../src/store/queries/passkeys.ts';
import { startTestApp, type TestApp } from '../http-app.ts';
import { Browser, type BrowserAnswer, linkToken, password, setUp } from './browser.ts';
import { clientId, clientSecret, startOpenIdProvider, type TestOpenIdProvider } from './openid-provider.ts';

onBothStores('signing in by OpenID', async (engine) => {
  let provider: TestOpenIdProvider;
  let app: TestApp;
  let organizationId: string;
  let skew = 0;
  const now = (): number => Date.now() + skew;

  const start = (issuer: string, takesPasswords = true): Promise<TestApp> => {
    const organizationClaim = 'org_id';
    const config = { issuer, clientId, clientSecret, label: 'Acme', organizationClaim, roleClaim: 'role' };
    const secrets = oneSecret('the secret of the tests, long enough');
    const openId = createOpenIdProvider({ config, secrets, now });
    return startTestApp(engine, { now, signIn: { openId, takesPasswords } });
  };
  before(async () => {
    provider = await startOpenIdProvider();
    app = await start(provider.issuer);
    organizationId = app.harness.scope.organizationId;
    await provider.knows(`${app.url}/api/console/oidc/callback`);
  });
  after(async () => {
    await app[Symbol.asyncDispose]();
    await provider[Symbol.asyncDispose]();
  });

  /** What the browser asks for when the provider sends it back, which is another site. */
  const comeBack = (browser: Browser, { pathname, search }: { pathname: string; search: string }) => {
    const path = pathname.replace('/api/console', '') + search;
    return browser.call('GET', path, undefined, { 'sec-fetch-site': 'cross-site' });
  };
  const begin = async (browser: Browser, person: string | undefined): Promise<URL> => {
    const { status, headers, cookies } = await browser.call('GET', '/oidc/start');
    assert.equal(status, 303);
    assert.match(cookies[0] ?? '', /^colloquy-oidc=[^;]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=600$/);
    return await provider.visit(headers.get('location') ?? '', person);
  };
  const signIn = async (person: string, browser = new Browser(app.url)): Promise<BrowserAnswer> =>
    comeBack(browser, await begin(browser, person));
  const errorOf = ({ status, headers }: BrowserAnswer): string | undefined => {
    assert.equal(status, 303);
    return headers.get('location')?.split('#sign-in-error=')[1];
  };
  const person = (sub: string, claims: object = {}): void => {
    provider.people.set(sub, { email: `${sub}@example.com`, email_verified: true, name: sub, ...claims });
  };
  const member = async (email: string, role = 'member'): Promise<string> => {
    const body = { name: 'M', email, role };
    return (await app.admin('POST', `/organizations/${organizationId}/members`, body)).body.id;
  };

  test('a member whose address the provider has verified is let in, and known from then on', async () => {
    const browser = new Browser(app.url);
    const { oidc } = await browser.must('GET', '/options');
    assert.deepEqual(oidc, { label: 'Acme', url: '/api/console/oidc/start' });
    person('mia');
    const memberId = await member('mia@example.com', 'admin');
    const answer = await signIn('mia', browser);
    assert.deepEqual([answer.status, answer.headers.get('location')], [303, '/console']);
    assert.ok(answer.cookies.some((cookie) => /^colloquy=[\w-]{43}; .*HttpOnly; SameSite=Lax/.test(cookie)));
    assert.ok(answer.cookies.some((cookie) => cookie.startsWith('colloquy-oidc=; ')));
    const me = await browser.must('GET', '/me');
    assert.deepEqual(
      [me.account.name, me.account.has_password, me.organizations[0].member_id],
      ['mia', false, memberId],
    );
    assert.equal((await browser.must('GET', '/sessions')).data[0].method, 'oidc');
    // The provider knows the person by another address now.
    person('mia', { email: 'other@example.com' });
    const again = new Browser(app.url);
    assert.equal(errorOf(await signIn('mia', again)), undefined);
    assert.equal((await again.must('GET', '/me')).account.id, me.account.id);
  });

  test('whom nobody has invited is not let in, nor whose address is not verified', async () => {
    person('stranger');
    const browser = new Browser(app.url);
    assert.equal(errorOf(await signIn('stranger', browser)), 'no_account');
    assert.equal(browser.secret, undefined);
    await member('liar@example.com');
    person('liar', { email_verified: false });
    assert.equal(errorOf(await signIn('liar')), 'no_account');
    provider.people.set('nobody', {});
    assert.equal(errorOf(await signIn('nobody')), 'no_account');
    skew += 60_000;
    const trail = await app.admin('GET', '/audit?action=sign-in.refused');
    assert.ok(trail.body.data.length > 0);
    skew = 0;
  });

  test('an organization and a role that the provider names are followed', async () => {
    const claims = { email_verified: false, org_id: organizationId, role: 'guest' };
    person('roland', claims);
    const browser = new Browser(app.url);
    assert.equal(errorOf(await signIn('roland', browser)), undefined);
    assert.equal((await browser.must('GET', '/me')).organizations[0].role, 'guest');
    person('roland', { ...claims, role: ['guest', 'admin'] });
    assert.equal(errorOf(await signIn('roland', browser)), undefined);
    assert.equal((await browser.must('GET', '/me')).organizations[0].role, 'admin');
    person('elsewhere', { ...claims, org_id: newId() });
    assert.equal(errorOf(await signIn('elsewhere')), 'no_account');
  });

  test('an address that is not verified leads into no account that is there', async () => {
    const operator = new Browser(app.url);
    await setUp(operator, app.harness.place.store, 'operator@example.com');
    person('thief', { email: 'operator@example.com', email_verified: false, org_id: organizationId });
    const thief = new Browser(app.url);
    assert.equal(errorOf(await signIn('thief', thief)), 'failed');
    assert.equal((await thief.call('GET', '/me')).status, 401);
    // The operator themselves keep their password.
    person('operator');
    assert.equal(errorOf(await signIn('operator')), undefined);
    await operator.must('POST', '/sign-in', { email: 'operator@example.com', password });
  });

  test('a password that somebody else may have chosen is worth nothing once the provider says whose it is', async () => {
    const { store } = app.harness.place;
    const email = 'squatted@example.com';
    const link = { purpose: 'invite', email, organizationId, role: 'member' } as const;
    const squatter = new Browser(app.url);
    await squatter.must('POST', '/link', { token: await linkToken(store, link), password });
    const { account, session } = await squatter.must('GET', '/me');
    await store.execute('addPasskey', {
      ...{ id: newId(), accountId: account.id, sessionId: session.id, name: 'Key', now: now(), most: 1 },
      ...{ credentialId: newId(), rpId: 'localhost', publicKey: 'x', counter: 0, transports: [] },
      ...{ isBackedUp: false, challenge: { hash: newId(), expiresAt: now() } },
    });
    assert.equal((await listPasskeys(store.reads, account.id)).length, 1);
    person('squatted');
    assert.equal(errorOf(await signIn('squatted')), undefined);
    assert.equal((await squatter.call('GET', '/me')).status, 401);
    assert.equal((await squatter.call('POST', '/sign-in', { email, password })).status, 401);
    assert.deepEqual(await listPasskeys(store.reads, account.id), []);
  });

  test('nor is a link into it, or a subject whose address was not verified', async () => {
    const { store } = app.harness.place;
    const email = 'claimed@example.com';
    person('claimant', { email, email_verified: false, org_id: organizationId });
    const claimant = new Browser(app.url);
    assert.equal(errorOf(await signIn('claimant', claimant)), undefined);
    const token = await linkToken(store, { purpose: 'reset', email });
    person('claimed');
    const owner = new Browser(app.url);
    assert.equal(errorOf(await signIn('claimed', owner)), undefined);
    const me = await owner.must('GET', '/me');
    assert.equal(me.account.email, email);
    assert.equal((await claimant.call('GET', '/me')).status, 401);
    assert.equal((await claimant.call('POST', '/link', { token })).status, 401);
    assert.equal(errorOf(await signIn('claimant', claimant)), 'failed');
    assert.equal((await claimant.call('GET', '/me')).status, 401);
    // The owner is known by their subject from then on, whatever else becomes of the address.
    person('claimed', { email: 'elsewhere@example.com' });
    assert.equal(errorOf(await signIn('claimed', owner)), undefined);
    assert.equal((await owner.must('GET', '/me')).account.id, me.account.id);
  });

  test('whoever had claimed the address of the one who sets up is no operator by that', async () => {
    await using fresh = await start(provider.issuer);
    await provider.knows(`${fresh.url}/api/console/oidc/callback`);
    const { organizationId: org_id } = fresh.harness.scope;
    person('early', { email: 'chief@example.com', email_verified: false, org_id });
    const early = new Browser(fresh.url);
    assert.equal(errorOf(await signIn('early', early)), undefined);
    const chief = new Browser(fresh.url);
    await setUp(chief, fresh.harness.place.store, 'chief@example.com');
    assert.equal((await early.call('GET', '/me')).status, 401);
    assert.equal(errorOf(await signIn('early', early)), 'failed');
    assert.equal((await early.call('GET', '/me')).status, 401);
    await provider.knows(`${app.url}/api/console/oidc/callback`);
  });

  test('attacks on the way back', async () => {
    await member('ada@example.com');
    person('ada');
    const browser = new Browser(app.url);
    const location = await begin(browser, 'ada');
    // Another browser, which did not begin it: nobody can be made to sign in as somebody else.
    const victim = new Browser(app.url);
    assert.equal(errorOf(await comeBack(victim, location)), 'expired');
    const cookie = browser.cookies.get('colloquy-oidc') ?? '';
    victim.cookies.set('colloquy-oidc', `${cookie.slice(0, -4)}AAAA`);
    assert.equal(errorOf(await comeBack(victim, location)), 'expired');
    // A state of another attempt.
    const other = new Browser(app.url);
    await begin(other, 'ada');
    assert.equal(errorOf(await comeBack(other, location)), 'failed');
    for (const secret of [victim.secret, other.secret]) assert.equal(secret, undefined);
    assert.equal(errorOf(await comeBack(browser, location)), undefined);
    // The same answer again: the browser bears nothing more, and the code was used.
    assert.equal(errorOf(await comeBack(browser, location)), 'expired');
    browser.cookies.set('colloquy-oidc', cookie);
    assert.equal(errorOf(await comeBack(browser, location)), 'failed');
  });

  test('who does not sign in there is told so, and who takes too long begins anew', async () => {
    const browser = new Browser(app.url);
    assert.equal(errorOf(await comeBack(browser, await begin(browser, undefined))), 'denied');
    const location = await begin(browser, 'ada');
    skew = 10 * 60_000 + 1000;
    assert.equal(errorOf(await comeBack(browser, location)), 'expired');
    skew = 0;
    const foreign = await browser.call('GET', '/oidc/start', undefined, { 'sec-fetch-site': 'cross-site' });
    assert.equal(foreign.status, 403);
  });

  test('passwords can be turned off; a provider that is away is a 503', async () => {
    await using without = await start('http://127.0.0.1:9', false);
    const browser = new Browser(without.url);
    assert.equal((await browser.must('GET', '/options')).password, false);
    const refused = await browser.call('POST', '/sign-in', { email: 'a@example.com', password });
    assert.deepEqual([refused.status, refused.body.code], [403, 'forbidden']);
    const token = await linkToken(without.harness.place.store, { purpose: 'setup' });
    const account = { name: 'Ada', email: 'ada@example.com' };
    const withPassword = await browser.call('POST', '/setup', { token, ...account, password });
    assert.equal(withPassword.status, 403);
    await browser.must('POST', '/setup', { token, ...account });
    const away = await browser.call('GET', '/oidc/start');
    assert.deepEqual([away.status, away.body.code], [503, 'overloaded']);
    assert.match(away.headers.get('retry-after') ?? '', /^\d+$/);
  });
});
