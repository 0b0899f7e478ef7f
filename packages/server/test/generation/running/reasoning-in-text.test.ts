/** Reasoning that a model writes into its text is stored as reasoning; what readers were shown stays in the log. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { gate, type Step } from 'colloquy-testkit/upstream/scripted-upstream';
import type { MessagePart } from '../../../src/domain/message.ts';
import { type EngineHarness, readLog, startEngineHarness, textOf } from '../engines.ts';

const ending: readonly Step[] = [
  { do: 'finish' },
  { do: 'usage', promptTokens: 9, completionTokens: 5 },
  { do: 'end' },
];

async function storedAnswer(h: EngineHarness, generationId: string) {
  const row = await h.place.store.reads
    .selectFrom('generation')
    .innerJoin('message', 'message.id', 'generation.message_id')
    .select(['message.text', 'message.parts'])
    .where('generation.id', '=', generationId)
    .executeTakeFirstOrThrow();
  return { text: row.text, parts: JSON.parse(row.parts) as MessagePart[] };
}

onBothStores('reasoning in the text', (storeEngine) => {
  test('marked reasoning is a part of its own, and no part of the text', async () => {
    await using h = await startEngineHarness(storeEngine);
    const tokens = ['<th', 'ink>\n', 'Four', '?\n</', 'think>', '\n\n', 'Four', '.'];
    h.upstream.enqueue({ steps: [{ do: 'tokens', tokens, intervalMs: 1 }, ...ending] });
    const engine = await h.start();
    const { generationId } = await engine.accept(h.turn({ text: '2+2?' }));
    await readLog(engine, generationId).ended;
    assert.deepEqual(await storedAnswer(h, generationId), {
      text: 'Four.',
      parts: [
        { type: 'reasoning', text: 'Four?' },
        { type: 'text', text: 'Four.' },
      ],
    });
  });

  test('of an answer with only the closing mark, what was shown as text is stored as reasoning', async () => {
    await using h = await startEngineHarness(storeEngine);
    const shown = gate();
    h.upstream.enqueue({
      steps: [
        { do: 'tokens', tokens: ['It is'] },
        shown.step,
        { do: 'tokens', tokens: [' four.\n', '</think>', '\n\nFour.'] },
        ...ending,
      ],
    });
    const engine = await h.start();
    const { generationId, sessionId } = await engine.accept(h.turn({ text: '2+2?' }));
    const reading = readLog(engine, generationId);
    await reading.until(4);
    assert.equal(textOf(reading), 'It is', 'nothing was held back');
    shown.release();
    await reading.ended;
    assert.equal(textOf(reading), 'It is four.\nFour.');
    assert.deepEqual(await storedAnswer(h, generationId), {
      text: 'Four.',
      parts: [
        { type: 'reasoning', text: 'It is four.\n' },
        { type: 'text', text: 'Four.' },
      ],
    });
    const next = await engine.accept(h.turn({ kind: 'session', sessionId, text: 'Sure?' }));
    await readLog(engine, next.generationId).ended;
    assert.deepEqual(
      h.upstream.requests[1]?.body?.messages?.map(({ content }) => content),
      ['Be a test.', '2+2?', 'Four.', 'Sure?'],
    );
  });

  test('what stood before the answer that goes on is not taken for its reasoning', async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start();
    h.upstream.enqueue({
      steps: [{ do: 'tokens', tokens: ['Once'] }, { do: 'finish', reason: 'length' }, { do: 'end' }],
    });
    const first = await engine.accept(h.turn({ text: 'A story' }));
    await readLog(engine, first.generationId).ended;
    const hold = gate();
    h.upstream.enqueue({
      steps: [
        { do: 'tokens', tokens: [' I go on.'] },
        hold.step,
        { do: 'tokens', tokens: ['</think>', ' upon'] },
        ...ending,
      ],
    });
    const target = {
      kind: 'message',
      messageId: first.userMessageId,
      again: true,
      continueFrom: first.answerMessageId,
    } as const;
    const continued = await engine.accept(h.turn(target));
    const reading = readLog(engine, continued.generationId);
    await reading.until(5);
    hold.release();
    await reading.ended;
    const { text } = await storedAnswer(h, continued.generationId);
    assert.ok(text.startsWith('Once'), text);
  });

  test('figures that came before a stop count', async () => {
    await using h = await startEngineHarness(storeEngine);
    const chunk = (content: string, completion_tokens: number): Step => ({
      do: 'raw',
      data: `data: ${JSON.stringify({ choices: [{ delta: { content } }], usage: { prompt_tokens: 321, completion_tokens } })}\n\n`,
    });
    h.upstream.enqueue({ steps: [chunk('One', 1), chunk(' two', 2), { do: 'stall' }] });
    const engine = await h.start();
    const { generationId } = await engine.accept(h.turn({ text: 'Count' }));
    const reading = readLog(engine, generationId);
    await reading.until(5);
    await engine.cancel(h.scope, generationId);
    await reading.ended;
    const { status, usage } = await engine.get(h.scope, generationId);
    assert.equal(status, 'cancelled');
    assert.deepEqual(usage, {
      prompt_tokens: 321,
      completion_tokens: 2,
      total_tokens: 323,
      provenance: 'reported',
    });
  });

  test('the figure of the prompt that came before a stop counts, and the answer is estimated', async () => {
    await using h = await startEngineHarness(storeEngine, { wire: 'anthropic' });
    const event = (fields: object): Step => ({ do: 'raw', data: `data: ${JSON.stringify(fields)}\n\n` });
    h.upstream.enqueue({
      steps: [
        event({ type: 'message_start', message: { usage: { input_tokens: 321, output_tokens: 1 } } }),
        event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'One two' } }),
        event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: ' three' } }),
        { do: 'stall' },
      ],
    });
    const engine = await h.start();
    const { generationId } = await engine.accept(h.turn({ text: 'Count' }));
    const reading = readLog(engine, generationId);
    await reading.until(5);
    await engine.cancel(h.scope, generationId);
    await reading.ended;
    const { status, usage } = await engine.get(h.scope, generationId);
    assert.equal(status, 'cancelled');
    assert.equal(usage?.prompt_tokens, 321);
    assert.ok(usage.completion_tokens >= 3, String(usage.completion_tokens));
    assert.equal(usage.provenance, 'estimated');
  });

  for (const figures of [
    { prompt_tokens: 11.5, completion_tokens: 3 },
    { prompt_tokens: 3e9, completion_tokens: 3 },
    { prompt_tokens: 5, completion_tokens: 1e300 },
    { prompt_tokens: -5, completion_tokens: 3 },
    { prompt_tokens: '12', completion_tokens: 3 },
    { prompt_tokens: 0, completion_tokens: 0 },
  ]) {
    test(`the figures ${JSON.stringify(figures)} are estimated instead`, async () => {
      await using h = await startEngineHarness(storeEngine);
      const last = `data: ${JSON.stringify({ choices: [], usage: figures })}\n\n`;
      h.upstream.enqueue({
        steps: [
          { do: 'tokens', tokens: ['Fine.'] },
          { do: 'finish' },
          { do: 'raw', data: last },
          { do: 'end' },
        ],
      });
      const engine = await h.start();
      const { generationId } = await engine.accept(h.turn({ text: 'Hi' }));
      await readLog(engine, generationId).ended;
      const { status, usage } = await engine.get(h.scope, generationId);
      assert.equal(status, 'done');
      assert.equal(usage?.provenance, 'estimated');
      assert.ok(usage.prompt_tokens > 0 && usage.completion_tokens > 0);
    });
  }
});
