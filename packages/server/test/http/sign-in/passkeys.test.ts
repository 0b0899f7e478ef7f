/** Passkeys: added by people who are signed in, and good for signing in without a name. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { newBearerSecret } from '../../../src/auth/accounts/bearer-secret.ts';
import { hashApiKey } from '../../../src/auth/api-keys.ts';
import { newId } from '../../../src/domain/ids.ts';
import { startTestApp, type TestApp } from '../http-app.ts';
import { create, get, type TestPasskey } from './authenticator.ts';
import { Browser, type BrowserAnswer, linkToken, password, setUp } from './browser.ts';

onBothStores('passkeys', async (engine) => {
  let app: TestApp;
  let organizationId: string;
  let skew = 0;
  const origin = 'https://chat.example.com';
  const page = { origin };
  before(async () => {
    app = await startTestApp(engine, {
      now: () => Date.now() + skew,
      signIn: { publicUrl: `${origin}/talk` },
    });
    organizationId = app.harness.scope.organizationId;
  });
  after(() => app[Symbol.asyncDispose]());

  const invited = async (email: string): Promise<Browser> => {
    const link = { purpose: 'invite', email, organizationId, role: 'member' } as const;
    const token = await linkToken(app.harness.place.store, link);
    const browser = new Browser(app.url);
    await browser.must('POST', '/link', { token, password });
    return browser;
  };
  /** An account that has no password, and is signed in. */
  const withoutPassword = async (email: string): Promise<Browser> => {
    const { store } = app.harness.place;
    const link = { purpose: 'invite', email, organizationId, role: 'member' } as const;
    const { secret, hash } = newBearerSecret();
    await store.execute('acceptInvitation', {
      linkHash: hashApiKey(await linkToken(store, link)),
      accountId: null,
      account: { id: newId(), name: 'None', password: null },
      memberId: newId(),
      session: { id: newId(), hash, method: 'link', address: null, userAgent: null, replaces: null },
      now: Date.now() + skew,
    });
    const browser = new Browser(app.url);
    browser.cookies.set('colloquy', secret);
    return browser;
  };
  const add = async (browser: Browser, name = 'Phone'): Promise<TestPasskey & { readonly key: string }> => {
    const { passkey, credential } = create(await browser.must('POST', '/passkeys/options', {}), page);
    const added = await browser.must('POST', '/passkeys', { name, credential });
    return { ...passkey, key: added.id };
  };
  const signIn = async (passkey: TestPasskey, browser = new Browser(app.url)): Promise<BrowserAnswer> => {
    const options = await browser.must('POST', '/passkey-sign-in/options');
    return browser.call('POST', '/passkey-sign-in', { credential: get(options, passkey, page) });
  };

  test('one is added, and lets its owner in, without a name', async () => {
    const ada = await invited('ada@example.com');
    assert.deepEqual((await ada.must('GET', '/options')).passkeys, { state: 'available', origin });
    const asked = await ada.call('POST', '/passkeys/options', {});
    assert.match(
      asked.cookies[0] ?? '',
      /^colloquy-passkey=[^;]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=300$/,
    );
    const { rp, user, authenticatorSelection } = asked.body;
    assert.deepEqual(rp, { id: 'chat.example.com', name: 'Colloquy' });
    assert.deepEqual([user.name, user.displayName], ['ada@example.com', 'ada']);
    assert.equal(authenticatorSelection.userVerification, 'required');
    const passkey = await add(ada, 'My phone');
    const { data } = await ada.must('GET', '/passkeys');
    assert.deepEqual(
      data.map(({ created_at: _, ...one }: { created_at: string }) => one),
      [
        {
          id: passkey.key,
          name: 'My phone',
          rp_id: 'chat.example.com',
          is_backed_up: false,
          last_used_at: null,
        },
      ],
    );
    // The authenticator is told of those that it has already.
    const again = await ada.must('POST', '/passkeys/options', {});
    assert.deepEqual(again.excludeCredentials, [
      { type: 'public-key', id: passkey.id, transports: ['internal', 'hybrid'] },
    ]);

    const elsewhere = new Browser(app.url);
    const entered = await signIn(passkey, elsewhere);
    assert.equal(entered.status, 200, JSON.stringify(entered.body));
    assert.match(entered.cookies.join('\n'), /^colloquy=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax/m);
    assert.match(entered.cookies.join('\n'), /^colloquy-passkey=; .*Max-Age=0$/m);
    assert.equal((await elsewhere.must('GET', '/me')).account.email, 'ada@example.com');
    const sessions = await elsewhere.must('GET', '/sessions');
    assert.deepEqual(sessions.data.map(({ method }: { method: string }) => method).sort(), [
      'link',
      'passkey',
    ]);
    assert.notEqual((await ada.must('GET', '/passkeys')).data[0].last_used_at, null);
    // Who signs in again in a browser leaves the session before.
    const before = elsewhere.secret;
    assert.equal((await signIn(passkey, elsewhere)).status, 200);
    const old = new Browser(app.url);
    old.cookies.set('colloquy', before ?? '');
    assert.equal((await old.call('GET', '/me')).status, 401);
  });

  test('whoever signed in a while ago gives the password, and who has none signs in anew', async () => {
    const browser = await invited('later@example.com');
    const lone = await withoutPassword('lone-later@example.com');
    const start = skew;
    skew += 11 * 60_000;
    const missing = await browser.call('POST', '/passkeys/options', {});
    assert.deepEqual([missing.status, missing.body.field], [400, 'current_password']);
    const wrong = await browser.call('POST', '/passkeys/options', { current_password: 'not it, surely' });
    assert.deepEqual([wrong.status, wrong.body.field, wrong.cookies], [400, 'current_password', []]);
    const right = await browser.must('POST', '/passkeys/options', { current_password: password });
    const { credential } = create(right, page);
    assert.equal((await browser.call('POST', '/passkeys', { name: 'Key', credential })).status, 201);
    const refused = await lone.call('POST', '/passkeys/options', {});
    assert.deepEqual([refused.status, refused.body.code], [403, 'forbidden']);
    const guess = await lone.call('POST', '/passkeys/options', { current_password: password });
    assert.equal(guess.status, 403);
    skew = start;
  });

  test('they are renamed and deleted, each by its owner alone', async () => {
    const [ben, eve] = [await invited('ben@example.com'), await invited('eve@example.com')];
    const passkey = await add(ben);
    for (const [method, body] of [
      ['PATCH', { name: 'Mine' }],
      ['DELETE', undefined],
    ] as const) {
      const path = `/passkeys/${passkey.key}`;
      assert.equal((await eve.call(method, path, body)).status, 404);
      assert.equal((await new Browser(app.url).call(method, path, body)).status, 401);
    }
    assert.equal(
      (await ben.must('PATCH', `/passkeys/${passkey.key}`, { name: 'Old phone' })).name,
      'Old phone',
    );
    for (const name of ['', 'x'.repeat(101)]) {
      const bad = await ben.call('PATCH', `/passkeys/${passkey.key}`, { name });
      assert.deepEqual([bad.status, bad.body.field], [400, 'name']);
    }
    assert.equal((await signIn(passkey)).status, 200);
    await ben.must('DELETE', `/passkeys/${passkey.key}`);
    assert.deepEqual((await ben.must('GET', '/passkeys')).data, []);
    assert.equal((await signIn(passkey)).status, 401);
    assert.equal((await ben.call('DELETE', `/passkeys/${passkey.key}`)).status, 404);
  });

  test('the last way to sign in stays', async () => {
    const browser = await withoutPassword('last@example.com');
    const first = await add(browser, 'First');
    const refused = await browser.call('DELETE', `/passkeys/${first.key}`);
    assert.deepEqual([refused.status, refused.body.code], [409, 'conflict']);
    assert.equal((await signIn(first)).status, 200);
    const second = await add(browser, 'Second');
    // Two at once leave one of them.
    const both = await Promise.all(
      [first, second].map(({ key }) => browser.call('DELETE', `/passkeys/${key}`)),
    );
    assert.deepEqual(both.map(({ status }) => status).sort(), [204, 409]);
    assert.equal((await browser.must('GET', '/passkeys')).data.length, 1);
    // With a password it may go.
    await browser.must('PATCH', '/me', { password });
    const [last] = (await browser.must('GET', '/passkeys')).data;
    assert.equal((await browser.call('DELETE', `/passkeys/${last.id}`)).status, 204);
  });

  test('an account has twenty at most', async () => {
    const browser = await invited('many@example.com');
    for (let count = 0; count < 20; count += 1) await add(browser, `Key ${count}`);
    const refused = await browser.call('POST', '/passkeys/options', {});
    assert.deepEqual([refused.status, refused.body.code], [409, 'conflict']);
  });

  test('a way back in with a new password, and a set-up, take passkeys away', async () => {
    const { store } = app.harness.place;
    const email = 'back@example.com';
    const squatter = await invited(email);
    const passkey = await add(squatter);
    const kept = new Browser(app.url);
    await kept.must('POST', '/link', { token: await linkToken(store, { purpose: 'reset', email }) });
    assert.equal((await signIn(passkey)).status, 200, 'a link without a new password takes nothing away');
    const back = { token: await linkToken(store, { purpose: 'reset', email }), password: 'another of mine' };
    await kept.must('POST', '/link', back);
    assert.equal((await signIn(passkey)).status, 401);
    assert.deepEqual((await kept.must('GET', '/passkeys')).data, []);

    const earlier = await invited('operator@example.com');
    const theirs = await add(earlier);
    const operator = new Browser(app.url);
    assert.equal((await setUp(operator, store, 'operator@example.com')).operator, true);
    assert.equal((await earlier.call('GET', '/me')).status, 401);
    assert.equal((await signIn(theirs)).status, 401);
  });

  test('the trail has them, and who was refused', async () => {
    const browser = await invited('traced@example.com');
    const passkey = await add(browser, 'Traced');
    assert.equal((await signIn(passkey)).status, 200);
    const options = await browser.must('POST', '/passkey-sign-in/options');
    const bad = get(options, passkey, { origin, isUserVerified: false });
    assert.equal((await browser.call('POST', '/passkey-sign-in', { credential: bad })).status, 401);
    await browser.must('PATCH', `/passkeys/${passkey.key}`, { name: 'Renamed' });
    await browser.must('DELETE', `/passkeys/${passkey.key}`);
    const start = skew;
    skew += 60_000;
    const { account } = await browser.must('GET', '/me');
    const path = `/organizations/${organizationId}/audit?limit=100`;
    const { body } = await app.admin('GET', path);
    const of = (action: string, id: string) =>
      body.data.find(
        (one: { action: string; subject: { id: string } }) => one.action === action && one.subject.id === id,
      );
    assert.deepEqual(of('passkey.create', passkey.key).after, { rp_id: 'chat.example.com', name: 'Traced' });
    assert.deepEqual(of('passkey.update', passkey.key).after, { name: 'Renamed' });
    assert.ok(of('passkey.delete', passkey.key));
    assert.deepEqual(of('account.sign-in', account.id).after, { method: 'passkey', passkey: passkey.key });
    assert.match(of('sign-in.refused', account.id).after.reason, /could not be verified/);
    skew = start;
  });

  test('what is malformed is named', async () => {
    const browser = await invited('odd@example.com');
    const { credential } = create(await browser.must('POST', '/passkeys/options', {}), page);
    const cases: readonly (readonly [unknown, string])[] = [
      [{ credential }, 'name'],
      [{ name: 'x', credential: { ...credential, type: 'password' } }, 'credential.type'],
      [{ name: 'x', credential: { ...credential, id: 'a+b' } }, 'credential.id'],
      [{ name: 'x', credential: { ...credential, response: {} } }, 'credential.response.clientDataJSON'],
      [{ name: 'x', credential, extra: 1 }, 'extra'],
      [{ name: 'x', credential: { ...credential, rawId: 'AAAA' } }, 'credential'],
      [{ name: 'x', credential: { ...credential, id: 'AAAA', rawId: 'AAAA' } }, 'credential'],
      [
        {
          name: 'x',
          credential: { ...credential, response: { ...credential.response, clientDataJSON: 'AAAA' } },
        },
        'credential',
      ],
      [
        {
          name: 'x',
          credential: { ...credential, response: { ...credential.response, clientDataJSON: 'bnVsbA' } },
        },
        'credential',
      ],
      [
        {
          name: 'x',
          credential: { ...credential, response: { ...credential.response, attestationObject: 'AAAA' } },
        },
        'credential',
      ],
    ];
    for (const [body, field] of cases) {
      const pending = browser.cookies.get('colloquy-passkey') ?? '';
      const { status, body: answer } = await browser.call('POST', '/passkeys', body);
      assert.deepEqual([status, answer.field], [400, field], JSON.stringify(body));
      browser.cookies.set('colloquy-passkey', pending);
    }
  });
});
