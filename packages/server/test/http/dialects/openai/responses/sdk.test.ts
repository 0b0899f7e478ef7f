/** npm's `openai`, as it is, against the server: responses, their streams, tools, and what is stored. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, gate, refuse } from 'colloquy-testkit/upstream/scripted-upstream';
import OpenAI, { APIError, BadRequestError, NotFoundError } from 'openai';
import { startTestApp } from '../../../http-app.ts';

onBothStores('responses by the SDK', async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const { upstream } = app.harness;
  const alias = 'test';
  const client = new OpenAI({ apiKey: app.prodKey, baseURL: `${app.url}/v1`, maxRetries: 0 });
  const model = `persona:${alias}`;

  test('models: personas and models, and one of them', async () => {
    const listed = [];
    for await (const one of client.models.list()) listed.push(one);
    assert.ok(listed.some(({ id, owned_by }) => id === model && owned_by === 'persona'));
    assert.ok(listed.some(({ owned_by }) => owned_by !== 'persona'));
    for (const { id } of listed) assert.equal((await client.models.retrieve(id)).id, id);
    await assert.rejects(client.models.retrieve('a/b'), (error: unknown) => {
      assert.ok(error instanceof NotFoundError);
      return error.code === 'model_not_found' && error.param === 'model';
    });
    await assert.rejects(client.models.delete(model), { status: 403 });
  });

  test('a whole answer, its conversation in the other dialects, and what follows it', async () => {
    upstream.enqueue(answer('Hello'), answer('Again'), answer('Otherwise'));
    const first = await client.responses.create({ model, input: 'Hi', metadata: { topic: 'greeting' } });
    assert.equal(first.output_text, 'Hello');
    assert.equal(first.status, 'completed');
    assert.equal(first.model, model);
    assert.deepEqual(first.metadata, { topic: 'greeting' });
    assert.equal(
      first.usage?.total_tokens,
      (first.usage?.input_tokens ?? 0) + (first.usage?.output_tokens ?? 0),
    );
    assert.deepEqual(await client.responses.retrieve(first.id), first);
    const second = await client.responses.create({ model, input: 'More', previous_response_id: first.id });
    assert.equal(second.output_text, 'Again');
    assert.equal(second.previous_response_id, first.id);
    assert.equal(second.conversation?.id, first.conversation?.id);
    // Another continuation of the same response is a branch.
    const other = await client.responses.create({ model, input: 'Else', previous_response_id: first.id });
    assert.equal(other.conversation?.id, first.conversation?.id);
    const sent = upstream.requests.at(-1)?.body?.messages ?? [];
    assert.deepEqual(
      sent.filter(({ role }) => role !== 'system').map(({ content }) => content),
      ['Hi', 'Hello', 'Else'],
    );
    const chat = first.conversation?.id.slice('conv_'.length) ?? '';
    const uuid = chat.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    const { body } = await app.call(`/conversations/?chat_id=${uuid}`, { key: app.prodKey });
    assert.deepEqual(
      body.map(({ message }: { message: string }) => message),
      ['Hi', 'Hello', 'More', 'Again', 'Else', 'Otherwise'],
    );
    const items = [];
    for await (const item of client.responses.inputItems.list(second.id)) items.push(item);
    assert.deepEqual(
      items.map((item) => ('content' in item ? item.content : item)),
      [[{ type: 'input_text', text: 'More' }]],
    );
  });

  test('the streaming helper reads every event, and a stream may be read again from the middle', async () => {
    upstream.enqueue(answer('One two three'));
    const stream = client.responses.stream({ model, input: 'Count' });
    const events = [];
    for await (const event of stream) events.push(event);
    const final = await stream.finalResponse();
    assert.equal(final.output_text, 'One two three');
    assert.deepEqual(
      events.map(({ sequence_number: number }) => number),
      events.map((_, index) => index),
    );
    const again = [];
    for await (const event of await client.responses.retrieve(final.id, { stream: true, starting_after: 4 }))
      again.push(event.sequence_number);
    assert.deepEqual(
      again,
      events.slice(5).map(({ sequence_number: number }) => number),
    );
    const behind = await client.responses.retrieve(final.id, { stream: true, starting_after: 4000 });
    for await (const event of behind) assert.fail(event.type);
  });

  test('tools: a call, its result, the answer', async () => {
    upstream.enqueue(
      {
        steps: [
          { do: 'headers' },
          { do: 'tool-call', id: 'theirs', name: 'look', arguments: '{"city":"Bern"}' },
          { do: 'finish', reason: 'tool_calls' },
          { do: 'end' },
        ],
      },
      answer('It is 20 degrees'),
    );
    const tools = [
      { type: 'function', name: 'look', strict: false, parameters: { type: 'object', properties: {} } },
    ] as const;
    const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: 'How warm is it in Bern?' }];
    const called = await client.responses.create({ model, input, tools: [...tools] });
    const [call] = called.output;
    assert.ok(call?.type === 'function_call');
    assert.deepEqual([call.name, call.arguments], ['look', '{"city":"Bern"}']);
    const result = { type: 'function_call_output', call_id: call.call_id, output: '20' } as const;
    // The whole history is sent again, and goes on behind the stored answer.
    const done = await client.responses.create({
      model,
      input: [...input, call, result],
      tools: [...tools],
    });
    assert.equal(done.output_text, 'It is 20 degrees');
    assert.equal(done.previous_response_id, called.id);
    assert.equal(done.conversation?.id, called.conversation?.id);
    await assert.rejects(
      client.responses.create({ model, input: [result] }),
      (error: unknown) => error instanceof BadRequestError && error.param === 'input[0]',
    );
  });

  test('what is not stored is found by nobody, and reads the history that it is given', async () => {
    upstream.enqueue(answer('Kept'), answer('Forgotten'), answer('Alone'));
    const kept = await client.responses.create({ model, input: 'Hi' });
    const behind = { model, input: 'More', store: false, previous_response_id: kept.id };
    const forgotten = await client.responses.create(behind);
    assert.deepEqual([forgotten.output_text, forgotten.conversation], ['Forgotten', null]);
    const sent = upstream.requests.at(-1)?.body?.messages ?? [];
    assert.deepEqual(
      sent.filter(({ role }) => role !== 'system').map(({ content }) => content),
      ['Hi', 'Kept', 'More'],
    );
    await assert.rejects(client.responses.retrieve(forgotten.id), { status: 404 });
    const next = client.responses.create({ model, input: 'Hi', previous_response_id: forgotten.id });
    await assert.rejects(next, { code: 'previous_response_not_found' });
    const items = await client.responses.inputItems.list(kept.id);
    assert.equal(items.data.length, 1);
    const alone = await client.responses.create({ model, input: 'Hi', store: false });
    assert.equal(alone.output_text, 'Alone');
    assert.equal((await client.responses.cancel(alone.id)).status, 'completed');
  });

  test('background: looked at while it runs, cancelled, deleted', async () => {
    const held = gate();
    upstream.enqueue({
      steps: [{ do: 'headers' }, { do: 'tokens', tokens: ['Half'] }, held.step, { do: 'stall' }],
    });
    const begun = await client.responses.create({ model, input: 'Slowly', background: true });
    assert.ok(begun.status === 'queued' || begun.status === 'in_progress');
    while ((await client.responses.retrieve(begun.id)).output.length === 0)
      await new Promise((resolve) => setTimeout(resolve, 20));
    const seen = await client.responses.retrieve(begun.id);
    assert.deepEqual([seen.status, seen.output_text], ['in_progress', 'Half']);
    const cancelled = await client.responses.cancel(begun.id);
    const [half] = cancelled.output;
    assert.ok(half?.type === 'message' && half.content[0]?.type === 'output_text');
    assert.deepEqual(
      [cancelled.status, half.status, half.content[0].text],
      ['cancelled', 'incomplete', 'Half'],
    );
    held.release();
    assert.equal((await client.responses.cancel(begun.id)).status, 'cancelled');
    await client.responses.delete(begun.id);
    await assert.rejects(client.responses.retrieve(begun.id), { status: 404, code: 'not_found' });
    const conversation = begun.conversation?.id ?? '';
    const gone = client.responses.create({ model, input: 'Hi', conversation });
    await assert.rejects(gone, { status: 404, param: 'conversation' });
  });

  test('what is wrong is named', async () => {
    const cases: readonly [object, number, string, string][] = [
      [{ input: 'Hi', model: 'nothing' }, 404, 'model_not_found', 'model'],
      [{ model }, 400, 'missing_required_parameter', 'input'],
      [{ input: 'Hi', top_k: 3 }, 400, 'unknown_parameter', 'top_k'],
      [{ input: 'Hi', prompt: { id: 'x' } }, 400, 'unsupported_parameter', 'prompt'],
      [{ input: 'Hi', temperature: 3 }, 400, 'invalid_value', 'temperature'],
      [{ input: 'Hi', temperature: 'warm' }, 400, 'invalid_type', 'temperature'],
      [{ input: [] }, 400, 'invalid_value', 'input'],
      [{ input: [{ role: 'robot', content: 'Hi' }] }, 400, 'invalid_value', 'input[0].role'],
      [
        { input: [{ role: 'user', content: [{ type: 'input_audio' }] }] },
        400,
        'unsupported_value',
        'input[0].content[0].type',
      ],
      [{ input: [{ type: 'item_reference', id: 'msg_1' }] }, 404, 'not_found', 'input[0].id'],
      [
        { input: 'Hi', previous_response_id: 'resp_1' },
        400,
        'previous_response_not_found',
        'previous_response_id',
      ],
      [{ input: 'Hi', tools: [{ type: 'web_search' }] }, 400, 'unsupported_value', 'tools[0].type'],
      [{ input: 'Hi', tool_choice: 'required' }, 400, 'invalid_value', 'tool_choice'],
      [{ input: 'Hi', store: false, background: true }, 400, 'unsupported_value', 'background'],
      [{ input: 'Hi', metadata: { a: 1 } }, 400, 'invalid_type', 'metadata.a'],
    ];
    for (const [body, status, code, param] of cases) {
      const failing = client.responses.create(body as OpenAI.Responses.ResponseCreateParamsNonStreaming);
      await assert.rejects(failing, (error: unknown) => {
        assert.ok(error instanceof APIError, String(error));
        assert.deepEqual(
          [error.status, error.code, error.param],
          [status, code, param],
          JSON.stringify(body),
        );
        assert.equal(error.headers?.get('x-should-retry'), 'false');
        return true;
      });
    }
    upstream.enqueue(refuse(400));
    const rejected = client.responses.create({ model, input: 'Hi' });
    await assert.rejects(rejected, { status: 400, code: 'provider_rejected' });
    const unknown = await app.call('/v1/nothing', { key: app.prodKey });
    assert.deepEqual([unknown.status, unknown.body.error.code], [404, 'unknown_url']);
    assert.equal(unknown.headers.get('openai-version'), '2020-10-01');
    const bad = new OpenAI({ apiKey: 'sk_prod_bad', baseURL: `${app.url}/v1`, maxRetries: 0 });
    await assert.rejects(bad.responses.create({ input: 'Hi' }), { status: 401, code: 'invalid_api_key' });
  });

  test("a named user's responses are hers, and a token's are its persona's", async () => {
    upstream.enqueue(answer('For Ada'), answer('By token'));
    const hers = await client.responses.create({ input: 'Hi', safety_identifier: 'ada' });
    const { token } = (await app.call('/api/chat/get_token', { key: app.prodKey, body: { user_id: 'ada' } }))
      .body;
    const browser = new OpenAI({ apiKey: token, baseURL: `${app.url}/v1`, maxRetries: 0 });
    assert.equal((await browser.responses.retrieve(hers.id)).output_text, 'For Ada');
    const next = await browser.responses.create({ input: 'Go on', previous_response_id: hers.id });
    assert.equal(next.output_text, 'By token');
    const listed = await browser.models.list();
    assert.deepEqual(
      listed.data.map(({ id }) => id),
      [model],
    );
    for (const body of [
      { instructions: 'Obey me' },
      { tools: [] },
      { input: [{ role: 'system', content: 'x' }] },
    ])
      await assert.rejects(browser.responses.create({ input: 'Hi', ...body } as never), { status: 403 });
    const other = client.responses.create({ input: 'Hi', previous_response_id: hers.id, user: 'eve' });
    await assert.rejects(other, { status: 400, code: 'previous_response_not_found' });
  });
});
