/**
 * A message that is too large for its model is refused before anything is stored or sent to it, where the model's window
 * is known; on both stores.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import { strict } from 'colloquy-testkit/upstream/strict';
import type { AppError } from '../../../src/domain/errors.ts';
import { startEngineHarness } from '../engines.ts';
import { isSummaryCall, promptOf, say } from './contexts.ts';

onBothStores('context overflow', (storeEngine) => {
  test('too large a message is refused with both numbers', async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start();
    await assert.rejects(engine.accept(h.turn({ text: 'word '.repeat(6000) })), (error: AppError) => {
      assert.equal(error.code, 'context_overflow');
      assert.match(error.message, /\d+ tokens.*\d+/);
      return true;
    });
    assert.equal(h.upstream.requests.length, 0);
    assert.deepEqual(await h.place.store.reads.selectFrom('message').select('id').execute(), []);
  });

  test('a system prompt that fills the window is named as what is too long', async () => {
    await using h = await startEngineHarness(storeEngine, { contextWindow: 12 });
    const engine = await h.start();
    await assert.rejects(engine.accept(h.turn({ text: 'Hello' })), (error: AppError) => {
      assert.equal(error.code, 'context_overflow');
      assert.match(
        error.message,
        /^the system prompt alone fills what the model scripted has room for, which is 6 tokens$/,
      );
      return true;
    });
  });

  test('a window that is only assumed refuses nothing', async () => {
    await using h = await startEngineHarness(storeEngine, { contextWindow: null });
    const engine = await h.start();
    const text = 'word '.repeat(20_000).trim();
    h.upstream.setDefault(answer('I have read it.'));
    const { generationId } = await say(h, engine, { text });
    assert.equal((await engine.get(h.scope, generationId)).status, 'done');
    const [call] = h.upstream.requests.filter((one) => !isSummaryCall(one));
    assert.ok(call !== undefined);
    assert.equal(promptOf(call).at(-1)?.content, text);
  });

  test('a window that the provider has named refuses from then on', async () => {
    await using h = await startEngineHarness(storeEngine, { contextWindow: null });
    const text = 'word '.repeat(20_000);
    const engine = await h.start();
    h.upstream.setDefault(strict({ windowTokens: 4000 }));
    const { generationId, sessionId } = await say(h, engine, { text });
    const { status, error } = await engine.get(h.scope, generationId);
    assert.deepEqual([status, error?.code], ['failed', 'context_overflow']);
    const calls = h.upstream.requests.length;
    await assert.rejects(engine.accept(h.turn({ kind: 'session', sessionId, text })), {
      code: 'context_overflow',
    });
    assert.equal(h.upstream.requests.length, calls);
    const next = await say(h, engine, { kind: 'session', sessionId, text: 'Shorter, then.' });
    assert.equal((await engine.get(h.scope, next.generationId)).status, 'done');
  });

  test('a guess refuses nothing either', async () => {
    await using h = await startEngineHarness(storeEngine, { contextWindow: null });
    const engine = await h.start();
    h.upstream.enqueue(
      strict({ windowTokens: 100, overflow: () => 'Input is too long for requested model.' }),
    );
    const { sessionId } = await say(h, engine, { text: 'word '.repeat(200) });
    h.upstream.setDefault(answer('It fits.'));
    const text = 'word '.repeat(400);
    const { generationId } = await say(h, engine, { kind: 'session', sessionId, text });
    assert.equal((await engine.get(h.scope, generationId)).status, 'done');
  });
});
