/** What a provider refuses is left out in the same call, and in later ones. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { answer, refuse } from 'colloquy-testkit/upstream/scripted-upstream';
import { strict } from 'colloquy-testkit/upstream/strict';
import type { LearntFacts, RefusableParameter } from '../../../src/domain/model.ts';
import type { ModelRequest } from '../../../src/models/language-model.ts';
import type { ModelError } from '../../../src/models/model-error.ts';
import { collect, startHarness, wires } from '../remote-models.ts';

const request: ModelRequest = {
  messages: [
    { role: 'system', text: 'Be brief.' },
    { role: 'user', text: 'Hello' },
  ],
  parameters: { temperature: 0.3, topP: 0.9, maxTokens: 50, stop: ['END'], seed: 3 },
};

/** A model that keeps what it learns, and the harness of its upstream. */
async function start(wire: 'openai' | 'anthropic' = 'openai', record: object = {}) {
  const h = await startHarness();
  const learnt: LearntFacts[] = [];
  const model = h.model(wire, { record: { onLearnt: (facts) => void learnt.push(facts), ...record } });
  const names = () => learnt.flatMap(({ refusedParameters = [] }) => refusedParameters);
  const fields = (index: number) => h.upstream.requests[index]?.body ?? {};
  return { ...h, model, names, fields, [Symbol.asyncDispose]: () => h[Symbol.asyncDispose]() };
}

describe('a parameter that is refused', () => {
  const fieldsOf: Partial<Record<RefusableParameter, string>> = {
    temperature: 'temperature',
    top_p: 'top_p',
    stop: 'stop',
    seed: 'seed',
    stream_options: 'stream_options',
  };
  for (const [name, field] of Object.entries(fieldsOf)) {
    test(`${name} is left out, alone, now and later`, async () => {
      await using h = await start();
      h.upstream.setDefault(strict({ refused: [field] }));
      assert.equal((await collect(h.model, request)).text, 'You said: Hello');
      assert.equal((await collect(h.model, request)).text, 'You said: Hello');
      assert.equal(h.upstream.requests.length, 3);
      const { [field]: refused, ...rest } = h.fields(0);
      assert.notEqual(refused, undefined);
      assert.deepEqual(h.fields(1), rest);
      assert.deepEqual(h.fields(2), rest);
      assert.deepEqual(h.names(), [name]);
    });
  }

  for (const [name, other] of [
    ['max_tokens', 'max_completion_tokens'],
    ['max_completion_tokens', 'max_tokens'],
  ] as const) {
    test(`${name} gets its other name`, async () => {
      await using h = await start('openai', { tokenField: name });
      h.upstream.setDefault(strict({ refused: [name] }));
      assert.equal((await collect(h.model, request)).error, undefined);
      assert.deepEqual([h.fields(0)[name], h.fields(1)[other], h.fields(1)[name]], [50, 50, undefined]);
      assert.deepEqual(h.names(), [name]);
    });
  }

  test('both names of the bound may be refused', async () => {
    await using h = await start();
    h.upstream.setDefault(strict({ refused: ['max_tokens', 'max_completion_tokens'] }));
    assert.equal((await collect(h.model, request)).error, undefined);
    assert.equal((await collect(h.model, request)).error, undefined);
    assert.equal(h.upstream.requests.length, 4);
    assert.equal(h.fields(3).max_tokens ?? h.fields(3).max_completion_tokens, undefined);
  });

  test('a field of extra_body counts too', async () => {
    await using h = await start('openai', { extraBody: { presence_penalty: 0.5, top_k: 4 } });
    h.upstream.setDefault(strict({ refused: ['presence_penalty'] }));
    assert.equal((await collect(h.model, request)).error, undefined);
    assert.deepEqual([h.fields(1).presence_penalty, h.fields(1).top_k], [undefined, 4]);
  });

  test('Anthropic’s format: temperature and stop_sequences', async () => {
    await using h = await start('anthropic');
    h.upstream.setDefault(strict({ refused: ['temperature', 'stop_sequences'] }));
    assert.equal((await collect(h.model, request)).error, undefined);
    assert.deepEqual(h.names(), ['temperature', 'stop']);
    assert.equal(h.fields(2).max_tokens, 50);
  });

  test('what was learnt before is left out at once', async () => {
    await using h = await start('openai', { learnt: { refusedParameters: ['temperature', 'max_tokens'] } });
    await collect(h.model, request);
    assert.deepEqual([h.fields(0).temperature, h.fields(0).max_completion_tokens], [undefined, 50]);
  });
});

describe('a role that is refused', () => {
  test('instructions go to the user’s first message where there is no system role', async () => {
    await using h = await start();
    h.upstream.setDefault(strict({ noSystemRole: true }));
    assert.equal((await collect(h.model, request)).error, undefined);
    assert.deepEqual(h.fields(1).messages, [{ role: 'user', content: 'Be brief.\n\nHello' }]);
    assert.deepEqual(h.names(), ['system_role']);
  });

  test('a developer’s role becomes the system’s', async () => {
    await using h = await start('openai', { systemRole: 'developer' });
    h.upstream.enqueue(
      refuse(400, {
        message: "messages[0].role: unknown variant 'developer', expected one of 'system', 'user'",
      }),
    );
    assert.equal((await collect(h.model, request)).error, undefined);
    assert.equal(h.fields(0).messages?.[0]?.role, 'developer');
    assert.equal(h.fields(1).messages?.[0]?.role, 'system');
  });

  test('a template that fails with 500 is told from a server that fails', async () => {
    await using h = await start();
    h.upstream.enqueue(refuse(500, { message: 'System role not supported' }));
    assert.equal((await collect(h.model, request)).error, undefined);
    assert.equal(h.upstream.requests.length, 2);
    assert.equal(h.fields(1).messages?.length, 1);
  });
});

for (const wire of wires) {
  test(`${wire}: a call is repeated at most twice, the second time without all that it can do without`, async () => {
    await using h = await start(wire);
    const refused = ['temperature', 'top_p', 'seed', 'stream_options', 'stop', 'stop_sequences'];
    h.upstream.setDefault(strict({ refused: wire === 'openai' ? [...refused, 'max_tokens'] : refused }));
    assert.equal((await collect(h.model, request)).error, undefined);
    assert.equal(h.upstream.requests.length, 3);
    const next = await collect(h.model, request);
    assert.equal(next.error, undefined);
  });
}

test('repeats are no retries', async () => {
  await using h = await start('openai', {});
  h.upstream.enqueue(
    refuse(503, { retryAfter: '0' }),
    refuse(400, { message: 'temperature is not supported' }),
    refuse(503, { retryAfter: '0' }),
    answer('There.'),
  );
  const { text, error } = await collect(h.model, request);
  assert.deepEqual([text, error], ['There.', undefined]);
});

test('a refusal of what is not sent, or of another kind, fails at once', async () => {
  await using h = await start();
  for (const message of [
    'presence_penalty is not supported',
    'temperature must be at most 2',
    'no such model',
  ]) {
    h.upstream.enqueue(refuse(400, { message }));
    const { error } = await collect(h.model, request);
    assert.equal((error as ModelError).code, 'provider_error');
  }
  assert.equal(h.upstream.requests.length, 3);
  assert.deepEqual(h.names(), []);
});

test('what did not help is not remembered', async () => {
  await using h = await start();
  const always = refuse(400, { message: "your plan's unsupported temperature of service; see the manual" });
  h.upstream.enqueue(always, always);
  assert.match(String((await collect(h.model, request)).error), /unsupported temperature/);
  assert.equal(h.upstream.requests.length, 2);
  await collect(h.model, request);
  assert.deepEqual(h.names(), []);
});

test('nothing is sent again once the answer has begun', async () => {
  await using h = await start();
  h.upstream.enqueue({
    steps: [
      { do: 'tokens', tokens: ['Well'] },
      { do: 'error', type: 'invalid_request_error', message: 'temperature is not supported' },
    ],
  });
  const { text, error } = await collect(h.model, request);
  assert.equal(text, 'Well');
  assert.ok(error instanceof Error);
  assert.equal(h.upstream.requests.length, 1);
});

test('a body that is too large is a conversation that is too long, also where nobody says so', async () => {
  await using h = await start();
  for (const body of ['', '<html><head><title>413 Request Entity Too Large</title></head></html>', {}]) {
    h.upstream.enqueue({ status: 413, body });
    assert.equal(((await collect(h.model, request)).error as ModelError).code, 'context_overflow');
  }
  h.upstream.enqueue(refuse(413, { message: 'Request too large: tokens per minute (TPM): Limit 6000' }));
  assert.equal(((await collect(h.model, request)).error as ModelError).code, 'provider_error');
});

describe('a server that does not stream a model', () => {
  const said: readonly (readonly [words: string, fields?: object])[] = [
    ['Streaming is not supported for this model'],
    [
      "Unsupported value: 'stream' does not support true with this model. Only the default (false) value is supported.",
    ],
    [
      'Your organization must be verified to stream this model.',
      { param: 'stream', code: 'unsupported_value' },
    ],
    ['This model does not support streaming; set stream to false'],
  ];
  for (const wire of wires) {
    for (const [message, fields = {}] of said) {
      test(`${wire}, ${message}: it is asked whole, now and later`, async () => {
        await using h = await start(wire);
        const whole =
          wire === 'openai'
            ? { choices: [{ message: { content: 'All of it' }, finish_reason: 'stop' }] }
            : { content: [{ type: 'text', text: 'All of it' }], stop_reason: 'end_turn' };
        h.upstream.setDefault(({ body }) =>
          body?.stream === true
            ? refuse(400, { message, type: 'invalid_request_error', ...fields })
            : { steps: [{ do: 'raw', data: JSON.stringify(whole) }] },
        );
        for (const { text, error } of [await collect(h.model, request), await collect(h.model, request)])
          assert.deepEqual({ text, error }, { text: 'All of it', error: undefined });
        assert.equal(h.upstream.requests.length, 3);
        assert.deepEqual([h.fields(1).stream, h.fields(1).stream_options], [false, undefined]);
        assert.deepEqual(h.names(), ['stream']);
      });
    }
  }

  test('a refusal that is about something else leaves streams on', async () => {
    await using h = await start();
    h.upstream.setDefault(
      refuse(400, { message: 'stream must be a boolean', type: 'invalid_request_error' }),
    );
    assert.match(String((await collect(h.model, request)).error), /must be a boolean/);
    assert.deepEqual(h.names(), []);
    assert.equal(h.upstream.requests.length, 1);
  });
});
