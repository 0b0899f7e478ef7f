/** Days and months of limits begin anew at midnight UTC, also for what runs over it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, gate } from 'colloquy-testkit/upstream/scripted-upstream';
import type { AppError } from '../../../src/domain/errors.ts';
import { inTwo } from '../../http/dialects/chats/chats-app.ts';
import { startEngineHarness } from '../engines.ts';
import { Asking, exact, makeModel, makeSubject, pricePerToken } from './asking.ts';

onBothStores('the calendar of limits', (storeEngine) => {
  for (const [name, midnight] of [
    ['a day', Date.UTC(2026, 10, 27)],
    ['a month', Date.UTC(2026, 11, 1)],
    ['a year', Date.UTC(2027, 0, 1)],
  ] as const) {
    test(`the end of ${name}: what is spent is refused until the last moment, and admitted from the first`, async () => {
      await using h = await startEngineHarness(storeEngine);
      let now = midnight - 1500;
      const engine = await h.start(undefined, { now: () => now });
      const isMonth = name !== 'a day';
      const limits = isMonth ? { budget_per_month: exact(50 * pricePerToken) } : { tokens_per_day: 100 };
      const limit = isMonth ? 'budget_per_month' : 'tokens_per_day';
      const held = await makeSubject(h, 'key', limits);
      const asking = new Asking(h, engine, await makeModel(h, { input: 0, output: 2 }), held);
      h.upstream.setDefault(answer('Fine', { usage: { promptTokens: 20, completionTokens: 50 } }));
      await engine.answer((await asking.accept(50)).generationId);
      for (const [at, seconds] of [
        [midnight - 1500, 2],
        [midnight - 1, 1],
      ] as const) {
        now = at;
        await assert.rejects(asking.accept(50), (error: AppError) => {
          assert.equal(error.code, 'quota_exhausted');
          assert.deepEqual(error.details.limit, { name: limit, subject: 'key' });
          assert.equal(error.details.retry_after_seconds, seconds);
          return true;
        });
      }
      now = midnight;
      await engine.answer((await asking.accept(50)).generationId);
      await assert.rejects(asking.accept(50), { code: 'quota_exhausted' });
      assert.equal((await asking.reported()).tokens, 140);
    });
  }

  test('an answer that runs over midnight counts on the day on which it ends', async () => {
    await using h = await startEngineHarness(storeEngine);
    const midnight = Date.UTC(2026, 10, 27);
    let now = midnight - 1000;
    const engine = await h.start(undefined, { now: () => now });
    const held = await makeSubject(h, 'key', { tokens_per_day: 200 });
    const asking = new Asking(h, engine, await makeModel(h, null), held);
    const middle = gate();
    h.upstream.enqueue(inTwo(['One'], middle.step, [' two']));
    const { generationId } = await asking.accept(150);
    now = midnight + 1000;
    // What it may still cost holds on the new day too.
    await assert.rejects(asking.accept(150), { code: 'quota_exhausted' });
    middle.release();
    await engine.answer(generationId);
    const { tokens } = await asking.reported();
    const row = await h.place.store.reads.selectFrom('consumption').selectAll().executeTakeFirstOrThrow();
    assert.deepEqual(
      [Number(row.day), Number(row.tokens), Number(row.reserved_tokens)],
      [midnight / 86_400_000, tokens, 0],
    );
  });
});
