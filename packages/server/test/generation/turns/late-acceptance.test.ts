/** The store's answer to an acceptance is late, or is lost: the engine finds the turn as running; on both stores. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { AppError } from '../../../src/domain/errors.ts';
import type { Store } from '../../../src/store/store.ts';
import { readLog, startEngineHarness } from '../engines.ts';

onBothStores('an acceptance whose answer', (storeEngine) => {
  test('is late, or lost: the model is called once for each turn', async () => {
    await using h = await startEngineHarness(storeEngine);
    const [stored, told] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let acceptances = 0;
    const store: Store = {
      ...h.place.store,
      async executeOnce(...command) {
        const executed = await h.place.store.executeOnce(...command);
        if (++acceptances > 1) throw new AppError('overloaded', 'the connection broke');
        stored.resolve();
        await told.promise;
        return executed;
      },
    };
    const engine = await h.start(store);
    const accepting = engine.accept(h.turn({ text: 'told late' }));
    await stored.promise;
    await assert.rejects(engine.accept(h.turn({ text: 'never told' })), { code: 'overloaded' });
    // Once the engine has found this one, it has seen the other one as well.
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
