/** Answers of a dead process continue if their model can continue a prefix, on both stores. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import { isFinalEvent } from '../../../src/domain/event.ts';
import { readLog, startEngineHarness, textOf } from '../engines.ts';

onBothStores('recovery', (storeEngine) => {
  test('an answer goes on from its committed text, in the same log, and both calls are accounted', async () => {
    await using h = await startEngineHarness(storeEngine, { canContinue: true });
    h.upstream.enqueue(
      { steps: [{ do: 'tokens', tokens: ['It ', 'was '], intervalMs: 1 }, { do: 'stall' }] },
      answer('a dark night.'),
    );
    const dying = await h.start(undefined, { leaseMs: 300 });
    const { generationId } = await dying.accept(h.turn({ text: 'Tell me' }, { maxTokens: 50 }));
    const seen = readLog(dying, generationId);
    await seen.until(5);
    await dying[Symbol.asyncDispose]();
    const before = [...seen.events];
    seen.close();
    const next = await h.start(undefined, { leaseMs: 300 });
    const after = readLog(next, generationId, before.length);
    await after.ended;
    const whole = readLog(next, generationId);
    await whole.ended;
    assert.deepEqual(whole.events, [...before, ...after.events]);
    assert.equal(textOf(whole), 'It was a dark night.');
    assert.equal(whole.events.filter(({ event }) => isFinalEvent(event)).length, 1);
    const again = await h.upstream.request(1);
    assert.equal(again.body?.continue_final_message, true);
    assert.equal(again.body?.messages?.at(-1)?.content, 'It was ');
    assert.equal((await h.upstream.request(0)).body?.max_tokens, 50);
    assert.equal(again.body?.max_tokens, 48);
    const view = await next.get(h.scope, generationId);
    assert.equal(view.status, 'done');
    assert.equal(view.usage?.provenance, 'estimated');
    const calls = await h.place.store.reads
      .selectFrom('model_call')
      .select('provenance')
      .where('generation_id', '=', generationId)
      .execute();
    assert.deepEqual(calls.map((call) => call.provenance).sort(), ['estimated', 'reported']);
  });

  test('a cancelled answer whose process died is not taken up again', async () => {
    await using h = await startEngineHarness(storeEngine, { canContinue: true });
    h.upstream.enqueue({ steps: [{ do: 'tokens', tokens: ['Half'] }, { do: 'stall' }] });
    const dying = await h.start(undefined, { leaseMs: 300 });
    const { generationId } = await dying.accept(h.turn({ text: 'Tell me' }));
    await readLog(dying, generationId).until(4);
    await dying[Symbol.asyncDispose]();
    await h.place.store.execute('requestCancel', { generationIds: [generationId], now: Date.now() });
    const next = await h.start(undefined, { leaseMs: 300 });
    const log = readLog(next, generationId);
    await log.ended;
    assert.equal((await next.get(h.scope, generationId)).status, 'cancelled');
    assert.equal(textOf(log), 'Half');
    assert.equal(h.upstream.requests.length, 1);
  });

  test('a fenced process writes nothing more, and who fenced it has the answer', async () => {
    await using h = await startEngineHarness(storeEngine);
    h.upstream.enqueue({ steps: [{ do: 'tokens', tokens: ['Half'] }, { do: 'stall' }] });
    const fenced = await h.start(undefined, { leaseMs: 60_000 });
    const { generationId } = await fenced.accept(h.turn({ text: 'Tell me' }));
    const log = readLog(fenced, generationId);
    await log.until(4);
    const { owner } = await h.place.store.execute('registerOwner', { leaseMs: 60_000 });
    const claimed = await h.place.store.execute('claimDeadOwners', { owner, all: true });
    assert.deepEqual(claimed.generationIds, [generationId]);
    await assert.rejects(
      h.place.store.execute('moveSegments', { owner: 1, segments: [], pruneThrough: null }),
    );
    const row = await h.place.store.appendJournal({ owner: 1, n: 999, payload: '[]' });
    assert.equal(row, 'fenced');
    await h.place.store.execute('endLease', { owner });
    await h.place.store.execute('endLease', { owner: 1 });
    const next = await h.start();
    const replay = readLog(next, generationId);
    await replay.ended;
    assert.equal(textOf(replay), 'Half');
    assert.equal((await next.get(h.scope, generationId)).status, 'interrupted');
  });

  test('after a checkpoint the journal holds nothing of what has ended', async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start();
    const { generationId } = await engine.accept(h.turn({ text: 'a secret' }));
    await readLog(engine, generationId).ended;
    await engine.settleBeforeDelete([]);
    const left = await h.place.store.reads.selectFrom('journal').selectAll().execute();
    assert.deepEqual(left, []);
  });
});
