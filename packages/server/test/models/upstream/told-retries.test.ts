/** Whoever streams is told of each failure after which the call is made again, and of no other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answer, refuse } from 'colloquy-testkit/upstream/scripted-upstream';
import { hello, startHarness, wires } from '../remote-models.ts';

for (const wire of wires) {
  test(`${wire}: retries are told with their statuses`, async () => {
    await using h = await startHarness();
    h.upstream.enqueue(refuse(500), refuse(429, { retryAfter: '0' }), answer('Well'));
    const told: (number | undefined)[] = [];
    const { signal } = new AbortController();
    const onRetry = ({ status }: { readonly status: number | undefined }) => told.push(status);
    for await (const parts of h.model(wire).stream(hello, { signal, onRetry })) assert.ok(parts.length > 0);
    assert.deepEqual(told, [500, 429]);
  });

  test(`${wire}: the failure that ends the call is no retry`, async () => {
    await using h = await startHarness();
    h.upstream.setDefault(refuse(500));
    const told: unknown[] = [];
    const { signal } = new AbortController();
    const stream = h.model(wire).stream(hello, { signal, onRetry: (error) => told.push(error) });
    await assert.rejects(async () => {
      for await (const parts of stream) assert.ok(parts.length > 0);
    });
    assert.equal(told.length, 2);
  });
}

test('a long wait for a retry ends once something else could answer', async () => {
  await using h = await startHarness();
  h.upstream.setDefault(refuse(429, { retryAfter: '30' }));
  const told: unknown[] = [];
  const answers = [false, true];
  const { signal } = new AbortController();
  const options = {
    signal,
    onRetry: (error: unknown) => told.push(error),
    // At the failure itself it is not known yet.
    isHurried: () => answers.shift() ?? true,
  };
  const stream = h.model('openai').stream(hello, options);
  await assert.rejects(
    async () => {
      for await (const parts of stream) assert.ok(parts.length > 0);
    },
    { name: 'ModelError', status: 429 },
  );
  assert.deepEqual([told, h.upstream.requests.length, answers], [[], 1, []]);
});

test('an account tells address and key apart, and holds neither', async () => {
  await using h = await startHarness();
  const one = h.model('openai').account ?? '';
  assert.equal(h.model('openai', { record: { model: 'another' } }).account, one);
  assert.notEqual(h.model('openai', { record: { apiKey: 'sk-another-secret' } }).account, one);
  assert.notEqual(h.model('openai', { record: { baseUrl: `${h.upstream.url}/other/v1` } }).account, one);
  assert.doesNotMatch(one, /secret|127/);
});
