/** Commands that start a turn, or hand one over, are stored, but their answers are lost; on both stores. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, gate } from 'colloquy-testkit/upstream/scripted-upstream';
import { AppError } from '../../../src/domain/errors.ts';
import type { CommandArgs, CommandName, CommandResult } from '../../../src/store/command.ts';
import type { Store } from '../../../src/store/store.ts';
import { acceptAs, readLog, startEngineHarness } from '../engines.ts';

const options = { timeout: 20_000 };

/** The store, which loses the first answer to a command. */
function losing(store: Store, lost: CommandName): Store {
  let count = 0;
  return {
    ...store,
    async execute<N extends CommandName>(name: N, args: CommandArgs<N>): Promise<CommandResult<N>> {
      const result = await store.execute(name, args);
      if (name === lost && ++count === 1) throw new AppError('overloaded', 'the connection broke');
      return result;
    },
  };
}

onBothStores('a lost answer', (storeEngine) => {
  test('of a claim: what a dead process had begun is not begun again', options, async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start();
    const { store } = h.place;
    const { id: owner } = await store.reads.selectFrom('owner').select('id').executeTakeFirstOrThrow();
    const { owner: dead } = await store.execute('registerOwner', { leaseMs: 0 });
    const { generationId } = await acceptAs(h, dead);
    // The engine hears nothing of this claim.
    await store.execute('claimDeadOwners', { owner, all: true });
    await readLog(engine, generationId).ended;
    assert.equal((await engine.get(h.scope, generationId)).status, 'interrupted');
    assert.equal(h.upstream.requests.length, 0);
  });

  test('of an end: the turn behind it is answered, once', options, async () => {
    await using h = await startEngineHarness(storeEngine);
    const held = gate();
    h.upstream.enqueue({ steps: [held.step, ...(answer('First').steps ?? [])] }, answer('Second'));
    const engine = await h.start(losing(h.place.store, 'finishGeneration'));
    const first = await engine.accept(h.turn({ text: '1' }));
    const second = await engine.accept(
      h.turn({ kind: 'session', sessionId: first.sessionId, text: '2' }, { whenBusy: 'queue' }),
    );
    held.release();
    await readLog(engine, second.generationId).ended;
    assert.equal((await engine.get(h.scope, first.generationId)).status, 'done');
    assert.equal((await engine.get(h.scope, second.generationId)).status, 'done');
    assert.equal(h.upstream.requests.length, 2);
  });
});
