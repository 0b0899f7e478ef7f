/** An organization's end users: who they are, what each has used, filters and pages. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, refuse } from 'colloquy-testkit/upstream/scripted-upstream';
import { conversationScope } from '../../../../src/auth/scopes.ts';
import { newId } from '../../../../src/domain/ids.ts';
import { readLog } from '../../../generation/engines.ts';
import { startAdminApp } from '../admin-app.ts';

onBothStores('the list of end users', async (storeEngine) => {
  const app = await startAdminApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const { harness, engine } = app;
  const { organizationId } = harness.scope;
  const path = `/organizations/${organizationId}/users`;
  const begin = Date.parse('2026-11-01T00:00:00.000Z');

  let made = 0;
  const user = async (externalId: string, environment: 'test' | 'prod' = 'prod') => {
    made += 1;
    const entry = { id: newId(), organizationId, environment, externalId, now: begin + made };
    const { id } = await app.store.execute('ensureEndUser', entry);
    return {
      id,
      async ask(more: object = {}) {
        const scope = conversationScope(organizationId, environment, id);
        const { generationId } = await engine.accept(harness.turn({ text: 'Hi' }, { scope, ...more }));
        await readLog(engine, generationId).ended;
      },
    };
  };
  const list = async (query = ''): Promise<string[]> => {
    const { status, body } = await app.call('GET', `${path}${query}`);
    assert.equal(status, 200, JSON.stringify(body));
    return body.data.map(
      (one: { user_id: string; environment: string }) => `${one.user_id} ${one.environment}`,
    );
  };

  harness.upstream.enqueue(
    answer('one', { usage: { promptTokens: 1000, completionTokens: 500 } }),
    answer('two', { usage: { promptTokens: 1000, completionTokens: 250 } }),
    refuse(400, { message: 'rule 7 forbids it' }),
  );
  const keyId = (await app.key(organizationId, 'prod')).id;
  const ada = await user('Ada-4711');
  await ada.ask();
  await app.store.execute('addUpUsage', { limit: 100 });
  await ada.ask({ apiKeyId: keyId });
  const grace = await user('grace', 'test');
  await grace.ask();
  await user('grace');

  test('those of both environments come newest first, with what they have used', async () => {
    assert.deepEqual(await list(), ['grace prod', 'grace test', 'Ada-4711 prod']);
    const { body } = await app.call('GET', path);
    const { last_active_at, ...rest } = body.data[2];
    assert.match(last_active_at, /Z$/);
    assert.deepEqual(rest, {
      id: ada.id,
      user_id: 'Ada-4711',
      environment: 'prod',
      status: 'done',
      conversations: 2,
      requests: 2,
      errors: 0,
      prompt_tokens: 2000,
      completion_tokens: 750,
      total_tokens: 2750,
      // The harness' model costs 1 and 2 per million.
      cost: 0.0035,
      unpriced_calls: 0,
      limits: { writes_per_minute: 120, viewers: 20 },
      consumed: { writes_per_minute: 0, viewers: 0 },
      created_at: '2026-11-01T00:00:00.001Z',
    });
    assert.deepEqual([body.data[1].status, body.data[1].errors], ['failed', 1]);
    const { status, last_active_at: never, conversations, cost } = body.data[0];
    assert.deepEqual(
      { status, never, conversations, cost },
      { status: null, never: null, conversations: 0, cost: 0 },
    );
  });

  test('each filter finds what it names', async () => {
    const table: Readonly<Record<string, string[]>> = {
      'environment=test': ['grace test'],
      'user_id=grace': ['grace prod', 'grace test'],
      'user_id=grac': [],
      'q=4711': ['Ada-4711 prod'],
      'q=ADA': ['Ada-4711 prod'],
      'q=%25': [],
      'status=failed': ['grace test'],
      'status=done': ['Ada-4711 prod'],
      [`key_id=${keyId}`]: ['Ada-4711 prod'],
      [`model_id=${harness.modelId}`]: ['grace test', 'Ada-4711 prod'],
      [`persona_id=${harness.persona.personaId + 1}`]: [],
      'from=2026-11-01T00:00:00.002Z': ['grace prod', 'grace test'],
      'to=2026-11-01T00:00:00.002Z': ['Ada-4711 prod'],
    };
    for (const [query, users] of Object.entries(table))
      assert.deepEqual(await list(`?${query}`), users, query);
    for (const query of ['status=x', 'cursor=x', 'q=', 'user_id=']) {
      const { status, body } = await app.call('GET', `${path}?${query}`);
      assert.deepEqual([status, body.field], [400, query.split('=')[0]]);
    }
  });

  test('pages lead through all of them', async () => {
    const read: string[] = [];
    let cursor = '';
    do {
      const { body } = await app.call('GET', `${path}?limit=1${cursor && `&cursor=${cursor}`}`);
      read.push(...body.data.map((one: { user_id: string; environment: string }) => one.user_id));
      cursor = body.next_cursor ?? '';
    } while (cursor !== '');
    assert.deepEqual(read, ['grace', 'grace', 'Ada-4711']);
  });

  test('one of them is found by the user_id, that of prod keys first', async () => {
    for (const [query, environment] of [
      ['', 'prod'],
      ['?environment=test', 'test'],
      ['?environment=prod', 'prod'],
    ]) {
      const { status, body } = await app.call('GET', `${path}/grace${query}`);
      assert.deepEqual([status, body.user_id, body.environment], [200, 'grace', environment], query);
    }
    for (const missing of ['nobody', 'Ada-4711?environment=test', 'ada-4711']) {
      assert.equal((await app.call('GET', `${path}/${missing}`)).status, 404, missing);
    }
    const other = await app.organization();
    assert.equal((await app.call('GET', `/organizations/${other}/users/grace`)).status, 404);
    assert.deepEqual((await app.call('GET', `/organizations/${other}/users`)).body.data, []);
  });
});
