/** Webhooks as administrators see them: made, changed, deleted; their addresses and secrets; their deliveries. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { conversationScope } from '../../../../src/auth/scopes.ts';
import { newId } from '../../../../src/domain/ids.ts';
import { oneSecret } from '../../../../src/domain/secrets/secret-ring.ts';
import { maxWebhooks } from '../../../../src/domain/webhooks/webhook.ts';
import { operatorKey, serverSecret, startAdminApp } from '../admin-app.ts';

onBothStores('webhooks', async (engine) => {
  const app = await startAdminApp(engine);
  after(() => app[Symbol.asyncDispose]());
  const url = 'https://hooks.example.com/colloquy?x=1';
  const events = ['generation.completed'];

  async function setUp() {
    const organizationId = await app.organization();
    const { key } = await app.key(organizationId, 'admin');
    const path = `/organizations/${organizationId}/webhooks`;
    const make = async (more: object = {}) =>
      (await app.call('POST', path, { url, events, ...more }, key)).body;
    return { organizationId, key, path, make };
  }

  test('is made, read, changed and deleted; its secret is shown once and kept sealed', async () => {
    const { organizationId, key, path } = await setUp();
    const headers = { authorization: `Bearer ${key}`, 'idempotency-key': newId() };
    const request = { method: 'POST', url: `/api/admin${path}`, headers } as const;
    const payload = { url, events: [...events, 'user.erased'], description: 'billing' };
    const created = await app.inject({ ...request, payload });
    assert.equal(created.status, 201, created.text);
    const { secret, ...webhook } = created.body;
    assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
    assert.equal(created.headers.location, `/api/admin${path}/${webhook.id}`);
    const { id, created_at, updated_at, created_by, ...rest } = webhook;
    assert.equal(created_by.kind, 'key');
    assert.deepEqual(rest, { ...payload, is_active: true, gone_at: null, failing_since: null });
    const replayed = await app.inject({ ...request, payload });
    assert.deepEqual([replayed.status, replayed.body], [201, webhook]);

    const row = await app.store.reads
      .selectFrom('webhook')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    assert.equal(oneSecret(serverSecret).ring.open(row.secret_encrypted, id), secret);
    assert.equal(row.address_is_guarded, 1);
    assert.deepEqual((await app.call('GET', `${path}/${id}`, undefined, key)).body, webhook);
    assert.deepEqual((await app.call('GET', path, undefined, key)).body, {
      data: [webhook],
      next_cursor: null,
    });

    const changes = { url: 'https://other.example.com/', events: ['budget.reached'], description: null };
    const changed = await app.call('PATCH', `${path}/${id}`, { ...changes, is_active: false }, key);
    assert.equal(changed.status, 200, changed.text);
    assert.deepEqual({ ...changed.body, ...changes, is_active: false }, changed.body);
    assert.equal((await app.call('PATCH', `${path}/${id}`, {}, key)).status, 200);
    assert.equal((await app.call('DELETE', `${path}/${id}`, undefined, key)).status, 204);
    for (const [method, where, body] of [
      ['GET', '', undefined],
      ['PATCH', '', {}],
      ['DELETE', '', undefined],
      ['GET', '/deliveries', undefined],
      ['POST', `/deliveries/${newId()}/resend`, undefined],
    ] as const)
      assert.equal((await app.call(method, `${path}/${id}${where}`, body, key)).status, 404);

    const { data } = (await app.call('GET', `/organizations/${organizationId}/audit?limit=50`)).body;
    const entries = data.filter(({ action }: { action: string }) => action.startsWith('webhook.'));
    assert.deepEqual(
      entries.map(({ action }: { action: string }) => action),
      ['webhook.delete', 'webhook.update', 'webhook.create'],
    );
    assert.deepEqual(entries[1].after, { ...changes, is_active: false });
    assert.equal(JSON.stringify(data).includes(secret.slice(6)), false);
    assert.equal(entries[2].after.secret_encrypted, 'set');
  });

  test('refuses what it can’t use, and names the field', async () => {
    const { path, key, make } = await setUp();
    const cases: readonly [body: object, field: string, says: RegExp][] = [
      [{ url: 'ftp://hooks.example.com/' }, 'url', /http or https/],
      [{ url: 'https://me:secret@hooks.example.com/' }, 'url', /without user/],
      [{ url: 'https://hooks.example.com/#a' }, 'url', /fragment/],
      [{ url: 'hooks.example.com' }, 'url', /http or https/],
      [{ url: '' }, 'url', /url/],
      [{ url: `https://hooks.example.com/${'x'.repeat(2000)}` }, 'url', /2000/],
      [{ events: [] }, 'events', /events/],
      [{ events: ['generation.started'] }, 'events.0', /generation\.completed/],
      [{ events: [...events, ...events] }, 'events', /events/],
      [{ description: 'x'.repeat(256) }, 'description', /255/],
      [{ secret: 'whsec_mine' }, 'secret', /secret/],
    ];
    for (const [body, field, says] of cases) {
      const refused = await app.call('POST', path, { url, events, ...body }, key);
      assert.equal(refused.status, 400, `${JSON.stringify(body)}: ${refused.text}`);
      assert.equal(refused.body.field, field);
      assert.match(refused.body.error, says);
      const { id } = await make();
      if (field !== 'secret')
        assert.equal((await app.call('PATCH', `${path}/${id}`, body, key)).status, 400, field);
    }
  });

  test('only the operator names private addresses', async () => {
    const { path, key, make } = await setUp();
    for (const inside of ['http://127.0.0.1:9/', 'https://10.0.0.7/', 'http://intranet/', 'https://[::1]/']) {
      const refused = await app.call('POST', path, { url: inside, events }, key);
      assert.equal(refused.status, 403, inside);
      assert.match(refused.body.error, /^url is .* operator's admin key/);
    }
    const guardOf = async (id: string): Promise<number> =>
      (
        await app.store.reads
          .selectFrom('webhook')
          .select('address_is_guarded')
          .where('id', '=', id)
          .executeTakeFirstOrThrow()
      ).address_is_guarded;
    const inside = { url: 'http://127.0.0.1:9/' };
    const { body } = await app.call('POST', path, { ...inside, events }, operatorKey);
    assert.equal(await guardOf(body.id), 0);
    // The address that the operator wrote stays open for a change of something else, and for no other address.
    await app.call('PATCH', `${path}/${body.id}`, { description: 'mine' }, key);
    assert.equal(await guardOf(body.id), 0);
    assert.equal((await app.call('PATCH', `${path}/${body.id}`, { url }, key)).status, 200);
    assert.equal(await guardOf(body.id), 1);
    const own = await make();
    assert.equal((await app.call('PATCH', `${path}/${own.id}`, inside, key)).status, 403);
    assert.equal((await app.call('PATCH', `${path}/${own.id}`, inside, operatorKey)).status, 200);
    assert.equal(await guardOf(own.id), 0);
  });

  test('an organization has so many at most', async () => {
    const { path, key, make } = await setUp();
    const made = await Promise.all(Array.from({ length: maxWebhooks + 3 }, () => make()));
    assert.equal(made.filter(({ id }) => id !== undefined).length, maxWebhooks);
    const refused = await app.call('POST', path, { url, events }, key);
    assert.equal(refused.status, 409);
    assert.match(refused.body.error, /at most 20 webhooks/);
  });

  test('deliveries are listed newest first, by pages, and only in their organization', async () => {
    const { organizationId, path, key, make } = await setUp();
    const { id } = await make({ events: ['conversation.deleted'] });
    const scope = conversationScope(organizationId, 'test');
    const deleted: string[] = [];
    for (let count = 0; count < 5; count += 1) {
      const conversation = { scope, id: newId(), now: Date.now() };
      await app.store.execute('createConversation', { ...conversation, title: 'Private', isArchived: false });
      await app.store.execute('deleteConversation', conversation);
      deleted.unshift(conversation.id);
    }
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await app.call('GET', `${path}/${id}/deliveries?limit=2${cursor}`, undefined, key);
      assert.equal(page.status, 200, page.text);
      assert.ok(!page.text.includes('Private'));
      for (const { data, status, type } of page.body.data) {
        assert.deepEqual([data.environment, status, type], ['test', 'pending', 'conversation.deleted']);
        seen.push(data.conversation_id);
      }
      cursor = page.body.next_cursor === null ? '' : `&cursor=${page.body.next_cursor}`;
    } while (cursor !== '');
    // Within a millisecond their order is not known.
    assert.deepEqual(seen.toSorted(), deleted.toSorted());
    assert.equal(seen.length, 5);

    const other = await setUp();
    const foreign = await app.call('GET', `${other.path}/${id}/deliveries`, undefined, other.key);
    assert.equal(foreign.status, 404);
    const { data } = (await app.call('GET', `${path}/${id}/deliveries`, undefined, key)).body;
    const mine = await other.make();
    const resend = `deliveries/${data[0].id}/resend`;
    assert.equal(
      (await app.call('POST', `${other.path}/${mine.id}/${resend}`, undefined, other.key)).status,
      404,
    );
    const sent = await app.call('POST', `${path}/${id}/${resend}`, undefined, key);
    assert.deepEqual(
      [sent.status, sent.body],
      [200, { ...data[0], next_attempt_at: sent.body.next_attempt_at }],
    );
    await app.call('PATCH', `${path}/${id}`, { is_active: false }, key);
    const refused = await app.call('POST', `${path}/${id}/${resend}`, undefined, key);
    assert.deepEqual([refused.status, refused.body.code], [409, 'conflict']);
  });

  test('all of it goes with the organization', async () => {
    const { organizationId, make } = await setUp();
    await make({ events: ['conversation.deleted', 'user.erased'] });
    const scope = conversationScope(organizationId, 'prod');
    const conversation = { scope, id: newId(), now: Date.now() };
    await app.store.execute('createConversation', { ...conversation, title: 'Private', isArchived: false });
    await app.store.execute('deleteConversation', conversation);
    const { reads } = app.store;
    const rows = async (): Promise<number> =>
      (await reads.selectFrom('webhook_delivery').select('data').execute()).filter(({ data }) =>
        data.includes(conversation.id),
      ).length;
    assert.equal(await rows(), 1);
    const erased = await app.call('DELETE', `/organizations/${organizationId}`);
    assert.equal(erased.body.deleted.webhooks, 1);
    assert.equal(await rows(), 0);
    assert.deepEqual(await reads.selectFrom('deleted_webhook').selectAll().execute(), []);
  });
});
