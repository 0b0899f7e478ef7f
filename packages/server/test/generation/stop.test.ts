/** A stop takes effect at once, whatever is under way, and leaves the rest to the next process; on both stores. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import type { Store } from '../../src/store/store.ts';
import { acceptAs, readLog, startEngineHarness, textOf } from './engines.ts';

/** A step of the store that stays under way until the test releases it. */
function hold() {
  const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const pass = (): Promise<void> => {
    reached.resolve();
    return released.promise;
  };
  return { pass, reached: reached.promise, release: () => released.resolve() };
}

/** A time limit for each test, so that a hanging test fails by itself and not with the whole file. */
const options = { timeout: 20_000 };

onBothStores('stopping', (storeEngine) => {
  test('a turn that is being interrupted does not keep it', options, async () => {
    await using h = await startEngineHarness(storeEngine);
    h.upstream.enqueue({ steps: [{ do: 'tokens', tokens: ['kept'] }, { do: 'stall' }] });
    const commit = hold();
    const store: Store = {
      ...h.place.store,
      appendJournal: (row) => commit.pass().then(() => h.place.store.appendJournal(row)),
    };
    const engine = await h.start(store);
    const first = await engine.accept(h.turn({ text: '1' }));
    await commit.reached;
    await engine.accept(
      h.turn({ kind: 'session', sessionId: first.sessionId, text: '2' }, { whenBusy: 'interrupt' }),
    );
    const stopping = engine[Symbol.asyncDispose]();
    commit.release();
    await stopping;
    const next = await h.start();
    assert.equal((await next.cancel(h.scope, first.generationId)).status, 'cancelled');
  });

  test('a turn that is being interrupted elsewhere does not keep it', options, async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start();
    const { owner } = await h.place.store.execute('registerOwner', { leaseMs: 60_000 });
    const elsewhere = await acceptAs(h, owner);
    await engine.accept(
      h.turn({ kind: 'session', sessionId: elsewhere.sessionId, text: '2' }, { whenBusy: 'interrupt' }),
    );
    const cancelling = engine.cancel(h.scope, elsewhere.generationId);
    const refused = assert.rejects(cancelling, { code: 'overloaded' });
    await engine[Symbol.asyncDispose]();
    await refused;
  });

  test('a turn that is accepted meanwhile is left to the next process', options, async () => {
    await using h = await startEngineHarness(storeEngine);
    const acceptance = hold();
    const store: Store = {
      ...h.place.store,
      async executeOnce(...command) {
        const executed = await h.place.store.executeOnce(...command);
        if (command[0] === 'acceptTurn') await acceptance.pass();
        return executed;
      },
    };
    const engine = await h.start(store);
    const accepting = engine.accept(h.turn({ text: '1' }));
    await acceptance.reached;
    const stopping = engine[Symbol.asyncDispose]();
    acceptance.release();
    const { generationId } = await accepting;
    await stopping;
    assert.equal((await engine.get(h.scope, generationId)).status, 'running');
    assert.deepEqual(h.upstream.requests, []);
  });

  test('a move to segments that is under way loses nothing of what is not moved yet', options, async () => {
    await using h = await startEngineHarness(storeEngine);
    h.upstream.setDefault({ steps: [{ do: 'tokens', tokens: ['kept'] }, { do: 'stall' }] });
    const move = hold();
    const { execute } = h.place.store;
    const store: Store = {
      ...h.place.store,
      execute: (name, args) =>
        name === 'moveSegments' ? move.pass().then(() => execute(name, args)) : execute(name, args),
    };
    const engine = await h.start(store);
    // More than one command moves.
    const accepted = await Promise.all(
      Array.from({ length: 70 }, () => engine.accept(h.turn({ text: 'Hi' }))),
    );
    await Promise.all(accepted.map(({ generationId }) => readLog(engine, generationId).until(4)));
    const moving = engine.settleBeforeDelete([]);
    await move.reached;
    const stopping = engine[Symbol.asyncDispose]();
    move.release();
    await Promise.all([stopping, moving]);
    const next = await h.start();
    for (const { generationId } of accepted) {
      const reading = readLog(next, generationId);
      await reading.ended;
      assert.equal(textOf(reading), 'kept');
    }
  });
});
