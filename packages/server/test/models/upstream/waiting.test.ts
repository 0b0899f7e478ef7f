/** How long a call waits: for a first word, for the next one, for figures, for a model that is being loaded. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Wire } from 'colloquy-testkit/upstream/scripted-upstream';
import { ModelError } from '../../../src/models/model-error.ts';
import { wires } from '../remote-models.ts';
import { startClockwork } from './clockwork.ts';

function word(wire: Wire, text: string, finish?: string): string {
  if (wire === 'openai') {
    const choice = { delta: { content: text }, finish_reason: finish ?? null };
    return `data: ${JSON.stringify({ choices: [choice] })}\n\n`;
  }
  const delta = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } };
  const end = { type: 'message_delta', delta: { stop_reason: finish } };
  return `data: ${JSON.stringify(delta)}\n\n${finish === undefined ? '' : `data: ${JSON.stringify(end)}\n\n`}`;
}

const timeouts = { connectMs: 1_000, firstTokenMs: 10_000, idleMs: 6_000, maxWaitMs: 60_000 };

for (const wire of wires) {
  const finish = wire === 'openai' ? 'stop' : 'end_turn';

  describe(`${wire} signs of life`, () => {
    const signs: readonly string[] = [
      'data:\n\n',
      'data: \n\n',
      'event: ping\n\n',
      'event: ping\ndata: {"type":"ping"}\n\n',
      'event: heartbeat\ndata: ok\n\n',
      'event: queue\ndata: {"detail":"position 3"}\n\n',
      ': OPENROUTER PROCESSING\n\n',
      '\n',
    ];
    for (const sign of signs) {
      test(`${JSON.stringify(sign)} keeps the call alive before the first word and between two`, async (t) => {
        const call = await startClockwork(t, wire, { timeouts });
        const [exchange] = call.exchanges;
        exchange?.headers();
        for (let beat = 0; beat < 6; beat += 1) {
          await call.pass(9_000);
          exchange?.say(sign);
        }
        exchange?.say(word(wire, 'a'));
        for (let beat = 0; beat < 10; beat += 1) {
          await call.pass(5_000);
          exchange?.say(sign);
        }
        exchange?.say(word(wire, 'b', finish)).end();
        await call.pass(1);
        assert.equal(call.error, undefined);
        assert.equal(call.text, 'ab');
        assert.ok(call.isOver);
      });
    }

    for (const [name, before] of [
      ['before the first word', ''],
      ['after a word', word(wire, 'half')],
    ] as const) {
      test(`${name} they suffice for the longest wait and no longer`, async (t) => {
        const call = await startClockwork(t, wire, { timeouts, maxRetries: 0 });
        const exchange = call.exchanges[0]?.headers().say(before);
        for (let seconds = 0; seconds < 58; seconds += 1) {
          await call.pass(1_000);
          exchange?.say(': x\n\n');
        }
        assert.equal(call.isOver, false);
        for (let seconds = 0; seconds < 4; seconds += 1) {
          await call.pass(1_000);
          exchange?.say(': x\n\n');
        }
        assert.ok(call.error instanceof ModelError);
        assert.equal(call.error.code, 'provider_timeout');
        assert.match(call.error.message, /only signs of life for 60000 ms/);
        assert.ok(exchange?.isAborted);
      });
    }

    test('without one the first word is waited for as long as is set, though that is longer', async (t) => {
      const patient = { ...timeouts, firstTokenMs: 100_000 };
      const call = await startClockwork(t, wire, { timeouts: patient, maxRetries: 0 });
      call.exchanges[0]?.headers();
      await call.pass(99_000);
      assert.equal(call.isOver, false);
      await call.pass(2_000);
      assert.match(String(call.error), /said nothing within 100000 ms/);
    });
  });

  describe(`${wire} after a finish reason`, () => {
    test('a finish reason on every event starts no deadline', async (t) => {
      const call = await startClockwork(t, wire, { timeouts });
      const exchange = call.exchanges[0]?.headers();
      for (let second = 0; second < 30; second += 1) {
        exchange?.say(word(wire, `${second} `, finish));
        await call.pass(second % 10 === 9 ? 5_500 : 1_000);
      }
      exchange?.end();
      await call.pass(1);
      assert.equal(call.error, undefined);
      assert.equal(call.text, Array.from({ length: 30 }, (_, i) => `${i} `).join(''));
    });

    test('two of them in one piece start none either, and signs of life count', async (t) => {
      const call = await startClockwork(t, wire, { timeouts: { ...timeouts, idleMs: 20_000 } });
      const exchange = call.exchanges[0]?.headers();
      exchange?.say(word(wire, 'a', finish) + word(wire, 'b', finish));
      await call.pass(15_000);
      exchange?.say(': x\n\n');
      await call.pass(15_000);
      exchange?.say(word(wire, 'c', finish)).end();
      await call.pass(1);
      assert.equal(call.error, undefined);
      assert.equal(call.text, 'abc');
    });

    test('figures are waited for from the last output on, and signs of life do not prolong that', async (t) => {
      const call = await startClockwork(t, wire, { timeouts });
      const exchange = call.exchanges[0]?.headers().say(word(wire, 'x', finish));
      for (let second = 0; second < 4; second += 1) {
        await call.pass(1_000);
        exchange?.say(': x\n\n');
      }
      assert.equal(call.isOver, false);
      await call.pass(1_500);
      assert.ok(call.isOver);
      assert.equal(call.error, undefined);
      assert.deepEqual(call.parts.at(-1), { type: 'finish', reason: 'stop' });
    });
  });

  describe(`${wire} bodies that are no stream`, () => {
    test('an error that leaves the connection open is not waited for', async (t) => {
      const call = await startClockwork(t, wire, { timeouts, maxRetries: 0 });
      call.exchanges[0]?.headers().say('{"error":{"message":"no credit"}}');
      await call.pass(6_000);
      assert.match(String(call.error), /: no credit/);
    });

    test('an answer that pauses within its JSON is waited for, and one whose JSON is whole is not', async (t) => {
      const patient = { ...timeouts, idleMs: 20_000 };
      const call = await startClockwork(t, wire, { timeouts: patient, maxRetries: 0 });
      const whole =
        wire === 'openai'
          ? { choices: [{ message: { content: 'All of it' }, finish_reason: 'stop' }] }
          : { content: [{ type: 'text', text: 'All of it' }], stop_reason: 'end_turn' };
      const json = JSON.stringify(whole, null, 2);
      const exchange = call.exchanges[0]?.headers().say(json.slice(0, 30));
      await call.pass(15_000);
      exchange?.say(json.slice(30, 50));
      await call.pass(15_000);
      assert.equal(call.isOver, false);
      exchange?.say(json.slice(50));
      await call.pass(6_000);
      assert.equal(call.error, undefined);
      assert.equal(call.text, 'All of it');
      assert.ok(call.isOver);
    });

    test('JSON that comes slowly is waited for', async (t) => {
      const call = await startClockwork(t, wire, { timeouts, maxRetries: 0 });
      const exchange = call.exchanges[0]?.headers();
      for (const piece of ['{"error":', '{"message":', '"no ', 'credit"', '}}']) {
        exchange?.say(piece);
        await call.pass(4_000);
      }
      exchange?.end();
      await call.pass(1);
      assert.match(String(call.error), /: no credit/);
    });
  });
}

test('openai: a finish reason beside the choices ends the answer', async (t) => {
  const call = await startClockwork(t, 'openai', { timeouts });
  const exchange = call.exchanges[0]?.headers().say(word('openai', 'Hel'));
  exchange?.say(
    'data: {"choices":[{"delta":{"content":"lo"},"finish_reason":null}],"finish_reason":"length"}\n\n',
  );
  exchange?.end();
  await call.pass(1);
  assert.equal(call.error, undefined);
  assert.deepEqual(call.parts.at(-1), { type: 'finish', reason: 'length' });
  assert.equal(call.text, 'Hello');
});

describe('waiting for a model that is being loaded', () => {
  const loading = '{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}';

  test('is not bounded by the number of retries', async (t) => {
    const call = await startClockwork(t, 'openai', { timeouts });
    for (let tries = 0; tries < 8; tries += 1) {
      assert.equal(call.exchanges.length, tries + 1);
      call.exchanges.at(-1)?.headers(503).say(loading).end();
      await call.pass(8_100);
      if (tries === 5) break;
    }
    call.exchanges
      .at(-1)
      ?.headers()
      .say(word('openai', 'ready', 'stop'))
      .end();
    await call.pass(1);
    assert.equal(call.text, 'ready');
  });

  test('ends with the longest wait, and says why', async (t) => {
    const call = await startClockwork(t, 'openai', { timeouts });
    for (let seconds = 0; seconds < 70 && !call.isOver; seconds += 1) {
      const last = call.exchanges.at(-1);
      if (last !== undefined && !last.hasEnded) last.headers(503).say(loading).end();
      await call.pass(1_000);
    }
    assert.match(String(call.error), /answered 503: Loading model/);
    assert.ok(call.exchanges.length > 8);
  });

  test('is not done where nothing is to be retried', async (t) => {
    const call = await startClockwork(t, 'openai', { timeouts, maxRetries: 0 });
    call.exchanges[0]?.headers(503).say(loading).end();
    await call.pass(1);
    assert.match(String(call.error), /Loading model/);
  });

  const asked: readonly (readonly [
    name: string,
    status: number,
    headers: Record<string, string>,
    body: string,
    ms: number,
  ])[] = [
    [
      'the time that Hugging Face estimates',
      503,
      {},
      '{"error":"Model x is currently loading","estimated_time":20.5}',
      20_500,
    ],
    ['Retry-After in seconds', 429, { 'retry-after': '7' }, '{}', 7_000],
    ['retry-after-ms', 500, { 'retry-after-ms': '2500', 'retry-after': '9' }, '', 2_500],
    [
      "Google's retryDelay",
      429,
      {},
      '[{"error":{"code":429,"message":"Quota","details":[{"retryDelay":"12.25s"}]}}]',
      12_250,
    ],
    [
      'a status that is not retried, with x-should-retry',
      400,
      { 'x-should-retry': 'true', 'retry-after': '1' },
      '{}',
      1_000,
    ],
    [
      'a failure in an event',
      200,
      {},
      'data: {"error":{"code":429,"message":"x","details":[{"retryDelay":"3s"}]}}\n\n',
      3_000,
    ],
  ];
  for (const [name, status, headers, body, ms] of asked) {
    test(`${name} is obeyed`, async (t) => {
      const call = await startClockwork(t, 'openai', { timeouts });
      call.exchanges[0]?.headers(status, headers).say(body).end();
      await call.pass(ms - 10);
      assert.equal(call.exchanges.length, 1);
      await call.pass(20);
      assert.equal(call.exchanges.length, 2);
    });
  }

  test('x-should-retry: false is obeyed', async (t) => {
    const call = await startClockwork(t, 'openai', { timeouts });
    call.exchanges[0]?.headers(500, { 'x-should-retry': 'false' }).say('{}').end();
    await call.pass(20_000);
    assert.equal(call.exchanges.length, 1);
    assert.ok(call.isOver);
  });
});

describe('figures of an answer that is broken off', () => {
  const usage = (wire: Wire): string =>
    wire === 'openai'
      ? 'data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":1}}\n\n'
      : 'data: {"type":"message_delta","delta":{},"usage":{"input_tokens":9,"output_tokens":1}}\n\n';

  for (const wire of wires) {
    test(`${wire}: a stop keeps them`, async (t) => {
      const stop = new AbortController();
      const call = await startClockwork(t, wire, { timeouts }, stop.signal);
      call.exchanges[0]?.headers().say(word(wire, 'half')).say(usage(wire));
      await call.pass(1);
      stop.abort();
      await call.pass(1);
      assert.equal(call.error, stop.signal.reason);
      assert.deepEqual(
        call.parts.findLast((part) => part.type === 'usage'),
        {
          type: 'usage',
          promptTokens: 9,
          completionTokens: 1,
        },
      );
    });

    test(`${wire}: those of the prompt are kept where no more was said`, async (t) => {
      const stop = new AbortController();
      const call = await startClockwork(t, wire, { timeouts }, stop.signal);
      const start =
        wire === 'openai'
          ? 'data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":0}}\n\n'
          : 'data: {"type":"message_start","message":{"usage":{"input_tokens":9,"output_tokens":1}}}\n\n';
      call.exchanges[0]?.headers().say(start).say(word(wire, 'half')).say(word(wire, ' more'));
      await call.pass(1);
      stop.abort();
      await call.pass(1);
      assert.deepEqual(
        call.parts.filter((part) => part.type === 'usage'),
        [{ type: 'usage', promptTokens: 9 }],
      );
    });

    test(`${wire}: a failure keeps them`, async (t) => {
      const call = await startClockwork(t, wire, { timeouts });
      call.exchanges[0]?.headers().say(word(wire, 'half')).say(usage(wire)).end();
      await call.pass(1);
      assert.match(String(call.error), /broke off/);
      assert.deepEqual(call.parts, [
        { type: 'text', text: 'half' },
        { type: 'usage', promptTokens: 9, completionTokens: 1 },
      ]);
    });
  }
});
