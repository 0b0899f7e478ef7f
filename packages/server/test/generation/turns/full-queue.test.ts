/** A turn that finds a full queue is refused before the writer hears of it; on both stores. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, gate, type Step } from 'colloquy-testkit/upstream/scripted-upstream';
import type { AppError } from '../../../src/domain/errors.ts';
import { maxQueuedTurnsOfSession } from '../../../src/domain/limits/limits.ts';
import { userText } from '../../../src/generation/turn.ts';
import type { Store } from '../../../src/store/store.ts';
import { startEngineHarness } from '../engines.ts';

onBothStores('a full queue', (storeEngine) => {
  test('refuses without a command, and takes turns again once it has room', async () => {
    await using h = await startEngineHarness(storeEngine);
    const held = gate();
    const { steps = [] } = answer('Yes');
    const [headers, ...others] = steps as [Step, ...Step[]];
    h.upstream.enqueue({ steps: [headers, held.step, ...others] });
    let commands = 0;
    const store: Store = {
      ...h.place.store,
      executeOnce(...command) {
        commands += 1;
        return h.place.store.executeOnce(...command);
      },
    };
    const engine = await h.start(store);
    const { sessionId } = await engine.accept(h.turn({ text: 'first' }));
    const ask = () =>
      engine.accept({
        ...h.turn({ text: 'next' }),
        target: { kind: 'session', sessionId, messages: userText('next') },
        whenBusy: 'queue',
      });
    for (let n = 0; n < maxQueuedTurnsOfSession; n += 1) await ask();
    const before = commands;
    const refused = await Promise.allSettled(Array.from({ length: 50 }, ask));
    for (const one of refused) {
      assert.ok(one.status === 'rejected');
      const { code, details } = one.reason as AppError;
      assert.deepEqual([code, details.limit], ['rate_limited', { name: 'queued_turns', subject: 'session' }]);
    }
    assert.equal(commands, before);
    held.release();
    await engine.titlesWritten();
    await ask();
  });
});
