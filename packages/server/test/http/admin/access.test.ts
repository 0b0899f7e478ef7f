/** Access to the administration, for each kind of caller. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { startAdminApp } from './admin-app.ts';

onBothStores('administration: who may', async (engine) => {
  const app = await startAdminApp(engine);
  after(() => app[Symbol.asyncDispose]());
  const mine = await app.organization('mine');
  const other = await app.organization('other');
  const adminKey = (await app.key(mine, 'admin')).key;

  const memberToken = async (role: string): Promise<string> => {
    const member = { name: role, email: `${role}@example.com`, role };
    const { id } = (await app.call('POST', `/organizations/${mine}/members`, member)).body;
    const answer = await app.call('POST', `/organizations/${mine}/members/${id}/token`, {
      ttl_seconds: 60,
    });
    assert.equal(answer.status, 200);
    return answer.body.token;
  };

  test('nobody without a credential, or with a bad one', async () => {
    for (const key of [null, 'sk_admin_wrong', 'nonsense']) {
      const answer = await app.call('GET', '/organizations', undefined, key);
      assert.equal(answer.status, 401);
      assert.equal(answer.body.code, 'unauthenticated');
    }
    const { id, key } = await app.key(mine, 'admin');
    assert.equal((await app.call('GET', '/organizations', undefined, key)).status, 200);
    assert.equal((await app.call('DELETE', `/organizations/${mine}/keys/${id}`)).status, 204);
    assert.equal((await app.call('GET', '/organizations', undefined, key)).status, 401);
  });

  test('the credential comes before the body', async () => {
    const answer = await app.call('POST', '/organizations', { nonsense: 1 }, null);
    assert.equal(answer.status, 401);
  });

  test('not test and prod keys, not guests and members', async () => {
    const credentials = [
      (await app.key(mine, 'prod')).key,
      (await app.key(mine, 'test')).key,
      await memberToken('guest'),
      await memberToken('member'),
    ];
    for (const credential of credentials) {
      const answer = await app.call('GET', `/organizations/${mine}`, undefined, credential);
      assert.equal(answer.status, 403);
      assert.equal(answer.body.code, 'forbidden');
    }
  });

  test('an admin key, an owner and an admin see their own organization only', async () => {
    for (const credential of [adminKey, await memberToken('owner'), await memberToken('admin')]) {
      const list = await app.call('GET', '/organizations', undefined, credential);
      assert.deepEqual(
        list.body.data.map((organization: { id: string }) => organization.id),
        [mine],
      );
      assert.equal((await app.call('GET', `/organizations/${mine}`, undefined, credential)).status, 200);
      assert.equal(
        (await app.call('PATCH', `/organizations/${mine}`, { name: 'M' }, credential)).status,
        200,
      );
      assert.equal(
        (await app.call('GET', `/organizations/${mine}/models`, undefined, credential)).status,
        200,
      );
    }
  });

  test("another's organization is as if it were not there", async () => {
    const nowhere = '019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f01';
    const model = await app.model(other);
    const calls: [method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object][] = [
      ['GET', ''],
      ['PATCH', '', { name: 'x' }],
      ['GET', '/models'],
      ['POST', '/models', { name: 'x', provider: 'openai', model: 'x' }],
      ['GET', `/models/${model}`],
      ['PATCH', `/models/${model}`, { name: 'x' }],
      ['DELETE', `/models/${model}`],
      ['POST', `/models/${model}/test`],
      ['GET', '/personas'],
      ['POST', '/personas', { name: 'x', alias: 'xyz' }],
      ['GET', '/keys'],
      ['POST', '/keys', { name: 'x', type: 'admin' }],
      ['GET', '/members'],
      ['POST', '/members', { name: 'x', email: 'x@example.com', role: 'owner' }],
      ['GET', '/usage'],
      ['GET', '/users/somebody/export'],
      ['DELETE', '/users/somebody'],
    ];
    for (const [method, path, body] of calls) {
      const answers = [];
      for (const organization of [other, nowhere]) {
        const answer = await app.call(method, `/organizations/${organization}${path}`, body, adminKey);
        answers.push({ status: answer.status, body: answer.body });
      }
      const told = 'organization not found';
      assert.deepEqual(
        answers[0],
        { status: 404, body: { error: told, message: told, code: 'not_found' } },
        path,
      );
      assert.deepEqual(answers[1], answers[0], path);
    }
    // The path of the caller's own organization does not lead to another's model either.
    const across = await app.call('GET', `/organizations/${mine}/models/${model}`, undefined, adminKey);
    assert.equal(across.status, 404);
    assert.deepEqual(app.tested, []);
    assert.equal((await app.call('GET', `/organizations/${other}/models/${model}`)).status, 200);
  });

  test('only the operator makes and deletes organizations', async () => {
    const post = await app.call('POST', '/organizations', { name: 'x' }, adminKey);
    assert.equal(post.status, 403);
    assert.equal((await app.call('DELETE', `/organizations/${mine}`, undefined, adminKey)).status, 403);
  });
});
