/** A prompt that turns out too long is fitted anew within the turn, and the next turn is fitted at once, on both stores. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import { countStrictly, type Strictness, strict } from 'colloquy-testkit/upstream/strict';
import { organizationScope } from '../../../src/auth/scopes.ts';
import { newId } from '../../../src/domain/ids.ts';
import type { TurnRequest } from '../../../src/generation/turn.ts';
import { findModel } from '../../../src/store/queries/models.ts';
import { isSummaryCall, long, promptOf, say } from '../context/contexts.ts';
import { type EngineHarness, startEngineHarness } from '../engines.ts';
import { insertMessages } from '../insert-message.ts';

/** A session with so many turns of some 600 tokens. */
async function withHistory(h: EngineHarness, turns: number) {
  // Summaries learn too.
  const engine = await h.start(undefined, { summaries: false });
  const first = await say(h, engine, { text: 'Hello' });
  const ids = Array.from({ length: 2 * turns }, () => newId());
  const messages = ids.map((_, index) => ({
    parent: ids[index - 1] ?? first.answerMessageId,
    role: index % 2 === 0 ? ('user' as const) : ('assistant' as const),
    text: long(`message ${index}`),
  }));
  await insertMessages(h.place, first.userMessageId, messages, { ids, movesHead: true });
  const ask = async (text: string, more: Partial<TurnRequest> = {}) => {
    const before = h.upstream.requests.length;
    const asked = await say(h, engine, { kind: 'session', sessionId: first.sessionId, text }, more);
    const calls = h.upstream.requests.slice(before).filter((call) => !isSummaryCall(call));
    await engine.summariesWritten();
    return { ...asked, calls, view: await engine.get(h.scope, asked.generationId) };
  };
  return { engine, ask };
}

const recordOf = async (h: EngineHarness) => {
  const record = await findModel(h.place.store.reads, organizationScope(h.scope.organizationId), h.modelId);
  assert.ok(record !== undefined);
  return record;
};

const words: readonly [what: string, overflow: Strictness['overflow']][] = [
  ['with the window and the count', undefined],
  ['with the window alone', ({ window }) => `the input exceeds the context length of ${window} tokens`],
  ['without a figure', () => 'Input is too long for requested model.'],
];

onBothStores('a prompt that is too long', (storeEngine) => {
  for (const [what, overflow] of words) {
    test(`told ${what}: it is fitted anew, and the next turn at once`, async () => {
      await using h = await startEngineHarness(storeEngine, { contextWindow: null });
      const { ask } = await withHistory(h, 9);
      h.upstream.setDefault(strict({ windowTokens: 2000, ...(overflow && { overflow }) }, answer('Fits.')));
      const { calls, view } = await ask('And now?');
      assert.equal(view.status, 'done');
      assert.deepEqual(
        calls.map((call) => countStrictly(call) <= 2000),
        [false, true],
      );
      assert.equal(promptOf(calls[1] as (typeof calls)[0]).at(-1)?.content, 'And now?');
      const next = await ask('And then?');
      assert.equal(next.view.status, 'done');
      assert.equal(next.calls.length, 1);
    });
  }

  test('the window that was named is kept with the model, and both calls are accounted', async () => {
    await using h = await startEngineHarness(storeEngine, { contextWindow: null });
    const { ask, engine } = await withHistory(h, 9);
    h.upstream.setDefault(strict({ windowTokens: 2000 }, answer('Fits.')));
    const { generationId, view } = await ask('And now?');
    assert.equal(view.usage?.provenance, 'reported');
    const record = await recordOf(h);
    assert.deepEqual([record.contextWindow, record.contextWindowSource], [2000, 'learnt']);
    const calls = await h.place.store.reads
      .selectFrom('model_call')
      .select(['purpose', 'provenance', 'is_request', 'is_failed'])
      .where('generation_id', '=', generationId)
      .orderBy('provenance')
      .execute();
    assert.deepEqual(
      calls.map((call) => ({ ...call })),
      [
        { purpose: 'answer', provenance: 'reported', is_request: 1, is_failed: 0 },
        { purpose: 'answer', provenance: 'unknown', is_request: 0, is_failed: 0 },
      ],
    );
    const receipt = await engine.contextReceipt(h.scope, generationId);
    assert.equal(receipt.model.context_window, 2000);
    assert.ok(receipt.budget_tokens < 2000);
    assert.notEqual(receipt.dropped, null);
  });

  test('tools in a prompt that is too long do not change how the model is said to count', async () => {
    const tools = Array.from({ length: 4 }, (_, n) => ({
      name: `look_${n}`,
      description: long(`tool ${n}`),
    }));
    const countRatioAfter = async (options: NonNullable<TurnRequest['options']>) => {
      await using h = await startEngineHarness(storeEngine, { contextWindow: null });
      const { ask } = await withHistory(h, 9);
      const toolTokens = options.tools === undefined ? 0 : Math.ceil(JSON.stringify(tools).length / 3);
      const overflow = ({ window, prompt }: { window: number; prompt: number }) =>
        `This model's maximum context length is ${window} tokens, but the prompt has ${prompt + toolTokens} tokens.`;
      h.upstream.setDefault(strict({ windowTokens: 4000, overflow }, answer('Fits.')));
      const { calls, view } = await ask('And now?', { options });
      assert.deepEqual([view.status, calls.length], ['done', 2]);
      const ratio = (await recordOf(h)).learnt.prompts?.countRatio;
      assert.ok(ratio !== undefined && ratio < 0.9, `${ratio} tokens here for one there`);
      return ratio;
    };
    const [without, withTools] = [await countRatioAfter({}), await countRatioAfter({ tools })];
    assert.ok(Math.abs(withTools - without) < 0.05, `${without} without tools, ${withTools} with them`);
  });

  test('a window that was set stays as it is, and is used smaller', async () => {
    await using h = await startEngineHarness(storeEngine, { contextWindow: 9000 });
    const { ask } = await withHistory(h, 9);
    h.upstream.setDefault(strict({ windowTokens: 2000 }, answer('Fits.')));
    assert.equal((await ask('And now?')).view.status, 'done');
    assert.equal((await ask('And then?')).calls.length, 1);
    const record = await recordOf(h);
    assert.deepEqual([record.contextWindow, record.contextWindowSource], [9000, 'set']);
  });

  test('an answer that is bounded too far is bounded by what is left', async () => {
    await using h = await startEngineHarness(storeEngine, { contextWindow: null });
    const engine = await h.start();
    h.upstream.setDefault(strict({ windowTokens: 2000 }));
    const { generationId } = await say(h, engine, { text: 'Hello' }, { maxTokens: 6000 });
    assert.equal((await engine.get(h.scope, generationId)).status, 'done');
    const [first, second] = h.upstream.requests;
    assert.equal(first?.body?.max_tokens, 6000);
    const bound = Number(second?.body?.max_tokens);
    assert.ok(bound > 1500 && bound < 2000, String(bound));
  });

  for (const [what, overflow] of words) {
    test(`an answer that is bounded too far, told ${what}, takes nothing from later prompts`, async () => {
      await using h = await startEngineHarness(storeEngine, { contextWindow: null });
      const { engine, ask } = await withHistory(h, 2);
      h.upstream.setDefault(strict({ windowTokens: 3000, ...(overflow && { overflow }) }));
      const { generationId } = await say(h, engine, { text: 'Hello' }, { maxTokens: 7000 });
      assert.equal((await engine.get(h.scope, generationId)).status, 'done');
      const bound = Number(h.upstream.requests.at(-1)?.body?.max_tokens);
      assert.ok(bound > 500 && bound < 3000, `${bound} tokens for the answer`);
      const { calls } = await ask('And now?');
      assert.equal(calls.length, 1);
      assert.ok(promptOf(calls[0] as (typeof calls)[0]).length > 2, 'a part of the history is sent');
    });
  }

  for (const canContinue of [true, false]) {
    test(`an answer that ${canContinue ? 'is continued' : 'was cut'} goes on where it stood`, async () => {
      await using h = await startEngineHarness(storeEngine, { contextWindow: null, canContinue });
      const { ask, engine } = await withHistory(h, 9);
      h.upstream.setDefault(answer('Once upon', { finishReason: 'length' }));
      const cut = await ask('Tell me.');
      h.upstream.setDefault(strict({ windowTokens: 2000 }, answer(' a time.')));
      const before = h.upstream.requests.length;
      const target = { kind: 'message', messageId: cut.userMessageId, again: true } as const;
      const whole = await say(h, engine, { ...target, continueFrom: cut.answerMessageId });
      const calls = h.upstream.requests.slice(before).filter((call) => !isSummaryCall(call));
      assert.equal(calls.length, 2);
      assert.equal(calls[1]?.body?.continue_final_message, canContinue ? true : undefined);
      assert.equal((await engine.answer(whole.generationId)).text, 'Once upon a time.');
      const events = await engine.readEvents(whole.generationId, Number.MAX_SAFE_INTEGER);
      assert.equal(events.filter((one) => typeof one === 'object' && one.type === 'part-started').length, 1);
    });
  }

  test('what still overflows fails as such, after two calls', async () => {
    await using h = await startEngineHarness(storeEngine, { contextWindow: null });
    const { ask } = await withHistory(h, 9);
    h.upstream.setDefault(strict({ windowTokens: 50 }));
    const { view, calls } = await ask(long('too long'));
    assert.deepEqual([view.status, view.error?.code], ['failed', 'context_overflow']);
    assert.equal(calls.length, 2);
  });

  test('a message alone that is too long is not sent twice', async () => {
    await using h = await startEngineHarness(storeEngine, { contextWindow: null });
    const engine = await h.start();
    h.upstream.setDefault(strict({ windowTokens: 200 }));
    const { generationId } = await say(h, engine, { text: long('too long') });
    assert.equal((await engine.get(h.scope, generationId)).error?.code, 'context_overflow');
    assert.equal(h.upstream.requests.length, 1);
  });

  test('throttling is no overflow', async () => {
    await using h = await startEngineHarness(storeEngine, { contextWindow: null });
    const { ask } = await withHistory(h, 3);
    const overflow = () => 'Too many tokens, please wait before trying again.';
    h.upstream.setDefault(strict({ windowTokens: 1000, overflow }));
    const { view, calls } = await ask('And now?');
    assert.deepEqual([view.error?.code, calls.length], ['provider_error', 1]);
  });
});
