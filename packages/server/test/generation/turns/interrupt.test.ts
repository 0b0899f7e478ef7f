/** A turn that interrupts ends the session's running and queued turns, on both stores. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import { readLog, startEngineHarness, textOf } from '../engines.ts';

onBothStores('interrupting', (storeEngine) => {
  test('interrupt cancels what runs, keeps it, and goes on', async () => {
    await using h = await startEngineHarness(storeEngine);
    h.upstream.enqueue({ steps: [{ do: 'tokens', tokens: ['kept'] }, { do: 'stall' }] }, answer('new'));
    const engine = await h.start();
    const first = await engine.accept(h.turn({ text: '1' }));
    await readLog(engine, first.generationId).until(4);
    const second = await engine.accept(
      h.turn({ kind: 'session', sessionId: first.sessionId, text: '2' }, { whenBusy: 'interrupt' }),
    );
    const reading = readLog(engine, second.generationId);
    await reading.ended;
    assert.equal(textOf(reading), 'new');
    assert.equal((await engine.get(h.scope, first.generationId)).status, 'cancelled');
    assert.deepEqual(
      h.upstream.requests[1]?.body?.messages?.map((message) => message.content),
      ['Be a test.', '1', 'kept', '2'],
    );
  });

  test('interrupt ends what waits too, and that has cost nothing', async () => {
    await using h = await startEngineHarness(storeEngine);
    h.upstream.enqueue({ steps: [{ do: 'tokens', tokens: ['kept'] }, { do: 'stall' }] }, answer('new'));
    const engine = await h.start();
    const first = await engine.accept(h.turn({ text: '1' }));
    await readLog(engine, first.generationId).until(4);
    const target = { kind: 'session', sessionId: first.sessionId } as const;
    const waiting = await engine.accept(h.turn({ ...target, text: '2' }, { whenBusy: 'queue' }));
    const third = await engine.accept(h.turn({ ...target, text: '3' }, { whenBusy: 'interrupt' }));
    const reading = readLog(engine, third.generationId);
    await reading.ended;
    assert.equal(textOf(reading), 'new');
    const { status, usage } = await engine.get(h.scope, waiting.generationId);
    assert.equal(status, 'cancelled');
    assert.deepEqual(usage, {
      prompt_tokens: 0,
      completion_tokens: 0,
      total_tokens: 0,
      provenance: 'reported',
    });
    assert.deepEqual(
      h.upstream.requests.map((request) => request.lastUserMessage),
      // The question that was interrupted while it waited has no answer, so the model sees both as one.
      ['1', '2\n\n3'],
    );
  });
});
