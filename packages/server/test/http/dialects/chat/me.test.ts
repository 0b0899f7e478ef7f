/** End users see and erase what is stored of them, with their own tokens. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { startTestApp, type TestApp } from '../../http-app.ts';

onBothStores('what is stored of an end user', (engine) => {
  let app: TestApp;
  before(async () => {
    app = await startTestApp(engine);
  });
  after(() => app[Symbol.asyncDispose]());

  const tokenOf = async (userId: string, key = app.prodKey): Promise<string> =>
    (await app.call('/api/chat/get_token', { key, body: { user_id: userId } })).body.token;
  const talk = async (token: string, message: string): Promise<string> => {
    const { status, body } = await app.call('/api/chat/completion', { token, body: { message } });
    assert.equal(status, 200, JSON.stringify(body));
    return body.session_id;
  };
  const linesOf = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));

  test('a token exports its own user', async () => {
    const [ada, ben] = [await tokenOf('ada'), await tokenOf('ben')];
    await talk(ada, 'The words of ada');
    await talk(ben, 'The words of ben');
    const { status, body, headers } = await app.call('/api/chat/me', { token: ada });
    assert.equal(status, 200);
    assert.equal(headers.get('content-type'), 'application/jsonl; charset=utf-8');
    const [first] = linesOf(body);
    assert.deepEqual([first.type, first.user_id], ['end_user', 'ada']);
    assert.ok(body.includes('The words of ada'));
    assert.ok(!body.includes('The words of ben'));
    const same = await app.call('/api/chat/me?user_id=ada', { token: ada });
    assert.equal(same.status, 200);
    const other = await app.call('/api/chat/me?user_id=ben', { token: ada });
    assert.equal(other.status, 403);
    const byKey = await app.call('/api/chat/me?user_id=ben', { key: app.prodKey });
    assert.ok(byKey.body.includes('The words of ben'));
  });

  test('a key names a user of its own kind', async () => {
    await tokenOf('carl');
    const nobody = await app.call('/api/chat/me', { key: app.prodKey });
    assert.deepEqual(
      [nobody.status, nobody.body.code, nobody.body.field],
      [400, 'invalid_request', 'user_id'],
    );
    for (const method of ['GET', 'DELETE']) {
      const unknown = await app.call('/api/chat/me?user_id=carl', { key: app.testKey, method });
      assert.deepEqual([unknown.status, unknown.body.code], [404, 'not_found'], method);
    }
    assert.equal((await app.call('/api/chat/me?user_id=carl', { key: app.prodKey })).status, 200);
  });

  test('a token erases its user: the token ends, and what was running is cancelled', async () => {
    const [dora, other] = [await tokenOf('dora'), await tokenOf('emil')];
    const kept = await talk(other, 'The words of emil');
    await talk(dora, 'The words of dora');
    app.harness.upstream.enqueue({
      steps: [{ do: 'headers' }, { do: 'tokens', tokens: ['Half'] }, { do: 'stall' }],
    });
    const running = await app.stream('/api/chat/completion/stream', {
      token: dora,
      body: { message: 'Go on for ever' },
    });
    await running.until(({ events }) => events.length >= 2);
    const { status, body } = await app.call('/api/chat/me', { token: dora, method: 'DELETE' });
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual([body.deleted.end_users, body.deleted.conversations, body.deleted.messages], [1, 2, 4]);
    assert.equal(body.kept.at(-1), 'backups that were made before keep what was erased');
    await running.ended;
    assert.equal(JSON.parse(running.events.at(-1)?.data ?? '').code, 'unauthenticated');
    for (const method of ['GET', 'DELETE']) {
      assert.equal((await app.call('/api/chat/me', { token: dora, method })).status, 401, method);
    }
    const gone = await app.call('/api/chat/me?user_id=dora', { key: app.prodKey });
    assert.equal(gone.status, 404);
    const again = await app.call('/api/chat/continuation', {
      token: other,
      body: { session: kept, message: 'Go on' },
    });
    assert.equal(again.status, 200);
  });

  test('long ids with signs of addresses are found', async () => {
    const ids = ['ß/ä%2F.?&#'.padEnd(255, 'x'), '%', '../..', 'a b+c'];
    for (const userId of ids) {
      const token = await tokenOf(userId);
      await talk(token, 'Strange words');
      const query = `user_id=${encodeURIComponent(userId)}`;
      const [first] = linesOf((await app.call(`/api/chat/me?${query}`, { key: app.prodKey })).body);
      assert.equal(first.user_id, userId);
      const erased = await app.call(`/api/chat/me?${query}`, { key: app.prodKey, method: 'DELETE' });
      assert.equal(erased.body.deleted.conversations, 1);
    }
  });
});
