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
  readonly providers: readonly {
    readonly first_token_ms: { readonly p50: number | null; readonly p95: number | null };
    readonly duration_ms: { readonly p50: number | null; readonly p95: number | null };
    readonly last_error: {
      readonly at: string;
      readonly status: number | null;
      readonly message: string;
    } | null;
  }[];
  readonly local_model: object | null;
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
    const [provider, ...others] = health.providers;
    const { first_token_ms: first, duration_ms: whole, last_error: failure, ...counts } = provider ?? {};
    assert.deepEqual(others, []);
    assert.deepEqual(counts, {
      provider: 'openai-compatible',
      answered: 1,
      failed: 1,
      errors: { 401: 1 },
    });
    assert.ok(first?.p50 != null && whole?.p95 != null && first.p50 <= whole.p95, JSON.stringify(provider));
    assert.equal(failure?.status, 401);
    assert.match(failure?.message ?? '', /refused the key \(401\)/);
    assert.ok(Math.abs(Date.now() - Date.parse(failure?.at ?? '')) < 60_000);
    assert.deepEqual(health.local_model, {
      name: 'off',
      state: 'off',
      percent: 0,
      problem: null,
      bytes: null,
    });
    assert.ok(health.disk.free_bytes > 0 && health.disk.free_bytes <= health.disk.total_bytes);
    assert.equal(health.load.level, 'normal');
    assert.deepEqual(health.generations, { running: 0, queued: 0 });
    // What a provider says of a prompt may quote it.
    upstream.enqueue(refuse(400, { message: 'can not take: my diagnosis' }));
    assert.equal((await ask()).status, 502);
    const { providers: after } = await administer<Shown>(url, 'GET', '/health');
    assert.deepEqual([after[0]?.last_error?.status, after.length], [400, 1]);
    assert.doesNotMatch(JSON.stringify(after), /diagnosis/);
    if (engine === 'sqlite') return;
    await using _another = await server.replica();
    assert.equal((await administer<Shown>(url, 'GET', '/health')).replicas.length, 2);
  });
});
