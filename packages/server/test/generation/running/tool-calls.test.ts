/** Calls of tools in the log and in the message: ids of ours, and parts that begin with their first character. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { callId } from '../../../src/domain/request/call-ids.ts';
import { readLog, startEngineHarness } from '../engines.ts';

onBothStores('tool calls', (storeEngine) => {
  test('ids say message and part, whatever the provider calls them', async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start();
    h.upstream.enqueue({
      steps: [
        { do: 'tokens', tokens: ['Hm'], reasoning: true },
        // What is dropped, and the first half of a character, begin no part.
        { do: 'tokens', tokens: ['\0', '\ud83d', '\ude00', ' look'] },
        { do: 'tool-call', id: '', name: 'look', arguments: '{"at":1}' },
        { do: 'tool-call', id: 'x'.repeat(200), name: 'look', arguments: '{"at":2}' },
        { do: 'finish', reason: 'tool_calls' },
        { do: 'end' },
      ],
    });
    const turn = await engine.accept(h.turn({ text: 'Hello' }));
    const reading = readLog(engine, turn.generationId);
    await reading.ended;
    const [one, two] = [callId(turn.answerMessageId, 2), callId(turn.answerMessageId, 3)];
    const row = await h.place.store.reads
      .selectFrom('message')
      .select(['parts', 'text'])
      .where('id', '=', turn.answerMessageId)
      .executeTakeFirstOrThrow();
    assert.deepEqual(JSON.parse(row.parts), [
      { type: 'reasoning', text: 'Hm' },
      { type: 'text', text: '😀 look' },
      { type: 'tool-call', id: one, name: 'look', arguments: '{"at":1}' },
      { type: 'tool-call', id: two, name: 'look', arguments: '{"at":2}' },
    ]);
    assert.equal(row.text, '😀 look');
    const { events } = reading;
    events.forEach(({ event }, index) => {
      if (typeof event === 'object' && event.type === 'part-started')
        assert.equal(typeof events[index + 1]?.event, 'string', 'a part begins with its first piece');
    });
    assert.equal((await engine.get(h.scope, turn.generationId)).finishReason, 'tool_calls');
  });

  test('a part that never gets a character never begins', async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start();
    h.upstream.enqueue({
      steps: [
        { do: 'tokens', tokens: ['\0'], reasoning: true },
        { do: 'tokens', tokens: ['Yes', '\ud83d'] },
        { do: 'tokens', tokens: ['\0\0'], reasoning: true },
        { do: 'finish' },
        { do: 'end' },
      ],
    });
    const turn = await engine.accept(h.turn({ text: 'Hello' }));
    const reading = readLog(engine, turn.generationId);
    await reading.ended;
    const kinds = reading.events.flatMap(({ event }) =>
      typeof event === 'object' && event.type === 'part-started' ? [event.kind] : [],
    );
    assert.deepEqual(kinds, ['text']);
    assert.equal((await engine.answer(turn.generationId)).text, 'Yes\ufffd');
  });
});
