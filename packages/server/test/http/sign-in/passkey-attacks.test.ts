/** Attacks on passkeys: answers that are used twice, made elsewhere, by others, or by nobody in particular. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { createOpenIdProvider } from '../../../src/auth/accounts/openid.ts';
import { oneSecret } from '../../../src/domain/secrets/secret-ring.ts';
import { startTestApp, type TestApp } from '../http-app.ts';
import { type Behaviour, create, get, type TestPasskey } from './authenticator.ts';
import { Browser, type BrowserAnswer, linkToken, password, setUp } from './browser.ts';
import { clientId, clientSecret } from './openid-provider.ts';

onBothStores('attacks on passkeys', async (engine) => {
  let app: TestApp;
  let skew = 0;
  /** By a proxy that ends TLS; each test comes from a network of its own, whose tries are counted. */
  let network = 0;
  const origin = 'https://chat.example.com';
  const through = (host: string, proto = 'https') => ({
    'x-forwarded-proto': proto,
    'x-forwarded-host': host,
    'x-forwarded-for': `192.0.2.${network}`,
    origin: `${proto}://${host}`,
  });
  const open = (host = 'chat.example.com'): Browser => new Browser(app.url, through(host));
  before(async () => {
    app = await startTestApp(engine, { now: () => Date.now() + skew, trustedProxies: ['127.0.0.0/8'] });
    await setUp(open(), app.harness.place.store, 'ada@example.com');
  });
  after(() => app[Symbol.asyncDispose]());

  const ada = async (host?: string): Promise<Browser> => {
    network += 1;
    const browser = open(host);
    await browser.must('POST', '/sign-in', { email: 'ada@example.com', password });
    return browser;
  };
  const ben = async (): Promise<Browser> => {
    const { organizationId } = app.harness.scope;
    const email = `ben${network}@example.com`;
    const link = { purpose: 'invite', email, organizationId, role: 'member' } as const;
    const browser = open();
    await browser.must('POST', '/link', { token: await linkToken(app.harness.place.store, link), password });
    return browser;
  };
  const add = async (browser: Browser, behaviour: Behaviour = { origin }): Promise<TestPasskey> => {
    const { passkey, credential } = create(await browser.must('POST', '/passkeys/options', {}), behaviour);
    await browser.must('POST', '/passkeys', { name: 'Key', credential });
    return passkey;
  };
  const signIn = async (
    passkey: TestPasskey,
    behaviour: Behaviour = { origin },
    browser = open(),
  ): Promise<BrowserAnswer> => {
    const options = await browser.must('POST', '/passkey-sign-in/options');
    return browser.call('POST', '/passkey-sign-in', { credential: get(options, passkey, behaviour) });
  };
  const assertRefused = ({ status, body, cookies }: BrowserAnswer, why: string): void => {
    assert.deepEqual([status, body.code], [401, 'unauthenticated'], why);
    assert.ok(!cookies.some((cookie) => /^(__Host-)?colloquy=./.test(cookie)), why);
  };
  const pending = '__Host-colloquy-passkey';

  test('an answer is good once, though the browser keeps what it bore', async () => {
    const passkey = await add(await ada());
    const browser = open();
    const options = await browser.must('POST', '/passkey-sign-in/options');
    const sealed = browser.cookies.get(pending) ?? assert.fail('there is a cookie');
    const credential = get(options, passkey, { origin });
    const race = await Promise.all(
      Array.from({ length: 4 }, () => {
        const thief = open();
        thief.cookies.set(pending, sealed);
        return thief.call('POST', '/passkey-sign-in', { credential });
      }),
    );
    assert.deepEqual(race.map(({ status }) => status).sort(), [200, 401, 401, 401]);
    const replayed = open();
    replayed.cookies.set(pending, sealed);
    assertRefused(await replayed.call('POST', '/passkey-sign-in', { credential }), 'the same answer');
    replayed.cookies.set(pending, sealed);
    const another = get(options, passkey, { origin });
    assertRefused(await replayed.call('POST', '/passkey-sign-in', { credential: another }), 'another answer');
  });

  test('nor does a new passkey come of a challenge that was used', async () => {
    const browser = await ada();
    const options = await browser.must('POST', '/passkeys/options', {});
    const sealed = browser.cookies.get(pending) ?? '';
    const [first, second] = [create(options, { origin }), create(options, { origin })];
    await browser.must('POST', '/passkeys', { name: 'One', credential: first.credential });
    browser.cookies.set(pending, sealed);
    const { status } = await browser.call('POST', '/passkeys', {
      name: 'Two',
      credential: second.credential,
    });
    assert.equal(status, 409);
    assertRefused(await signIn(second.passkey), 'it was not added');
  });

  test('a challenge of another browser, of another session, for something else, or of long ago', async () => {
    const browser = await ada();
    const passkey = await add(browser);
    const [one, other] = [open(), open()];
    const options = await one.must('POST', '/passkey-sign-in/options');
    await other.must('POST', '/passkey-sign-in/options');
    const credential = get(options, passkey, { origin });
    assertRefused(
      await other.call('POST', '/passkey-sign-in', { credential }),
      'another browser’s challenge',
    );
    assertRefused(await open().call('POST', '/passkey-sign-in', { credential }), 'no cookie');
    const forged = open();
    forged.cookies.set(pending, `${(one.cookies.get(pending) ?? '').slice(0, -4)}AAAA`);
    assertRefused(await forged.call('POST', '/passkey-sign-in', { credential }), 'a cookie that was changed');

    // The sealed text of an adding is none of a sign-in, nor the other way round.
    const adding = await browser.must('POST', '/passkeys/options', {});
    const mixed = open();
    mixed.cookies.set(pending, browser.cookies.get(pending) ?? '');
    const answered = get({ ...options, challenge: adding.challenge }, passkey, { origin });
    assertRefused(await mixed.call('POST', '/passkey-sign-in', { credential: answered }), 'for adding');

    const victim = await ben();
    const begun = await browser.must('POST', '/passkeys/options', {});
    victim.cookies.set(pending, browser.cookies.get(pending) ?? '');
    const planted = create(begun, { origin });
    const body = { name: 'Planted', credential: planted.credential };
    const refused = await victim.call('POST', '/passkeys', body);
    assert.deepEqual([refused.status, refused.body.field], [400, 'credential']);
    const second = await ada();
    second.cookies.set(pending, browser.cookies.get(pending) ?? '');
    assert.equal(
      (await second.call('POST', '/passkeys', body)).status,
      400,
      'another session of the account',
    );

    const late = open();
    const old = get(await late.must('POST', '/passkey-sign-in/options'), passkey, { origin });
    skew = 5 * 60_000 + 1000;
    assertRefused(await late.call('POST', '/passkey-sign-in', { credential: old }), 'five minutes later');
    skew = 0;
  });

  test('what another page, another server or nobody has confirmed lets nobody in', async () => {
    const passkey = await add(await ada());
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const wrong: Readonly<Record<string, Behaviour>> = {
      'another site': { origin: 'https://evil.example' },
      'a name below': { origin: 'https://x.chat.example.com' },
      'another port': { origin: `${origin}:8443` },
      'plain HTTP': { origin: 'http://chat.example.com' },
      'a frame of another site': { origin, crossOrigin: true },
      'another host name': { origin, rpId: 'example.com' },
      'a made-up challenge': { origin, challenge: 'A'.repeat(43) },
      'an answer to something else': { origin, type: 'webauthn.create' },
      'nobody verified': { origin, isUserVerified: false },
      'nobody there': { origin, isUserPresent: false },
      'the key of somebody else': { origin, privateKey: stranger },
      'no owner': { origin, userHandle: null },
      'another owner': { origin, userHandle: 'MDE5YWIxYzI' },
    };
    for (const [why, behaviour] of Object.entries(wrong)) {
      assertRefused(await signIn(passkey, behaviour), why);
      const browser = await ada();
      const made = create(await browser.must('POST', '/passkeys/options', {}), {
        ...behaviour,
        ...(behaviour.type !== undefined && { type: 'webauthn.get' }),
      });
      if (behaviour.privateKey !== undefined || behaviour.userHandle !== undefined) continue;
      const refused = await browser.call('POST', '/passkeys', { name: why, credential: made.credential });
      assert.deepEqual([refused.status, refused.body.field], [400, 'credential'], why);
    }
    assert.equal((await signIn(passkey)).status, 200);
    const made = create(await (await ada()).must('POST', '/passkeys/options', {}), { origin });
    assertRefused(await signIn(made.passkey), 'a passkey that nobody has added');
  });

  test('another account’s passkey leads into that account alone, and is added once', async () => {
    const [hers, his] = [await ada(), await ben()];
    const passkey = await add(his);
    const me = await hers.must('GET', '/me');
    const handle = Buffer.from(me.account.id).toString('base64url');
    assertRefused(await signIn(passkey, { origin, userHandle: handle }), 'his passkey as hers');
    const signed = open();
    assert.equal((await signIn(passkey, { origin }, signed)).status, 200);
    assert.notEqual((await signed.must('GET', '/me')).account.id, me.account.id);
    // An authenticator that claims to have made it for her too.
    const options = await hers.must('POST', '/passkeys/options', {});
    const { credential } = create({ ...options }, { origin });
    const begun = await his.must('POST', '/passkeys/options', {});
    await hers.must('POST', '/passkeys', { name: 'Hers', credential });
    const sealed = his.cookies.get(pending) ?? '';
    const twin = create(begun, { origin, id: credential.id });
    his.cookies.set(pending, sealed);
    const refused = await his.call('POST', '/passkeys', { name: 'Twin', credential: twin.credential });
    assert.deepEqual([refused.status, refused.body.code], [409, 'conflict']);
  });

  test('a counter that goes back, or stands still, tells of a copy', async () => {
    const passkey = await add(await ada(), { origin, counter: 7 });
    assert.equal((await signIn(passkey, { origin, counter: 9 })).status, 200);
    for (const counter of [9, 8, 0]) {
      assertRefused(await signIn(passkey, { origin, counter }), `${counter} after 9`);
    }
    const browsers = [open(), open(), open()];
    const race = await Promise.all(browsers.map((one) => signIn(passkey, { origin, counter: 10 }, one)));
    assert.deepEqual(race.map(({ status }) => status).sort(), [200, 401, 401]);
    assert.equal((await signIn(passkey, { origin, counter: 11 })).status, 200);
  });

  test('certificates that an authenticator shows unasked are not looked at', async () => {
    const browser = await ada();
    const statement = new Map<string, Buffer | number | Buffer[]>([
      ['alg', -7],
      ['sig', Buffer.alloc(70)],
      ['x5c', [Buffer.alloc(300, 0x30)]],
    ]);
    for (const fmt of ['packed', 'tpm', 'apple', 'android-safetynet', 'unheard-of']) {
      const options = await browser.must('POST', '/passkeys/options', {});
      const made = create(options, { origin, attestation: { fmt, attStmt: statement } });
      const refused = await browser.call('POST', '/passkeys', { name: fmt, credential: made.credential });
      assert.deepEqual([refused.status, refused.body.field], [400, 'credential'], fmt);
    }
  });

  test('a passkey of one host name is good at no other', async () => {
    const passkey = await add(await ada());
    const elsewhere = 'other.example.com';
    const there = open(elsewhere);
    const answer = await signIn(passkey, { origin: `https://${elsewhere}` }, there);
    assertRefused(answer, 'another host');
    // A challenge that was given at one name and is brought to the other.
    const here = open();
    const options = await here.must('POST', '/passkey-sign-in/options');
    there.cookies.set(pending, here.cookies.get(pending) ?? '');
    const lying = get(options, passkey, { origin: `https://${elsewhere}` });
    assertRefused(await there.call('POST', '/passkey-sign-in', { credential: lying }), 'carried over');
  });

  test('where there are none, the page is told why', async () => {
    const places = [
      ['localhost:8080', 'http', 'available', 'http://localhost:8080'],
      ['app.localhost', 'http', 'available', 'http://app.localhost'],
      ['chat.example.com:8443', 'https', 'available', 'https://chat.example.com:8443'],
      ['127.0.0.1:8080', 'http', 'no_host_name', null],
      ['192.0.2.7', 'https', 'no_host_name', null],
      ['[2001:db8::1]:8080', 'https', 'no_host_name', null],
      ['chat.example.com', 'http', 'insecure', null],
    ] as const;
    for (const [host, proto, state, at] of places) {
      const site = proto === 'http' && !host.includes('localhost') ? null : 'same-origin';
      const browser = new Browser(app.url, { ...through(host, proto), 'sec-fetch-site': site });
      const { passkeys } = await browser.must('GET', '/options');
      assert.deepEqual(passkeys, { state, origin: at }, host);
      const asked = await browser.call('POST', '/passkey-sign-in/options');
      assert.equal(asked.status, state === 'available' ? 200 : 403, host);
    }
    // A name that nobody can have.
    const odd = await new Browser(app.url, { ...through('a b'), origin: null }).call('GET', '/options');
    assert.ok(odd.status < 500, `${odd.status}`);
  });

  test('other sites cause nothing, and many wrong ones end in 429', async () => {
    const browser = await ada();
    const passkey = await add(browser);
    for (const [method, path, body] of [
      ['POST', '/passkeys/options', {}],
      ['POST', '/passkeys', { name: 'x', credential: {} }],
      ['POST', '/passkey-sign-in/options', undefined],
      ['POST', '/passkey-sign-in', { credential: {} }],
    ] as const) {
      const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
      assert.equal((await browser.call(method, path, body, foreign)).status, 403, path);
      const form = await browser.call(method, path, 'x=1', { 'content-type': 'text/plain' });
      assert.equal(form.status, 400, path);
    }
    // Guesses at the password of the account, from everywhere, do not keep its owner out.
    let guess = 401;
    for (let from = 0; guess === 401 && from < 100; from += 1) {
      const guesser = new Browser(app.url, {
        ...through('chat.example.com'),
        'x-forwarded-for': `198.51.100.${from}`,
      });
      guess = (await guesser.call('POST', '/sign-in', { email: 'ada@example.com', password: 'a guess' }))
        .status;
    }
    assert.equal(guess, 429);
    assert.equal((await signIn(passkey)).status, 200);
    let last = await signIn(passkey, { origin, isUserVerified: false });
    for (let tries = 0; last.status === 401 && tries < 200; tries += 1) {
      last = await signIn(passkey, { origin, isUserVerified: false });
    }
    assert.deepEqual([last.status, last.body.code], [429, 'rate_limited']);
    assert.match(last.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
  });

  test('where the OpenID provider alone lets people in, passkeys do not', async () => {
    const config = {
      ...{ issuer: 'http://127.0.0.1:9', clientId, clientSecret, label: '' },
      ...{ organizationClaim: 'org_id', roleClaim: 'role' },
    };
    const secrets = oneSecret('the secret of the tests, long enough');
    const openId = createOpenIdProvider({ config, secrets, now: Date.now });
    await using other = await startTestApp(engine, {
      signIn: { openId, takesPasswords: false, publicUrl: origin },
    });
    const browser = new Browser(other.url);
    assert.deepEqual((await browser.must('GET', '/options')).passkeys, { state: 'off', origin: null });
    assert.equal((await browser.call('POST', '/passkey-sign-in/options')).status, 403);
  });
});
