/** An organization's conversations as its administrators see them: filters, counts, cost, pages, one of them. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, refuse } from 'colloquy-testkit/upstream/scripted-upstream';
import { conversationScope } from '../../../../src/auth/scopes.ts';
import { newId } from '../../../../src/domain/ids.ts';
import type { TurnRequest } from '../../../../src/generation/turn.ts';
import { readLog, type TestTarget } from '../../../generation/engines.ts';
import { startAdminApp } from '../admin-app.ts';

onBothStores('conversations of an organization', async (storeEngine) => {
  const app = await startAdminApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const { harness, engine } = app;
  const { organizationId } = harness.scope;
  const path = `/organizations/${organizationId}/conversations`;

  const turn = async (text: string, more: Partial<TurnRequest> = {}, target: TestTarget = {}) => {
    const accepted = await engine.accept(harness.turn({ text, ...target }, more));
    await readLog(engine, accepted.generationId).ended;
    return accepted;
  };
  const list = async (query = ''): Promise<string[]> => {
    const { status, body } = await app.call('GET', `${path}${query}`);
    assert.equal(status, 200, JSON.stringify(body));
    return body.data.map(({ id }: { id: string }) => id);
  };
  const user = async (environment: 'test' | 'prod'): Promise<string> => {
    const entry = { id: newId(), organizationId, environment, externalId: 'ada', now: Date.now() };
    return (await app.store.execute('ensureEndUser', entry)).id;
  };

  harness.upstream.enqueue(
    answer('one', { usage: { promptTokens: 1000, completionTokens: 500 } }),
    answer('two', { usage: { promptTokens: 1000, completionTokens: 250 } }),
    refuse(400, { message: 'rule 7 forbids it' }),
    answer('four'),
    answer('five'),
  );
  const keyId = (await app.key(organizationId, 'prod')).id;
  const createdBy = { kind: 'key', id: keyId } as const;
  const good = await turn('About walruses', { createdBy });
  await turn('And seals', {}, { kind: 'session', sessionId: good.sessionId });
  const bad = await turn('Never');
  const prodUser = await user('prod');
  const users = await turn('Mine', {
    scope: conversationScope(organizationId, 'prod', prodUser),
    apiKeyId: keyId,
  });
  const tests = await turn('Tried', {
    scope: conversationScope(organizationId, 'test', await user('test')),
  });
  const [first, second, third, fourth] = [good, bad, users, tests].map(
    ({ conversationId }) => conversationId,
  );

  test('those of both environments come newest first, with what they come to', async () => {
    const { body } = await app.call('GET', path);
    assert.deepEqual(
      body.data.map(({ id }: { id: string }) => id),
      [fourth, third, second, first],
    );
    const { id, title, created_at, updated_at, ...rest } = body.data[3];
    assert.deepEqual(rest, {
      environment: 'prod',
      user_id: null,
      is_archived: false,
      status: 'done',
      messages: 4,
      sessions: 1,
      generations: 2,
      total_tokens: 2750,
      model_name: 'scripted',
      persona: { id: harness.persona.personaId, version: 1 },
      // The harness' model costs 1 and 2 per million.
      cost: 0.0035,
      created_by: { kind: 'key', id: keyId, name: 'a prod key' },
    });
    assert.equal(body.data[2].status, 'failed');
    assert.equal(body.data[2].messages, 2);
    assert.deepEqual([body.data[0].environment, body.data[0].user_id], ['test', 'ada']);
    assert.equal(body.next_cursor, null);
  });

  test('each filter finds what it names, and several hold together', async () => {
    const { personaId } = harness.persona;
    const table: Readonly<Record<string, (string | undefined)[]>> = {
      'environment=prod': [third, second, first],
      'environment=test': [fourth],
      'user_id=ada': [fourth, third],
      'user_id=ada&environment=prod': [third],
      'user_id=nobody': [],
      'status=failed': [second],
      'status=done&environment=prod': [third, first],
      'status=running': [],
      [`key_id=${keyId}`]: [third],
      [`key_id=${keyId.toUpperCase()}`]: [third],
      [`model_id=${harness.modelId}`]: [fourth, third, second, first],
      [`model_id=${newId()}`]: [],
      [`persona_id=${personaId}`]: [fourth, third, second, first],
      [`persona_id=${personaId + 1}`]: [],
      'is_archived=true': [],
      'is_archived=false&limit=1': [fourth],
      'q=walruses': [first],
      'q=nowhere': [],
      'q=walruses&status=failed': [],
      'q=walruses&environment=test': [],
    };
    for (const [query, ids] of Object.entries(table)) assert.deepEqual(await list(`?${query}`), ids, query);
    const { body } = await app.call('GET', `${path}?q=walrus`);
    assert.match(body.data[0].snippet, /walruses/);
    // A title is found before the text that it was made of.
    assert.equal(body.data[0].message_id, null);
    const hit = (await app.call('GET', `${path}?q=seals`)).body.data[0];
    assert.match(hit.snippet, /And seals/);
    assert.match(hit.message_id, /^[0-9a-f-]{36}$/);
    assert.equal('message_id' in (await app.call('GET', path)).body.data[0], false);
    const made = new Date(
      (await app.call('GET', `${path}/${second}`)).body.created_at as string,
    ).toISOString();
    assert.equal((await list(`?from=${made}`)).at(-1), second);
    assert.equal((await list(`?to=${made}`))[0], first);
  });

  test('pages lead through all of it, filtered or not, and hold nothing twice', async () => {
    for (const filter of ['', '&status=done', '&is_archived=false']) {
      const whole = await list(`?limit=1000${filter}`);
      const read: string[] = [];
      let cursor = '';
      do {
        const { body } = await app.call('GET', `${path}?limit=1${filter}${cursor && `&cursor=${cursor}`}`);
        read.push(...body.data.map(({ id }: { id: string }) => id));
        cursor = body.next_cursor ?? '';
      } while (cursor !== '');
      assert.deepEqual(read, whole, filter);
    }
  });

  test('one of them has its sessions; another organization has none of it', async () => {
    const { status, body } = await app.call('GET', `${path}/${third?.toUpperCase()}`);
    assert.equal(status, 200);
    assert.deepEqual([body.id, body.user_id, body.sessions], [third, 'ada', 1]);
    const [{ created_at, updated_at, ...session }] = body.session_list;
    assert.deepEqual(session, {
      id: users.sessionId,
      model_id: harness.modelId,
      persona: { id: harness.persona.personaId, version: 1 },
      status: 'active',
    });
    const other = await app.organization();
    assert.deepEqual((await app.call('GET', `/organizations/${other}/conversations`)).body.data, []);
    for (const [organization, id] of [
      [other, third],
      [organizationId, newId()],
    ]) {
      const missing = await app.call('GET', `/organizations/${organization}/conversations/${id}`);
      assert.deepEqual([missing.status, missing.body.code], [404, 'not_found']);
    }
  });

  test('what is asked wrongly is refused by its name', async () => {
    for (const [query, field] of Object.entries({
      'status=fine': 'status',
      'model_id=x': 'model_id',
      'persona_id=0': 'persona_id',
      'from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z': 'from',
      'cursor=x': 'cursor',
      'limit=1001': 'limit',
      'q=': 'q',
    })) {
      const { status, body } = await app.call('GET', `${path}?${query}`);
      assert.deepEqual([status, body.field], [400, field], query);
    }
  });
});
