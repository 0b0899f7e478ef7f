/** Requests that arrive at once, over the turns of the event loop. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import Fastify from 'fastify';
import { spreadRequests } from '../../../src/http/request/spread-requests.ts';

/** Sends requests at once; `costMs` is what each takes before it waits. Gives those that began in each turn of the loop. */
async function beginAtOnce(
  count: number,
  costMs: (n: number) => number,
): Promise<readonly (readonly number[])[]> {
  let now = 0;
  const app = Fastify();
  spreadRequests(app, { turnMs: 4, now: () => now });
  const turns: number[][] = [[]];
  app.addHook('onRequest', async (request) => {
    const n = Number(request.url.slice(1));
    now += costMs(n);
    turns.at(-1)?.push(n);
  });
  app.get('/:n', async () => 'answered');
  await app.ready();
  let isOver = false;
  const turn = (): void => {
    turns.push([]);
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  const answers = await Promise.all(Array.from({ length: count }, (_, n) => app.inject(`/${n}`)));
  isOver = true;
  assert.deepEqual(
    answers.map(({ statusCode, body }) => [statusCode, body]),
    Array.from({ length: count }, () => [200, 'answered']),
  );
  await app.close();
  return turns.filter((some) => some.length > 0);
}

describe('requests that arrive at once', () => {
  test('begin in one turn while they cost little', async () => {
    const turns = await beginAtOnce(50, () => 0.05);
    assert.deepEqual(turns, [Array.from({ length: 50 }, (_, n) => n)]);
  });

  test('begin in the order in which they came, no more in a turn than it has time for', async () => {
    const turns = await beginAtOnce(50, () => 2);
    assert.deepEqual(
      turns.flat(),
      Array.from({ length: 50 }, (_, n) => n),
    );
    for (const some of turns) assert.ok(some.length <= 2, `${some.length} began in one turn`);
  });

  test('begin one in a turn where each takes longer than its time', async () => {
    assert.deepEqual(await beginAtOnce(5, () => 100), [[0], [1], [2], [3], [4]]);
  });

  test('begin sixteen in a turn at most once they have waited, so that what comes later gets its chance', async () => {
    const turns = await beginAtOnce(50, (n) => (n === 0 ? 100 : 0));
    assert.deepEqual(
      turns.map(({ length }) => length),
      [1, 16, 16, 16, 1],
    );
  });
});
