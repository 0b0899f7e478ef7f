/** `GET /api/admin/health`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStream } from 'colloquy-testkit/event-stream';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { startTestServer } from 'colloquy-testkit/server';
import { administer } from 'colloquy-testkit/tenants';
import { gate, refuse } from 'colloquy-testkit/upstream/scripted-upstream';

interface Shown {
  readonly uptime_seconds: number;
  readonly store: {
    engine: string;
    answers: boolean;
    schema: string;
    bytes: number;
    connections: object | null;
  };
  readonly bus: object | null;
  readonly replicas: readonly { readonly owner: number; readonly lease_ms: number }[];
  readonly commits: { readonly count: number; readonly mean_ms: number };
  readonly providers: readonly object[];
  readonly disk: { readonly free_bytes: number; readonly total_bytes: number };
  readonly load: { readonly level: string };
  readonly generations: object;
}

onBothStores('the health of a server', (engine) => {
  test('tells of store, replicas, commits, providers, disk and load', async () => {
    await using server = await startTestServer(engine);
    const { upstream, url, prodKey } = server;
    const ask = () =>
      fetch(`${url}/api/chat/completion`, {
        method: 'POST',
        headers: { 'x-api-key': prodKey, 'content-type': 'application/json' },
        body: JSON.stringify({ message: 'Hi' }),
      });
    // Whoever has seen a token has seen a commit.
    const { step, release } = gate();
    upstream.enqueue({ steps: [{ do: 'tokens', tokens: ['one'] }, step, { do: 'finish' }, { do: 'end' }] });
    const stream = await openStream({
      url: `${url}/api/chat/completion/stream`,
      headers: { 'x-api-key': prodKey },
      body: { message: 'Hi' },
    });
    await stream.until(() => stream.body().includes('one'));
    release();
    await stream.closed;
    upstream.enqueue(refuse(401));
    assert.equal((await ask()).status, 502);
    const health = await administer<Shown>(url, 'GET', '/health');
    assert.equal(health.store.engine, engine);
    assert.equal(health.store.answers, true);
    assert.match(health.store.schema, /^\d{4}-/);
    assert.ok(health.store.bytes > 0);
    assert.equal(health.store.connections === null, engine === 'sqlite');
    assert.equal(health.bus, null);
    assert.equal(health.replicas.length, 1);
    assert.ok(health.commits.count > 0, JSON.stringify(health.commits));
    assert.ok(health.commits.mean_ms > 0, JSON.stringify(health.commits));
    assert.deepEqual(health.providers, [
      { provider: 'openai-compatible', answered: 1, failed: 1, errors: { 401: 1 } },
    ]);
    assert.ok(health.disk.free_bytes > 0 && health.disk.free_bytes <= health.disk.total_bytes);
    assert.equal(health.load.level, 'normal');
    assert.deepEqual(health.generations, { running: 0, queued: 0 });
    if (engine === 'sqlite') return;
    await using _another = await server.replica();
    assert.equal((await administer<Shown>(url, 'GET', '/health')).replicas.length, 2);
  });
});
