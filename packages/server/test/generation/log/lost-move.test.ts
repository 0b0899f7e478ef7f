/** A move of events to segments that the store made, but whose answer was lost: on PostgreSQL with its connection. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import type { Step } from 'colloquy-testkit/upstream/scripted-upstream';
import type { CommandArgs, CommandName, CommandResult } from '../../../src/store/command.ts';
import type { Store } from '../../../src/store/store.ts';
import { type EngineHarness, readLog, startEngineHarness, textOf } from '../engines.ts';

/** What does not come back fails here, and not only with the whole file. */
const options = { timeout: 20_000 };

/** The store, which loses its answer to the first move of events. */
function withLostMove(store: Store): Store {
  let isLost = false;
  return {
    ...store,
    async execute<N extends CommandName>(name: N, args: CommandArgs<N>): Promise<CommandResult<N>> {
      const result = await store.execute(name, args);
      if (isLost || name !== 'moveSegments' || (args as CommandArgs<'moveSegments'>).segments.length === 0) {
        return result;
      }
      isLost = true;
      throw new Error('the answer was lost');
    },
  };
}

/** An answer of three words, each of which waits to be let through. */
function heldAnswer(h: EngineHarness): readonly (() => void)[] {
  const gates = ['second', 'third'].map(() => Promise.withResolvers<void>());
  const held = gates.map(({ promise }): Step => ({ do: 'hold', until: promise }));
  const [second, third] = held as [Step, Step];
  h.upstream.enqueue({
    steps: [
      { do: 'tokens', tokens: ['one '] },
      second,
      { do: 'tokens', tokens: ['two '] },
      third,
      { do: 'tokens', tokens: ['three'] },
      { do: 'finish' },
      { do: 'end' },
    ],
  });
  return gates.map(({ resolve }) => resolve);
}

onBothStores('a move whose answer was lost', (storeEngine) => {
  // SQLite's writer is a thread of this process, whose answer cannot be lost without the generation.
  for (const movesAgain of storeEngine === 'postgres' ? [false, true] : [true]) {
    test(`the log is whole, ${movesAgain ? 'after another move' : 'at its end'}`, options, async () => {
      await using h = await startEngineHarness(storeEngine);
      const [goOn, end] = heldAnswer(h);
      const engine = await h.start(withLostMove(h.place.store));
      const { generationId } = await engine.accept(h.turn({ text: 'Hi' }));
      const reading = readLog(engine, generationId);
      await reading.until(4);
      await assert.rejects(engine.settleBeforeDelete([]), /the answer was lost/);
      goOn?.();
      await reading.until(5);
      if (movesAgain) await engine.settleBeforeDelete([]);
      end?.();
      await reading.ended;
      assert.equal(textOf(reading), 'one two three');
      const stored = readLog(engine, generationId);
      await stored.ended;
      assert.deepEqual(stored.events, reading.events);
      assert.deepEqual(
        stored.events.map(({ seq }) => seq),
        stored.events.map((_, index) => index + 1),
      );
    });
  }
});
