/**
 * Servers are killed while they stream: everything that a client has received is in the store after the restart, and
 * resuming continues right behind it. COLLOQUY_TEST_SEED repeats the moments of a run.
 */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { generationOf, openStream, tokensOf } from 'colloquy-testkit/event-stream';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { emptyPlace } from 'colloquy-testkit/place';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { spawnServer } from 'colloquy-testkit/server-process';
import { makeTenant } from 'colloquy-testkit/tenants';
import { answer, startScriptedUpstream } from 'colloquy-testkit/upstream/scripted-upstream';
import { seededRandom } from './kit/random.ts';
import { openDisk, readStored } from './kit/stored-log.ts';

const rounds = 10;
const streamCount = 20;
const seed = Number(process.env.COLLOQUY_TEST_SEED ?? 20261122);
const longest = Array.from({ length: 50 }, (_, index) => ` w${index}`);

onBothStores('kills', (engine) => {
  test(`${rounds} kills in the midst of ${streamCount} streams`, async (t) => {
    const place = await emptyPlace(engine);
    const random = seededRandom(seed).fork(engine);
    await using upstream = await startScriptedUpstream();
    const lengths = Array.from({ length: streamCount }, () => random.between(5, longest.length));
    upstream.setDefault(({ lastUserMessage }) => {
      const tokens = longest.slice(0, lengths[Number(lastUserMessage.split(' ').at(-1))]);
      return answer(tokens.join(''), { tokens, intervalMs: 15 });
    });
    const environment = serverEnvironment(place);
    let server = await spawnServer(environment);
    t.after(async () => {
      await server[Symbol.asyncDispose]();
      await rm(place.dataDir, { recursive: true, force: true });
    });
    const { prodKey } = await makeTenant(server.url, upstream);
    const headers = { 'x-api-key': prodKey };
    const killed = { running: 0, ended: 0, unanswered: 0 };

    for (let round = 1; round <= rounds; round += 1) {
      const url = `${server.url}/api/chat/completion/stream`;
      const calls = Array.from({ length: streamCount }, (_, index) =>
        openStream({ url, headers, body: { message: `round ${round}, stream ${index}` } }),
      );
      const settled = Promise.allSettled(calls);
      // The first word has arrived by now, and the answers last 75 to 750 ms.
      await (await Promise.race(calls)).until(2);
      await sleep(random.between(0, 600));
      server.signal('SIGKILL');
      await server.exited;
      assert.doesNotMatch(server.output(), /unhandled|uncaught|"level":(50|60)/i);
      server = await spawnServer(environment);

      await Promise.all(
        (await settled).map(async (call, index) => {
          const whole = longest.slice(0, lengths[index]).join('');
          if (call.status === 'rejected') {
            killed.unanswered += 1;
            return;
          }
          const stream = call.value;
          const ending = await stream.closed;
          assert.equal(stream.status, 200);
          killed[ending === 'ended' ? 'ended' : 'running'] += 1;
          const id = generationOf(stream);
          const location = `${server.url}/api/generations/${id}/stream`;
          const cursor = stream.frames.at(-1)?.id;
          const resumed = await openStream({
            url: location,
            headers: { ...headers, ...(cursor === undefined ? {} : { 'last-event-id': cursor }) },
          });
          assert.equal(await resumed.closed, 'ended');
          assert.equal(resumed.status, ending === 'ended' ? 204 : 200);
          const replay = await openStream({ url: location, headers });
          assert.equal(await replay.closed, 'ended');
          const seen = [...stream.frames, ...resumed.frames].map(({ raw }) => raw);
          assert.deepEqual(
            seen,
            replay.frames.map(({ raw }) => raw),
          );
          const text = tokensOf(replay.frames);
          assert.ok(whole.startsWith(text));
          assert.ok(text.startsWith(tokensOf(stream.frames)));
          const { type, code } = JSON.parse(replay.frames.at(-1)?.data ?? '{}');
          if (type === 'done') assert.equal(text, whole);
          else assert.deepEqual({ type, code }, { type: 'error', code: 'interrupted' });
          const view = await fetch(`${server.url}/api/generations/${id}`, { headers });
          const { status, error } = (await view.json()) as {
            status: string;
            error: { code: string } | null;
          };
          assert.equal(status, type === 'done' ? 'done' : 'interrupted');
          assert.equal(error?.code, type === 'done' ? undefined : 'interrupted');
        }),
      );
    }
    server.signal('SIGKILL');
    await server.exited;

    await using disk = await openDisk(place);
    const { generations, violations } = await readStored(disk, engine === 'sqlite');
    assert.deepEqual(violations, []);
    const texts = new Map([...generations.values()].map(({ question, answer: text }) => [question, text]));
    assert.equal(texts.size, generations.size, 'no turn was accepted twice');
    assert.ok(killed.running > rounds, 'the kills came in the midst of answers');
    t.diagnostic(
      `seed ${seed}: ${generations.size} answers, ${killed.running} streams cut off, ${killed.ended} ended before, ` +
        `${killed.unanswered} without an answer`,
    );
  });
});
