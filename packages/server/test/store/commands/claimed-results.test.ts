/** What is stored under an idempotency claim has no texts, and a retry still gets the whole result. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { newId } from '../../../src/domain/ids.ts';
import { startEngineHarness } from '../../generation/engines.ts';

onBothStores('results of claimed calls', (engine) => {
  const claimOf = (key: string) => ({
    scope: 'key:a',
    key,
    bodyHash: 'h',
    now: 1000,
    expiresAt: 100_000,
  });

  test('titles and texts are read from the store, and are gone with it', async () => {
    await using harness = await startEngineHarness(engine);
    const { store } = harness.place;
    const { scope, modelId } = harness;
    const conversation = {
      scope,
      id: newId(),
      title: 'Geheimnis im Titel',
      isArchived: false,
      now: 1000,
    };
    const made = await store.executeOnce('createConversation', conversation, claimOf('a'));
    const session = { scope, id: newId(), conversationId: made.result.id, modelId, persona: null, now: 1000 };
    const opened = await store.executeOnce('createSession', session, claimOf('b'));
    const message = {
      scope,
      conversationId: made.result.id,
      messageId: newId(),
      role: 'user',
      text: 'Geheimnis im Text',
      newSession: null,
      apiKeyId: null,
      now: 1000,
    } as const;
    const posted = await store.executeOnce('postMessage', message, claimOf('c'));
    const user = {
      id: newId(),
      organizationId: scope.organizationId,
      environment: 'prod',
      externalId: 'Geheimnis',
      now: 1000,
    } as const;
    const seen = await store.executeOnce('ensureEndUser', user, claimOf('d'));

    const stored = await store.reads.selectFrom('idempotency').selectAll().execute();
    assert.equal(stored.length, 4);
    assert.ok(!JSON.stringify(stored).includes('Geheimnis'), JSON.stringify(stored));

    const again = (id: string) => ({ ...conversation, id, title: 'another try' });
    const retried = await store.executeOnce('createConversation', again(newId()), claimOf('a'));
    assert.deepEqual(
      [retried.replayed, retried.result.id, retried.result.title],
      [true, made.result.id, 'Geheimnis im Titel'],
    );
    assert.deepEqual(await store.executeOnce('postMessage', message, claimOf('c')), {
      ...posted,
      replayed: true,
    });
    const { result } = await store.executeOnce('createSession', session, claimOf('b'));
    assert.equal(result.id, opened.result.id);
    assert.deepEqual((await store.executeOnce('ensureEndUser', user, claimOf('d'))).result, seen.result);

    await store.execute('deleteConversation', { scope, id: made.result.id, now: 1000 });
    await store.execute('eraseEndUsers', {
      organizationId: scope.organizationId,
      endUserIds: [seen.result.id],
      now: 1000,
    });
    const gone = { code: 'not_found' };
    await assert.rejects(store.executeOnce('createConversation', conversation, claimOf('a')), gone);
    await assert.rejects(store.executeOnce('createSession', session, claimOf('b')), gone);
    await assert.rejects(store.executeOnce('postMessage', message, claimOf('c')), gone);
    await assert.rejects(store.executeOnce('ensureEndUser', user, claimOf('d')), gone);
  });
});
