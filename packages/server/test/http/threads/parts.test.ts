/** A long thread is entered at its beginning or at a day, and read on from there. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { writeDirectly } from 'colloquy-testkit/write-directly';
import { newId } from '../../../src/domain/ids.ts';
import { startTestApp } from '../http-app.ts';

const dayMs = 86_400_000;
const firstDay = Date.parse('2026-03-01T12:00:00Z');

onBothStores('parts of a thread', async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const { scope, place } = app.harness;
  const { reads } = place.store;
  const own = { key: app.prodKey };
  const org = scope.organizationId;
  let session = '';
  const ids: string[] = [];

  const read = (query: Readonly<Record<string, string>>) =>
    app.call(
      `/api/conversation/thread?${new URLSearchParams({ org_id: org, session_id: session, ...query })}`,
      own,
    );
  const part = async (query: Readonly<Record<string, string>>) => {
    const { status, body } = await read(query);
    assert.equal(status, 200, JSON.stringify(body));
    const places = body.messages.map(({ id }: { id: string }) => ids.indexOf(id));
    return [places, body.has_more_before, body.has_more_after] as const;
  };

  before(async () => {
    const begun = await app.call('/api/chat/completion', { ...own, body: { message: 'Day 0' } });
    assert.equal(begun.status, 200, JSON.stringify(begun.body));
    session = begun.body.session_id;
    for (let day = 1; day < 6; day += 1) {
      const body = { session, message: `Day ${day}` };
      assert.equal((await app.call('/api/chat/continuation', { ...own, body })).status, 200);
    }
    const { body } = await read({ limit: '200' });
    ids.push(...body.messages.map(({ id }: { id: string }) => id));
    assert.equal(ids.length, 12);
    await writeDirectly(
      place,
      ...ids.map((id, index) =>
        reads
          .updateTable('message')
          .set({ created_at: firstDay + Math.floor(index / 2) * dayMs })
          .where('id', '=', id)
          .compile(),
      ),
    );
  });

  test('pages follow each other from the beginning to the end', async () => {
    const from = await part({ at: '1970-01-01T00:00:00Z', limit: '5' });
    assert.deepEqual(from, [[0, 1, 2, 3, 4], false, true]);
    const second = await part({ after: ids[4] ?? '', limit: '5' });
    assert.deepEqual(second, [[5, 6, 7, 8, 9], true, true]);
    assert.deepEqual(await part({ after: (ids[9] ?? '').toUpperCase(), limit: '5' }), [
      [10, 11],
      true,
      false,
    ]);
    assert.deepEqual(await part({ after: ids[9] ?? '', limit: '2' }), [[10, 11], true, false]);
    assert.deepEqual(await part({ after: ids[11] ?? '' }), [[], true, false]);
    // Of a thread that ends earlier.
    assert.deepEqual(await part({ after: ids[4] ?? '', leaf: ids[6] ?? '' }), [[5, 6], true, false]);
  });

  test('a time leads to the first message of that day, or to the last one there is', async () => {
    assert.deepEqual(await part({ at: '2026-03-04T00:00:00Z', limit: '3' }), [[5, 6, 7], true, true]);
    // The same moment in another zone, and a moment later.
    assert.deepEqual(await part({ at: '2026-03-04T14:00:00+02:00', limit: '1' }), [[6], true, true]);
    assert.deepEqual(await part({ at: '2026-03-04T12:00:00.001Z', limit: '1' }), [[8], true, true]);
    assert.deepEqual(await part({ at: '2030-01-01T00:00:00Z', limit: '2' }), [[10, 11], true, false]);
  });

  test('what names no place is refused by its field', async () => {
    const one = ids[3] ?? '';
    const cases: [Record<string, string>, string][] = [
      [{ after: newId() }, 'after'],
      [{ after: one, before: one }, 'after'],
      [{ at: '2026-03-04T00:00:00Z', around: one }, 'at'],
      [{ at: 'yesterday' }, 'at'],
      [{ at: '' }, 'at'],
    ];
    for (const [query, field] of cases) {
      const { status, body } = await read(query);
      assert.deepEqual([status, body.field], [400, field], JSON.stringify([query, body]));
    }
  });

  test('an empty session has no part at any time', async () => {
    const { body: conversation } = await app.call(`/api/conversation/create?org_id=${org}`, {
      ...own,
      body: { title: 'Empty' },
    });
    const { body: made } = await app.call(`/api/conversation/create_session?org_id=${org}`, {
      ...own,
      body: { conversation_id: conversation.id, model_id: app.harness.modelId },
    });
    const { status, body } = await read({ session_id: made.id, at: '2026-03-04T00:00:00Z' });
    assert.deepEqual([status, body.messages, body.has_more_after], [200, [], false]);
  });
});
