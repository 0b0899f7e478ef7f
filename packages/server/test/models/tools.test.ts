/** Tools, images, forms and hints as both wire formats have them, at upstreams that refuse what hosted providers refuse. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { answer, type RecordedRequest } from 'colloquy-testkit/upstream/scripted-upstream';
import { strict } from 'colloquy-testkit/upstream/strict';
import type { FormRules } from 'colloquy-testkit/upstream/wire-form';
import { newId } from '../../src/domain/ids.ts';
import { callId, partOfCall } from '../../src/domain/request/call-ids.ts';
import type { ModelMessage, ModelRequest } from '../../src/models/language-model.ts';
import { writeOpenAiBody } from '../../src/models/openai/request.ts';
import { openai } from '../../src/models/providers/openai.ts';
import type { RemoteModelRecord } from '../../src/models/remote-model.ts';
import { collect, type Harness, startHarness, wires } from './remote-models.ts';

const message = newId();
const [one, two] = [callId(message, 1), callId(message, 2)];
const weather = {
  name: 'weather',
  description: 'The weather of a place.',
  parameters: { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] },
  strict: true,
} as const;
const clock = { name: 'clock' } as const;

const calls: ModelMessage = {
  role: 'assistant',
  text: 'Let me see.',
  parts: [
    { type: 'text', text: 'Let me see.' },
    { type: 'tool-call', id: one, name: 'weather', arguments: '{"place":"Rome"}' },
    { type: 'tool-call', id: two, name: 'clock', arguments: '{}' },
  ],
};
const result = (id: string, text: string): ModelMessage => ({
  role: 'tool',
  text: '',
  parts: [{ type: 'tool-result', id, result: text }],
});
const question: ModelMessage = { role: 'user', text: 'What is it like in Rome?' };
const asked: ModelRequest = {
  messages: [
    { role: 'system', text: 'Be kind.' },
    question,
    calls,
    result(two, 'noon'),
    result(one, 'sunny'),
  ],
  tools: [weather, clock],
  parameters: {},
};
const png = 'data:image/png;base64,iVBORw0KGgo=';
const pictures: ModelMessage = {
  role: 'user',
  text: 'And these?',
  parts: [
    { type: 'text', text: 'And these?' },
    { type: 'image', url: png, detail: 'low' },
    { type: 'image', url: 'https://example.com/a.jpg' },
  ],
};

async function sent(h: Harness, wire: 'openai' | 'anthropic', request: ModelRequest, change = {}) {
  h.upstream.setDefault(strict({ form: {} }, answer('Fine.')));
  const { error } = await collect(h.model(wire, { record: change }), request);
  assert.equal(error, undefined);
  return h.upstream.requests.at(-1)?.body as Readonly<Record<string, unknown>>;
}

test('an id of a call says which part it is', () => {
  assert.equal(one.length, 39);
  assert.deepEqual(partOfCall(one), { messageId: message, part: 1 });
  assert.deepEqual(partOfCall(callId(message, 300)), { messageId: message, part: 300 });
  for (const other of ['call_1', `${one}x`, message, '']) assert.equal(partOfCall(other), undefined);
});

describe('OpenAI’s format', () => {
  test('tools, calls and results, in the order of the calls', async () => {
    await using h = await startHarness();
    const body = await sent(h, 'openai', {
      ...asked,
      toolChoice: { name: 'weather' },
      parallelToolCalls: false,
      responseFormat: { type: 'json_schema', name: 'it', schema: { type: 'object' }, strict: true },
    });
    const { description, parameters, strict: isStrict } = weather;
    assert.deepEqual(body.tools, [
      { type: 'function', function: { name: 'weather', description, parameters, strict: isStrict } },
      { type: 'function', function: { name: 'clock' } },
    ]);
    assert.deepEqual(body.tool_choice, { type: 'function', function: { name: 'weather' } });
    assert.equal(body.parallel_tool_calls, false);
    assert.deepEqual(body.response_format, {
      type: 'json_schema',
      json_schema: { name: 'it', schema: { type: 'object' }, strict: true },
    });
    assert.deepEqual((body.messages as unknown[]).slice(2), [
      {
        role: 'assistant',
        content: 'Let me see.',
        tool_calls: [
          { id: one, type: 'function', function: { name: 'weather', arguments: '{"place":"Rome"}' } },
          { id: two, type: 'function', function: { name: 'clock', arguments: '{}' } },
        ],
      },
      { role: 'tool', tool_call_id: one, content: 'sunny' },
      { role: 'tool', tool_call_id: two, content: 'noon' },
    ]);
  });

  test('images are parts', async () => {
    await using h = await startHarness();
    const body = await sent(h, 'openai', { messages: [pictures], parameters: {} });
    assert.deepEqual(body.messages, [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'And these?' },
          { type: 'image_url', image_url: { url: png, detail: 'low' } },
          { type: 'image_url', image_url: { url: 'https://example.com/a.jpg' } },
        ],
      },
    ]);
  });

  test('a developer keeps the role at OpenAI alone, and not where it is refused', async () => {
    await using h = await startHarness();
    const request: ModelRequest = {
      messages: [{ role: 'system', text: 'S' }, { role: 'developer', text: 'D' }, question],
      parameters: {},
    };
    const rolesOf = (body: Readonly<Record<string, unknown>>) =>
      (body.messages as { role: string; content: string }[]).map(({ role, content }) => `${role} ${content}`);
    const user = `user ${question.text}`;
    assert.deepEqual(rolesOf(await sent(h, 'openai', request)), ['system S\n\nD', user]);
    assert.deepEqual(rolesOf(await sent(h, 'openai', request, { provider: 'openai' })), [
      'system S\n\nD',
      user,
    ]);
    const write = (refused: 'developer_role'[]) =>
      writeOpenAiBody('m', request, openai.quirks, {}, new Set(refused));
    assert.deepEqual(rolesOf(write([]).fields), ['system S', 'developer D', user]);
    assert.ok(write([]).holds.includes('developer_role'));
    assert.deepEqual(rolesOf(write(['developer_role']).fields), ['system S\n\nD', user]);
  });

  test('hints go where they are known; one that is refused is left out', async () => {
    await using h = await startHarness();
    const hints = { reasoning_effort: 'low', verbosity: 'low', prompt_cache_key: 'k', service_tier: 'flex' };
    const request: ModelRequest = { messages: [question], parameters: {}, hints };
    const usual = await sent(h, 'openai', request);
    assert.deepEqual(
      Object.keys(hints).filter((name) => usual[name] !== undefined),
      ['reasoning_effort'],
    );
    h.upstream.setDefault(strict({ refused: ['reasoning_effort', 'frequency_penalty'] }, answer('Fine.')));
    const model = h.model('openai');
    const penalized = { ...request, parameters: { frequencyPenalty: 1 } };
    for (const calls of [3, 4]) {
      assert.equal((await collect(model, penalized)).text, 'Fine.');
      assert.equal(h.upstream.requests.length, 1 + calls);
    }
  });

  test('Mistral gets ids of nine characters, Google a word in place of a signature', async () => {
    await using h = await startHarness();
    const idsOf = (body: Readonly<Record<string, unknown>>) => JSON.stringify(body).match(/"id":"([^"]+)"/g);
    h.upstream.setDefault(strict({ form: { callIds: /^[a-zA-Z0-9]{9}$/ } }, answer('Fine.')));
    const { error } = await collect(h.model('openai', { record: { provider: 'mistral' } }), asked);
    assert.equal(error, undefined);
    const first = idsOf(h.upstream.requests.at(-1)?.body ?? {});
    await collect(h.model('openai', { record: { provider: 'mistral' } }), asked);
    assert.deepEqual(idsOf(h.upstream.requests.at(-1)?.body ?? {}), first);
    await collect(h.model('openai', { record: { provider: 'google' } }), asked);
    assert.match(JSON.stringify(h.upstream.requests.at(-1)?.body), /thought_signature/);
  });
});

describe('Anthropic’s format', () => {
  test('tools, calls and results', async () => {
    await using h = await startHarness();
    const body = await sent(h, 'anthropic', {
      ...asked,
      messages: [...asked.messages, { role: 'developer', text: 'Be brief.' }, { role: 'user', text: 'So?' }],
      toolChoice: 'required',
      parallelToolCalls: false,
      responseFormat: { type: 'json_schema', name: 'it', schema: { type: 'object' } },
    });
    assert.equal(body.system, 'Be kind.\n\nBe brief.');
    const { name, description, parameters, strict: isStrict } = weather;
    assert.deepEqual(body.tools, [
      { name, description, input_schema: parameters, strict: isStrict },
      { name: 'clock', input_schema: { type: 'object', properties: {} } },
    ]);
    assert.deepEqual(body.tool_choice, { type: 'any', disable_parallel_tool_use: true });
    assert.deepEqual(body.output_config, { format: { type: 'json_schema', schema: { type: 'object' } } });
    assert.deepEqual((body.messages as unknown[]).slice(1), [
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Let me see.' },
          { type: 'tool_use', id: one, name: 'weather', input: { place: 'Rome' } },
          { type: 'tool_use', id: two, name: 'clock', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: one, content: 'sunny' },
          { type: 'tool_result', tool_use_id: two, content: 'noon' },
          { type: 'text', text: 'So?' },
        ],
      },
    ]);
  });

  test('images are blocks', async () => {
    await using h = await startHarness();
    const body = await sent(h, 'anthropic', { messages: [pictures], parameters: {} });
    assert.deepEqual((body.messages as { content: unknown }[])[0]?.content, [
      { type: 'text', text: 'And these?' },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } },
      { type: 'image', source: { type: 'url', url: 'https://example.com/a.jpg' } },
    ]);
  });

  test('a model whose settings let it think does not, where its thoughts are missing or a tool is forced', async () => {
    await using h = await startHarness();
    const change = {
      extraBody: { thinking: { type: 'enabled', budget_tokens: 2000 }, output_config: { effort: 'low' } },
    };
    assert.deepEqual((await sent(h, 'anthropic', asked, change)).thinking, { type: 'disabled' });
    const forced = { ...asked, messages: [question], toolChoice: 'required' } as const;
    assert.deepEqual((await sent(h, 'anthropic', forced, change)).thinking, { type: 'disabled' });
    const free = {
      ...forced,
      toolChoice: 'auto',
      responseFormat: { type: 'json_schema', name: 'it', schema: {} },
    } as const;
    const body = await sent(h, 'anthropic', free, change);
    assert.deepEqual(body.thinking, { type: 'enabled', budget_tokens: 2000 });
    assert.deepEqual(body.output_config, { effort: 'low', format: { type: 'json_schema', schema: {} } });
  });
});

/** Every history of three messages behind a question, with and without results, tools, and a new question. */
function* histories(): Generator<readonly ModelMessage[]> {
  const said: readonly ModelMessage[] = [
    question,
    pictures,
    calls,
    result(one, 'sunny'),
    result('never-called', 'lost'),
    { role: 'assistant', text: 'Fine.' },
    {
      role: 'assistant',
      text: ' ',
      parts: [{ type: 'tool-call', id: 'x'.repeat(70), name: 'a', arguments: 'no JSON' }],
    },
    { role: 'developer', text: 'Be brief.' },
  ];
  for (const a of said) for (const b of said) for (const c of said) yield [a, b, c];
}

const strictest: readonly [name: string, record: Partial<RemoteModelRecord>, form: FormRules][] = [
  ['openai', {}, { noUserAfterTool: true, noDeveloperRole: true }],
  ['mistral', { provider: 'mistral' }, { callIds: /^[a-zA-Z0-9]{9}$/, noUserAfterTool: true }],
];

describe('any history is taken by the strictest of each format', () => {
  const rules = { alternating: true, firstIsUser: true, lastIsUser: true, noBlankContent: true } as const;
  for (const wire of wires) {
    for (const [name, record, form] of wire === 'openai' ? strictest : [['anthropic', {}, {}] as const]) {
      test(name, async () => {
        await using h = await startHarness();
        const refuses = strict({ ...rules, form }, answer('Fine.'));
        h.upstream.setDefault((request: RecordedRequest) => refuses(request));
        const model = h.model(wire, { record });
        const refused: unknown[] = [];
        const all = [...histories()];
        for (let from = 0; from < all.length; from += 64) {
          const some = all.slice(from, from + 64).map(async (messages) => {
            const { error } = await collect(model, { messages, parameters: {} });
            const isNothing = error instanceof Error && error.message.includes('no message to answer');
            if (error !== undefined && !isNothing) refused.push([messages, error]);
          });
          await Promise.all(some);
        }
        assert.deepEqual(refused.slice(0, 2), []);
      });
    }
  }
});
