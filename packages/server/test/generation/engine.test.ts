/** The engine's promises, on both stores, with a real upstream over HTTP. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, gate, refuse } from 'colloquy-testkit/upstream/scripted-upstream';
import { conversationScope } from '../../src/auth/scopes.ts';
import type { AppError } from '../../src/domain/errors.ts';
import { isFinalEvent } from '../../src/domain/event.ts';
import { newId } from '../../src/domain/ids.ts';
import { readLog, startEngineHarness, textOf } from './engines.ts';

onBothStores('engine', (storeEngine) => {
  test('an answer is stored with dense events and the message that they tell', async () => {
    await using h = await startEngineHarness(storeEngine);
    h.upstream.enqueue(answer('Hello there, friend.'));
    const engine = await h.start();
    const accepted = await engine.accept(h.turn({ text: 'Hi' }));
    const reading = readLog(engine, accepted.generationId);
    await reading.ended;
    assert.deepEqual(
      reading.events.map((one) => one.seq),
      reading.events.map((_, index) => index + 1),
    );
    assert.equal(textOf(reading), 'Hello there, friend.');
    assert.ok(isFinalEvent(reading.events.at(-1)?.event));
    const view = await engine.get(h.scope, accepted.generationId);
    assert.equal(view.status, 'done');
    assert.equal(view.finishReason, 'stop');
    assert.equal(view.usage?.provenance, 'reported');
    assert.ok(view.firstTokenAt !== null && view.finishedAt !== null);
    const stored = await h.place.store.reads
      .selectFrom('message')
      .select(['role', 'text', 'status', 'position'])
      .where('conversation_id', '=', accepted.conversationId)
      .orderBy('position')
      .execute();
    assert.deepEqual(
      stored.map((row) => ({ ...row })),
      [
        { role: 'user', text: 'Hi', status: 'done', position: 0 },
        { role: 'assistant', text: 'Hello there, friend.', status: 'done', position: 1 },
      ],
    );
    assert.deepEqual(h.upstream.requests[0]?.body?.messages, [
      { role: 'system', content: 'Be a test.' },
      { role: 'user', content: 'Hi' },
    ]);
    const calls = await h.place.store.reads.selectFrom('model_call').selectAll().execute();
    assert.equal(calls.length, 1);
    assert.equal(calls[0]?.purpose, 'answer');
    assert.ok((calls[0]?.cost ?? 0) > 0);
  });

  test('a finished log replays with the same events from every cursor', async () => {
    await using h = await startEngineHarness(storeEngine);
    h.upstream.enqueue(answer('a b c d e f', { reasoning: ['thinking ', 'hard'] }));
    const engine = await h.start();
    const { generationId } = await engine.accept(h.turn({ text: 'Hi' }));
    const live = readLog(engine, generationId);
    await live.ended;
    for (let after = 0; after < live.events.length; after++) {
      const replay = readLog(engine, generationId, after);
      await replay.ended;
      assert.deepEqual(replay.events, live.events.slice(after));
    }
  });

  test('many readers that come and go at any moment each see every event once', async () => {
    await using h = await startEngineHarness(storeEngine);
    const words = Array.from({ length: 300 }, (_, index) => `w${index} `);
    h.upstream.enqueue(answer(words.join(''), { tokens: words, intervalMs: 2 }));
    const engine = await h.start();
    const { generationId } = await engine.accept(h.turn({ text: 'Hi' }));
    const first = readLog(engine, generationId);
    const readers = [];
    for (let count = 20; count <= 280; count += 20) {
      await first.until(count);
      const after = Math.floor(count / 2);
      readers.push({ after, reading: readLog(engine, generationId, after) });
    }
    await first.ended;
    for (const { after, reading } of readers) {
      await reading.ended;
      assert.deepEqual(reading.events, first.events.slice(after));
    }
    assert.equal(textOf(first), words.join(''));
  });

  test('a second message while the first is answered is session_busy and names the generation', async () => {
    await using h = await startEngineHarness(storeEngine);
    const hold = gate();
    h.upstream.enqueue({ steps: [hold.step, ...(answer('done').steps ?? [])] });
    const engine = await h.start();
    const first = await engine.accept(h.turn({ text: 'Hi' }));
    const again = h.turn({ kind: 'session', sessionId: first.sessionId, text: 'And?' });
    await assert.rejects(engine.accept(again), (error: AppError) => {
      assert.equal(error.code, 'session_busy');
      assert.equal(error.details.generation_id, first.generationId);
      return true;
    });
    hold.release();
    await readLog(engine, first.generationId).ended;
    const second = await engine.accept(again);
    await readLog(engine, second.generationId).ended;
    assert.deepEqual(
      h.upstream.requests[1]?.body?.messages?.map((message) => message.content),
      ['Be a test.', 'Hi', 'done', 'And?'],
    );
  });

  test('cancel keeps the partial answer, aborts the upstream call, and is idempotent', async () => {
    await using h = await startEngineHarness(storeEngine);
    h.upstream.enqueue({ steps: [{ do: 'tokens', tokens: ['par', 'tial'] }, { do: 'stall' }] });
    const engine = await h.start();
    const { generationId, answerMessageId } = await engine.accept(h.turn({ text: 'Hi' }));
    const reading = readLog(engine, generationId);
    await reading.until(5);
    const view = await engine.cancel(h.scope, generationId);
    assert.equal(view.status, 'cancelled');
    assert.equal(view.finishReason, 'cancelled');
    assert.equal(view.usage?.provenance, 'estimated');
    assert.ok((view.usage?.completion_tokens ?? 0) > 0);
    assert.equal(await (await h.upstream.request(0)).closed, 'aborted');
    await reading.ended;
    assert.equal(textOf(reading), 'partial');
    const message = await h.place.store.reads
      .selectFrom('message')
      .select(['text', 'status'])
      .where('id', '=', answerMessageId)
      .executeTakeFirstOrThrow();
    assert.deepEqual({ ...message }, { text: 'partial', status: 'cancelled' });
    assert.deepEqual(await engine.cancel(h.scope, generationId), view);
  });

  test('queued turns say their place, start in order, and can be cancelled', async () => {
    await using h = await startEngineHarness(storeEngine);
    const hold = gate();
    h.upstream.enqueue({ steps: [hold.step, ...(answer('one').steps ?? [])] });
    const engine = await h.start();
    const first = await engine.accept(h.turn({ text: '1' }));
    const follow = (text: string) =>
      engine.accept(h.turn({ kind: 'session', sessionId: first.sessionId, text }, { whenBusy: 'queue' }));
    const second = await follow('2');
    const third = await follow('3');
    const fourth = await follow('4');
    const readings = [second, third, fourth].map((one) => readLog(engine, one.generationId));
    for (const reading of readings) await reading.until(1);
    assert.deepEqual(
      readings.map((reading) => reading.events[0]?.event),
      [1, 2, 3].map((position) => ({ type: 'generation-queued', position, new_session: false })),
    );
    const cancelled = await engine.cancel(h.scope, third.generationId);
    assert.equal(cancelled.status, 'cancelled');
    await readings[1]?.ended;
    hold.release();
    await readings[0]?.ended;
    await readings[2]?.ended;
    // The cancelled turn's question has no answer, so it stands before the next one.
    assert.deepEqual(
      h.upstream.requests.map((request) => request.lastUserMessage),
      ['1', '2', '3\n\n4'],
    );
    assert.equal((await engine.get(h.scope, fourth.generationId)).status, 'done');
  });

  test('one idempotency key makes one generation, however often it is sent at once; another body is refused', async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start();
    const now = Date.now();
    const claim = { scope: 'key:a', key: 'k', bodyHash: 'h', now, expiresAt: now + 60_000 };
    const all = await Promise.all(
      Array.from({ length: 8 }, () => engine.accept(h.turn({ text: 'Hi' }), claim)),
    );
    assert.equal(new Set(all.map((one) => one.generationId)).size, 1);
    assert.equal(all.filter((one) => one.isNew).length, 1);
    await readLog(engine, all[0]?.generationId ?? '').ended;
    assert.equal(h.upstream.requests.length, 1);
    await assert.rejects(
      engine.accept(h.turn({ text: 'Other' }), { ...claim, bodyHash: 'other' }),
      (error: AppError) => error.code === 'idempotency_mismatch',
    );
  });

  test('a refused call does not use up its idempotency key', async () => {
    await using h = await startEngineHarness(storeEngine);
    const hold = gate();
    h.upstream.enqueue({ steps: [hold.step, ...(answer('one').steps ?? [])] });
    const engine = await h.start();
    const first = await engine.accept(h.turn({ text: '1' }));
    const now = Date.now();
    const claim = { scope: 'key:a', key: 'k', bodyHash: 'h', now, expiresAt: now + 60_000 };
    const turn = h.turn({ kind: 'session', sessionId: first.sessionId, text: '2' });
    await assert.rejects(engine.accept(turn, claim), { code: 'session_busy' });
    hold.release();
    await readLog(engine, first.generationId).ended;
    const second = await engine.accept(turn, claim);
    assert.equal(second.isNew, true);
    await readLog(engine, second.generationId).ended;
  });

  test('a retry attaches though the model is off and the server stops; another body is still refused', async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start();
    const now = Date.now();
    const claim = { scope: 'key:a', key: 'k', bodyHash: 'h', now, expiresAt: now + 60_000 };
    const first = await engine.accept(h.turn({ text: 'Hi' }), claim);
    await readLog(engine, first.generationId).ended;
    await h.place.store.execute('updateModel', {
      organizationId: h.scope.organizationId,
      id: h.modelId,
      changes: { isActive: false },
      byOperator: true,
      now,
    });
    await assert.rejects(engine.accept(h.turn({ text: 'Hi' })), { code: 'model_unavailable' });
    await engine.drain(0);
    await assert.rejects(engine.accept(h.turn({ text: 'Hi' })), { code: 'overloaded' });
    const again = await engine.accept(h.turn({ text: 'Hi' }), claim);
    assert.deepEqual(again, { ...first, isNew: false });
    const other = engine.accept(h.turn({ text: 'Hi' }), { ...claim, bodyHash: 'other' });
    await assert.rejects(other, { code: 'idempotency_mismatch' });
    const target = { kind: 'message', messageId: first.userMessageId, again: false } as const;
    assert.equal((await engine.accept(h.turn(target))).generationId, first.generationId);
  });

  test('the same message is answered once, however many ask', async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start();
    const first = await engine.accept(h.turn({ text: 'Hi' }));
    await readLog(engine, first.generationId).ended;
    const target = { kind: 'message', messageId: first.userMessageId, again: false } as const;
    const attached = await engine.accept(h.turn(target));
    assert.equal(attached.isNew, false);
    assert.equal(attached.generationId, first.generationId);
    const again = await engine.accept(h.turn({ ...target, again: true }));
    assert.equal(again.isNew, true);
    assert.notEqual(again.answerMessageId, first.answerMessageId);
    await readLog(engine, again.generationId).ended;
    assert.equal(h.upstream.requests.length, 2);
  });

  test('a failing provider ends the generation as failed, and keeps what was said', async () => {
    await using h = await startEngineHarness(storeEngine);
    h.upstream.enqueue(refuse(500), {
      steps: [{ do: 'tokens', tokens: ['so ', 'far'] }, { do: 'wait', ms: 30 }, { do: 'drop' }],
    });
    const engine = await h.start();
    const refused = await engine.accept(h.turn({ text: 'Hi' }));
    await readLog(engine, refused.generationId).ended;
    const view = await engine.get(h.scope, refused.generationId);
    assert.equal(view.status, 'failed');
    assert.equal(view.error?.code, 'provider_error');
    assert.equal(view.usage?.provenance, 'unknown');
    const dropped = await engine.answer((await engine.accept(h.turn({ text: 'Hi' }))).generationId);
    assert.equal(dropped.text, 'so far');
    assert.equal(dropped.outcome.status, 'failed');
  });

  test('what a dead process left is interrupted by the next, with every committed event, and replays', async () => {
    await using h = await startEngineHarness(storeEngine);
    const words = Array.from({ length: 50 }, (_, index) => `${index} `);
    h.upstream.enqueue({
      steps: [{ do: 'tokens', tokens: words, intervalMs: 1 }, { do: 'stall' }],
    });
    const store = h.place.store;
    const dying = await h.start(store, { leaseMs: 300 });
    const accepted = await dying.accept(h.turn({ text: 'Hi' }));
    const seen = readLog(dying, accepted.generationId);
    await seen.until(40);
    const queued = await dying.accept(
      h.turn({ kind: 'session', sessionId: accepted.sessionId, text: 'next' }, { whenBusy: 'queue' }),
    );
    await dying[Symbol.asyncDispose]();
    const before = [...seen.events];
    seen.close();
    const next = await h.start(store, { leaseMs: 300 });
    const replay = readLog(next, accepted.generationId);
    await replay.ended;
    assert.deepEqual(replay.events.slice(0, before.length), before);
    const view = await next.get(h.scope, accepted.generationId);
    assert.equal(view.status, 'interrupted');
    assert.equal(view.error?.code, 'interrupted');
    const message = await store.reads
      .selectFrom('message')
      .select('text')
      .where('id', '=', accepted.answerMessageId)
      .executeTakeFirstOrThrow();
    assert.equal(message.text, textOf(replay));
    await readLog(next, queued.generationId).ended;
    assert.equal((await next.get(h.scope, queued.generationId)).status, 'done');
    const left = await store.reads.selectFrom('journal').selectAll().execute();
    const other = left.filter((row) => row.owner === 1);
    assert.deepEqual(other, []);
  });

  test('nobody reads or cancels what is outside of their scope', async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start();
    const { generationId, sessionId } = await engine.accept(h.turn({ text: 'Hi' }));
    const others = [
      conversationScope(newId(), 'prod'),
      conversationScope(h.scope.organizationId, 'test'),
      conversationScope(h.scope.organizationId, 'prod', newId()),
    ];
    for (const scope of others) {
      await assert.rejects(engine.get(scope, generationId), { code: 'not_found' });
      await assert.rejects(engine.cancel(scope, generationId), { code: 'not_found' });
      const turn = h.turn({ kind: 'session', sessionId, text: 'x' }, { scope });
      await assert.rejects(engine.accept(turn), { code: 'not_found' });
    }
    await readLog(engine, generationId).ended;
  });
});
