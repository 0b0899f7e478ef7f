/** The chunks of chat completions, as npm's `openai` types and reads them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChatCompletionChunk } from 'openai/resources/chat/completions';
import type { LogEvent } from '../../../../../src/domain/event.ts';
import { completionsCodec } from '../../../../../src/http/dialects/openai/completions/codec.ts';
import * as logs from '../logs.ts';

function chunksOf(log: readonly LogEvent[], context = logs.contextWith({})): ChatCompletionChunk[] {
  const frames = logs.shownOneByOne(completionsCodec, context, log).flat();
  assert.equal(frames.at(-1)?.data, '[DONE]');
  return frames.slice(0, -1).map(({ event, data }) => {
    assert.equal(event, undefined);
    return JSON.parse(data);
  });
}

const deltas = (chunks: readonly ChatCompletionChunk[]) => chunks.map(({ choices }) => choices[0]?.delta);
const lastReason = (chunks: readonly ChatCompletionChunk[]) => chunks.at(-1)?.choices[0]?.finish_reason;

test('an answer with reasoning, text and calls', () => {
  const chunks = chunksOf([
    ...logs.started,
    ...logs.reasoning,
    ...logs.text('Hel', 'lo'),
    ...logs.call('look', '{}'),
    ...logs.call('see', '{"a"', ':1}'),
    logs.done('tool_calls'),
  ]);
  const call = (index: number, name: string) => ({
    tool_calls: [
      {
        ...{ index, id: `call_${logs.messageHex}0${index + 2}`, type: 'function' },
        function: { name, arguments: '' },
      },
    ],
  });
  const piece = (index: number, text: string) => ({ tool_calls: [{ index, function: { arguments: text } }] });
  assert.deepEqual(deltas(chunks), [
    { role: 'assistant', content: '' },
    { reasoning_content: 'h' },
    { reasoning_content: 'm' },
    { content: 'Hel' },
    { content: 'lo' },
    call(0, 'look'),
    piece(0, '{}'),
    call(1, 'see'),
    piece(1, '{"a"'),
    piece(1, ':1}'),
    {},
  ]);
  assert.equal(lastReason(chunks), 'tool_calls');
  for (const { id, object, created, model, choices } of chunks) {
    assert.deepEqual(
      { id, object, created, model },
      {
        id: 'chatcmpl-019ab1c27d3e7c4f9a105b6c7d8e9f01',
        object: 'chat.completion.chunk',
        created: 1_700_000_000,
        model: 'small',
      },
    );
    assert.deepEqual([choices.length, choices[0]?.index, choices[0]?.logprobs], [1, 0, null]);
  }
});

test('citations come with the last chunk', () => {
  const sources = { type: 'sources', sources: [logs.source] } as const;
  const chunks = chunksOf([...logs.started, sources, ...logs.text('😀 So ', '[1].'), logs.done()]);
  const citation = { url: logs.source.url, title: 'A page', start_index: 5, end_index: 8 };
  assert.deepEqual(deltas(chunks).at(-1), {
    annotations: [{ type: 'url_citation', url_citation: citation }],
  });
});

test('the usage, where it is asked for, is a chunk without choices', () => {
  const request = { dialect: 'completions', model: 'mine', includeUsage: true };
  const chunks = chunksOf([...logs.started, ...logs.text('Hi'), logs.done()], logs.contextWith({ request }));
  assert.deepEqual(
    chunks.map(({ usage }) => usage?.total_tokens ?? usage),
    [null, null, null, 3],
  );
  assert.deepEqual(chunks.at(-1)?.choices, []);
  assert.deepEqual(
    chunks.map(({ model }) => model),
    ['mine', 'mine', 'mine', 'mine'],
  );
});

test('an answer that was cancelled was cut short', () => {
  assert.equal(lastReason(chunksOf([...logs.started, ...logs.text('Hi'), logs.cancelled])), 'length');
});

test('a failure is an error in place of a chunk', () => {
  const last = chunksOf([...logs.started, ...logs.text('Hi'), logs.failed]).at(-1);
  assert.deepEqual(last, {
    error: { message: 'too late', type: 'server_error', param: '', code: 'provider_timeout' },
  });
});

test('reasoning is not for everybody', () => {
  const log = [...logs.started, ...logs.reasoning, ...logs.text('Hi'), logs.done()];
  const hidden = deltas(chunksOf(log, logs.contextWith({}, false)));
  assert.deepEqual(hidden, [{ role: 'assistant', content: '' }, { content: 'Hi' }, {}]);
});
