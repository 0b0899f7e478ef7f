/** The list of an organization's generations: filters, pages, what a line tells; and their cancel. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, refuse } from 'colloquy-testkit/upstream/scripted-upstream';
import { conversationScope } from '../../../../src/auth/scopes.ts';
import { newId } from '../../../../src/domain/ids.ts';
import { readLog } from '../../../generation/engines.ts';
import { startAdminApp } from '../admin-app.ts';

onBothStores('generations of an organization', async (storeEngine) => {
  const app = await startAdminApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const { harness, engine } = app;
  const { organizationId } = harness.scope;
  const path = `/organizations/${organizationId}/generations`;

  const conversations = new Map<string, string>();
  const turn = async (text: string, more: object = {}): Promise<string> => {
    const { generationId, conversationId } = await engine.accept(harness.turn({ text }, more));
    conversations.set(generationId, conversationId);
    await readLog(engine, generationId).ended;
    return generationId;
  };
  const list = async (query = ''): Promise<{ ids: string[]; next: string | null }> => {
    const { status, body } = await app.call('GET', `${path}${query}`);
    assert.equal(status, 200, JSON.stringify(body));
    return { ids: body.data.map(({ id }: { id: string }) => id), next: body.next_cursor };
  };

  harness.upstream.enqueue(
    answer('Well', { usage: { promptTokens: 1000, completionTokens: 500 } }),
    refuse(400, { message: 'rule 7 forbids it' }),
    answer('Yes'),
  );
  const good = await turn('One');
  const bad = await turn('Two');
  const { id: endUserId } = await app.store.execute('ensureEndUser', {
    id: newId(),
    organizationId,
    environment: 'prod',
    externalId: 'ada',
    now: Date.now(),
  });
  const keyId = (await app.key(organizationId, 'prod')).id;
  const users = await turn('Three', {
    scope: conversationScope(organizationId, 'prod', endUserId),
    apiKeyId: keyId,
  });

  test('the newest comes first, and a page leads to the next', async () => {
    assert.deepEqual(await list(), { ids: [users, bad, good], next: null });
    const first = await list('?limit=2');
    assert.deepEqual(first.ids, [users, bad]);
    assert.deepEqual(await list(`?limit=2&cursor=${first.next}`), { ids: [good], next: null });
    for (const cursor of ['x', Buffer.from('12:no-uuid').toString('base64url'), first.ids[0]]) {
      const { status, body } = await app.call('GET', `${path}?cursor=${cursor}`);
      assert.equal(status, 400);
      assert.match(body.error, /cursor/);
    }
  });

  test('a line tells the end, the reason, the cost and whose it is', async () => {
    const { body } = await app.call('GET', path);
    const [third, second, first] = body.data;
    assert.deepEqual([third.user_id, third.key_id, third.environment], ['ada', keyId, 'prod']);
    assert.equal(second.status, 'failed');
    assert.equal(second.error.code, 'provider_error');
    assert.match(second.error.message, /rule 7 forbids it/);
    assert.deepEqual([first.user_id, first.key_id, first.error], [null, null, null]);
    assert.equal(first.cost, 0.002);
    assert.equal(first.retries, 0);
    assert.ok(Number.isInteger(first.owner), String(first.owner));
    assert.equal(first.usage.total_tokens, 1500);
    assert.equal(first.requested_model_id, harness.modelId);
    assert.deepEqual(first.persona, { id: harness.persona.personaId, version: 1 });
    for (const time of [first.created_at, first.started_at, first.first_token_at, first.finished_at]) {
      assert.ok(Date.parse(time) > 0);
    }
  });

  test('each filter leaves what it names', async () => {
    const other = newId();
    const later = encodeURIComponent(new Date(Date.now() + 60_000).toISOString());
    const before = encodeURIComponent(new Date(Date.now() - 3_600_000).toISOString());
    for (const [query, expected] of [
      ['status=failed', [bad]],
      ['status=interrupted', []],
      ['status=done', [users, good]],
      [`model_id=${harness.modelId.toUpperCase()}`, [users, bad, good]],
      [`model_id=${other}`, []],
      [`persona_id=${harness.persona.personaId}&status=done`, [users, good]],
      ['persona_id=2000000000', []],
      [`key_id=${keyId}`, [users]],
      [`key_id=${other}`, []],
      ['user_id=ada', [users]],
      [`conversation_id=${conversations.get(bad)?.toUpperCase()}`, [bad]],
      [`conversation_id=${conversations.get(bad)}&status=done`, []],
      [`conversation_id=${other}`, []],
      ['user_id=nobody', []],
      [`from=${before}&to=${later}`, [users, bad, good]],
      [`from=${later}`, []],
      [`to=${before}`, []],
    ] as const) {
      assert.deepEqual((await list(`?${query}`)).ids, expected, query);
    }
    for (const query of [
      'status=lost',
      'model_id=x',
      'conversation_id=x',
      'persona_id=0',
      'from=yesterday',
    ]) {
      assert.equal((await app.call('GET', `${path}?${query}`)).status, 400, query);
    }
    const { status, body } = await app.call('GET', `${path}?from=${later}&to=${before}`);
    assert.equal(status, 400);
    assert.match(body.error, /from/);
  });

  test('another organization sees none of them, and can not cancel them', async () => {
    const other = await app.organization();
    const { body } = await app.call('GET', `/organizations/${other}/generations`);
    assert.deepEqual(body.data, []);
    const cancel = await app.call('POST', `/organizations/${other}/generations/${good}/cancel`);
    assert.equal(cancel.status, 404);
  });

  test('a cancel ends what runs, and leaves what has ended', async () => {
    harness.upstream.enqueue({ steps: [{ do: 'tokens', tokens: ['Half'] }, { do: 'stall' }] });
    const { generationId } = await engine.accept(harness.turn({ text: 'Four' }));
    await readLog(engine, generationId).until(4);
    const cancelled = await app.call('POST', `${path}/${generationId}/cancel`);
    assert.equal(cancelled.status, 200);
    assert.equal(cancelled.body.status, 'cancelled');
    const ended = await app.call('POST', `${path}/${bad}/cancel`);
    assert.equal(ended.body.status, 'failed');
  });
});
