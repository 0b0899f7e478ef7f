/** What calls have shown is kept with a model until a setting changes on which it depends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { openTestStore } from 'colloquy-testkit/stores';
import { organizationScope } from '../../../src/auth/scopes.ts';
import { newId } from '../../../src/domain/ids.ts';
import type { LearntFacts } from '../../../src/domain/model.ts';
import type { ModelSettings } from '../../../src/store/commands/models.ts';
import { findModel } from '../../../src/store/queries/models.ts';

onBothStores('learnt facts', (engine) => {
  async function start(settings: Partial<ModelSettings> = {}) {
    const place = await openTestStore(engine);
    const { store } = place;
    const [organizationId, id] = [newId(), newId()];
    let now = 1000;
    await store.execute('createOrganization', { id: organizationId, name: 'test', now });
    await store.execute('createModel', {
      id,
      organizationId,
      settings: { name: 'M', provider: 'openai', model: 'm', ...settings },
      byOperator: true,
      now,
    });
    const read = async () => {
      const record = await findModel(store.reads, organizationScope(organizationId), id);
      assert.ok(record);
      return record;
    };
    return {
      read,
      learn: async (facts: LearntFacts, updatedAt?: number) => {
        const basis = updatedAt ?? (await read()).updatedAt;
        now += 1;
        return store.execute('learnAboutModel', { organizationId, id, updatedAt: basis, facts, now });
      },
      change: (changes: Partial<ModelSettings>) => {
        now += 1;
        return store.execute('updateModel', { organizationId, id, changes, byOperator: true, now });
      },
      [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
    };
  }

  test('a window replaces the one before, and parameters add up', async () => {
    await using model = await start();
    assert.equal(await model.learn({ contextWindow: 8000, refusedParameters: ['seed'] }), true);
    assert.equal(await model.learn({ contextWindow: 4096 }), true);
    assert.equal(await model.learn({ refusedParameters: ['temperature', 'seed'] }), true);
    const record = await model.read();
    assert.deepEqual(record.learnt, { contextWindow: 4096, refusedParameters: ['temperature', 'seed'] });
    assert.deepEqual([record.contextWindow, record.contextWindowSource], [4096, 'learnt']);
    assert.deepEqual([record.updatedAt, record.learntAt], [1000, 1003]);
    assert.equal(await model.learn({ contextWindow: 4096, refusedParameters: ['seed'] }), false);
    assert.equal((await model.read()).learntAt, 1003);
  });

  test('an administrator’s window stays, and comes before the learnt one', async () => {
    await using model = await start({ contextWindow: 9000 });
    assert.equal(await model.learn({ contextWindow: 2000 }), true);
    const record = await model.read();
    assert.deepEqual([record.contextWindow, record.contextWindowSource], [9000, 'set']);
    assert.equal(record.learnt.contextWindow, 2000);
  });

  test('what prompts have shown is replaced as a whole', async () => {
    await using model = await start();
    assert.equal(await model.learn({ prompts: { countRatio: 0.8, promptTokens: 500 } }), true);
    assert.equal(await model.learn({ prompts: { promptTokens: 500, countRatio: 0.8 } }), false);
    assert.equal(
      await model.learn({ contextWindow: 2000, prompts: { countRatio: 0.7, answerTokens: 9 } }),
      true,
    );
    const { learnt } = await model.read();
    assert.deepEqual(learnt, { contextWindow: 2000, prompts: { countRatio: 0.7, answerTokens: 9 } });
    for (const countRatio of [0, -1, 1.5, Number.NaN]) {
      assert.equal(await model.learn({ prompts: { countRatio } }), false, String(countRatio));
    }
    await model.learn({ prompts: { countRatio: 1, promptTokens: -4, answerTokens: 1.5 } });
    assert.deepEqual((await model.read()).learnt.prompts, { countRatio: 1 });
  });

  test('what is no window is not kept', async () => {
    await using model = await start();
    for (const contextWindow of [0, -5, 127, 1.5, Number.NaN, 1e300, 100_000_001]) {
      assert.equal(await model.learn({ contextWindow }), false, String(contextWindow));
    }
    assert.deepEqual((await model.read()).learnt, {});
  });

  test('it is forgotten when what it depends on changes, and only then', async () => {
    await using model = await start();
    const facts: LearntFacts = {
      contextWindow: 2000,
      refusedParameters: ['stop'],
      prompts: { countRatio: 0.9 },
    };
    await model.learn(facts);
    await model.change({ name: 'Another', isActive: false, prices: { input: 1, output: 2 }, maxRetries: 1 });
    assert.deepEqual((await model.read()).learnt, facts);
    const changes: readonly Partial<ModelSettings>[] = [
      { model: 'other' },
      { provider: 'mistral' },
      { baseUrl: 'https://other.example/v1' },
      { contextWindow: null },
      { sealedHeaders: { a: 'b' } },
      { sealedQuery: { a: 'b' } },
      { extraBody: { top_k: 1 } },
      { tokenField: 'max_tokens' },
      { systemRole: 'developer' },
      { stream: false },
    ];
    for (const change of changes) {
      await model.learn(facts);
      assert.deepEqual((await model.read()).learnt, facts);
      await model.change(change);
      assert.deepEqual((await model.read()).learnt, {}, JSON.stringify(change));
    }
  });

  test('what a client of earlier settings learnt is not kept', async () => {
    await using model = await start();
    const { updatedAt } = await model.read();
    await model.change({ model: 'other' });
    assert.equal(await model.learn({ contextWindow: 2000 }, updatedAt), false);
  });
});
