/** Limits that are counted in the store hold whatever becomes of an answer; `budget-of-…` asks a thousand at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import type { AppError } from '../../../src/domain/errors.ts';
import { newId } from '../../../src/domain/ids.ts';
import type { ModelRecord } from '../../../src/domain/model.ts';
import { readConsumed } from '../../../src/store/queries/consumption.ts';
import { readLog, startEngineHarness } from '../engines.ts';
import { Asking, ask, exact, makeModel, makeSubject, pricePerToken } from './asking.ts';

onBothStores('stored limits', (storeEngine) => {
  test('tokens a day: what reports read is what is counted, on the day (UTC) of the call', async () => {
    await using h = await startEngineHarness(storeEngine);
    h.upstream.setDefault(answer('Fine', { usage: { promptTokens: 300, completionTokens: 100 } }));
    const asking = await ask(h, 'key', { tokens_per_day: 1000 });
    // Without a bound of its own, an answer may have what is left.
    for (let i = 0; i < 3; i++) await asking.engine.answer((await asking.accept(undefined)).generationId);
    assert.equal((await asking.consumed())?.tokens_per_day, 1200);
    assert.equal((await asking.reported()).tokens, 1200);
    await assert.rejects(asking.accept(undefined), { code: 'quota_exhausted' });
    const { id, limits } = asking.held;
    const tomorrow = await readConsumed(
      h.place.store.reads,
      [{ subject: 'key', id }],
      Date.now() + 86_400_000,
    );
    assert.equal(tomorrow.get(`key:${id}`)?.tokens_per_day, 0);
    const bounds = h.upstream.requests.map((request) => request.body?.max_tokens);
    assert.ok(bounds.every((bound) => Number(bound) > 0 && Number(bound) <= Number(limits.tokens_per_day)));
  });

  test('what was used before a limit was set counts', async () => {
    await using h = await startEngineHarness(storeEngine);
    h.upstream.setDefault(answer('Fine', { usage: { promptTokens: 300, completionTokens: 100 } }));
    const asking = await ask(h, 'organization', { tokens_per_day: 500 });
    const { generationId } = await asking.accept(50, { limits: [] });
    await asking.engine.answer(generationId);
    assert.equal(await asking.consumed(), undefined);
    await assert.rejects(asking.accept(100), { code: 'quota_exhausted' });
    assert.equal((await asking.consumed())?.tokens_per_day, 400);
  });

  test('an answer that fails, is cancelled, or is deleted gives back what it did not cost', async () => {
    await using h = await startEngineHarness(storeEngine);
    const asking = await ask(h, 'key', { budget_per_month: 1, tokens_per_day: 100_000, queued_turns: 5 });
    h.upstream.enqueue({ steps: [{ do: 'status', status: 400 }] } as never);
    h.upstream.setDefault({ steps: [{ do: 'tokens', tokens: ['kept'] }, { do: 'stall' }] });
    const stalled = await asking.accept(50);
    const deleted = await asking.accept(50);
    for (const { generationId } of [stalled, deleted]) await readLog(asking.engine, generationId).until(2);
    assert.ok((await asking.consumed())?.tokens_per_day !== 0);
    await asking.engine.cancel(h.scope, stalled.generationId);
    await asking.engine.cancelWhere({ conversationId: deleted.conversationId });
    await h.place.store.execute('deleteConversation', {
      scope: h.scope,
      id: deleted.conversationId,
      now: Date.now(),
    });
    const { tokens, cost } = await asking.reported();
    const left = { tokens_per_day: tokens, budget_per_month: cost, queued_turns: 0, storage_bytes: null };
    assert.deepEqual(await asking.consumed(), left);
  });

  test('turns that wait are counted until they run or end', async () => {
    await using h = await startEngineHarness(storeEngine);
    h.upstream.setDefault({ steps: [{ do: 'tokens', tokens: ['kept'] }, { do: 'stall' }] });
    const asking = await ask(h, 'key', { queued_turns: 3 });
    const first = await asking.accept(50);
    const target = { kind: 'session', sessionId: first.sessionId, text: 'more' } as const;
    const queue = () => asking.accept(50, { target, whenBusy: 'queue' });
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, queue));
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 3);
    const refused = outcomes.find((outcome) => outcome.status === 'rejected')?.reason as AppError;
    assert.equal(refused.code, 'rate_limited');
    assert.deepEqual(refused.details.limit, { name: 'queued_turns', subject: 'key' });
    assert.equal((await asking.consumed())?.queued_turns, 3);
    await asking.engine.cancel(h.scope, first.generationId);
    assert.equal((await asking.consumed())?.queued_turns, 2);
    await queue();
    await assert.rejects(queue(), { code: 'rate_limited' });
  });

  test('twenty turns wait in a session, whoever asks', async () => {
    await using h = await startEngineHarness(storeEngine);
    h.upstream.setDefault({ steps: [{ do: 'tokens', tokens: ['kept'] }, { do: 'stall' }] });
    const engine = await h.start();
    const first = await engine.accept(h.turn({ text: '1' }));
    const target = { kind: 'session', sessionId: first.sessionId, text: 'more' } as const;
    const queue = () => engine.accept(h.turn(target, { whenBusy: 'queue' }));
    const outcomes = await Promise.allSettled(Array.from({ length: 40 }, queue));
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 20);
    await assert.rejects(queue(), (error: AppError) => {
      assert.deepEqual(error.details.limit, { name: 'queued_turns', subject: 'session' });
      return error.code === 'rate_limited';
    });
  });

  test('a process that dies leaves its reservations to the one that takes over, which settles them once', async () => {
    await using h = await startEngineHarness(storeEngine);
    h.upstream.setDefault({ steps: [{ do: 'tokens', tokens: ['kept'] }, { do: 'stall' }] });
    const asking = await ask(h, 'key', { budget_per_month: 1 });
    const { generationId } = await asking.accept(50);
    await readLog(asking.engine, generationId).until(3);
    const { id } = asking.held;
    await h.place.store.execute('reserveCall', {
      ...{ id: newId(), generationId: null, owner: 1, subjects: [asking.held], now: Date.now() },
      tokens: 10,
      cost: 0.5,
    });
    assert.equal((await asking.consumed())?.budget_per_month, exact(0.5 + 50 * pricePerToken));
    const { owner } = await h.place.store.execute('registerOwner', { leaseMs: 10_000 });
    const claimed = await h.place.store.execute('claimDeadOwners', { owner, all: true });
    assert.deepEqual(claimed.generationIds, [generationId]);
    // The call beside the answers died with its process; the answer is still owed an end.
    assert.equal((await asking.consumed())?.budget_per_month, exact(50 * pricePerToken));
    const call = {
      ...{ id: newId(), generationId, apiKeyId: id, endUserId: null, personaId: null },
      organizationId: h.scope.organizationId,
      environment: 'prod',
      modelId: asking.modelId,
      purpose: 'answer',
      promptTokens: 1,
      completionTokens: 30,
      provenance: 'estimated',
      cost: 30 * pricePerToken,
      isRequest: true,
      isFailed: true,
      createdAt: Date.now(),
    } as const;
    const row = await h.place.store.reads
      .selectFrom('generation')
      .select(['session_id', 'message_id'])
      .where('id', '=', generationId)
      .executeTakeFirstOrThrow();
    const usage = {
      prompt_tokens: 1,
      completion_tokens: 30,
      total_tokens: 31,
      provenance: 'estimated',
    } as const;
    const outcome = { status: 'interrupted', finish_reason: null, usage, error: null } as const;
    const ending = {
      ...{ owner, generationId, sessionId: row.session_id, messageId: row.message_id, outcome },
      last: { generationId, firstSeq: 100, events: [{ type: 'generation-finished', ...outcome }] },
      message: { parts: '[]', text: '' },
      firstTokenAt: null,
      modelCalls: [call],
      now: Date.now(),
    };
    for (let i = 0; i < 2; i++) await h.place.store.execute('finishGeneration', ending as never);
    assert.equal((await asking.consumed())?.budget_per_month, exact(30 * pricePerToken));
  });

  test('a turn without max_tokens is planned once, and what may be tried after its model is bounded too', async () => {
    await using h = await startEngineHarness(storeEngine);
    const fallback = await makeModel(h, { input: 0, output: 2 });
    const first = await makeModel(h, { input: 0, output: 2 });
    const organization = { organizationId: h.scope.organizationId, byOperator: true, now: Date.now() };
    await h.place.store.execute('updateModel', {
      ...organization,
      id: first,
      changes: { fallbacks: [fallback] },
    } as never);
    const planned: string[] = [];
    const { get } = h.models;
    const models = {
      ...h.models,
      get(record: ModelRecord) {
        planned.push(record.id);
        return get(record);
      },
    };
    const engine = await h.start(undefined, { models });
    const held = await makeSubject(h, 'key', { tokens_per_day: 2000 });
    const asking = new Asking(h, engine, first, held);
    h.upstream.enqueue({ status: 400, body: '{"error":{"message":"no"}}' } as never, answer('Fine'));
    const { generationId } = await asking.accept(undefined);
    // The fallback is looked for as soon as the first model has been asked, which may be before this.
    assert.deepEqual(
      planned.filter((id) => id !== fallback),
      [first],
    );
    assert.equal((await engine.answer(generationId)).text, 'Fine');
    const bounds = h.upstream.requests.map(({ body }) => Number(body?.max_tokens));
    assert.equal(bounds.length, 2);
    for (const bound of bounds) assert.ok(bound > 0 && bound < 2000, `${bound}`);
  });

  test('waiting turns alone bound no answer', async () => {
    await using h = await startEngineHarness(storeEngine);
    h.upstream.setDefault(answer('Fine'));
    const asking = await ask(h, 'key', { queued_turns: 3 });
    await asking.engine.answer((await asking.accept(undefined)).generationId);
    assert.equal(h.upstream.requests[0]?.body?.max_tokens, undefined);
  });
});
