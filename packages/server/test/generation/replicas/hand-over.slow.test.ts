/**
 * A server that gets SIGTERM, beside another one on the same PostgreSQL and Redis: what ends within the grace ends there,
 * and the other one goes on with the rest at once, though the lease would last for a minute.
 */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, describe, test } from 'node:test';
import { type ClientStream, generationOf, openStream, tokensOf } from 'colloquy-testkit/event-stream';
import { emptyPlace } from 'colloquy-testkit/place';
import { findRedisProgram, startRedis } from 'colloquy-testkit/redis-process';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { type ChildServer, spawnServer } from 'colloquy-testkit/server-process';
import { findPostgres } from 'colloquy-testkit/services';
import { administer, makeTenant } from 'colloquy-testkit/tenants';
import { answer, gate, startScriptedUpstream } from 'colloquy-testkit/upstream/scripted-upstream';

const postgres = await findPostgres();
const found = findRedisProgram();
const missing = 'skip' in postgres ? postgres : 'skip' in found ? found : undefined;
const cleanup = new AsyncDisposableStack();
after(() => cleanup.disposeAsync());
const options = { timeout: 50_000 };

describe('a server that gets SIGTERM', missing ?? {}, () => {
  /** Two servers, and a tenant whose model can go on with a text. */
  async function startTwo() {
    if (!('program' in found)) throw new Error(found.skip);
    const redis = cleanup.use(await startRedis(found.program));
    const place = await emptyPlace('postgres');
    cleanup.defer(() => rm(place.dataDir, { recursive: true, force: true }));
    const environment = serverEnvironment(place, {
      REDIS_URL: redis.url,
      LEASE_MS: '60000',
      SHUTDOWN_GRACE_MS: '1500',
    });
    const upstream = cleanup.use(await startScriptedUpstream());
    const [stopping, other] = await Promise.all([spawnServer(environment), spawnServer(environment)]);
    cleanup.use(stopping);
    cleanup.use(other);
    const tenant = await makeTenant(stopping.url, upstream);
    const model = `/organizations/${tenant.organizationId}/models/${tenant.modelId}`;
    await administer(stopping.url, 'PATCH', model, { can_continue: true });
    const headers = { 'x-api-key': tenant.prodKey };
    const ask = (server: ChildServer, message: string) =>
      openStream({ url: `${server.url}/api/chat/completion/stream`, headers, body: { message } });
    const follow = (server: ChildServer, stream: ClientStream) => {
      const url = `${server.url}/api/generations/${generationOf(stream)}/stream`;
      return openStream({ url, headers: { ...headers, 'last-event-id': stream.frames.at(-1)?.id ?? '' } });
    };
    return { stopping, other, upstream, ask, follow };
  }

  const typeOf = (stream: ClientStream): string =>
    (JSON.parse(stream.frames.at(-1)?.data ?? '{}') as { type: string }).type;

  test(
    'what does not end within the grace goes on elsewhere, and its client reconnects',
    options,
    async () => {
      const { stopping, other, upstream, ask, follow } = await startTwo();
      upstream.enqueue(
        { steps: [{ do: 'tokens', tokens: ['It ', 'was '] }, { do: 'stall' }] },
        answer('a dark night.'),
      );
      const own = await ask(stopping, 'Tell me');
      await own.until(() => tokensOf(own.frames) === 'It was ');
      stopping.signal('SIGTERM');
      assert.equal(await own.closed, 'ended');
      assert.equal(await stopping.exited, 0);
      const resumed = await follow(other, own);
      assert.equal(await resumed.closed, 'ended');
      assert.equal(tokensOf(resumed.frames), 'a dark night.');
      assert.equal(typeOf(resumed), 'done');
      assert.equal(upstream.requests.length, 2);
    },
  );

  test('what ends within the grace ends there, and a reader elsewhere sees it', options, async () => {
    const { stopping, other, upstream, ask, follow } = await startTwo();
    const held = gate();
    upstream.enqueue({
      steps: [{ do: 'tokens', tokens: ['One'] }, held.step, ...(answer(' two').steps ?? [])],
    });
    const own = await ask(stopping, 'Count');
    await own.until(() => tokensOf(own.frames) === 'One');
    const elsewhere = await follow(other, own);
    stopping.signal('SIGTERM');
    await stopping.says(/SIGTERM: stopping/);
    held.release();
    await Promise.all([own.closed, elsewhere.closed]);
    assert.equal(await stopping.exited, 0);
    assert.equal(tokensOf(own.frames), 'One two');
    assert.deepEqual([typeOf(own), typeOf(elsewhere)], ['done', 'done']);
    assert.equal(tokensOf(elsewhere.frames), ' two');
    assert.equal(upstream.requests.length, 1);
  });
});
