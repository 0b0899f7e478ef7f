/** A process that loses its lease continues as another owner, at whatever moment it happens; on both stores. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import type { Engine } from '../../../src/generation/engine.ts';
import type { CommandArgs, CommandName, CommandResult } from '../../../src/store/command.ts';
import type { Store } from '../../../src/store/store.ts';
import { readLog, startEngineHarness } from '../engines.ts';

/** A time limit for each test, so that a hanging test fails by itself and not with the whole file. */
const options = { timeout: 20_000 };

/** Claims everything, as another process would. */
async function fenceAll(store: Store): Promise<number> {
  const { owner } = await store.execute('registerOwner', { leaseMs: 60_000 });
  await store.execute('claimDeadOwners', { owner, all: true });
  return owner;
}

/** Wraps the store so that a function runs before each command. */
function withBefore(store: Store, before: (name: CommandName) => Promise<unknown>): Store {
  return {
    ...store,
    async execute<N extends CommandName>(name: N, args: CommandArgs<N>): Promise<CommandResult<N>> {
      await before(name);
      return store.execute(name, args);
    },
  };
}

/** The store, which tells its first acceptance late. */
function withLateFirstAcceptance(store: Store, onStored: () => void, told: Promise<void>): Store {
  let acceptances = 0;
  return {
    ...store,
    async executeOnce(...command) {
      const executed = await store.executeOnce(...command);
      if (++acceptances > 1) return executed;
      onStored();
      await told;
      return executed;
    },
  };
}

async function isAccepting(engine: Engine, wanted: boolean): Promise<void> {
  while (engine.isAccepting !== wanted) await nextTurn();
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
    await isAccepting(engine, true);
    const { generationId } = await engine.accept(h.turn({ text: 'Hi' }));
    await readLog(engine, generationId).ended;
    assert.equal((await engine.get(h.scope, generationId)).status, 'done');
  });

  test('a turn whose acceptance is told afterwards is not run here', options, async () => {
    await using h = await startEngineHarness(storeEngine);
    const [stored, told] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const engine = await h.start(withLateFirstAcceptance(h.place.store, stored.resolve, told.promise), {
      leaseMs: 300,
    });
    const accepting = engine.accept(h.turn({ text: 'told late' }));
    await stored.promise;
    await fenceAll(h.place.store);
    await isAccepting(engine, false);
    await isAccepting(engine, true);
    told.resolve();
    const { generationId } = await accepting;
    const other = await engine.accept(h.turn({ text: 'accepted afterwards' }));
    await readLog(engine, other.generationId).ended;
    // Resolves once nothing is under way any more.
    await engine.titlesWritten();
    const asked = h.upstream.requests.map(({ lastUserMessage }) => lastUserMessage);
    assert.deepEqual(asked, ['accepted afterwards']);
    assert.equal((await engine.get(h.scope, generationId)).status, 'running');
  });

  test('such a turn does not stay live here before there is a new lease', options, async () => {
    await using h = await startEngineHarness(storeEngine);
    const [stored, told] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const [lost, back] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let registrations = 0;
    const store = withLateFirstAcceptance(h.place.store, stored.resolve, told.promise);
    const engine = await h.start(
      withBefore(store, async (name) => {
        if (name !== 'registerOwner' || ++registrations !== 2) return;
        lost.resolve();
        await back.promise;
      }),
      { leaseMs: 300 },
    );
    const accepting = engine.accept(h.turn({ text: 'told late' }));
    await stored.promise;
    await fenceAll(h.place.store);
    await lost.promise;
    told.resolve();
    const { generationId } = await accepting;
    back.resolve();
    await isAccepting(engine, true);
    await engine.titlesWritten();
    assert.equal(engine.liveText(generationId), undefined);
  });

  test('a place that another process has written is found before the loss is known', options, async () => {
    await using h = await startEngineHarness(storeEngine);
    h.upstream.enqueue({ steps: [{ do: 'tokens', tokens: ['Half'] }, { do: 'stall' }] });
    const engine = await h.start(undefined, { leaseMs: 60_000 });
    const { generationId } = await engine.accept(h.turn({ text: 'Hi' }));
    const reading = readLog(engine, generationId);
    await reading.until(4);
    const seq = reading.events.length + 1;
    const owner = await fenceAll(h.place.store);
    const segment = { generationId, firstTokenAt: null, firstSeq: seq, lastSeq: seq, events: '[" more"]' };
    await h.place.store.execute('moveSegments', {
      owner,
      segments: [{ ...segment, isPlain: true }],
      pruneThrough: null,
    });
    assert.equal(engine.liveText(generationId), 'Half');
    for (const isWhole of [false, true]) {
      assert.equal((await engine.readPlace(generationId, seq, isWhole))?.event, ' more');
      assert.equal(await engine.readPlace(generationId, seq + 1, isWhole), undefined);
    }
  });

  test('an answer whose end was not stored here gets no title here', options, async () => {
    await using h = await startEngineHarness(storeEngine);
    const [asked, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const engine = await h.start(
      withBefore(h.place.store, async (name) => {
        if (name !== 'finishGeneration') return;
        asked.resolve();
        await goOn.promise;
      }),
      { leaseMs: 300, titles: true },
    );
    await engine.accept(h.turn({ text: 'Hi' }));
    await asked.promise;
    await fenceAll(h.place.store);
    await isAccepting(engine, false);
    await isAccepting(engine, true);
    goOn.resolve();
    await engine.titlesWritten();
    assert.equal(h.upstream.requests.length, 1);
  });
});
