/** When the model is asked: what an accepted turn waits for before its question leaves, and what it does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import type { ModelRegistry } from '../../../src/generation/plan/plan.ts';
import type { LanguageModel, ModelPart } from '../../../src/models/language-model.ts';
import type { Store } from '../../../src/store/store.ts';
import { startEngineHarness } from '../engines.ts';

/** Models that note when they are asked, and answer with one word. */
function notingModels(order: string[]): ModelRegistry {
  const model: LanguageModel = {
    provider: 'noting',
    account: 'noting',
    canContinue: false,
    followsPrompts: true,
    writesQueries: true,
    stream: () => {
      async function* answer(): AsyncGenerator<readonly ModelPart[]> {
        yield [{ type: 'text', text: 'Yes' }];
        yield [{ type: 'finish', reason: 'stop' }];
      }
      order.push('asked');
      return answer();
    },
    countTokens: (text) => text.length,
  };
  return { get: () => model, whenReady: async () => model };
}

/** A store that notes when the command that accepts a turn is committed. */
function notingStore(store: Store, order: string[]): Store {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (name !== 'executeOnce') return typeof value === 'function' ? value.bind(target) : value;
      return async (...args: Parameters<Store['executeOnce']>) => {
        const executed = await target.executeOnce(...args);
        order.push('stored');
        return executed;
      };
    },
  });
}

onBothStores('the first question of a conversation', (storeEngine) => {
  test('leaves once the turn is stored, and before whoever sent it is answered', async () => {
    await using h = await startEngineHarness(storeEngine);
    const order: string[] = [];
    const store = notingStore(h.place.store, order);
    const engine = await h.start(store, { models: notingModels(order) });
    const accepted = await engine.accept(h.turn({ text: 'Really?' }));
    order.push('answered');
    const { text, outcome } = await engine.answer(accepted.generationId);
    assert.deepEqual([text, outcome.status], ['Yes', 'done']);
    assert.deepEqual(order, ['stored', 'asked', 'answered']);
  });
});
