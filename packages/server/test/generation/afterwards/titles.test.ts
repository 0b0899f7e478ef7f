/** Titles that the model gives new conversations in the background. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, gate, refuse } from 'colloquy-testkit/upstream/scripted-upstream';
import { titleOf } from '../../../src/generation/afterwards/title-text.ts';
import { type EngineHarness, startEngineHarness } from '../engines.ts';

async function conversationOf(harness: EngineHarness, id: string) {
  const { reads } = harness.place.store;
  return await reads
    .selectFrom('conversation')
    .select(['title', 'title_source'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
}

async function titleCalls(harness: EngineHarness) {
  const { reads } = harness.place.store;
  return await reads.selectFrom('model_call').selectAll().where('purpose', '=', 'title').execute();
}

onBothStores('titles', (storeEngine) => {
  test('after the first answer, once, and accounted', async () => {
    await using harness = await startEngineHarness(storeEngine);
    const engine = await harness.start(undefined, { titles: true });
    harness.upstream.enqueue(
      answer('Sie speichern Vektoren.'),
      answer('Title: "Wie Vektordatenbanken arbeiten."\nMehr'),
    );
    const turn = harness.turn({ text: 'Erkläre mir bitte ausführlich, wie Vektordatenbanken arbeiten' });
    const { conversationId, sessionId, generationId } = await engine.accept(turn);
    await engine.answer(generationId);
    await engine.titlesWritten();
    assert.deepEqual(
      { ...(await conversationOf(harness, conversationId)) },
      {
        title: 'Wie Vektordatenbanken arbeiten',
        title_source: 'generated',
      },
    );
    const asked = JSON.stringify(harness.upstream.requests[1]?.body);
    assert.match(asked, /at most 8 words/);
    assert.match(asked, /Sie speichern Vektoren/);
    const [call, ...more] = await titleCalls(harness);
    assert.equal(more.length, 0);
    assert.equal(call?.generation_id, null);
    assert.ok((call?.completion_tokens ?? 0) > 0 && (call?.cost ?? 0) > 0);
    const second = await engine.accept(harness.turn({ kind: 'session', sessionId, text: 'Und weiter?' }));
    await engine.answer(second.generationId);
    await engine.titlesWritten();
    assert.equal(harness.upstream.requests.length, 3);
  });

  test('a title that somebody gave meanwhile stays', async () => {
    await using harness = await startEngineHarness(storeEngine);
    const engine = await harness.start(undefined, { titles: true });
    const { step, release } = gate();
    harness.upstream.enqueue(answer('Hello'), {
      steps: [
        { do: 'headers' },
        step,
        { do: 'tokens', tokens: ['Too late'] },
        { do: 'finish' },
        { do: 'end' },
      ],
    });
    const { conversationId, generationId } = await engine.accept(harness.turn({ text: 'Hi there' }));
    await engine.answer(generationId);
    await harness.upstream.request(1);
    const automatic = await conversationOf(harness, conversationId);
    assert.deepEqual([automatic.title, automatic.title_source], ['Hi there', 'automatic']);
    await harness.place.store.execute('updateConversation', {
      scope: harness.scope,
      id: conversationId,
      changes: { title: 'Mine' },
      now: Date.now(),
    });
    release();
    await engine.titlesWritten();
    const { title, title_source } = await conversationOf(harness, conversationId);
    assert.deepEqual([title, title_source], ['Mine', 'user']);
    assert.equal((await titleCalls(harness)).length, 1, 'the tokens were spent');
  });

  test('a failure leaves the first words, and nothing else notices', async () => {
    await using harness = await startEngineHarness(storeEngine);
    const engine = await harness.start(undefined, { titles: true });
    for (const script of [refuse(500), answer('"…"'), answer('')]) {
      harness.upstream.enqueue(answer('Fine'), script);
      const { conversationId, generationId } = await engine.accept(harness.turn({ text: 'Some words' }));
      await engine.answer(generationId);
      await engine.titlesWritten();
      const { title, title_source } = await conversationOf(harness, conversationId);
      assert.deepEqual([title, title_source], ['Some words', 'automatic']);
    }
    assert.deepEqual(harness.warnings, []);
  });

  test('a conversation that was made with its title keeps it; an answer that failed gives none', async () => {
    await using harness = await startEngineHarness(storeEngine);
    const engine = await harness.start(undefined, { titles: true });
    const { store } = harness.place;
    const { scope, modelId } = harness;
    const now = Date.now();
    const [id, sessionId] = ['019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f01', '019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f02'];
    await store.execute('createConversation', { scope, id, title: 'Given', isArchived: false, now });
    await store.execute('createSession', {
      scope,
      id: sessionId,
      conversationId: id,
      modelId,
      persona: null,
      now,
    });
    const accepted = await engine.accept(harness.turn({ kind: 'session', sessionId, text: 'Hello' }));
    await engine.answer(accepted.generationId);
    harness.upstream.enqueue(refuse(500));
    const failing = await engine.accept(harness.turn({ text: 'Fails' }));
    await engine.answer(failing.generationId);
    await engine.titlesWritten();
    const { title, title_source } = await conversationOf(harness, id);
    assert.deepEqual([title, title_source], ['Given', 'user']);
    assert.equal(harness.upstream.requests.length, 2);
  });

  test('closing breaks it off', async () => {
    await using harness = await startEngineHarness(storeEngine);
    const engine = await harness.start(undefined, { titles: true });
    harness.upstream.enqueue(answer('Fine'), { steps: [{ do: 'headers' }, { do: 'stall' }] });
    const { generationId } = await engine.accept(harness.turn({ text: 'Hello' }));
    await engine.answer(generationId);
    const request = await harness.upstream.request(1);
    await engine[Symbol.asyncDispose]();
    assert.equal(await request.closed, 'aborted');
  });
});

test('what becomes a title of a reply', () => {
  for (const [reply, title] of [
    ['Vector databases', 'Vector databases'],
    ['"Vector databases."', 'Vector databases'],
    ['**Title: Vector databases**', 'Vector databases'],
    ['\n\n# Vector   databases\nmore', 'Vector databases'],
    ['«Les bases de données»', 'Les bases de données'],
    ['one two three four five six seven eight nine ten', 'one two three four five six seven eight'],
    ['東京について。', '東京について'],
    ['あ'.repeat(300), 'あ'.repeat(80)],
    ["What's C++?", "What's C++?"],
    ['', undefined],
    ['"…"', undefined],
    ['\n \n', undefined],
  ] as const) {
    assert.equal(titleOf(reply), title, JSON.stringify(reply));
  }
});
