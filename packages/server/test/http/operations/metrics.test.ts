/** The server counts its generations in `/metrics`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestServer } from 'colloquy-testkit/server';
import { refuse } from 'colloquy-testkit/upstream/scripted-upstream';

test('what has ended is in /metrics, retries and errors of providers too', async () => {
  await using server = await startTestServer('sqlite', { environment: { MODEL_MAX_RETRIES: '2' } });
  const { upstream, url, prodKey } = server;
  upstream.enqueue(refuse(429, { retryAfter: '0' }));
  const ask = () =>
    fetch(`${url}/api/chat/completion`, {
      method: 'POST',
      headers: { 'x-api-key': prodKey, 'content-type': 'application/json' },
      body: JSON.stringify({ message: 'Hi' }),
    });
  const first = await ask();
  assert.equal(first.status, 200, await first.text());
  upstream.setDefault(refuse(400));
  assert.equal((await ask()).status, 502);
  const text = await (await fetch(`${url}/metrics`)).text();
  const labels = 'model="Scripted",provider="openai-compatible"';
  for (const line of [
    `colloquy_generations_total{${labels},status="done"} 1`,
    `colloquy_generations_total{${labels},status="failed"} 1`,
    `colloquy_generation_errors_total{${labels},code="provider_error"} 1`,
    `colloquy_model_retries_total{${labels}} 1`,
    `colloquy_time_to_first_token_seconds_count{${labels}} 1`,
    'colloquy_provider_errors_total{provider="openai-compatible",status="429"} 1',
    'colloquy_provider_errors_total{provider="openai-compatible",status="400"} 1',
  ]) {
    assert.ok(
      text.includes(`\n${line}\n`),
      `${line}\n${text
        .split('\n')
        .filter((one) => one.startsWith('colloquy_'))
        .join('\n')}`,
    );
  }
});
