/** The part of a history that a model is sent, and the receipt about it, on both stores. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { gate, type RecordedRequest } from 'colloquy-testkit/upstream/scripted-upstream';
import { conversationScope } from '../../../src/auth/scopes.ts';
import type { AppError } from '../../../src/domain/errors.ts';
import { newId } from '../../../src/domain/ids.ts';
import { readLog, startEngineHarness } from '../engines.ts';
import type { InsertedMessage } from '../insert-message.ts';
import { answerCalls, insert, long, promptOf, say, summaryCalls } from './contexts.ts';

interface SentMessage {
  readonly role: string;
  readonly content: string | null;
  readonly tool_call_id?: string;
  readonly tool_calls?: readonly { readonly id: string }[];
}

onBothStores('context', (storeEngine) => {
  test('a short history goes in whole, and the receipt says so', async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start();
    const first = await say(h, engine, { text: 'Hello' });
    const second = await say(h, engine, { kind: 'session', sessionId: first.sessionId, text: 'And?' });
    assert.deepEqual(promptOf(answerCalls(h)[1] as RecordedRequest), [
      { role: 'system', content: 'Be a test.' },
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'You said: Hello' },
      { role: 'user', content: 'And?' },
    ]);
    const receipt = await engine.contextReceipt(h.scope, second.generationId);
    assert.equal(receipt.status, 'recorded');
    assert.deepEqual(receipt.messages, [
      { id: first.userMessageId, role: 'user', treatment: 'whole' },
      { id: first.answerMessageId, role: 'assistant', treatment: 'whole' },
      { id: second.userMessageId, role: 'user', treatment: 'whole' },
    ]);
    assert.equal(receipt.whole.count, 3);
    assert.equal(receipt.dropped, null);
    assert.equal(receipt.summary, null);
    assert.equal(receipt.budget_tokens, 2976);
    assert.deepEqual(receipt.model, { id: h.modelId, name: 'scripted', context_window: 4000 });
    assert.equal(receipt.persona?.version, 1);
    assert.match(receipt.persona?.sha256 ?? '', /^[0-9a-f]{64}$/);
    assert.equal(receipt.tokens_provenance, 'estimated');
    // The estimate is four bytes for a token, and eight tokens more for each message.
    assert.deepEqual(receipt.sections, [
      { section: 'system', tokens: 11 },
      { section: 'summary', tokens: 0 },
      { section: 'history', tokens: 22 },
      { section: 'message', tokens: 9 },
      { section: 'sources', tokens: 0 },
    ]);
    const firstReceipt = await engine.contextReceipt(h.scope, first.generationId);
    assert.deepEqual(firstReceipt.messages, [{ id: first.userMessageId, role: 'user', treatment: 'whole' }]);
    assert.equal(firstReceipt.persona?.sha256, receipt.persona?.sha256);
    assert.equal(summaryCalls(h).length, 0);
  });

  test('a tool call goes with its results or not at all', async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start();
    const first = await say(h, engine, { text: 'Hello' });
    const call = (id: string) => ({ type: 'tool-call', id, name: 'look', arguments: '{}' });
    const result = (id: string, text: string) => ({ type: 'tool-result', id, result: text });
    const add = (message: InsertedMessage) => insert(h, first, message);
    // Never answered, and never asked for.
    const unanswered = await add({
      parent: first.answerMessageId,
      role: 'assistant',
      text: 'unanswered',
      parts: [call('a')],
    });
    const orphan = await add({
      parent: unanswered,
      role: 'tool',
      text: 'lost',
      parts: [result('b', 'lost')],
    });
    const question = await add({ parent: orphan, role: 'user', text: 'look it up' });
    // Too large together, though the call alone would fit.
    const caller = await add({
      parent: question,
      role: 'assistant',
      text: 'looking',
      parts: [call('c'), call('d')],
    });
    const one = await add({
      parent: caller,
      role: 'tool',
      text: 'x',
      parts: [result('c', 'r'.repeat(9000))],
    });
    const other = await add({ parent: one, role: 'tool', text: 'y', parts: [result('d', 'small')] });
    const told = await add({ parent: other, role: 'assistant', text: 'found it' });
    const last = await add({ parent: told, role: 'user', text: long('so?') });

    const whole = await say(h, engine, { kind: 'message', messageId: last, again: false });
    const receipt = await engine.contextReceipt(h.scope, whole.generationId);
    const treatments = new Map(receipt.messages.map((message) => [message.id, message.treatment]));
    assert.equal(treatments.get(orphan), 'dropped');
    assert.equal(treatments.get(unanswered), 'whole');
    for (const id of [caller, one, other, told, last]) assert.equal(treatments.get(id), 'whole');
    const sent = (answerCalls(h).at(-1)?.body?.messages ?? []) as readonly SentMessage[];
    const results = sent.flatMap(({ role, tool_call_id: id, content }) =>
      role === 'tool' ? [[id, content]] : [],
    );
    assert.deepEqual(results, [
      ['a', '{"error":"no result was given"}'],
      ['c', 'r'.repeat(9000)],
      ['d', 'small'],
    ]);
    const callers = sent.flatMap(({ tool_calls: calls }) =>
      calls === undefined ? [] : [calls.map(({ id }) => id)],
    );
    assert.deepEqual(callers, [['a'], ['c', 'd']]);

    const bigger = await add({ parent: told, role: 'user', text: 'z'.repeat(4000) });
    const cut = await say(h, engine, { kind: 'message', messageId: bigger, again: false });
    const after = await engine.contextReceipt(h.scope, cut.generationId);
    const second = new Map(after.messages.map((message) => [message.id, message.treatment]));
    for (const id of [caller, one, other]) assert.equal(second.get(id), 'dropped');
    assert.equal(second.get(bigger), 'whole');
    assert.doesNotMatch(JSON.stringify(promptOf(answerCalls(h).at(-1) as RecordedRequest)), /looking/);
  });

  test('a receipt is there while the model answers and before, and nobody else sees it', async () => {
    await using h = await startEngineHarness(storeEngine);
    const held = gate();
    h.upstream.enqueue({
      steps: [
        { do: 'headers' },
        held.step,
        { do: 'tokens', tokens: ['done'] },
        { do: 'finish' },
        { do: 'end' },
      ],
    });
    const engine = await h.start();
    const running = await engine.accept(h.turn({ text: 'Hello' }));
    await h.upstream.request(0);
    const target = { kind: 'session', sessionId: running.sessionId, text: 'next' } as const;
    const queued = await engine.accept(h.turn(target, { whenBusy: 'queue' }));
    const live = await engine.contextReceipt(h.scope, running.generationId);
    assert.equal(live.status, 'recorded');
    assert.deepEqual(live.messages, [{ id: running.userMessageId, role: 'user', treatment: 'whole' }]);
    assert.equal((await engine.contextReceipt(h.scope, queued.generationId)).status, 'expected');
    for (const other of [
      conversationScope(h.scope.organizationId, 'test'),
      conversationScope(newId(), 'prod'),
      conversationScope(h.scope.organizationId, 'prod', newId()),
    ]) {
      await assert.rejects(
        engine.contextReceipt(other, running.generationId),
        (error: AppError) => error.code === 'not_found',
      );
    }
    await engine.cancel(h.scope, queued.generationId);
    held.release();
    await readLog(engine, running.generationId).ended;
    assert.deepEqual(await engine.contextReceipt(h.scope, running.generationId), live);
    await assert.rejects(
      engine.contextReceipt(h.scope, queued.generationId),
      (error: AppError) => error.code === 'not_found',
      'it never asked a model',
    );
  });

  test('what a dead process left is interrupted with its receipt', async () => {
    await using h = await startEngineHarness(storeEngine);
    h.upstream.enqueue({
      steps: [{ do: 'headers' }, { do: 'tokens', tokens: ['begun '] }, { do: 'stall' }],
    });
    const dead = await h.start();
    const left = await dead.accept(h.turn({ text: 'Hello' }));
    await readLog(dead, left.generationId).until(4);
    await dead[Symbol.asyncDispose]();
    const engine = await h.start();
    await readLog(engine, left.generationId).ended;
    assert.equal((await engine.get(h.scope, left.generationId)).status, 'interrupted');
    const receipt = await engine.contextReceipt(h.scope, left.generationId);
    assert.equal(receipt.status, 'recorded');
    assert.deepEqual(receipt.messages, [{ id: left.userMessageId, role: 'user', treatment: 'whole' }]);
  });
});
