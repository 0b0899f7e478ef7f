/**
 * Two servers on one PostgreSQL and a Redis of the test's own: events, cancels and revocations cross over, and all goes
 * on from the store while Redis is away.
 */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { generationOf, openStream, tokensOf } from 'colloquy-testkit/event-stream';
import { findRedisProgram, startRedis } from 'colloquy-testkit/redis-process';
import { startTestServer } from 'colloquy-testkit/server';
import { findPostgres } from 'colloquy-testkit/services';
import { administer } from 'colloquy-testkit/tenants';
import { answer, gate } from 'colloquy-testkit/upstream/scripted-upstream';
import { readHeads } from '../../../src/store/queries/generations.ts';

const postgres = await findPostgres();
const found = findRedisProgram();
const missing = 'skip' in postgres ? postgres : 'skip' in found ? found : undefined;
const redis = missing === undefined && 'program' in found ? await startRedis(found.program) : undefined;
const app =
  redis && (await startTestServer('postgres', { environment: { REDIS_URL: redis.url, LEASE_MS: '60000' } }));
const other = await app?.replica();
after(async () => {
  await app?.[Symbol.asyncDispose]();
  await redis?.[Symbol.asyncDispose]();
});

type Event = { readonly raw: string };
const raws = (frames: readonly Event[]): readonly string[] => frames.map(({ raw }) => raw);

describe('servers on one store and one Redis', missing ?? {}, () => {
  if (app === undefined || other === undefined || redis === undefined) return;
  const headers = { 'x-api-key': app.prodKey };
  const call = (message: string) => ({
    url: `${app.url}/api/chat/completion/stream`,
    headers,
    body: { message },
  });
  const elsewhere = (id: string, more: Readonly<Record<string, string>> = {}) =>
    openStream({ url: `${other.url}/api/generations/${id}/stream`, headers: { ...headers, ...more } });
  const isUp = async (server: { readonly url: string }): Promise<boolean> => {
    const { problems } = (await (await fetch(`${server.url}/readyz`)).json()) as { problems: string[] };
    return problems.length === 0;
  };

  test('what one server answers is read on the other one as it comes, whole and in order', async () => {
    const steps = [gate(), gate(), gate()] as const;
    const [first, second, third] = steps;
    app.upstream.setDefault(() => ({
      steps: [
        { do: 'tokens', tokens: ['One'] },
        first.step,
        { do: 'tokens', tokens: [' two'] },
        second.step,
        { do: 'tokens', tokens: [' three'] },
        third.step,
        ...(answer('', { tokens: [' four'] }).steps ?? []),
      ],
    }));
    const own = await openStream(call('count'));
    await own.until(2);
    const id = generationOf(own);
    const read = await elsewhere(id);
    await read.until(own.frames.length);
    let early = 0;
    for (const one of steps) {
      const count = own.frames.length;
      one.release();
      await own.until(count + 1);
      await read.until(count + 1);
      const head = (await readHeads(other.store.reads, [id])).get(id);
      const [, seq] = (read.frames.at(count)?.id ?? '').split(':');
      if (Number(seq) > (head?.lastSeq ?? 0)) early += 1;
    }
    assert.ok(early > 0, 'events came before the segments from which the store would have given them');
    assert.equal(await own.closed, 'ended');
    assert.equal(await read.closed, 'ended');
    assert.equal(tokensOf(read.frames), 'One two three four');
    assert.deepEqual(raws(read.frames), raws(own.frames));
  });

  test('a client goes on at another server behind the last event that it has, at once', async () => {
    const rest = gate();
    app.upstream.setDefault(() => ({
      steps: [
        { do: 'tokens', tokens: ['a', 'b', 'c'] },
        rest.step,
        ...(answer('', { tokens: ['d'] }).steps ?? []),
      ],
    }));
    const own = await openStream(call('letters'));
    while (tokensOf(own.frames) !== 'abc') await own.until(own.frames.length + 1);
    const resumed = await elsewhere(generationOf(own), { 'last-event-id': own.frames.at(-1)?.id ?? '' });
    rest.release();
    assert.equal(await resumed.closed, 'ended');
    assert.equal(await own.closed, 'ended');
    assert.equal(tokensOf(resumed.frames), 'd');
  });

  test('a cancel on another server ends the answer', async () => {
    app.upstream.setDefault(() => ({ steps: [{ do: 'tokens', tokens: ['Endless'] }, { do: 'stall' }] }));
    const own = await openStream(call('never ends'));
    await own.until(2);
    const id = generationOf(own);
    const cancelled = await fetch(`${other.url}/api/generations/${id}/cancel`, { method: 'POST', headers });
    assert.equal(((await cancelled.json()) as { status: string }).status, 'cancelled');
    assert.equal(await own.closed, 'ended');
  });

  test('a revocation on another server ends connections', async () => {
    const keys = `/organizations/${app.organizationId}/keys`;
    const body = { name: 'short', type: 'prod', default_persona_id: app.personaId };
    const made = await administer<{ id: string; key: string }>(other.url, 'POST', keys, body);
    const stream = await openStream({ ...call('never ends'), headers: { 'x-api-key': made.key } });
    await stream.until(2);
    await administer(other.url, 'DELETE', `${keys}/${made.id}`);
    await stream.closed;
    assert.match(stream.frames.at(-1)?.data ?? '', /unauthenticated|no longer valid/);
  });

  test('while Redis is away streams go on from the store, and on the bus once it is back', async () => {
    const parts = [gate(), gate()] as const;
    app.upstream.setDefault(() => ({
      steps: [
        { do: 'tokens', tokens: ['One'] },
        parts[0].step,
        { do: 'tokens', tokens: [' two'] },
        parts[1].step,
        ...(answer('', { tokens: [' three'] }).steps ?? []),
      ],
    }));
    const own = await openStream(call('count'));
    await own.until(2);
    const read = await elsewhere(generationOf(own));
    await read.until(own.frames.length);
    await redis.kill();
    while (await isUp(app.server)) await new Promise((resolve) => setTimeout(resolve, 20));
    const ready = await fetch(`${app.url}/readyz`);
    assert.equal(ready.status, 200);
    assert.match(JSON.stringify(await ready.json()), /Redis is away .*store/);
    const { bus } = await administer<{ bus: { answers: boolean; problem: string } }>(
      app.url,
      'GET',
      '/health',
    );
    assert.equal(bus.answers, false);
    assert.notEqual(bus.problem, '');
    const count = own.frames.length;
    parts[0].release();
    await own.until(count + 1);
    await read.until(count + 1);
    await redis.start();
    while (!((await isUp(app.server)) && (await isUp(other))))
      await new Promise((resolve) => setTimeout(resolve, 20));
    const well = await administer<{ bus: object }>(app.url, 'GET', '/health');
    assert.deepEqual(well.bus, { answers: true, problem: null });
    parts[1].release();
    assert.equal(await read.closed, 'ended');
    assert.equal(await own.closed, 'ended');
    assert.deepEqual(raws(read.frames), raws(own.frames));
  });
});
