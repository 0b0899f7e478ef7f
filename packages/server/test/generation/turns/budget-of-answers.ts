/** A budget of a hundred answers, and a thousand turns that want them at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import type { LimitSubject } from '../../../src/domain/limits/limits.ts';
import { startEngineHarness } from '../engines.ts';
import { ask, exact, pricePerToken } from './asking.ts';

const answers = 100;

export function testBudgetOf(subject: LimitSubject): void {
  onBothStores(`a budget of ${answers} answers for one ${subject}`, (storeEngine) => {
    test('a thousand at once that reserve what they cost: exactly a hundred', async () => {
      await using h = await startEngineHarness(storeEngine, { record: false });
      h.upstream.setDefault(answer('Fine', { usage: { promptTokens: 20, completionTokens: 50 } }));
      const budget = exact(answers * 50 * pricePerToken);
      const asking = await ask(h, subject, { budget_per_month: budget });
      assert.equal(await asking.wave(1000, 50), answers);
      assert.equal((await asking.consumed())?.budget_per_month, budget);
      assert.equal((await asking.reported()).cost, budget);
      assert.equal(await asking.wave(5, 50), 0);
    });

    test('with looser reservations it is never passed, and what comes afterwards fills it', async () => {
      await using h = await startEngineHarness(storeEngine, { record: false });
      h.upstream.setDefault(answer('Fine', { usage: { promptTokens: 20, completionTokens: 10 } }));
      const budget = exact(answers * 10 * pricePerToken);
      const asking = await ask(h, subject, { budget_per_month: budget });
      // Each reserves what five cost: of those that are there at once, at most a fifth is let in.
      const first = await asking.wave(300, 50);
      assert.ok(first >= answers / 5 && first < answers, `${first}`);
      assert.ok((await asking.reported()).cost <= budget);
      let second = 0;
      while ((await asking.wave(1, 50)) === 1) second += 1;
      const { cost } = await asking.reported();
      assert.equal(cost, exact((first + second) * 10 * pricePerToken));
      assert.ok(cost <= budget && cost > budget - 50 * pricePerToken, `${cost} of ${budget}`);
      assert.equal((await asking.consumed())?.budget_per_month, cost);
    });
  });
}
