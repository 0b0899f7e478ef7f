/** A full disk: running answers wait and lose nothing, new turns are told to retry later, and a stop still works. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { generationOf, openStream, tokensOf } from 'colloquy-testkit/event-stream';
import type { Place } from 'colloquy-testkit/place';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { spawnServer } from 'colloquy-testkit/server-process';
import { makeTenant } from 'colloquy-testkit/tenants';
import { answer, gate, startScriptedUpstream } from 'colloquy-testkit/upstream/scripted-upstream';
import { mountSmallDisk } from './kit/disk.ts';
import { openDisk, readStored } from './kit/stored-log.ts';

const disk = await mountSmallDisk(48);

test('a full disk', { skip: disk === undefined && 'this user may not mount a disk' }, async (t) => {
  if (disk === undefined) return;
  await using _mounted = disk;
  await using upstream = await startScriptedUpstream();
  const place: Place = { dataDir: join(disk.path, 'data'), databaseUrl: undefined };
  const environment = serverEnvironment(place, { LOG_LEVEL: 'info' });
  let server = await spawnServer(environment);
  t.after(() => server[Symbol.asyncDispose]());
  const { prodKey } = await makeTenant(server.url, upstream);
  const headers = { 'x-api-key': prodKey };
  const call = (message: string) => ({
    url: `${server.url}/api/chat/completion/stream`,
    headers,
    body: { message },
  });
  const [started, filled] = [gate(), gate()];
  const words = Array.from({ length: 200 }, (_, index) => ` w${index}`);
  const held = (until: ReturnType<typeof gate>) => ({
    steps: [
      { do: 'tokens', tokens: ['One'] } as const,
      until.step,
      ...(answer('', { tokens: words, intervalMs: 5 }).steps ?? []),
    ],
  });

  upstream.setDefault(({ lastUserMessage }) => {
    if (lastUserMessage === 'before') return held(started);
    return lastUserMessage === 'at the end' ? held(filled) : answer('Fine.');
  });
  const modelIsDone = (message: string) =>
    upstream.requests.find(({ lastUserMessage }) => lastUserMessage === message)?.closed;
  const running = await openStream(call('before'));
  assert.ok(await running.until(2));
  await disk.fill();
  started.release();
  assert.equal(await modelIsDone('before'), 'completed');

  const refused = await openStream({ ...call('meanwhile'), headers: { ...headers, 'idempotency-key': 'a' } });
  await refused.closed;
  assert.equal(refused.status, 503);
  assert.equal(JSON.parse(refused.body()).code, 'overloaded');
  assert.match(refused.headers['retry-after'] ?? '', /^\d+$/);

  disk.free();
  assert.equal(await running.closed, 'ended');
  assert.equal(tokensOf(running.frames), `One${words.join('')}`);
  const again = await openStream({ ...call('meanwhile'), headers: { ...headers, 'idempotency-key': 'a' } });
  assert.equal(await again.closed, 'ended');
  assert.equal(again.status, 200);

  const last = await openStream(call('at the end'));
  assert.ok(await last.until(2));
  await disk.fill();
  filled.release();
  assert.equal(await modelIsDone('at the end'), 'completed');
  server.signal('SIGTERM');
  assert.equal(await server.exited, 0, server.output());
  await last.closed;
  disk.free();

  server = await spawnServer(environment);
  const cursor = last.frames.at(-1)?.id ?? '';
  const resumed = await openStream({
    url: `${server.url}/api/generations/${generationOf(last)}/stream`,
    headers: { ...headers, 'last-event-id': cursor },
  });
  assert.equal(await resumed.closed, 'ended');
  const text = tokensOf([...last.frames, ...resumed.frames]);
  assert.match(text, /^One/);
  assert.equal(text, `One${words.join('')}`.slice(0, text.length));
  assert.equal(JSON.parse(resumed.frames.at(-1)?.data ?? '{}').code, 'interrupted');
  server.signal('SIGTERM');
  assert.equal(await server.exited, 0);
  await using database = await openDisk(place);
  assert.deepEqual((await readStored(database, true)).violations, []);
});
