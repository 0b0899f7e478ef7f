/** Summaries of messages that no longer fit into a context, on both stores. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, gate, type RecordedRequest, refuse } from 'colloquy-testkit/upstream/scripted-upstream';
import { newId } from '../../../src/domain/ids.ts';
import type { AcceptedGeneration } from '../../../src/generation/interface.ts';
import { readSummariesBefore } from '../../../src/store/queries/summaries.ts';
import {
  answerCalls,
  insert,
  long,
  promptOf,
  say,
  scriptLong,
  settled,
  summariesOf,
  summaryCalls,
  talk,
} from '../context/contexts.ts';
import { startEngineHarness } from '../engines.ts';
import { type InsertedMessage, insertMessages } from '../insert-message.ts';

onBothStores('summaries', (storeEngine) => {
  test('a long conversation keeps the system prompt and the newest turns, and its older part as a summary', async () => {
    await using h = await startEngineHarness(storeEngine);
    scriptLong(h);
    const engine = await h.start();
    const turns = await talk(h, engine, 16);
    const { sessionId } = turns[0] as AcceptedGeneration;
    const summaries = await summariesOf(h, sessionId);
    assert.ok(summaries.length >= 2, `${summaries.length} summaries`);
    assert.deepEqual(
      summaries.map((one) => one.version),
      summaries.map((_, index) => index + 1),
    );
    assert.deepEqual(
      summaries.map((one) => one.text),
      summaries.map((_, index) => `summary ${index + 1}`),
    );
    assert.ok(summaries.every((one) => one.is_complete === 1));
    for (let n = 1; n < summaries.length; n++) {
      assert.equal(summaries[n]?.previous_id, summaries[n - 1]?.id);
      assert.ok((summaries[n]?.message_count ?? 0) > (summaries[n - 1]?.message_count ?? 0));
    }
    // Each summary covers the previous one and the messages after it.
    const second = promptOf(summaryCalls(h)[1] as RecordedRequest)[1]?.content ?? '';
    assert.match(second, /<earlier-summary>\nsummary 1\n<\/earlier-summary>/);
    assert.doesNotMatch(second, /question 1 /);

    const calls = answerCalls(h);
    assert.equal(calls.length, 16);
    for (const [index, call] of calls.entries()) {
      const prompt = promptOf(call);
      assert.match(prompt[0]?.content ?? '', /^Be a test\./);
      assert.match(prompt.at(-1)?.content ?? '', new RegExp(`^question ${index + 1} `));
      const bytes = prompt.reduce((sum, one) => sum + one.content.length, 0);
      assert.ok(bytes / 4 <= 2976, `prompt ${index + 1} has ${bytes} bytes`);

      const receipt = await engine.contextReceipt(h.scope, (turns[index] as AcceptedGeneration).generationId);
      const whole = receipt.messages.filter((one) => one.treatment === 'whole');
      assert.equal(whole.length, prompt.length - 1);
      assert.equal(receipt.whole.count, whole.length);
      assert.equal(receipt.whole.first_message_id, whole[0]?.id);
      assert.equal(receipt.whole.last_message_id, turns[index]?.userMessageId);
      assert.equal(receipt.dropped, null, 'nothing is lost without a summary');
      const rest = receipt.messages.filter((one) => one.treatment === 'summarised');
      assert.equal(receipt.messages.length, 2 * index + 1);
      assert.equal(rest.length, receipt.summarised?.count ?? 0);
      assert.equal(receipt.summarised?.last_message_id, rest.at(-1)?.id);
      const sent = receipt.sections.reduce((sum, one) => sum + one.tokens, 0);
      assert.ok(sent <= receipt.budget_tokens);
      if (receipt.summary === null) assert.doesNotMatch(prompt[0]?.content ?? '', /<summary>/);
      else {
        assert.equal(receipt.summary.text, `summary ${receipt.summary.version}`);
        assert.ok(prompt[0]?.content.includes(`<summary>\n${receipt.summary.text}\n</summary>`));
      }
    }
    const last = await engine.contextReceipt(h.scope, (turns.at(-1) as AcceptedGeneration).generationId);
    assert.ok((last.summary?.version ?? 0) >= 2);
    // The originals are untouched.
    const stored = await h.place.store.reads
      .selectFrom('message')
      .select(['text'])
      .where('session_id', '=', sessionId)
      .orderBy('position')
      .execute();
    assert.equal(stored.length, 32);
    assert.equal(stored[0]?.text, long('question 1'));
    const paid = await h.place.store.reads
      .selectFrom('model_call')
      .selectAll()
      .where('purpose', '=', 'summary')
      .execute();
    assert.equal(paid.length, summaryCalls(h).length);
    assert.ok(paid.every((one) => one.generation_id === null && one.provenance === 'reported'));
    assert.ok(paid.every((one) => one.prompt_tokens === 10 && (one.cost ?? 0) > 0));
  });

  test('an answer to an older message sees its ancestors only, not a summary of what came after them', async () => {
    await using h = await startEngineHarness(storeEngine);
    scriptLong(h);
    const engine = await h.start();
    const turns = await talk(h, engine, 9);
    const { sessionId } = turns[0] as AcceptedGeneration;
    const summaries = await summariesOf(h, sessionId);
    assert.ok(summaries.length > 0);
    const second = turns[1] as AcceptedGeneration;
    const again = await say(h, engine, { kind: 'message', messageId: second.userMessageId, again: true });
    const prompt = promptOf(answerCalls(h).at(-1) as RecordedRequest);
    assert.deepEqual(
      prompt.map((one) => one.content.split(' word')[0]),
      ['Be a test.', 'question 1', 'answer 1', 'question 2'],
    );
    assert.equal((await engine.contextReceipt(h.scope, again.generationId)).summary, null);

    // The branch's own history is too long: it drops old messages and does not use another branch's summary.
    const through = summaries.at(-1)?.through_position ?? 0;
    let parent = again.answerMessageId;
    for (let n = 0; n < 9; n++) {
      parent = await insert(h, again, {
        parent,
        role: n % 2 === 0 ? 'user' : 'assistant',
        text: long(`branch ${n}`),
      });
    }
    const branch = await say(h, engine, { kind: 'message', messageId: parent, again: false });
    const receipt = await engine.contextReceipt(h.scope, branch.generationId);
    assert.ok(through > 0);
    assert.equal(receipt.summary, null);
    assert.doesNotMatch(promptOf(answerCalls(h).at(-1) as RecordedRequest)[0]?.content ?? '', /<summary>/);
    assert.equal(receipt.dropped?.first_message_id ?? null, turns[0]?.userMessageId);
    assert.equal((receipt.dropped?.count ?? 0) + (receipt.whole.count ?? 0), 13);
    const dropped = receipt.messages.filter((one) => one.treatment === 'dropped');
    assert.equal(dropped.length, receipt.dropped?.count);
    assert.equal(dropped.at(-1)?.id, receipt.dropped?.last_message_id);
  });

  test('a summary that fails costs no answer; what does not fit is dropped, and the next answer tries again', async () => {
    await using h = await startEngineHarness(storeEngine);
    let broken = true;
    scriptLong(h, (n) => (broken ? refuse(500) : answer('', { tokens: [`summary ${n}`] })));
    const engine = await h.start();
    const turns = await talk(h, engine, 7);
    const last = turns.at(-1) as AcceptedGeneration;
    assert.equal((await engine.get(h.scope, last.generationId)).status, 'done');
    const receipt = await engine.contextReceipt(h.scope, last.generationId);
    assert.equal(receipt.summary, null);
    assert.equal(receipt.summarised, null);
    assert.equal(
      receipt.dropped?.last_message_id,
      receipt.messages.findLast((one) => one.treatment === 'dropped')?.id,
    );
    assert.ok(summaryCalls(h).length > 0);
    assert.equal((await summariesOf(h, last.sessionId)).length, 0);
    assert.ok(h.warnings.some((one) => one.message.includes('summary could not be made')));
    const failed = await h.place.store.reads
      .selectFrom('model_call')
      .select(['provenance'])
      .where('purpose', '=', 'summary')
      .execute();
    assert.equal(failed.length, summaryCalls(h).length);
    assert.ok(failed.every((one) => one.provenance === 'unknown'));

    broken = false;
    await say(h, engine, { kind: 'session', sessionId: last.sessionId, text: long('question 8') });
    await settled(h, engine, last.sessionId);
    const after = await say(h, engine, {
      kind: 'session',
      sessionId: last.sessionId,
      text: 'question 9',
    });
    const healed = await engine.contextReceipt(h.scope, after.generationId);
    assert.equal(healed.summary?.version, 1);
    assert.equal(healed.dropped, null);
    assert.equal((healed.summarised?.count ?? 0) + (healed.whole.count ?? 0), 17);
  });

  test('no answer waits for a summary, and the engine ends without it', async () => {
    await using h = await startEngineHarness(storeEngine);
    const held = gate();
    scriptLong(h, () => ({ steps: [{ do: 'headers' }, held.step, { do: 'end' }] }));
    const engine = await h.start();
    const first = await say(h, engine, { text: long('question 1') });
    for (let n = 2; n <= 8; n++) {
      await say(h, engine, { kind: 'session', sessionId: first.sessionId, text: long(`question ${n}`) });
    }
    assert.equal(answerCalls(h).length, 8);
    assert.equal(summaryCalls(h).length, 1, 'one at a time for a session');
    await engine[Symbol.asyncDispose]();
    assert.equal(await summaryCalls(h)[0]?.closed, 'aborted');
    held.release();
    assert.equal((await summariesOf(h, first.sessionId)).length, 0);
  });

  test('a summary is not kept where a message that it tells of is gone by then', async () => {
    await using h = await startEngineHarness(storeEngine);
    scriptLong(h);
    const engine = await h.start();
    const turns = await talk(h, engine, 7);
    const { sessionId } = turns[0] as AcceptedGeneration;
    const { reads } = h.place.store;
    const summary = (await readSummariesBefore(reads, sessionId, 2 ** 31 - 1, 100)).at(-1);
    assert.ok(summary !== undefined);
    const { version: _, ...row } = { ...summary, id: newId(), previousId: null };
    const store = (newMessageCount: number, more: object = {}) =>
      h.place.store.execute('storeSummary', {
        summary: { ...row, ...more },
        newMessageCount,
        modelCalls: [],
      });
    assert.deepEqual(await store(summary.messageCount + 1), { version: null });
    assert.deepEqual(await store(1, { previousId: newId() }), { version: null });
    assert.deepEqual(await store(1, { sessionId: newId() }), { version: null });
    const count = (await summariesOf(h, sessionId)).length;
    assert.deepEqual(await store(summary.messageCount), { version: count + 1 });
  });

  test('of a history of 3,000 messages the newest are sent, and no more is summarised than a few calls can read', async () => {
    await using h = await startEngineHarness(storeEngine);
    scriptLong(h);
    const engine = await h.start();
    const first = await say(h, engine, { text: 'Hello' });
    const ids = Array.from({ length: 3000 }, () => newId());
    const messages = ids.map(
      (_, index): InsertedMessage => ({
        parent: ids[index - 1] ?? first.answerMessageId,
        role: index % 2 === 0 ? 'user' : 'assistant',
        text: long(`old ${index}`),
      }),
    );
    await insertMessages(h.place, first.userMessageId, messages, { ids, movesHead: true });
    const target = { kind: 'session', sessionId: first.sessionId } as const;
    const asked = await say(h, engine, { ...target, text: 'So?' });
    const receipt = await engine.contextReceipt(h.scope, asked.generationId);
    assert.equal(receipt.summary, null);
    assert.equal(receipt.dropped?.count, null);
    assert.equal(receipt.dropped?.first_message_id, null);
    assert.ok(receipt.messages.length < 120);
    assert.equal(receipt.messages.at(-1)?.id, asked.userMessageId);

    await settled(h, engine, first.sessionId);
    const calls = summaryCalls(h).length;
    assert.ok(calls >= 8 && calls < 16, `${calls} calls`);
    const [summary] = await summariesOf(h, first.sessionId);
    assert.equal(summary?.text, `summary ${calls}`);
    assert.equal(summary?.is_complete, 0);
    const next = await say(h, engine, { ...target, text: 'And?' });
    const after = await engine.contextReceipt(h.scope, next.generationId);
    assert.equal(after.summary?.version, 1);
    assert.ok((after.summarised?.count ?? 0) >= 40);
    assert.equal(after.dropped?.count, null);
    const known = (after.summarised?.count ?? 0) + (after.whole.count ?? 0);
    assert.equal(after.summarised?.first_message_id, ids[3000 + 3 - known]);
    await settled(h, engine, first.sessionId);
    assert.equal(summaryCalls(h).length, calls, 'what is out of reach is not tried again');
  });
});
