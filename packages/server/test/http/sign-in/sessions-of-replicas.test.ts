/** Signing out on one server ends the tokens and the open streams of the session on all of them. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestServer, type TestServer } from 'colloquy-testkit/server';
import { findPostgres } from 'colloquy-testkit/services';
import { openReading, type SseReading } from '../http-app.ts';
import { Browser, linkToken, password } from './browser.ts';

const postgres = await findPostgres();

/** Only PostgreSQL takes several servers. */
const options = 'skip' in postgres ? postgres : {};

test('sessions of replicas', options, async (suite) => {
  let first: TestServer;
  let other: string;
  let browser: Browser;
  let token: string;
  const account = { email: 'ada@example.com', password };
  before(async () => {
    first = await startTestServer('postgres');
    other = (await first.replica()).url;
    const { store } = first.server;
    const { organizationId } = first;
    const link = { purpose: 'invite', email: account.email, organizationId, role: 'member' } as const;
    browser = new Browser(first.url);
    await browser.must('POST', '/link', { token: await linkToken(store, link), password });
    token = await tokenOf(browser);
  });
  after(() => first[Symbol.asyncDispose]());

  const tokenOf = async (of: Browser): Promise<string> =>
    (await of.must('POST', '/token', { org_id: first.organizationId })).token;

  /** Begins an answer that never ends by itself. */
  async function begin(url: string, bearer: string): Promise<SseReading> {
    first.upstream.enqueue({
      steps: [{ do: 'headers' }, { do: 'tokens', tokens: ['Half'] }, { do: 'stall' }],
    });
    const reading = await openReading({
      url: `${url}/api/chat/completion/stream`,
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify({ message: 'Go on', persona: { alias: 'helper' } }),
    });
    await reading.until((one) => one.raw().includes('Half'));
    return reading;
  }

  await suite.test('the session that ends, and no other', async () => {
    const elsewhere = new Browser(other);
    await elsewhere.must('POST', '/sign-in', account);
    const kept = await begin(other, await tokenOf(elsewhere));
    const [here, there] = [await begin(first.url, token), await begin(other, token)];
    await browser.must('POST', '/sign-out');
    for (const reading of [here, there]) {
      await reading.ended;
      const last = reading.raw().trimEnd().split('\n\n').at(-1) ?? '';
      assert.match(last, /"code":"unauthenticated"/, reading.raw());
      assert.doesNotMatch(reading.raw(), /"type":"done"/);
    }
    for (const url of [first.url, other]) {
      const answer = await fetch(`${url}/chats/`, { headers: { authorization: `Bearer ${token}` } });
      assert.equal(answer.status, 401, await answer.text());
      assert.equal((await new Browser(url).call('GET', '/me')).status, 401);
    }
    assert.ok(!kept.raw().includes('unauthenticated'));
    // What was begun goes on: the person has only left.
    const id = here.response.headers.get('content-location')?.split('/')[3];
    const seen = await fetch(`${other}/api/generations/${id}`, {
      headers: { authorization: `Bearer ${await tokenOf(elsewhere)}` },
    });
    assert.equal(((await seen.json()) as { status: string }).status, 'running');
    kept.close();
  });

  await suite.test('a password that changes on one server ends sessions on the other', async () => {
    const [one, two] = [new Browser(first.url), new Browser(other)];
    await one.must('POST', '/sign-in', account);
    await two.must('POST', '/sign-in', account);
    const stream = await begin(other, await tokenOf(two));
    await one.must('PATCH', '/me', { password: 'another password of hers', current_password: password });
    await stream.ended;
    assert.match(stream.raw(), /"code":"unauthenticated"/);
    assert.equal((await two.call('GET', '/me')).status, 401);
    assert.equal((await one.call('GET', '/me')).status, 200);
  });
});
