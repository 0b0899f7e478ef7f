/** Lists that are longer than what is read at once: narrowed, skipped and whole, each entry once and in order. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { writeDirectly } from 'colloquy-testkit/write-directly';
import { type RawBuilder, sql } from 'kysely';
import { startTestApp } from '../../http-app.ts';

const count = 4500;

onBothStores('long lists', async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const { scope, place, modelId } = app.harness;
  const key = app.prodKey;

  const run = (statement: RawBuilder<unknown>): Promise<void> =>
    writeDirectly(place, statement.compile(place.store.reads));

  /** Numbers 1 to `last` as the table `numbers`. */
  const numbers = (last: number) =>
    sql`with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${sql.lit(last)})`;
  const idOf = (n: number): string => `019ab1c2-7d3e-7c4f-9a10-${String(n).padStart(12, '0')}`;
  const idSql = sql`'019ab1c2-7d3e-7c4f-9a10-' || substr('000000000000' || n, length('000000000000' || n) - 11)`;

  // Three of a millisecond each; every 700th, and the oldest 50, are archived.
  await run(sql`insert into conversation (id, organization_id, environment, title, title_source, is_archived,
      next_position, created_at, updated_at)
    ${numbers(count)} select ${idSql}, ${scope.organizationId}, 'prod', 'n' || n, 'user',
      case when n % 700 = 0 or n <= 50 then 1 else 0 end, 0, 1000 + n / 3, 1000 + n / 3 from numbers`);
  const isArchived = (n: number): boolean => n % 700 === 0 || n <= 50;
  const newest = Array.from({ length: count }, (_, index) => count - index);
  const archived = newest.filter(isArchived);
  const active = newest.filter((n) => !isArchived(n));

  async function list(query: Record<string, string | number | boolean>): Promise<string[]> {
    const search = Object.entries({ org_id: scope.organizationId, ...query })
      .map(([name, value]) => `${name}=${value}`)
      .join('&');
    const { status, body } = await app.call(`/api/conversation/list?${search}`, { key });
    assert.equal(status, 200, JSON.stringify(body));
    return body.map(({ id }: { id: string }) => id);
  }
  const ids = (of: readonly number[]): string[] => of.map(idOf);

  test('conversations from an offset, with a limit and to the end', async () => {
    for (const offset of [0, 1, 1999, 2000, 2001, 4499, 4500, 9000, 2_147_483_647]) {
      assert.deepEqual(await list({ limit: 3, offset }), ids(newest.slice(offset, offset + 3)), `${offset}`);
      assert.deepEqual(await list({ offset }), ids(newest.slice(offset)), `${offset} to the end`);
    }
    assert.deepEqual(await list({}), ids(newest));
  });

  test('those that are archived, or are not, however far apart they are', async () => {
    for (const [is_archived, of] of [
      [true, archived],
      [false, active],
    ] as const) {
      assert.deepEqual(await list({ is_archived }), ids(of));
      for (const [limit, offset] of [
        [2, 0],
        [2, 5],
        [10, of.length - 5],
        [1000, 0],
        [5, of.length],
        [5, 2_147_483_647],
      ] as const) {
        const expected = ids(of.slice(offset, offset + limit));
        assert.deepEqual(
          await list({ is_archived, limit, offset }),
          expected,
          `${is_archived} ${limit} ${offset}`,
        );
      }
      assert.deepEqual(await list({ is_archived, offset: 3 }), ids(of.slice(3)));
    }
  });

  test('chats are all of them', async () => {
    const { body } = await app.call('/chats', { key });
    assert.deepEqual(
      body.map(({ id }: { id: string }) => id),
      ids(newest),
    );
  });

  test('the active models are all of them', async () => {
    await run(sql`insert into model (id, organization_id, name, provider, model, is_active, created_at, updated_at)
      ${numbers(150)} select ${idSql}, ${scope.organizationId}, 'n' || n, 'openai', 'm', n % 2, 1, 1 from numbers`);
    const { body } = await app.call(`/api/llm/list?org_id=${scope.organizationId}`, { key });
    assert.deepEqual(
      body.map(({ id }: { id: string }) => id),
      [...ids(Array.from({ length: 75 }, (_, index) => 2 * index + 1)), modelId],
    );
  });

  test('a conversation has all of its sessions', async () => {
    const id = idOf(7);
    await run(sql`insert into session (id, conversation_id, organization_id, environment, model_id, status, created_at,
        updated_at)
      ${numbers(450)} select ${idSql}, ${id}, ${scope.organizationId}, 'prod', ${modelId}, 'active', n / 3, n / 3
      from numbers`);
    const path = `/api/conversation/get_with_sessions?org_id=${scope.organizationId}&conversation_id=${id}`;
    const { body } = await app.call(path, { key });
    assert.equal(body.conversation.id, id);
    assert.deepEqual(
      body.sessions.map((session: { id: string }) => session.id),
      ids(Array.from({ length: 450 }, (_, index) => index + 1)),
    );
    assert.ok(
      body.sessions.every(({ model }: { model: { id: string; name: string } }) => model.name === 'scripted'),
    );
  });
});
