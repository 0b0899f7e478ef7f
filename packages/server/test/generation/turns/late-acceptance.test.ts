/** The store's answer to an acceptance is late: the engine has already found the turn as running; on both stores. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import type { Store } from '../../../src/store/store.ts';
import { acceptAs, readLog, startEngineHarness } from '../engines.ts';

onBothStores('an acceptance that is told late', (storeEngine) => {
  test('the model is called once', async () => {
    await using h = await startEngineHarness(storeEngine);
    const [stored, told] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const store: Store = {
      ...h.place.store,
      async executeOnce(...command) {
        const executed = await h.place.store.executeOnce(...command);
        stored.resolve();
        await told.promise;
        return executed;
      },
    };
    const engine = await h.start(store);
    const accepting = engine.accept(h.turn({ text: 'told late' }));
    await stored.promise;
    // Once the engine has found this one, it has seen the other one as well.
    const { id: owner } = await store.reads.selectFrom('owner').select('id').executeTakeFirstOrThrow();
    await acceptAs(h, owner, 'never told');
    await h.upstream.request(0);
    told.resolve();
    const { generationId } = await accepting;
    await readLog(engine, generationId).ended;
    // Resolves once nothing is under way any more.
    await engine.titlesWritten();
    const asked = h.upstream.requests.map(({ lastUserMessage }) => lastUserMessage);
    assert.deepEqual(asked.sort(), ['never told', 'told late']);
    assert.equal((await engine.get(h.scope, generationId)).status, 'done');
  });
});
