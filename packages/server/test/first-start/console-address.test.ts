/** What a start says of the console: a link that makes the first operator's account, and later its address alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { openTestStore } from 'colloquy-testkit/stores';
import { hashApiKey } from '../../src/auth/api-keys.ts';
import { newId } from '../../src/domain/ids.ts';
import { browserAddress, consoleAddress } from '../../src/first-start/console-address.ts';

test('the address by which browsers reach the server', () => {
  const address = (host: string, more: { basePath?: string; publicUrl?: string } = {}): string => {
    const { basePath = '', publicUrl } = more;
    const signIn = { takesPasswords: true, ...(publicUrl !== undefined && { publicUrl }) };
    return browserAddress({ host, basePath, signIn }, 8080);
  };
  for (const host of ['127.0.0.1', '127.0.0.2', '::1', 'localhost', '0.0.0.0', '::']) {
    assert.equal(address(host), 'http://localhost:8080', host);
  }
  assert.equal(address('chat.lan'), 'http://chat.lan:8080');
  assert.equal(address('fd00::1'), 'http://[fd00::1]:8080');
  assert.equal(address('0.0.0.0', { basePath: '/chat' }), 'http://localhost:8080/chat');
  const publicUrl = 'https://example.com/chat';
  assert.equal(address('0.0.0.0', { basePath: '/chat', publicUrl }), publicUrl);
});

onBothStores('the console at a start', (engine) => {
  test('every start has a link until there is an operator, and any of them makes one', async () => {
    await using place = await openTestStore(engine);
    const { store } = place;
    const at = (now: number): Promise<string> => consoleAddress(store, 'http://localhost:8080', now);
    const [one, other] = [await at(1000), await at(2000)];
    const pattern = /^http:\/\/localhost:8080\/console#setup=([\w-]{43})$/;
    const tokens = [one, other].map((address) => pattern.exec(address)?.[1] ?? assert.fail(address));
    assert.notEqual(tokens[0], tokens[1]);
    const text = JSON.stringify(await store.reads.selectFrom('sign_in_link').selectAll().execute());
    for (const token of tokens) assert.ok(!text.includes(token), 'the token is not stored');
    const setUp = (token: string, now: number) =>
      store.execute('setUp', {
        linkHash: hashApiKey(token),
        account: { id: newId(), name: 'Ada', email: 'ada@example.com', password: null },
        memberId: newId(),
        session: {
          ...{ id: newId(), hash: newId(), method: 'link', address: null, userAgent: null, replaces: null },
        },
        now,
      });
    // The first one has expired by then.
    const hour = 3_600_000;
    await assert.rejects(setUp(tokens[0] ?? '', 1000 + hour), { code: 'unauthenticated' });
    await setUp(tokens[1] ?? '', 1000 + hour);
    assert.equal(await at(3000), 'http://localhost:8080/console');
    await assert.rejects(setUp(tokens[1] ?? '', 3000), { code: 'conflict' });
  });

  test('two who set up at the same moment make one operator', async () => {
    await using place = await openTestStore(engine);
    const { store } = place;
    const addresses = await Promise.all(
      Array.from({ length: 4 }, () => consoleAddress(store, 'http://localhost:8080', 1000)),
    );
    const outcomes = await Promise.allSettled(
      addresses.map((address, index) =>
        store.execute('setUp', {
          linkHash: hashApiKey(address.split('=')[1] ?? ''),
          account: { id: newId(), name: 'Ada', email: `ada${index}@example.com`, password: null },
          memberId: newId(),
          session: {
            ...{ id: newId(), hash: newId(), method: 'link', address: null, userAgent: null, replaces: null },
          },
          now: 2000,
        }),
      ),
    );
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    assert.equal((await store.reads.selectFrom('account').select('id').execute()).length, 1);
  });
});
