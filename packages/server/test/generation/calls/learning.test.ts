/**
 * A helper model that is strict: what it refuses in a title, a summary or a query is learnt in that call, which is made all
 * the same, and kept with the helper for the next one.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import { type Strictness, strict } from 'colloquy-testkit/upstream/strict';
import { organizationScope } from '../../../src/auth/scopes.ts';
import { newId } from '../../../src/domain/ids.ts';
import { silentLogger } from '../../../src/domain/logger.ts';
import type { LearntFacts } from '../../../src/domain/model.ts';
import type { EngineOptions } from '../../../src/generation/engine-options.ts';
import { createGuide } from '../../../src/models/guide/guide.ts';
import { startLocalModel } from '../../../src/models/local/local-model.ts';
import { ModelRegistry } from '../../../src/models/registry.ts';
import { estimateTokens } from '../../../src/models/token-count.ts';
import { createUpstreamDispatcher } from '../../../src/models/upstream/dispatcher.ts';
import { findQueries } from '../../../src/research/queries.ts';
import type { Researcher } from '../../../src/research/research.ts';
import { findModel } from '../../../src/store/queries/models.ts';
import type { StoreEngine } from '../../../src/store/store.ts';
import { long, say, summariesOf, talk } from '../context/contexts.ts';
import { startEngineHarness } from '../engines.ts';

/** Asks for queries as the real researcher does, and finds nothing. */
const researcher: Researcher = {
  async research(request) {
    const { queries } = await findQueries({ ...request, today: new Date() });
    return { sources: [], promptSection: '', queries };
  },
  async [Symbol.asyncDispose]() {},
};

/** An engine with the registry of the server, and a strict helper model of which nothing is known. */
async function start(
  storeEngine: StoreEngine,
  rules: Strictness,
  reply: string,
  options: Partial<EngineOptions>,
) {
  const h = await startEngineHarness(storeEngine);
  const dispatcher = createUpstreamDispatcher({ connectMs: 2000 });
  const { store } = h.place;
  const { organizationId } = h.scope;
  const models = new ModelRegistry({
    remote: {
      dispatcher,
      timeouts: { connectMs: 2000, firstTokenMs: 60_000, idleMs: 60_000 },
      maxRetries: 0,
      countTokens: estimateTokens,
    },
    guarded: dispatcher,
    local: startLocalModel({ choice: { kind: 'off' }, dataDir: '.' }),
    guide: createGuide({ documents: [], variables: [] }),
    logger: silentLogger,
    environment: {},
    openKey: (sealed) => sealed,
    lookupEnvironment: () => undefined,
    learn: ({ id, updatedAt }, facts) =>
      void store.execute('learnAboutModel', { organizationId, id, updatedAt, facts, now: Date.now() }),
  });
  const id = newId();
  await store.execute('createModel', {
    id,
    organizationId,
    settings: {
      name: 'helper',
      provider: 'openai-compatible',
      model: 'helper',
      baseUrl: h.upstream.openAiUrl,
    },
    byOperator: true,
    now: Date.now(),
  });
  await store.execute('updateOrganizationSettings', {
    organizationId,
    changes: { helperModelId: id },
    now: Date.now(),
  });
  h.upstream.script('helper', strict(rules, answer(reply)));
  const engine = await h.start(undefined, { models, titles: false, summaries: false, ...options });
  return {
    h,
    id,
    engine,
    calls: () => h.upstream.requests.filter(({ model }) => model === 'helper'),
    /** Resolves with what is kept of the helper, once `isWhole` holds. */
    async learnt(isWhole: (facts: LearntFacts) => boolean): Promise<LearntFacts> {
      for (;;) {
        const record = await findModel(store.reads, organizationScope(organizationId), id);
        if (record !== undefined && isWhole(record.learnt)) return record.learnt;
      }
    },
    async [Symbol.asyncDispose]() {
      await h[Symbol.asyncDispose]();
      await dispatcher.destroy();
    },
  };
}

const rules: Strictness = { refused: ['max_tokens', 'temperature'], windowTokens: 2000 };
const isLearnt = ({ contextWindow, refusedParameters = [] }: LearntFacts): boolean =>
  contextWindow === 2000 && refusedParameters.includes('max_tokens');

onBothStores('a strict helper', (storeEngine) => {
  test('names a conversation', async () => {
    await using world = await start(storeEngine, rules, 'Vectors in space', { titles: true });
    const { h, engine, calls, learnt } = world;
    h.upstream.setDefault(answer(long('An answer')));
    const titleOf = async (id: string) =>
      (
        await h.place.store.reads
          .selectFrom('conversation')
          .select('title')
          .where('id', '=', id)
          .executeTakeFirstOrThrow()
      ).title;
    const first = await say(h, engine, { text: long('A question') });
    await engine.titlesWritten();
    assert.equal(await titleOf(first.conversationId), 'Vectors in space');
    await learnt(isLearnt);
    const before = calls().length;
    const second = await say(h, engine, { text: long('Another') });
    await engine.titlesWritten();
    assert.equal(await titleOf(second.conversationId), 'Vectors in space');
    assert.equal(calls().length, before + 1, 'it is asked right at once');
    const spent = await h.place.store.reads
      .selectFrom('model_call')
      .select('model_id')
      .where('purpose', '=', 'title')
      .execute();
    assert.deepEqual([...new Set(spent.map(({ model_id }) => model_id))], [world.id]);
  });

  test('writes summaries, of pieces that are cut anew', async () => {
    await using world = await start(storeEngine, rules, 'What was said.', { summaries: true });
    const { h, engine, calls, learnt } = world;
    h.upstream.setDefault(answer(long('An answer')));
    const [first] = await talk(h, engine, 8);
    await learnt(isLearnt);
    const [summary] = await summariesOf(h, first?.sessionId ?? '');
    assert.equal(summary?.text, 'What was said.');
    const taken = calls().filter(({ body }) => body?.max_tokens === undefined);
    assert.ok(taken.length < calls().length);
  });

  test('writes queries', async () => {
    await using world = await start(storeEngine, rules, '["vectors in space"]', { researcher });
    const { h, engine, calls, learnt } = world;
    h.upstream.setDefault(answer('From the web'));
    await say(h, engine, { text: 'News?' }, { internet: true });
    const facts = await learnt(
      (known) => isLearnt(known) && known.refusedParameters?.includes('temperature') === true,
    );
    assert.deepEqual(facts.refusedParameters, ['max_tokens', 'temperature']);
    const before = calls().length;
    await say(h, engine, { text: 'And now?' }, { internet: true });
    assert.equal(calls().length, before + 1, 'it is asked right at once');
    const sent = calls().at(-1)?.body;
    assert.deepEqual([sent?.max_tokens, sent?.temperature], [undefined, undefined]);
    assert.ok(Number(sent?.max_completion_tokens) < 2000);
  });
});
