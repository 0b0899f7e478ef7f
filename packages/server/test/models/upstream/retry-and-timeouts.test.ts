/** Retries, timeouts, aborts and messages of errors, in both wire formats. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { answer, refuse, type Script } from 'colloquy-testkit/upstream/scripted-upstream';
import { parseRetryAfterMs } from '../../../src/domain/headers/retry-after.ts';
import { ModelError } from '../../../src/models/model-error.ts';
import { longestRetryAfterMs, retryDelayMs } from '../../../src/models/upstream/retry-policy.ts';
import { apiKey, collect, hello, startHarness, wires } from '../remote-models.ts';

function assertModelError(error: unknown, code: string, says: RegExp): asserts error is ModelError {
  assert.ok(error instanceof ModelError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, says);
  assert.ok(!error.message.includes(apiKey));
}

for (const wire of wires) {
  describe(`${wire} retries`, () => {
    const passing: readonly { name: string; script: Script }[] = [
      ...[408, 409, 429, 500, 502, 503, 504, 529].map((status) => ({
        name: String(status),
        script: refuse(status),
      })),
      { name: '429 with Retry-After: 0', script: refuse(429, { retryAfter: '0' }) },
      { name: 'a drop before the headers', script: { steps: [{ do: 'drop' }] } },
      {
        name: 'a drop after the headers',
        script: { steps: [{ do: 'headers' }, { do: 'wait', ms: 5 }, { do: 'drop' }] },
      },
      {
        name: 'an overload reported in the stream',
        script: { steps: [{ do: 'error', type: 'overloaded_error', message: 'busy' }] },
      },
    ];
    for (const { name, script } of passing) {
      test(`after ${name} the next try answers`, async () => {
        await using h = await startHarness();
        h.upstream.enqueue(script, answer('at last'));
        const { text, error } = await collect(h.model(wire));
        assert.equal(error, undefined);
        assert.equal(text, 'at last');
        assert.equal(h.upstream.requests.length, 2);
        assert.deepEqual(h.upstream.requests[0]?.body, h.upstream.requests[1]?.body);
      });
    }

    const final: readonly { name: string; script: Script; says: RegExp; code?: string }[] = [
      ...[400, 404, 422, 501].map((status) => ({
        name: String(status),
        script: refuse(status),
        says: new RegExp(`answered ${status}: scripted`),
      })),
      {
        name: '401',
        script: refuse(401, { message: `Incorrect API key ${apiKey}` }),
        says: /refused the key \(401\): Incorrect API key \[key\]$/,
      },
      { name: '403', script: refuse(403), says: /answered 403: scripted 403$/ },
      { name: 'a 403 without a word', script: { status: 403, body: '' }, says: /refused the key \(403\)$/ },
      { name: 'a key in the text', script: refuse(400, { message: `bad ${apiKey}` }), says: /bad \[key\]/ },
      { name: 'a used-up quota', script: refuse(429, { code: 'insufficient_quota' }), says: /429/ },
      {
        name: 'an error that does not pass',
        script: { steps: [{ do: 'error', type: 'invalid_request_error', message: 'no' }] },
        says: /: no$/,
      },
      {
        name: 'a context that is too long',
        script: refuse(400, { message: "This model's maximum context length is 8192 tokens." }),
        says: /too long for the model/,
        code: 'context_overflow',
      },
      {
        name: 'a prompt that is too long',
        script: refuse(400, { message: 'prompt is too long: 208310 tokens > 200000 maximum' }),
        says: /too long for the model/,
        code: 'context_overflow',
      },
    ];
    for (const { name, script, says, code = 'provider_error' } of final) {
      test(`${name} is not tried again`, async () => {
        await using h = await startHarness();
        h.upstream.setDefault(script);
        const { error } = await collect(h.model(wire));
        assertModelError(error, code, says);
        assert.equal(error.retryable, false);
        assert.equal(h.upstream.requests.length, 1);
      });
    }

    test('an exhausted 429 is a provider_error with what the provider asked', async () => {
      await using h = await startHarness();
      h.upstream.setDefault(refuse(429, { retryAfter: '0' }));
      const { error } = await collect(h.model(wire));
      assertModelError(error, 'provider_error', /answered 429/);
      assert.equal(error.status, 429);
      assert.equal(error.retryAfterMs, 0);
      assert.equal(h.upstream.requests.length, 3);
    });

    test('a Retry-After beyond the bound is not waited for', async () => {
      await using h = await startHarness();
      h.upstream.setDefault(refuse(429, { retryAfter: '3600' }));
      const { error } = await collect(h.model(wire));
      assertModelError(error, 'provider_error', /429/);
      assert.equal(error.retryAfterMs, 3_600_000);
      assert.equal(h.upstream.requests.length, 1);
    });

    test('nothing is tried again once something was received', async () => {
      await using h = await startHarness();
      h.upstream.setDefault({
        steps: [
          { do: 'tokens', tokens: ['half'] },
          { do: 'error', type: 'overloaded_error', message: 'busy' },
        ],
      });
      const { text, error } = await collect(h.model(wire));
      assertModelError(error, 'provider_error', /busy/);
      assert.equal(text, 'half');
      assert.equal(h.upstream.requests.length, 1);
    });

    test('an upstream that is not there is a provider_error', async () => {
      await using h = await startHarness();
      const { error } = await collect(h.model(wire, { record: { baseUrl: 'http://127.0.0.1:1/v1' } }));
      assertModelError(error, 'provider_error', /connection to the provider .* failed \(ECONNREFUSED\)/);
    });

    test('a key that cannot stand in a header fails without being shown', async () => {
      await using h = await startHarness();
      const { error } = await collect(h.model(wire, { record: { apiKey: `${apiKey}\n` } }));
      assertModelError(error, 'provider_error', /failed/);
      assert.equal(h.upstream.requests.length, 0);
    });
  });

  describe(`${wire} timeouts`, () => {
    const long = 20_000;
    test('silence before the first token, after pings', async () => {
      await using h = await startHarness();
      const timeouts = { connectMs: long, firstTokenMs: 40, idleMs: long };
      h.upstream.setDefault({
        steps: [{ do: 'ping' }, { do: 'wait', ms: 10 }, { do: 'ping' }, { do: 'stall' }],
      });
      const { error } = await collect(h.model(wire, { runtime: { timeouts } }));
      assertModelError(error, 'provider_timeout', /said nothing within 40 ms/);
      assert.equal(await h.upstream.requests[0]?.closed, 'aborted');
      assert.equal(h.upstream.requests.length, 1);
    });

    test('silence between tokens, the partial answer kept', async () => {
      await using h = await startHarness();
      const timeouts = { connectMs: long, firstTokenMs: long, idleMs: 40 };
      h.upstream.setDefault({ steps: [{ do: 'tokens', tokens: ['half'] }, { do: 'stall' }] });
      const { text, error } = await collect(h.model(wire, { runtime: { timeouts } }));
      assertModelError(error, 'provider_timeout', /fell silent for 40 ms/);
      assert.equal(text, 'half');
      assert.equal(await h.upstream.requests[0]?.closed, 'aborted');
    });

    test('no headers', async () => {
      await using h = await startHarness();
      const timeouts = { connectMs: long, firstTokenMs: 40, idleMs: long };
      h.upstream.setDefault({ steps: [{ do: 'stall' }] });
      const { error } = await collect(h.model(wire, { runtime: { timeouts } }));
      assertModelError(error, 'provider_timeout', /said nothing/);
    });

    test('a server that accepts and never speaks TLS', async () => {
      await using h = await startHarness();
      const sockets: Socket[] = [];
      const mute = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
      await once(mute, 'listening');
      const { port } = mute.address() as { port: number };
      const timeouts = { connectMs: 40, firstTokenMs: long, idleMs: long };
      const { error } = await collect(
        h.model(wire, {
          record: { baseUrl: `https://127.0.0.1:${port}` },
          runtime: { timeouts, maxRetries: 1 },
        }),
      );
      assertModelError(error, 'provider_timeout', /did not accept a connection within 40 ms/);
      for (const socket of sockets) socket.destroy();
      mute.close();
    });
  });

  describe(`${wire} abort`, () => {
    test('before the call: nothing is sent', async () => {
      await using h = await startHarness();
      const reason = new Error('not wanted');
      const { error } = await collect(h.model(wire), hello, AbortSignal.abort(reason));
      assert.equal(error, reason);
      assert.equal(h.upstream.requests.length, 0);
    });

    for (const [name, script] of [
      ['before the headers', { steps: [{ do: 'stall' }] }],
      ['before the first token', { steps: [{ do: 'headers' }, { do: 'stall' }] }],
      ['between tokens', { steps: [{ do: 'tokens', tokens: ['half'] }, { do: 'stall' }] }],
    ] as const satisfies readonly (readonly [string, Script])[]) {
      test(`${name}: the upstream request is broken off, and the reason thrown`, async () => {
        await using h = await startHarness();
        h.upstream.setDefault(script);
        const reason = new Error('cancelled');
        const controller = new AbortController();
        const result = collect(h.model(wire), hello, controller.signal);
        const request = await h.upstream.request(0);
        controller.abort(reason);
        assert.equal((await result).error, reason);
        assert.equal(await request.closed, 'aborted');
        assert.equal(h.upstream.requests.length, 1);
      });
    }

    test('during the back-off: at once, and no further try', async () => {
      await using h = await startHarness();
      h.upstream.setDefault(refuse(503, { retryAfter: '20' }));
      const controller = new AbortController();
      const result = collect(h.model(wire), hello, controller.signal);
      const request = await h.upstream.request(0);
      await request.closed;
      // The refusal has to be read before the back-off begins.
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      controller.abort();
      assert.equal((await result).error, controller.signal.reason);
      assert.equal(h.upstream.requests.length, 1);
    });

    test('a consumer that stops reading breaks the call off', async () => {
      await using h = await startHarness();
      h.upstream.setDefault({ steps: [{ do: 'tokens', tokens: ['one'] }, { do: 'stall' }] });
      for await (const _ of h.model(wire).stream(hello, { signal: new AbortController().signal })) break;
      assert.equal(await h.upstream.requests[0]?.closed, 'aborted');
    });
  });
}

describe('retry policy', () => {
  const now = Date.parse('2026-11-01T12:00:00Z');
  const headers: readonly (readonly [string, Record<string, string>, number | undefined])[] = [
    ['seconds', { 'retry-after': '7' }, 7_000],
    ['a fraction', { 'retry-after': '0.25' }, 250],
    ['a date', { 'retry-after': 'Sun, 01 Nov 2026 12:00:09 GMT' }, 9_000],
    ['a date gone by', { 'retry-after': 'Sun, 01 Nov 2026 11:00:00 GMT' }, 0],
    ['milliseconds, which win', { 'retry-after': '7', 'retry-after-ms': '120' }, 120],
    ['nonsense', { 'retry-after': 'soon' }, undefined],
    ['nothing', {}, undefined],
  ];
  for (const [name, given, expected] of headers) {
    test(`Retry-After: ${name}`, () => assert.equal(parseRetryAfterMs(given, now), expected));
  }

  test('back-off doubles from its base, with jitter between half and whole, up to 8 s', () => {
    const error = new ModelError('provider_error', 'x', { retryable: true });
    const delays = (random: number): (number | undefined)[] =>
      [1, 2, 3, 9, 10].map((retry) =>
        retryDelayMs(error, retry, { maxRetries: 9, backoffMs: 500, random: () => random }),
      );
    assert.deepEqual(delays(0), [250, 500, 1_000, 4_000, undefined]);
    assert.deepEqual(delays(1), [500, 1_000, 2_000, 8_000, undefined]);
  });

  test('what the provider asks is kept to the letter, up to the bound', () => {
    const policy = { maxRetries: 2, backoffMs: 500, random: () => 0 };
    const asking = (retryAfterMs: number): ModelError =>
      new ModelError('provider_error', 'x', { retryable: true, retryAfterMs });
    assert.equal(retryDelayMs(asking(1_234), 1, policy), 1_234);
    assert.equal(retryDelayMs(asking(longestRetryAfterMs + 1), 1, policy), undefined);
  });
});
