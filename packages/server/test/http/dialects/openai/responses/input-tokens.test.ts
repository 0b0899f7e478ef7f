/** What a response would take of its model's window, counted without a call and without storing anything. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import OpenAI from 'openai';
import { startTestApp } from '../../../http-app.ts';

onBothStores('input tokens', async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const { upstream, place } = app.harness;
  const client = new OpenAI({ apiKey: app.prodKey, baseURL: `${app.url}/v1`, maxRetries: 0 });
  const bare = new OpenAI({ apiKey: app.testKey, baseURL: `${app.url}/v1`, maxRetries: 0 });
  const model = 'scripted';
  type Counted = OpenAI.Responses.InputTokenCountParams;
  const count = async (body: Counted, by = client): Promise<number> => {
    const { object, input_tokens: tokens } = await by.responses.inputTokens.count(body);
    assert.equal(object, 'response.input_tokens');
    return tokens;
  };
  /** How many rows of each table there are. */
  const rows = async (): Promise<readonly number[]> =>
    Promise.all(
      (['conversation', 'session', 'message', 'generation', 'model_call', 'end_user'] as const).map(
        async (table) => (await place.store.reads.selectFrom(table).select('id').execute()).length,
      ),
    );

  test('everything may be absent', async () => {
    assert.equal(await count({}, bare), 0);
    const empty = await app.call('/v1/responses/input_tokens', { method: 'POST', key: app.testKey });
    assert.deepEqual([empty.status, empty.body], [200, { object: 'response.input_tokens', input_tokens: 0 }]);
    // The default persona of the key has a prompt.
    assert.ok((await count({})) > 0);
    assert.ok((await count({ input: 'Hello' }, bare)) > 0);
    assert.ok((await count({ instructions: 'Be brief.' }, bare)) > 0);
  });

  test('each part adds its own', async () => {
    const tools = [
      { type: 'function', name: 'look', strict: false, parameters: { type: 'object' } } as const,
    ];
    const image = { type: 'input_image', image_url: 'https://example.com/a.png', detail: 'auto' } as const;
    const steps: Counted[] = [
      { model },
      { model, input: 'Hello' },
      { model, input: 'Hello, and a few more words than before' },
      {
        model,
        input: [
          { role: 'user', content: 'Hello, and a few more words than before' },
          { role: 'user', content: 'x' },
        ],
      },
      {
        model,
        input: 'Hello, and a few more words than before',
        instructions: 'Be brief, whatever is asked of you.',
      },
      {
        model,
        input: 'Hello, and a few more words than before',
        instructions: 'Be brief, whatever is asked of you.',
        tools,
      },
      { model, input: [{ role: 'user', content: [image] }] },
    ];
    const counted: number[] = [];
    for (const step of steps) counted.push(await count(step));
    assert.equal(counted[0], 0);
    assert.deepEqual(
      counted,
      counted.toSorted((one, other) => one - other),
    );
    assert.equal(new Set(counted).size, counted.length);
    const ofPersona = await count({ model: 'persona:test', input: 'Hello' });
    assert.ok(ofPersona > (counted[1] ?? 0));
  });

  test('what a conversation holds is counted with what follows it, as it would be sent', async () => {
    upstream.enqueue(answer('A long answer of a good many words, which counts.'));
    const first = await client.responses.create({ model: 'persona:test', input: 'Talk to me' });
    const conversation = first.conversation?.id ?? '';
    const before = await rows();
    const calls = upstream.requests.length;
    const alone = await count({ model: 'persona:test', input: 'More' });
    const behind = await count({ model: 'persona:test', input: 'More', previous_response_id: first.id });
    assert.ok(behind > alone);
    assert.equal(await count({ model: 'persona:test', input: 'More', conversation }), behind);
    // Without a model it is the session's.
    const app2 = await count({ input: 'More', previous_response_id: first.id });
    assert.equal(app2, behind);
    assert.ok((await count({ previous_response_id: first.id })) < behind);
    assert.equal(upstream.requests.length, calls);
    upstream.enqueue(answer('Yes.'));
    const second = await client.responses.create({
      ...{ model: 'persona:test', input: 'More', previous_response_id: first.id },
    });
    // The prompt that is sent then has as many.
    const receipt = await app.call(
      `/api/generations/${second.id.slice(5).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}/context`,
      { key: app.prodKey },
    );
    const sections: readonly { tokens: number }[] = receipt.body.sections;
    assert.equal(
      sections.reduce((sum, { tokens }) => sum + tokens, 0),
      behind,
    );
    assert.notDeepEqual(await rows(), before);
    const settled = await rows();
    await count({ input: 'More', conversation });
    const { id: empty } = await client.conversations.create();
    await count({ input: 'Hello', conversation: empty });
    const named = { input: 'Hello', model, safety_identifier: 'nobody' };
    await app.call('/v1/responses/input_tokens', { body: named, key: app.prodKey });
    const [conversations = 0, ...others] = settled;
    assert.deepEqual(await rows(), [conversations + 1, ...others]);
  });

  test('what a history has too much is not counted, but where it has to go whole', async () => {
    const long = 'word '.repeat(2000);
    const { id: conversation } = await client.conversations.create({
      items: [1, 2, 3].map((number) => ({ role: 'user' as const, content: `${number} ${long}` })),
    });
    const fitted = await count({ model: 'persona:test', input: 'More', conversation });
    const whole = await count({ model: 'persona:test', input: 'More', conversation, truncation: 'disabled' });
    assert.ok(fitted < 4000 && whole > 6000, `${fitted}, ${whole}`);
  });

  test('what is wrong is told as it is for a response', async () => {
    for (const [body, status, code, param] of [
      [{ input: 5 }, 400, 'invalid_type', 'input'],
      [{ input: [] }, 400, 'invalid_value', 'input'],
      [{ model: 'nobody' }, 404, 'model_not_found', 'model'],
      [{ previous_response_id: 'resp_1' }, 400, 'previous_response_not_found', 'previous_response_id'],
      [{ conversation: 'conv_1' }, 404, 'not_found', 'conversation'],
      [{ conversation: 'conv_1', previous_response_id: 'resp_1' }, 400, 'invalid_value', 'conversation'],
      [{ tools: [{ type: 'web_search' }] }, 400, 'unsupported_value', 'tools[0].type'],
      [{ prompt: { id: 'x' } }, 400, 'unsupported_parameter', 'prompt'],
      [{ inputs: 'x' }, 400, 'unknown_parameter', 'inputs'],
    ] as const) {
      const { status: found, body: answered } = await app.call('/v1/responses/input_tokens', {
        ...{ body, key: app.prodKey },
      });
      const { error } = answered;
      assert.deepEqual([found, error?.code, error?.param], [status, code, param], JSON.stringify(answered));
    }
    const issued = await app.call('/api/chat/get_token', { body: { user_id: 'ada' }, key: app.prodKey });
    const refused = await app.call('/v1/responses/input_tokens', {
      ...{ body: { input: 'Hi' }, token: issued.body.token },
    });
    assert.deepEqual([refused.status, refused.body.error.code], [403, 'forbidden']);
  });

  test('a key that is held to personas counts for no others', async () => {
    const other = await app.persona('other');
    const held = await app.key('prod', { personas: [other], default_persona_id: other });
    upstream.enqueue(answer('Yes.'));
    const first = await client.responses.create({ model: 'persona:test', input: 'Talk to me' });
    for (const body of [{ model }, { model: 'persona:test' }])
      assert.equal((await app.call('/v1/responses/input_tokens', { body, key: held.key })).status, 403);
    const behind = { previous_response_id: first.id };
    const counted = await app.call('/v1/responses/input_tokens', { body: behind, key: held.key });
    assert.equal(counted.status, 200, 'its own persona, by default');
  });
});
