/** The bus on a Redis of the test's own: what it carries, how it heals, and which addresses are told as wrong. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, describe, test } from 'node:test';
import { findFreePort } from 'colloquy-testkit/free-port';
import { findRedisProgram, type RedisProcess, startRedis } from 'colloquy-testkit/redis-process';
import { type Bus, BusConfigError } from '../../src/bus/bus.ts';
import { openRedisBus } from '../../src/bus/redis-bus.ts';
import { script } from '../../src/bus/script.ts';

const found = findRedisProgram();
const open = 'skip' in found ? undefined : await startRedis(found.program);
const locked = 'skip' in found ? undefined : await startRedis(found.program, ['--requirepass', 'right']);
after(async () => {
  await open?.[Symbol.asyncDispose]();
  await locked?.[Symbol.asyncDispose]();
});

function turnsTo(bus: Bus, isUp: boolean): Promise<void> {
  if (bus.isUp === isUp) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const change = bus.onChange((now) => {
    if (now === isUp) resolve();
  });
  return promise.finally(() => change[Symbol.dispose]());
}

/** The next messages of a topic; subscribes at once. */
function listen(bus: Bus, topic: string) {
  const messages: string[] = [];
  const waits: { count: number; resolve: () => void }[] = [];
  bus.subscribe(topic, (message) => {
    messages.push(message);
    for (const wait of waits) if (messages.length >= wait.count) wait.resolve();
  });
  return {
    messages,
    until(count: number): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      waits.push({ count, resolve });
      if (messages.length >= count) resolve();
      return promise;
    },
  };
}

/** Publishes until a subscriber has it: a subscription that was just made takes a moment. */
async function publishTo(bus: Bus, topic: string, message: string): Promise<void> {
  while (!((await bus.publish(topic, message)) ?? 0)) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('the bus on Redis', 'skip' in found ? found : {}, () => {
  const redis = open as RedisProcess;
  const openBus = (store = 'one') => openRedisBus({ url: redis.url, store, process: crypto.randomUUID() });

  test('messages come in order, to all servers of the store and to no other one', async () => {
    await using a = await openBus();
    await using b = await openBus();
    await using other = await openBus('another');
    const [atA, atB, atOther] = [listen(a, 'news'), listen(b, 'news'), listen(other, 'news')];
    await publishTo(other, 'news', 'theirs');
    while ((await a.publish('news', 'first')) !== 2) await new Promise((resolve) => setTimeout(resolve, 5));
    const words = Array.from({ length: 500 }, (_, index) => `w${index}`);
    for (const word of words) void a.publish('news', word);
    for (const at of [atA, atB]) {
      await at.until(501);
      assert.deepEqual(at.messages.slice(-500), words);
    }
    await atOther.until(1);
    assert.deepEqual(new Set(atOther.messages), new Set(['theirs']));
  });

  test('nobody hears a topic that was left', async () => {
    await using a = await openBus();
    const subscription = a.subscribe('left', () => assert.fail());
    subscription[Symbol.dispose]();
    while ((await a.publish('left', 'x')) !== 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  test('it goes away and comes back with Redis, with all its subscriptions', async () => {
    await using bus = await openBus();
    const at = listen(bus, 'news');
    await publishTo(bus, 'news', 'before');
    await redis.kill();
    await turnsTo(bus, false);
    assert.match(bus.problem ?? '', /ECONN(REFUSED|RESET)|EPIPE|closed|broke/);
    assert.equal(await bus.publish('news', 'lost'), undefined);
    await redis.start();
    await turnsTo(bus, true);
    assert.equal(bus.problem, undefined);
    await publishTo(bus, 'news', 'after');
    await at.until(2);
    assert.ok(at.messages.includes('before') && at.messages.includes('after'));
    assert.ok(!at.messages.includes('lost'));
  });

  test('a Redis that answers nothing counts as away until it answers', async () => {
    await using bus = await openBus();
    redis.signal('SIGSTOP');
    await turnsTo(bus, false);
    assert.match(bus.problem ?? '', /does not answer/);
    redis.signal('SIGCONT');
    await turnsTo(bus, true);
  });

  test('a script runs as a whole, on keys of this store', async () => {
    await using bus = await openBus();
    await using other = await openBus('another');
    const count = script('return redis.call("INCRBY", KEYS[1], ARGV[1])');
    assert.deepEqual(await Promise.all([1, 2, 3].map((n) => bus.run(count, ['n'], [String(n)]))), [1, 3, 6]);
    assert.equal(await other.run(count, ['n'], ['5']), 5);
    await assert.rejects(bus.run(script('return redis.call("NOPE")'), [], []), /NOPE|Unknown/i);
  });

  test('a server starts though Redis is not there, and finds it later', async () => {
    const port = await findFreePort();
    const changes: (string | undefined)[] = [];
    await using bus = await openRedisBus({
      url: `redis://127.0.0.1:${port}`,
      store: 'one',
      process: 'p',
      onChange: (problem) => changes.push(problem),
    });
    assert.equal(bus.isUp, false);
    assert.match(bus.problem ?? '', /ECONNREFUSED/);
    assert.equal(changes.length, 1);
  });
});

describe('an address that can’t work is told', 'skip' in found ? found : {}, () => {
  const redis = locked as RedisProcess;
  const refuses = (url: string, words: RegExp) =>
    assert.rejects(openRedisBus({ url, store: 'one', process: 'p' }), (error: unknown) => {
      assert.ok(error instanceof BusConfigError, String(error));
      assert.match(error.found, words);
      assert.doesNotMatch(error.found, /secret/);
      return true;
    });

  test('no password, a wrong one, a user that is not there', async () => {
    await refuses(redis.url, /refuses the user or the password/);
    await refuses(`redis://:secret@127.0.0.1:${redis.port}`, /refuses the user or the password/);
    await refuses(`redis://nobody:secret@127.0.0.1:${redis.port}`, /refuses the user or the password/);
    await using bus = await openRedisBus({
      url: `redis://:right@127.0.0.1:${redis.port}/3`,
      store: 'one',
      process: 'p',
    });
    assert.equal(bus.isUp, true);
  });

  test('a database that is not there', () =>
    refuses(`redis://:right@127.0.0.1:${redis.port}/99`, /does not have this database/));

  test('something else than Redis', async () => {
    const web = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    const { port } = web.address() as { port: number };
    await refuses(`redis://127.0.0.1:${port}`, /not Redis/);
    web.close();
  });
});
