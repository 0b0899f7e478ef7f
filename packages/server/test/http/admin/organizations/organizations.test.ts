import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import { startAdminApp } from '../admin-app.ts';

onBothStores('organizations', async (engine) => {
  const app = await startAdminApp(engine);
  after(() => app[Symbol.asyncDispose]());

  test('made, read, changed', async () => {
    const made = await app.call('POST', '/organizations', { name: 'Acme' });
    assert.equal(made.status, 201);
    const { id, created_at, updated_at } = made.body;
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    assert.match(created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual(made.body, { id, name: 'Acme', default_model_id: null, created_at, updated_at });
    assert.equal(made.headers.location, `/api/admin/organizations/${id}`);
    const read = await app.inject({
      url: String(made.headers.location)
        .toUpperCase()
        .replace('/API/ADMIN/ORGANIZATIONS', '/api/admin/organizations'),
      headers: { authorization: 'Bearer sk_admin_operator-of-the-tests-0123456789' },
    });
    assert.deepEqual(read.body, made.body);
    const model = await app.model(id);
    const patched = await app.call('PATCH', `/organizations/${id}`, {
      name: 'Acme 2',
      default_model_id: model,
    });
    assert.equal(patched.status, 200);
    assert.equal(patched.body.name, 'Acme 2');
    assert.equal(patched.body.default_model_id, model);
    const cleared = await app.call('PATCH', `/organizations/${id}`, { default_model_id: null });
    assert.equal(cleared.body.default_model_id, null);
    assert.equal(cleared.body.name, 'Acme 2');
  });

  test('what is wrong is named', async () => {
    const id = await app.organization();
    const foreign = await app.model(await app.organization());
    const wrong: [body: unknown, error: RegExp][] = [
      [{}, /name is required/],
      [{ nmae: 'x' }, /nmae/],
      [{ name: 'x', nmae: 'x' }, /unknown field nmae.*name/],
      [{ name: '' }, /name must have 1 to 255 characters/],
      [{ name: 'x'.repeat(256) }, /name must have 1 to 255 characters/],
      [{ name: 5 }, /name must be a string/],
    ];
    for (const [body, error] of wrong) {
      const answer = await app.call('POST', '/organizations', body);
      assert.equal(answer.status, 400, JSON.stringify(body));
      assert.match(answer.body.error, error);
    }
    const unknown = await app.call('PATCH', `/organizations/${id}`, { default_model_id: foreign });
    assert.equal(unknown.status, 400);
    assert.match(unknown.body.error, /default_model_id/);
    assert.equal((await app.call('GET', '/organizations/nonsense')).status, 400);
    assert.equal((await app.call('GET', '/organizations/019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f01')).status, 404);
  });

  test('lists page to the end, each once', async () => {
    const ids = new Set<string>();
    for (let count = 0; count < 5; count++) ids.add(await app.organization(`n${count}`));
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query = cursor === '' ? 'limit=2' : `limit=2&cursor=${cursor}`;
      const { status, body } = await app.call('GET', `/organizations?${query}`);
      assert.equal(status, 200);
      assert.ok(body.data.length >= 1 && body.data.length <= 2);
      seen.push(...body.data.map((one: { id: string }) => one.id));
      cursor = body.next_cursor;
    }
    assert.equal(new Set(seen).size, seen.length);
    for (const id of ids) assert.ok(seen.includes(id));
    for (const query of ['limit=0', 'limit=1001', 'limit=x', 'cursor=nonsense', 'cursor=']) {
      const answer = await app.call('GET', `/organizations?${query}`);
      assert.equal(answer.status, 400, query);
      assert.match(answer.body.error, /limit|cursor/);
    }
    assert.equal((await app.call('GET', '/organizations?unknown=1&limit=1000')).status, 200);
  });

  test('an idempotent retry makes one', async () => {
    const post = (name: string) =>
      app.inject({
        method: 'POST',
        url: '/api/admin/organizations',
        headers: {
          authorization: 'Bearer sk_admin_operator-of-the-tests-0123456789',
          'idempotency-key': 'once',
        },
        payload: { name },
      });
    const first = await post('Once');
    const second = await post('Once');
    assert.equal(first.status, 201);
    assert.deepEqual([second.status, second.body], [201, first.body]);
    const other = await post('Other');
    assert.deepEqual([other.status, other.body.code], [409, 'idempotency_mismatch']);
  });

  test('deleting takes all of its data along, and nothing else', async () => {
    const { harness } = app;
    const kept = await app.organization('kept');
    await app.model(kept);
    const { organizationId } = harness.scope;
    const { key } = await app.key(organizationId, 'prod');
    harness.upstream.enqueue(answer('Hello there'));
    const accepted = await app.engine.accept(harness.turn({}));
    await app.engine.answer(accepted.generationId);
    const erased = await app.call('DELETE', `/organizations/${organizationId}`);
    assert.equal(erased.status, 200);
    const { deleted } = erased.body;
    assert.equal(deleted.organizations, 1);
    assert.equal(deleted.models, 1);
    assert.equal(deleted.personas, 1);
    assert.equal(deleted.keys, 1);
    assert.equal(deleted.conversations, 1);
    assert.equal(deleted.sessions, 1);
    assert.equal(deleted.messages, 2);
    assert.equal(deleted.generations, 1);
    assert.ok(deleted.segments >= 1);
    assert.equal(deleted.model_calls, 1);
    assert.equal((await app.call('GET', `/organizations/${organizationId}`)).status, 404);
    assert.equal((await app.call('DELETE', `/organizations/${organizationId}`)).status, 404);
    assert.equal((await app.call('GET', '/organizations', undefined, key)).status, 401);
    const tables = ['model', 'persona', 'api_key', 'conversation', 'session', 'message'] as const;
    for (const table of [...tables, 'generation', 'model_call', 'end_user'] as const) {
      const rows = await app.store.reads
        .selectFrom(table)
        .select('id')
        .where('organization_id', '=', organizationId)
        .execute();
      assert.deepEqual(rows, [], table);
    }
    assert.equal((await app.call('GET', `/organizations/${kept}/models`)).body.data.length, 1);
  });
});
