/** What an overloaded server refuses, and what goes on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gate } from 'colloquy-testkit/upstream/scripted-upstream';
import { type LoadSample, watchLoad } from '../../../src/concurrency/load/load-watch.ts';
import { startTestApp } from '../http-app.ts';

/** A server that sees itself as loaded as it is told. */
async function startLoadedApp() {
  let sample: LoadSample = { loopDelayMs: 0, memory: { kind: 'heap', share: 0 } };
  const load = watchLoad({
    bounds: { loopDelayMs: 500, memoryPercent: 90 },
    read: () => sample,
    onChange() {},
    intervalMs: 3_600_000,
  });
  const app = await startTestApp('sqlite', { load }, { admitTurn: load.admitTurn });
  return {
    app,
    delay(loopDelayMs: number) {
      sample = { ...sample, loopDelayMs };
      for (let looks = 0; looks < 20; looks++) load.look();
    },
    async [Symbol.asyncDispose]() {
      load[Symbol.dispose]();
      await app[Symbol.asyncDispose]();
    },
  };
}

const path = '/api/chat/completion';

test('a busy server refuses new turns alone; streams, retries and resuming go on', async () => {
  await using loaded = await startLoadedApp();
  const { app } = loaded;
  const { step, release } = gate();
  app.harness.upstream.enqueue({
    steps: [
      { do: 'tokens', tokens: ['one'] },
      step,
      { do: 'tokens', tokens: [' two'] },
      { do: 'finish' },
      { do: 'end' },
    ],
  });
  const call = { key: app.prodKey, headers: { 'idempotency-key': 'a' }, body: { message: 'Hi' } };
  const stream = await app.stream(`${path}/stream`, call);
  await stream.until(({ events }) => events.some(({ data }) => data.includes('one')));
  loaded.delay(800);

  const refused = await app.call(path, { key: app.prodKey, body: { message: 'Hi' } });
  assert.equal(refused.status, 503);
  assert.equal(refused.body.code, 'overloaded');
  assert.ok(Number(refused.headers.get('retry-after')) > 0);
  const retried = await app.stream(`${path}/stream`, call);
  const location = stream.response.headers.get('content-location') ?? '';
  assert.equal(retried.response.headers.get('content-location'), location);
  const resumed = await app.stream(location, {
    key: app.prodKey,
    headers: { 'last-event-id': stream.events.at(-1)?.id ?? '' },
  });
  const organization = app.harness.scope.organizationId;
  const list = `/api/conversation/list?org_id=${organization}`;
  assert.equal((await app.call(list, { key: app.prodKey })).status, 200);
  release();
  await Promise.all([stream.ended, retried.ended, resumed.ended]);
  assert.match(stream.raw(), / two/);
  assert.match(resumed.raw(), / two/);

  loaded.delay(0);
  assert.equal((await app.call(path, { key: app.prodKey, body: { message: 'Hi' } })).status, 200);
});

test('a severely overloaded server answers what is essential alone', async () => {
  await using loaded = await startLoadedApp();
  const { app } = loaded;
  const stream = await app.stream(`${path}/stream`, { key: app.prodKey, body: { message: 'Hi' } });
  await stream.ended;
  const location = stream.response.headers.get('content-location') ?? '';
  const generation = location.replace(/\/stream$/, '');
  loaded.delay(5000);
  const key = app.prodKey;
  const organization = app.harness.scope.organizationId;
  const detail = await app.call(`/api/conversation/list?org_id=${organization}`, { key });
  assert.equal(detail.status, 503);
  assert.equal(detail.body.detail, 'the server is overloaded; retry shortly');
  assert.equal((await app.call('/chats/', { key })).status, 503);
  assert.equal((await app.call(path, { key, body: { message: 'Hi' } })).status, 503);
  assert.equal((await app.admin('GET', '/organizations')).status, 503);
  assert.equal((await app.call('/nowhere')).status, 404);

  for (const essential of ['/healthz', '/readyz', '/metrics', '/docs/openapi.json'])
    assert.equal((await app.call(essential)).status, 200, essential);
  assert.equal((await app.call(generation, { key })).status, 200);
  const replayed = await app.stream(location, { key });
  await replayed.ended;
  assert.equal(replayed.raw(), stream.raw());
  assert.equal((await app.call(`${generation}/cancel`, { key, method: 'POST' })).status, 200);
  const metrics = (await app.call('/metrics')).body as string;
  assert.match(metrics, /^colloquy_overload_level 2$/m);
  assert.match(metrics, /^colloquy_shed_total\{what="requests"\} 4$/m);
});
