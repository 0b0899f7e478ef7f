/** A process that loses its lease goes on as another owner, whenever that happens; on both stores. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import type { CommandArgs, CommandName, CommandResult } from '../../../src/store/command.ts';
import type { Store } from '../../../src/store/store.ts';
import { readLog, startEngineHarness } from '../engines.ts';

/** What does not come back fails here, and not only with the whole file. */
const options = { timeout: 20_000 };

/** Another process that claims everything. */
async function fenceAll(store: Store): Promise<void> {
  const { owner } = await store.execute('registerOwner', { leaseMs: 60_000 });
  await store.execute('claimDeadOwners', { owner, all: true });
}

/** The store, with something that happens before each command. */
function withBefore(store: Store, before: (name: CommandName) => Promise<void>): Store {
  return {
    ...store,
    async execute<N extends CommandName>(name: N, args: CommandArgs<N>): Promise<CommandResult<N>> {
      await before(name);
      return store.execute(name, args);
    },
  };
}

onBothStores('a lost lease', (storeEngine) => {
  test('lost before the first claim, it does not keep the process from starting', options, async () => {
    await using h = await startEngineHarness(storeEngine);
    let claims = 0;
    const engine = await h.start(
      withBefore(h.place.store, async (name) => {
        if (name === 'claimDeadOwners' && ++claims === 1) await fenceAll(h.place.store);
      }),
    );
    const { generationId } = await engine.accept(h.turn({ text: 'Hi' }));
    await readLog(engine, generationId).ended;
    assert.equal((await engine.get(h.scope, generationId)).status, 'done');
  });

  test('a new one is taken as soon as the store lets it', options, async () => {
    await using h = await startEngineHarness(storeEngine);
    const [refused, back] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let registrations = 0;
    const engine = await h.start(
      withBefore(h.place.store, async (name) => {
        if (name !== 'registerOwner') return;
        registrations += 1;
        if (registrations === 3) back.resolve();
        if (registrations !== 2) return;
        refused.resolve();
        throw new Error('the store is away');
      }),
      { leaseMs: 300 },
    );
    await fenceAll(h.place.store);
    await refused.promise;
    assert.equal(engine.isAccepting, false);
    await back.promise;
    while (!engine.isAccepting) await nextTurn();
    const { generationId } = await engine.accept(h.turn({ text: 'Hi' }));
    await readLog(engine, generationId).ended;
    assert.equal((await engine.get(h.scope, generationId)).status, 'done');
  });
});
