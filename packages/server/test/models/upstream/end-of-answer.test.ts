/** When an answer is whole, what is kept of one that is not, and what counts as a failure, in both wire formats. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { answer, gate, type Script, type Step } from 'colloquy-testkit/upstream/scripted-upstream';
import { ModelError } from '../../../src/models/model-error.ts';
import { collect, hello, startHarness, wires } from '../remote-models.ts';

const raw = (data: string | Uint8Array): Step => ({ do: 'raw', data });
const text = (...tokens: string[]): Step => ({ do: 'tokens', tokens });
const finish: Step = { do: 'finish' };
const usage: Step = { do: 'usage', promptTokens: 7, completionTokens: 2 };
const pause: Step = { do: 'wait', ms: 5 };
const once = { runtime: { maxRetries: 0 } };

for (const wire of wires) {
  describe(`${wire} answers that are whole`, () => {
    const afterFinish: readonly (readonly [name: string, ...steps: Step[]])[] = [
      ['nothing'],
      ['a reset', pause, { do: 'drop' }],
      ['a reset within an event', pause, { do: 'drop', midFrame: true }],
      ['the last word with a blank', raw('data: [DONE] \n\n')],
      ['the last word without brackets', raw('data: DONE\n\n')],
      ['other words', raw('data: bye\n\n')],
      ['a number', raw('data: 17\n\n')],
      ['cut JSON', raw('data: {"choices":[{\n\n')],
      ['an error', raw('data: {"error":{"message":"late"}}\n\n')],
      ['an error event', raw('event: error\ndata: {"type":"error","error":{"message":"late"}}\n\n')],
      ['a line called error', raw('error: {"message":"late"}\n\n')],
      ['an error in JSON', raw('{"detail":"late"}')],
      ['a page', raw('<html><title>502 Bad Gateway</title></html>')],
      ['bytes that are no text', raw(Buffer.from([0xff, 0xfe, 0x00, 0x0a, 0x0a]))],
      ['an event without end', raw(`data: ${'y'.repeat(2 << 20)}`), { do: 'stall' }],
    ];
    for (const [name, ...steps] of afterFinish) {
      test(`${name} after the finish reason changes nothing`, async () => {
        await using h = await startHarness();
        h.upstream.enqueue({ steps: [text('Hel', 'lo'), finish, usage, ...steps] });
        const { text: said, parts, error } = await collect(h.model(wire));
        assert.equal(error, undefined);
        assert.equal(said, 'Hello');
        assert.deepEqual(parts.slice(-2), [
          { type: 'usage', promptTokens: 7, completionTokens: 2 },
          { type: 'finish', reason: 'stop' },
        ]);
        assert.equal(h.upstream.requests.length, 1);
      });
    }

    test('a finish event that the end of the body ends', async () => {
      await using h = await startHarness();
      const last =
        wire === 'openai'
          ? 'data: {"choices":[{"delta":{},"finish_reason":"length"}]}'
          : 'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"max_tokens"}}';
      for (const end of ['', '\n', '\r']) {
        h.upstream.enqueue({ steps: [text('x'), raw(last + end)] });
        const { parts, error } = await collect(h.model(wire, once));
        assert.equal(error, undefined);
        assert.deepEqual(parts.at(-1), { type: 'finish', reason: 'length' });
      }
    });
  });

  describe(`${wire} answers that fail`, () => {
    const reports: readonly (readonly [name: string, body: string, says: RegExp])[] = [
      [
        'an error object',
        'data: {"error":{"message":"out of memory","type":"server_error"}}\n\n',
        /: out of memory$/,
      ],
      ['an error text', 'data: {"error":"no such model"}\n\n', /: no such model$/],
      [
        'an object called error',
        'data: {"object":"error","message":"bad template","code":400}\n\n',
        /: bad template$/,
      ],
      [
        'a line called error',
        'error: {"code":500,"message":"slot gone","type":"server_error"}\n\n',
        /: slot gone$/,
      ],
      ['an event called error', 'event: error\ndata: {"message":"gone","type":"x"}\n\n', /: gone$/],
      ['an event called error with a text', 'event: error\ndata: it broke\n\n', /: it broke$/],
      ['a detail', 'data: {"detail":"not in your region"}\n\n', /: not in your region$/],
      [
        'a list of details',
        'data: {"detail":[{"loc":["body","n"],"msg":"too small"}]}\n\n',
        /: too small \(body\.n\)$/,
      ],
      [
        'a code beside null choices',
        'data: {"choices":null,"code":1301,"msg":"sensitive words"}\n\n',
        /: sensitive words$/,
      ],
      ['JSON without a field name', '{"error":{"message":"quota"}}', /: quota$/],
      ['JSON on lines', '{\n  "error": {\n    "message": "quota"\n  }\n}\n', /: quota$/],
      ['a list', '[{"error":{"code":400,"message":"bad key","status":"INVALID_ARGUMENT"}}]', /: bad key$/],
      [
        'a page',
        '<html><head><title>Sign in</title></head></html>',
        /a web page instead of an event stream: Sign in$/,
      ],
      ['words', 'upstream connect error', /: upstream connect error$/],
    ];
    for (const [name, body, says] of reports) {
      test(`${name} under status 200 gives the provider's reason`, async () => {
        await using h = await startHarness();
        h.upstream.setDefault({ steps: [raw(body)] });
        const { parts, error } = await collect(h.model(wire, once));
        assert.ok(error instanceof ModelError, String(error));
        assert.equal(error.code, 'provider_error');
        assert.match(error.message, says);
        assert.deepEqual(parts, []);
      });

      test(`${name} in the write of a text leaves the text`, async () => {
        await using h = await startHarness();
        const first: string[] = [];
        h.upstream.enqueue({ steps: [text('Hel'), text('lo')] });
        for await (const batch of h.model(wire).stream(hello, { signal: new AbortController().signal })) {
          for (const part of batch) if (part.type === 'text') first.push(part.text);
          break;
        }
        const frames =
          wire === 'openai'
            ? 'data: {"choices":[{"delta":{"content":"Hello"}}]}\n\n'
            : 'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}\n\n';
        h.upstream.enqueue({ steps: [raw(frames + body)] });
        const { text: said, error } = await collect(h.model(wire));
        assert.ok(error instanceof ModelError, String(error));
        assert.equal(said, 'Hello');
        assert.equal(h.upstream.requests.length, 2);
      });
    }

    test('choices[0].error is the reason', async () => {
      if (wire === 'anthropic') return;
      await using h = await startHarness();
      h.upstream.setDefault({
        steps: [raw('data: {"choices":[{"delta":{},"error":{"code":502,"message":"peer gone"}}]}\n\n')],
      });
      const { error } = await collect(h.model(wire, once));
      assert.match(String(error), /: peer gone/);
    });

    const passing: readonly (readonly [name: string, ...steps: Step[]])[] = [
      ['an overload in an event', raw('data: {"error":{"message":"busy","code":503}}\n\n')],
      ['a limit as text', raw('data: {"error":{"message":"slow down","code":"429"}}\n\n')],
      ['a limit in JSON', raw('{"error":{"status":"RESOURCE_EXHAUSTED","message":"slow down"}}')],
      ['a failure as a line', raw('error: {"code":500,"message":"slot gone"}\n\n')],
      ['a limit of a FastAPI server', raw('data: {"object":"error","code":429,"message":"wait"}\n\n')],
      ['the last word alone', { do: 'end' }],
      ['a finish alone', finish, { do: 'end' }],
      [
        'a start alone, then an overload',
        { do: 'ping' },
        pause,
        { do: 'error', type: 'overloaded_error', message: 'x' },
      ],
      ['nothing', { do: 'headers' }],
      ['a page of a gateway', raw('<html><head><title>502 Bad Gateway</title></head></html>')],
      ['a page of a proxy', raw('<!doctype html><title>acme.example | 522: Connection timed out</title>')],
    ];
    for (const [name, ...steps] of passing) {
      test(`${name} is tried again`, async () => {
        await using h = await startHarness();
        h.upstream.enqueue({ steps }, answer('at last'));
        const { text: said, error } = await collect(h.model(wire));
        assert.equal(error, undefined);
        assert.equal(said, 'at last');
        assert.equal(h.upstream.requests.length, 2);
      });
    }

    for (const body of [
      '<title>Sign in</title>',
      '<title>403 Forbidden</title>',
      '<title>Room 502</title>',
    ]) {
      test(`${body} is not tried again`, async () => {
        await using h = await startHarness();
        h.upstream.setDefault({ steps: [raw(body)] });
        await collect(h.model(wire));
        assert.equal(h.upstream.requests.length, 1);
      });
    }

    test('words in place of events do not end an answer that goes on, and are the reason if it does not', async () => {
      await using h = await startHarness();
      for (const word of ['ping', '[HEARTBEAT]', 'null', '17', '""', 'keep-alive']) {
        const life = raw(`data: ${word}\n\n`);
        h.upstream.enqueue({ steps: [life, text('Hel'), life, text('lo'), finish, { do: 'end' }] });
        const { text: said, error } = await collect(h.model(wire, once));
        assert.equal(error, undefined, word);
        assert.equal(said, 'Hello');
      }
      h.upstream.enqueue({ steps: [raw('data: unauthorized\n\n')] });
      const { error } = await collect(h.model(wire, once));
      assert.match(String(error), /unauthorized$/);
    });

    test('an answer without a word says so when the tries are used up', async () => {
      await using h = await startHarness();
      h.upstream.setDefault({ steps: [finish, usage, { do: 'end' }] });
      const { error, parts } = await collect(h.model(wire));
      assert.match(String(error), /ended its answer without a word/);
      assert.ok(!parts.some((part) => part.type === 'finish'));
      assert.equal(h.upstream.requests.length, 3);
    });
  });

  describe(`${wire} labels`, () => {
    const labels: readonly Script['headers'][] = [
      { 'content-type': 'application/json' },
      { 'content-type': 'text/html; charset=utf-8' },
      { 'content-type': 'text/plain' },
      { 'content-type': 'application/octet-stream' },
      { 'content-type': '' },
    ];
    for (const headers of labels) {
      test(`an event stream under ${JSON.stringify(headers)} is read`, async () => {
        await using h = await startHarness();
        h.upstream.enqueue({ ...answer('fine, thanks'), headers: headers ?? {} });
        const { text: said, error } = await collect(h.model(wire));
        assert.equal(error, undefined);
        assert.equal(said, 'fine, thanks');
      });
    }

    const whole =
      wire === 'openai'
        ? {
            object: 'chat.completion',
            choices: [
              { index: 0, message: { role: 'assistant', content: 'All at once' }, finish_reason: 'stop' },
            ],
            usage: { prompt_tokens: 7, completion_tokens: 3 },
          }
        : {
            type: 'message',
            role: 'assistant',
            content: [{ type: 'text', text: 'All at once' }],
            stop_reason: 'end_turn',
            usage: { input_tokens: 7, output_tokens: 3 },
          };
    const forms: readonly (readonly [name: string, body: string])[] = [
      ['as JSON', JSON.stringify(whole)],
      ['as JSON on lines', JSON.stringify(whole, null, 2)],
      ['behind blanks', `\n\n   ${JSON.stringify(whole)}\n`],
      ['in a list', `[${JSON.stringify(whole)}]`],
    ];
    for (const type of ['application/json', 'text/event-stream']) {
      for (const [name, body] of forms) {
        test(`an answer that is not streamed, ${name}, under ${type}`, async () => {
          await using h = await startHarness();
          h.upstream.enqueue({ headers: { 'content-type': type }, steps: [raw(body)], chunkBytes: 11 });
          const { text: said, parts, error } = await collect(h.model(wire, once));
          assert.equal(error, undefined);
          assert.equal(said, 'All at once');
          assert.deepEqual(parts.slice(-2), [
            { type: 'usage', promptTokens: 7, completionTokens: 3 },
            { type: 'finish', reason: 'stop' },
          ]);
        });
      }
    }
  });
}

test('figures do not keep a call from being tried again, and come once it is over', async () => {
  await using h = await startHarness();
  const start = 'data: {"type":"message_start","message":{"usage":{"input_tokens":9,"output_tokens":1}}}\n\n';
  h.upstream.enqueue({ steps: [raw(start), pause, { do: 'drop' }] }, answer('fine'));
  const { text: said, error } = await collect(h.model('anthropic'));
  assert.equal(error, undefined);
  assert.equal(said, 'fine');
});

test('a text before a gate is delivered while the answer goes on', async () => {
  await using h = await startHarness();
  const door = gate();
  h.upstream.enqueue({
    steps: [raw('data: {"choices":[{"delta":{"content":"a"}}]}\n'), door.step, text('b'), finish],
  });
  const said: string[] = [];
  for await (const batch of h.model().stream(hello, { signal: new AbortController().signal })) {
    for (const part of batch) if (part.type === 'text') said.push(part.text);
    door.release();
  }
  assert.deepEqual(said, ['a', 'b']);
});
