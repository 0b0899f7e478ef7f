/** The events of responses, as npm's `openai` types and reads them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Responses } from 'openai/resources/responses/responses';
import type { LogEvent } from '../../../../../src/domain/event.ts';
import { responsesCodec } from '../../../../../src/http/dialects/openai/responses/codec.ts';
import { beginning, encodeRun, positionAt } from '../../../../../src/http/streaming/encoder.ts';
import * as logs from '../logs.ts';

type StreamEvent = Responses.ResponseStreamEvent;

const echo = {
  dialect: 'responses',
  model: 'persona:helper',
  previous_response_id: null,
  tool_choice: 'auto',
  truncation: 'disabled',
  parallel_tool_calls: true,
  text: { format: { type: 'text' } },
  temperature: 1,
  top_p: 1,
  presence_penalty: 0,
  frequency_penalty: 0,
  reasoning: { effort: null, summary: 'auto' },
  max_output_tokens: null,
  max_tool_calls: null,
  store: true,
  background: false,
  metadata: {},
  safety_identifier: null,
  prompt_cache_key: null,
};
const asked = logs.contextWith({ request: echo, instructions: 'Be kind.', tools: [{ name: 'look' }] });
const unasked = logs.contextWith({ request: { ...echo, reasoning: { effort: null, summary: null } } });

function eventsOf(log: readonly LogEvent[], context = asked): StreamEvent[] {
  const frames = logs.shownOneByOne(responsesCodec, context, log).flat();
  assert.equal(frames.at(-1)?.data, '[DONE]');
  return frames.slice(0, -1).map(({ event, data }, index) => {
    const read = JSON.parse(data) as StreamEvent;
    assert.equal(read.type, event);
    assert.equal(read.sequence_number, index);
    return read;
  });
}

const types = (events: readonly StreamEvent[]) => events.map(({ type }) => type.replace('response.', ''));

const whole = [
  ...logs.started,
  { type: 'status', status: 'searching' },
  { type: 'sources', sources: [logs.source] },
  ...logs.reasoning,
  ...logs.text('It 😀 ', 'is so [1] and [2].'),
  ...logs.call('look', '{"a"', ':1}'),
  ...logs.call('look'),
  logs.done('tool_calls'),
] as readonly LogEvent[];

test('a whole answer: each item begins, grows and ends, with its citations', () => {
  const events = eventsOf(whole);
  assert.deepEqual(types(events), [
    'created',
    'in_progress',
    'output_item.added',
    'reasoning_summary_part.added',
    'reasoning_summary_text.delta',
    'reasoning_summary_text.delta',
    'reasoning_summary_text.done',
    'reasoning_summary_part.done',
    'output_item.done',
    'output_item.added',
    'content_part.added',
    'output_text.delta',
    'output_text.delta',
    'output_text.annotation.added',
    'output_text.done',
    'content_part.done',
    'output_item.done',
    'output_item.added',
    'function_call_arguments.delta',
    'function_call_arguments.delta',
    'function_call_arguments.done',
    'output_item.done',
    'output_item.added',
    'function_call_arguments.done',
    'output_item.done',
    'completed',
  ]);
  const last = events.at(-1);
  assert.ok(last?.type === 'response.completed');
  const { response } = last;
  const done = events.flatMap((event) => (event.type === 'response.output_item.done' ? [event.item] : []));
  assert.deepEqual(response.output, done);
  assert.deepEqual(
    done.map(({ id }) => id),
    [
      `rs_${logs.messageHex}01`,
      `msg_${logs.messageHex}02`,
      `fc_${logs.messageHex}03`,
      `fc_${logs.messageHex}04`,
    ],
  );
  const [, message, call] = response.output;
  assert.ok(message?.type === 'message' && call?.type === 'function_call');
  assert.deepEqual(message.content, [
    {
      type: 'output_text',
      text: 'It 😀 is so [1] and [2].',
      annotations: [
        { type: 'url_citation', url: logs.source.url, title: 'A page', start_index: 11, end_index: 14 },
      ],
      logprobs: [],
    },
  ]);
  assert.deepEqual([call.call_id, call.arguments], [`call_${logs.messageHex}03`, '{"a":1}']);
  const { status, created_at, completed_at, model, instructions, tools } = response;
  assert.deepEqual(
    { status, created_at, completed_at, model, instructions },
    {
      status: 'completed',
      created_at: 1_700_000_000,
      completed_at: 1_700_000_002,
      model: 'persona:helper',
      instructions: 'Be kind.',
    },
  );
  assert.deepEqual(tools, [
    { type: 'function', name: 'look', description: null, parameters: null, strict: null },
  ]);
  const indexes = events.flatMap((event) => ('output_index' in event ? [event.output_index] : []));
  assert.deepEqual([...new Set(indexes)], [0, 1, 2, 3]);
});

test('without a summary that was asked for, or for who may not read it, there is no reasoning; parts keep their numbers', () => {
  for (const context of [unasked, logs.contextWith({ request: echo }, false), logs.contextWith({})]) {
    const events = eventsOf(whole, context);
    assert.ok(!types(events).some((type) => type.includes('reasoning')));
    const added = events.flatMap((event) => (event.type === 'response.output_item.added' ? [event] : []));
    assert.deepEqual(
      added.map(({ output_index: index, item }) => [index, item.id]),
      [
        [0, `msg_${logs.messageHex}02`],
        [1, `fc_${logs.messageHex}03`],
        [2, `fc_${logs.messageHex}04`],
      ],
    );
  }
});

test('an end user reads neither instructions nor tools', () => {
  const [created] = eventsOf([...logs.started, ...logs.text('Hi'), logs.done()], {
    ...asked,
    audience: 'public',
  });
  assert.ok(created?.type === 'response.created');
  assert.deepEqual([created.response.instructions, created.response.tools], [null, []]);
});

test('an answer that waits is told', () => {
  const log = [
    { type: 'generation-queued', position: 2, new_session: false },
    ...logs.started.slice(1),
  ] as const;
  const events = eventsOf([...log, ...logs.text('Hi'), logs.done()]);
  assert.deepEqual(
    events.slice(0, 3).map((event) => ('response' in event ? event.response.status : '')),
    ['queued', 'queued', 'in_progress'],
  );
  assert.deepEqual(types(events).slice(0, 3), ['created', 'queued', 'in_progress']);
});

for (const [name, end, type, status, reason] of [
  ['length', logs.done('length'), 'incomplete', 'incomplete', 'max_output_tokens'],
  ['cancelled', logs.cancelled, 'incomplete', 'cancelled', undefined],
] as const) {
  test(`${name}: the last item is incomplete`, () => {
    const last = eventsOf([...logs.started, ...logs.text('One'), ...logs.text('Half'), end]).at(-1);
    assert.equal(last?.type, `response.${type}`);
    assert.ok(last?.type === 'response.incomplete' || last?.type === 'response.completed');
    const { response } = last;
    assert.deepEqual([response.status, response.incomplete_details?.reason], [status, reason]);
    assert.deepEqual(
      response.output.map((item) => ('status' in item ? item.status : '')),
      ['completed', 'incomplete'],
    );
  });
}

test('a failure is two events, since some clients heed only one of them', () => {
  const events = eventsOf([...logs.started, ...logs.text('Half'), logs.failed]);
  assert.deepEqual(types(events).slice(-3), ['output_item.done', 'error', 'failed']);
  const [error, last] = events.slice(-2);
  assert.ok(error?.type === 'error' && last?.type === 'response.failed');
  assert.deepEqual([error.code, error.message, error.param], ['provider_timeout', 'too late', '']);
  assert.deepEqual(last.response.error, {
    code: 'server_error',
    message: 'too late',
    reason: 'provider_timeout',
  });
});

test('a stream that is resumed behind any frame sends what was missing, to the letter', () => {
  const encode = (from = beginning(responsesCodec, asked), events = whole) =>
    encodeRun(responsesCodec, logs.generationId, from, { firstSeq: from.seq + 1, events }).text.split(
      /(?<=\n\n)/,
    );
  const all = encode();
  for (const [index, frame] of all.entries()) {
    const [, seq = '', part] = /^id: [^:]*:(\d+)(?:\.(\d+))?$/m.exec(frame) ?? [];
    const cursor = {
      ...{ generationId: logs.generationId, seq: Number(seq) },
      ...(part !== undefined && { part: Number(part) }),
    };
    const at = Number(seq) - 1;
    const place = { seq: at + 1, event: whole[at] ?? '', before: whole.slice(0, at), isWhole: true };
    const from = positionAt(responsesCodec, asked, cursor, place);
    const rest = encode(from, whole.slice(from.seq)).join('');
    assert.equal(rest, all.slice(index + 1).join(''), frame);
    // By the event's number, as `starting_after` has it, which `[DONE]` has not.
    const behind = encode({ ...beginning(responsesCodec, asked), skipFrames: index + 1 }).join('');
    assert.equal(behind, all.slice(Math.min(index + 1, all.length - 1)).join(''));
  }
});
