/** Attacks on signing in: fixation, other sites, cookies, guessing, timing, links used twice. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { newBearerSecret } from '../../../src/auth/accounts/bearer-secret.ts';
import { createPasswords } from '../../../src/auth/accounts/passwords.ts';
import { hashApiKey } from '../../../src/auth/api-keys.ts';
import { newId } from '../../../src/domain/ids.ts';
import { startTestApp, type TestApp } from '../http-app.ts';
import { Browser, type BrowserHeaders, linkToken, password, setUp } from './browser.ts';

onBothStores('attacks on signing in', async (engine) => {
  const passwords = createPasswords();
  let app: TestApp;
  let organizationId: string;
  const account = { email: 'ada@example.com', password };
  before(async () => {
    app = await startTestApp(engine, { signIn: { passwords }, trustedProxies: ['127.0.0.0/8'] });
    organizationId = app.harness.scope.organizationId;
    await setUp(new Browser(app.url), app.harness.place.store, account.email);
  });
  after(() => app[Symbol.asyncDispose]());
  const signedIn = async (headers: BrowserHeaders = {}): Promise<Browser> => {
    const browser = new Browser(app.url, headers);
    await browser.must('POST', '/sign-in', account);
    return browser;
  };

  test('fixation: who signs in gets a new secret, and the one before is worth nothing', async () => {
    const attacker = await signedIn();
    const known = attacker.secret ?? assert.fail('there is a cookie');
    const victim = new Browser(app.url);
    victim.cookies.set('colloquy', known);
    await victim.must('POST', '/sign-in', account);
    assert.notEqual(victim.secret, known);
    assert.equal((await attacker.call('GET', '/me')).status, 401);
    const madeUp = new Browser(app.url);
    madeUp.cookies.set('colloquy', 'A'.repeat(43));
    await madeUp.must('POST', '/sign-in', account);
    assert.notEqual(madeUp.secret, 'A'.repeat(43));
  });

  test('other sites cause nothing', async () => {
    const browser = await signedIn();
    const foreign = 'https://evil.example';
    const own = new URL(app.url).origin;
    const refused: readonly BrowserHeaders[] = [
      { 'sec-fetch-site': 'cross-site', origin: foreign },
      { 'sec-fetch-site': 'same-site', origin: foreign },
      { 'sec-fetch-site': 'none', origin: null },
      // What a page says of itself does not help it.
      { 'sec-fetch-site': 'cross-site', origin: own },
      { 'sec-fetch-site': null, origin: foreign },
      { 'sec-fetch-site': null, origin: 'null' },
      { 'sec-fetch-site': null, origin: null },
      { 'sec-fetch-site': null, origin: `${own}.evil.example` },
      { 'sec-fetch-site': null, origin: own.replace(/:\d+$/, ':1') },
    ];
    const calls = [
      ['POST', '/sign-in', account],
      ['POST', '/sign-out', undefined],
      ['POST', '/token', { operator: true }],
      ['PATCH', '/me', { name: 'Mallory' }],
      ['POST', '/links', { email: 'm@example.com', purpose: 'invite' }],
      ['DELETE', '/sessions/019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f01', undefined],
    ] as const;
    for (const [method, path, body] of calls) {
      for (const headers of refused) {
        const { status, cookies } = await browser.call(method, path, body, headers);
        assert.deepEqual([status, cookies], [403, []], `${method} ${path} ${JSON.stringify(headers)}`);
      }
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', null]) {
        const { status } = await browser.call(method, path, JSON.stringify(body ?? {}), {
          'content-type': type ?? 'multipart/form-data; boundary=x',
        });
        assert.equal(status, 400, `${method} ${path} ${type}`);
      }
    }
    for (const site of ['cross-site', 'same-site']) {
      assert.equal((await browser.call('GET', '/me', undefined, { 'sec-fetch-site': site })).status, 403);
    }
    const me = await browser.must('GET', '/me');
    assert.equal(me.account.name, 'Ada');
    // An old browser says where it is in Origin alone.
    const old = await browser.call('PATCH', '/me', { name: 'Ada' }, { 'sec-fetch-site': null });
    assert.equal(old.status, 200);
    const typed = await browser.call('GET', '/me', undefined, { 'sec-fetch-site': 'none' });
    assert.equal(typed.status, 200);
    for (const name of ['access-control-allow-origin', 'access-control-allow-credentials']) {
      const answered = await browser.call('GET', '/me', undefined, { origin: foreign });
      assert.equal(answered.headers.get(name), null);
    }
  });

  test('the cookie is good for nothing else, and no other credential is good here', async () => {
    const browser = await signedIn();
    const cookie = `colloquy=${browser.secret}`;
    const { token } = await browser.must('POST', '/token', { operator: true });
    for (const path of ['/api/admin/organizations', '/api/chat/me', '/v1/models']) {
      assert.equal((await app.call(path, { headers: { cookie } })).status, 401, path);
    }
    for (const bearer of [token, app.prodKey, browser.secret]) {
      const answer = await app.call('/api/console/me', { headers: { authorization: `Bearer ${bearer}` } });
      assert.equal(answer.status, 401);
    }
  });

  test('flags of the cookie, by plain HTTP and by HTTPS', async () => {
    const plain = await new Browser(app.url).call('POST', '/sign-in', account);
    assert.deepEqual(plain.cookies.length, 1);
    assert.match(
      plain.cookies[0] ?? '',
      /^colloquy=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=7776000$/,
    );
    assert.equal(plain.headers.get('cache-control'), 'no-store');
    const https: BrowserHeaders = {
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'chat.example.com',
      origin: 'https://chat.example.com',
    };
    const proxied = await new Browser(app.url, https).call('POST', '/sign-in', account);
    assert.match(
      proxied.cookies[0] ?? '',
      /^__Host-colloquy=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=7776000; Secure$/,
    );
    // A proxy that nobody has named: browsers send Sec-Fetch-Site by HTTPS alone, and to this machine.
    const unnamed = { 'x-forwarded-host': 'chat.example.com', origin: 'https://chat.example.com' };
    const other = await new Browser(app.url, unnamed).call('POST', '/sign-in', account);
    assert.match(other.cookies[0] ?? '', /^__Host-colloquy=.*; Secure$/);
    const insecure = { 'x-forwarded-host': 'chat.example.com', 'sec-fetch-site': null };
    const bare = { ...insecure, origin: 'http://chat.example.com' };
    const http = await new Browser(app.url, bare).call('POST', '/sign-in', account);
    assert.match(http.cookies[0] ?? '', /^colloquy=/);
    // A page that came by plain HTTP is none of a server that is reached by HTTPS.
    const downgraded = { ...https, 'sec-fetch-site': null, origin: 'http://chat.example.com' };
    assert.equal((await new Browser(app.url, downgraded).call('POST', '/sign-in', account)).status, 403);
  });

  test('the page is told whether others can read the connection', async () => {
    const bare = { 'x-forwarded-host': 'chat.example.com', 'sec-fetch-site': null };
    const kinds: readonly (readonly [boolean, BrowserHeaders])[] = [
      [true, {}],
      [true, { 'x-forwarded-host': 'app.localhost:8080' }],
      [true, { ...bare, 'x-forwarded-proto': 'https' }],
      [false, bare],
    ];
    for (const [isSecure, headers] of kinds) {
      const options = await new Browser(app.url, headers).must('GET', '/options');
      assert.equal(options.is_secure, isSecure, JSON.stringify(headers));
    }
  });

  test('a cookie that another host of the domain may have set counts for nothing', async () => {
    const browser = await signedIn();
    const secret = browser.secret ?? assert.fail('there is a cookie');
    const ask = (cookie: string, headers: Record<string, string> = {}) =>
      app.call('/api/console/me', { headers: { cookie, ...headers } });
    const https = { 'x-forwarded-proto': 'https' };
    assert.equal((await ask(`colloquy=${secret}`)).status, 200);
    assert.equal((await ask(`colloquy=${secret}`, https)).status, 401);
    assert.equal((await ask(`__Host-colloquy=${secret}`, https)).status, 200);
    const attackers = 'A'.repeat(43);
    assert.equal((await ask(`colloquy=${attackers}; colloquy=${secret}`)).status, 401);
    assert.equal((await ask(`x__Host-colloquy=${secret}`, https)).status, 401);
    for (const odd of ['', secret.slice(1), `${secret}A`, `"${secret}"`, '%00', 'é']) {
      assert.equal((await ask(`colloquy=${odd}`)).status, 401, odd);
    }
  });

  test('an unknown address and one without a password take the work of a wrong password', async () => {
    const { store } = app.harness.place;
    const email = 'none@example.com';
    const link = { purpose: 'invite', email, organizationId, role: 'member' } as const;
    const { secret, hash } = newBearerSecret();
    await store.execute('acceptInvitation', {
      linkHash: hashApiKey(await linkToken(store, link)),
      accountId: null,
      account: { id: newId(), name: 'None', password: null },
      memberId: newId(),
      session: { id: newId(), hash, method: 'link', address: null, userAgent: null, replaces: null },
      now: Date.now(),
    });
    const without = await app.call('/api/console/me', { headers: { cookie: `colloquy=${secret}` } });
    assert.deepEqual([without.body.account.email, without.body.account.has_password], [email, false]);
    const cases = [
      { email: account.email, password: 'a wrong password' },
      { email: 'nobody@example.com', password: 'a wrong password' },
      { email, password: 'a wrong password' },
      { email: 'nobody@example.com', password },
    ];
    const answers: unknown[] = [];
    for (const body of cases) {
      const before = passwords.derived;
      const { status, body: answer, cookies } = await new Browser(app.url).call('POST', '/sign-in', body);
      answers.push({ status, answer, cookies, work: passwords.derived - before });
    }
    const [first] = answers;
    for (const one of answers) assert.deepEqual(one, first);
    assert.deepEqual(first, {
      status: 401,
      answer: {
        error: 'the e-mail address or the password is wrong',
        message: 'the e-mail address or the password is wrong',
        code: 'unauthenticated',
      },
      cookies: [],
      work: 1,
    });
  });

  test('a link that is used twice at once is used once', async () => {
    const { store } = app.harness.place;
    const email = 'race@example.com';
    const invitation = { purpose: 'invite', email, organizationId, role: 'member' } as const;
    const token = await linkToken(store, invitation);
    const race = async (body: object): Promise<number[]> => {
      const answers = await Promise.all(
        Array.from({ length: 4 }, () => new Browser(app.url).call('POST', '/link', body)),
      );
      return answers.map(({ status }) => status).sort();
    };
    const [won, ...lost] = await race({ token, password });
    assert.equal(won, 200);
    for (const status of lost) assert.ok(status === 401 || status === 409, `${status}`);
    const back = await linkToken(store, { purpose: 'reset', email });
    const statuses = await race({ token: back });
    assert.deepEqual(statuses, [200, 401, 401, 401]);
  });

  test('guessing: wrong passwords end in 429 with Retry-After', async () => {
    // The buckets fill up again, so it may take more tries on a slow machine; no more than so many.
    let tries = 0;
    let refused = await new Browser(app.url).call('POST', '/sign-in', { ...account, password: 'guess 0' });
    while (refused.status === 401 && tries < 200) {
      tries += 1;
      const guess = { ...account, password: `guess ${tries}` };
      refused = await new Browser(app.url).call('POST', '/sign-in', guess);
    }
    assert.deepEqual([refused.status, refused.body.code], [429, 'rate_limited']);
    assert.ok(tries >= 5, `${tries} tries were taken`);
    assert.match(refused.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
    assert.deepEqual(refused.cookies, []);
  });
});
