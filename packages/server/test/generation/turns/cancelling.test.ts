/** Cancelling all generations of a kind: a sweep asks for it every second, mostly for none; on both stores. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import type { Store } from '../../../src/store/store.ts';
import { startEngineHarness } from '../engines.ts';

onBothStores('cancelling where', (storeEngine) => {
  test('writes only where there is something to cancel', async () => {
    await using h = await startEngineHarness(storeEngine);
    const { store } = h.place;
    const asked: unknown[] = [];
    const execute = ((name: 'requestCancel', args: { generationIds: readonly string[]; now: number }) => {
      if (name === 'requestCancel') asked.push(args.generationIds);
      return store.execute(name, args);
    }) as Store['execute'];
    const engine = await h.start({ ...store, execute });
    await engine.cancelWhere({ revokedAt: Date.now() });
    assert.deepEqual(asked, []);
    h.upstream.enqueue({ steps: [{ do: 'tokens', tokens: ['Half'] }, { do: 'stall' }] });
    const { generationId, conversationId } = await engine.accept(h.turn({ text: 'Hi' }));
    await engine.cancelWhere({ conversationId });
    assert.deepEqual(asked, [[generationId]]);
    assert.equal((await engine.get(h.scope, generationId)).status, 'cancelled');
  });
});
