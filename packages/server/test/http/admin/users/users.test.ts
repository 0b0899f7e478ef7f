/** An end user's id may be anything of 255 characters, and is found in the path and in the query. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { startTestApp, type TestApp } from '../../http-app.ts';

const ids = [
  'customer-4711',
  'a/b',
  '100%',
  '%2F',
  'a?b=c&d#e',
  '...',
  'x.',
  'export',
  'Jörg Groß ☃ 🧑‍🚀',
  '🧑‍🚀/%'.padEnd(255, '/'),
  '%'.repeat(255),
];

onBothStores('ids of end users', (engine) => {
  let app: TestApp;
  before(async () => {
    app = await startTestApp(engine);
  });
  after(() => app[Symbol.asyncDispose]());

  for (const userId of ids) {
    const name = userId.length > 30 ? `${userId.slice(0, 10)}… (${userId.length})` : userId;
    for (const way of ['path', 'query'] as const) {
      test(`${name} in the ${way}`, async () => {
        const users = `/organizations/${app.harness.scope.organizationId}/users`;
        const encoded = encodeURIComponent(userId);
        const [exportPath, erasePath] =
          way === 'path'
            ? [`${users}/${encoded}/export`, `${users}/${encoded}`]
            : [`${users}/export?user_id=${encoded}`, `${users}?user_id=${encoded}`];
        const made = await app.call('/api/chat/get_token', { key: app.prodKey, body: { user_id: userId } });
        assert.equal(made.status, 200, JSON.stringify(made.body));
        const exported = await app.admin('GET', exportPath);
        assert.equal(exported.status, 200, JSON.stringify(exported.body));
        assert.equal(JSON.parse(exported.body.split('\n')[0]).user_id, userId);
        const erased = await app.admin('DELETE', erasePath);
        assert.deepEqual([erased.status, erased.body.deleted.end_users], [200, 1]);
        assert.equal((await app.admin('DELETE', erasePath)).status, 404);
      });
    }
  }

  test('a call that names nobody names the field', async () => {
    const users = `/organizations/${app.harness.scope.organizationId}/users`;
    for (const [method, path] of [
      ['GET', `${users}/export`],
      ['DELETE', users],
    ] as const) {
      const { status, body } = await app.admin(method, path);
      assert.deepEqual([status, body.code, body.field], [400, 'invalid_request', 'user_id']);
    }
  });
});
