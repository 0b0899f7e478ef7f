/**
 * Every endpoint of the servers' own route tables, with every kind of caller: it answers with the documented status and
 * shows nothing of others. A route without a row fails.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { matrixRows } from 'colloquy-testkit/matrix/rows';
import { columns, makeWorld, type World } from 'colloquy-testkit/matrix/world';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { withRoutes } from 'colloquy-testkit/route-table';
import { startTestServer } from 'colloquy-testkit/server';

/** The address of a search server that is down, so that searches fail at once. */
const environment = { SEARXNG_URL: 'http://127.0.0.1:9', HOST: '127.0.0.1' };

onBothStores('the matrix', async (storeEngine) => {
  const { result: server, routes } = await withRoutes(() => startTestServer(storeEngine, { environment }));
  after(() => server[Symbol.asyncDispose]());
  const rows = matrixRows(server.upstream);
  // Only an embedded server serves requests without a credential.
  const isEmbedded = storeEngine === 'sqlite';

  let world: World;
  before(async () => {
    world = await makeWorld(server);
  });

  test('every route has a row', () => {
    assert.ok(routes.length > 70, 'the routes are there');
    assert.deepEqual(
      routes.filter((name) => rows[name] === undefined),
      [],
    );
  });

  for (const name of routes) {
    const row = rows[name];
    if (row === undefined) continue;
    test(name, async () => {
      const method = name.split(' ', 1)[0] ?? '';
      const wrong: string[] = [];
      for (const column of columns) {
        const { path, body } = await row.request(world);
        const credential = world[row.callers][column];
        const response = await fetch(server.url + path, {
          method,
          redirect: 'manual',
          headers: {
            ...(credential !== null && { authorization: `Bearer ${credential}` }),
            ...(body !== undefined && { 'content-type': 'application/json' }),
          },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        });
        const text = await response.text();
        const isUnserved = column === 'none' && !isEmbedded && row.expected.bad === 401;
        const expected = isUnserved ? 401 : row.expected[column];
        if (response.status !== expected) {
          wrong.push(`${column}: ${response.status} instead of ${expected}: ${text.slice(0, 200)}`);
        }
        if (
          row.hides !== undefined &&
          text.includes(row.hides(world)) !== (row.sees ?? []).includes(column)
        ) {
          wrong.push(`${column}: shows or hides the wrong thing: ${text.slice(0, 200)}`);
        }
      }
      assert.deepEqual(wrong, []);
    });
  }
});
