/** Calls are added up in rollups, each exactly once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { openTestStore } from 'colloquy-testkit/stores';
import { sql } from 'kysely';
import { newId } from '../../../src/domain/ids.ts';
import type { ModelCall } from '../../../src/domain/usage.ts';
import type { Store } from '../../../src/store/store.ts';
import { UsageAdder } from '../../../src/store/usage/adder.ts';

const hourMs = 3_600_000;
const noon = Date.parse('2026-11-22T12:00:00.000Z');

interface World {
  readonly store: Store;
  readonly organizationId: string;
  user(externalId: string): Promise<string>;
  call(changes?: Partial<ModelCall>): ModelCall;
  account(...calls: readonly ModelCall[]): Promise<void>;
}

async function makeWorld(store: Store): Promise<World> {
  const organizationId = newId();
  await store.execute('createOrganization', { id: organizationId, name: 'Acme', now: noon });
  return {
    store,
    organizationId,
    async user(externalId) {
      const user = { id: newId(), organizationId, environment: 'prod' as const, externalId, now: noon };
      return (await store.execute('ensureEndUser', user)).id;
    },
    call: (changes = {}) => ({
      id: newId(),
      generationId: null,
      organizationId,
      environment: 'prod',
      endUserId: null,
      apiKeyId: null,
      personaId: null,
      modelId: 'm',
      purpose: 'answer',
      promptTokens: 3,
      completionTokens: 4,
      provenance: 'reported',
      cost: 0.1,
      isRequest: true,
      isFailed: false,
      firstTokenMs: 10,
      durationMs: 20,
      createdAt: noon + 5,
      ...changes,
    }),
    account: async (...modelCalls) => {
      await store.execute('accountCalls', { modelCalls });
    },
  };
}

/** Adds up until nothing is left. Gives how many calls were added. */
async function addUp(store: Store, limit = 200): Promise<number> {
  let total = 0;
  for (;;) {
    const { added, isLast } = await store.execute('addUpUsage', { limit });
    total += added;
    if (isLast) return total;
  }
}

function rollups({ store, organizationId }: World) {
  return store.reads
    .selectFrom('usage_rollup')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .orderBy('end_user_id')
    .orderBy('hour')
    .execute();
}

async function pending({ store, organizationId }: World): Promise<number> {
  const rows = await store.reads
    .selectFrom('usage_pending')
    .select('call_id')
    .where('organization_id', '=', organizationId)
    .execute();
  return rows.length;
}

onBothStores('rollups of usage', (engine) => {
  test('calls of an hour come to one row, for everybody and for each end user', async () => {
    await using place = await openTestStore(engine);
    const world = await makeWorld(place.store);
    const ada = await world.user('ada');
    await world.account(
      world.call(),
      world.call({ endUserId: ada, createdAt: noon + hourMs - 1 }),
      world.call({ createdAt: noon + hourMs }),
    );
    assert.equal(await pending(world), 3);
    assert.equal(await addUp(place.store), 3);
    assert.equal(await pending(world), 0);
    const figures = (await rollups(world)).map(({ end_user_id, hour, calls, cost, prompt_tokens }) => {
      return { end_user_id, hour: hour - noon / hourMs, calls, cost, prompt_tokens };
    });
    assert.deepEqual(figures, [
      { end_user_id: '', hour: 0, calls: 2, cost: 2e8, prompt_tokens: 6 },
      { end_user_id: '', hour: 1, calls: 1, cost: 1e8, prompt_tokens: 3 },
      { end_user_id: ada, hour: 0, calls: 1, cost: 1e8, prompt_tokens: 3 },
    ]);
  });

  test('what is told apart has rows of its own, and each figure counts what it is of', async () => {
    await using place = await openTestStore(engine);
    const world = await makeWorld(place.store);
    const apart: readonly Partial<ModelCall>[] = [
      { environment: 'test' },
      { modelId: 'n' },
      { personaId: 7 },
      { apiKeyId: 'k' },
      { purpose: 'title', isRequest: false, firstTokenMs: null, durationMs: null },
      { provenance: 'unknown', isFailed: true, cost: null, promptTokens: 0, completionTokens: 0 },
    ];
    for (const changes of apart) await world.account(world.call(changes), world.call(changes));
    await addUp(place.store, 5);
    const rows = await rollups(world);
    assert.equal(rows.length, apart.length);
    assert.ok(rows.every((row) => row.calls === 2));
    const title = rows.find((row) => row.purpose === 'title');
    assert.deepEqual([title?.requests, title?.errors, title?.first_token, title?.duration], [0, 0, '', '']);
    const failed = rows.find((row) => row.provenance === 'unknown');
    assert.deepEqual([failed?.requests, failed?.errors, failed?.unpriced_calls, failed?.cost], [2, 2, 2, 0]);
    const other = rows.find((row) => row.persona_id === 7);
    assert.deepEqual([other?.first_token, other?.duration], ['7:2', '10:2']);
  });

  test('small steps add to the rows of the steps before', async () => {
    await using place = await openTestStore(engine);
    const world = await makeWorld(place.store);
    const ada = await world.user('ada');
    for (let n = 0; n < 50; n += 1) await world.account(world.call({ endUserId: ada, durationMs: n }));
    assert.equal(await addUp(place.store, 7), 50);
    const rows = await rollups(world);
    assert.deepEqual(
      rows.map(({ calls, completion_tokens, cost }) => [calls, completion_tokens, cost]),
      [
        [50, 200, 5e9],
        [50, 200, 5e9],
      ],
    );
    const times = rows[0]?.duration.split(' ').map((part) => Number(part.split(':')[1])) ?? [];
    assert.equal(
      times.reduce((sum, count) => sum + count, 0),
      50,
    );
  });

  test('a call that is stored twice counts once, before and after it was added up', async () => {
    await using place = await openTestStore(engine);
    const world = await makeWorld(place.store);
    const call = world.call();
    await world.account(call);
    await world.account(call);
    await addUp(place.store);
    await world.account(call);
    await addUp(place.store);
    assert.deepEqual(
      (await rollups(world)).map((row) => row.calls),
      [1],
    );
  });

  test('a call that comes late, with an old time, is added to its own hour', async () => {
    await using place = await openTestStore(engine);
    const world = await makeWorld(place.store);
    await world.account(world.call({ createdAt: noon + 40 * hourMs }));
    await addUp(place.store);
    await world.account(world.call({ createdAt: noon }));
    await addUp(place.store);
    assert.deepEqual(
      (await rollups(world)).map((row) => [row.hour - noon / hourMs, row.calls]),
      [
        [0, 1],
        [40, 1],
      ],
    );
  });

  test('a step that fails leaves everything noted, and the next one adds it once', async () => {
    await using place = await openTestStore(engine);
    const world = await makeWorld(place.store);
    await world.account(world.call(), world.call());
    // Taking the notes is a step's last statement.
    await breakNotes(place, engine);
    await assert.rejects(place.store.execute('addUpUsage', { limit: 10 }));
    assert.deepEqual(await rollups(world), []);
    assert.equal(await pending(world), 2);
    await mendNotes(place, engine);
    assert.equal(await addUp(place.store), 2);
    assert.deepEqual(
      (await rollups(world)).map((row) => row.calls),
      [2],
    );
  });

  test('an erased user’s figures stay with everybody’s, and the user has none', async () => {
    await using place = await openTestStore(engine);
    const world = await makeWorld(place.store);
    const [ada, grace] = [await world.user('ada'), await world.user('grace')];
    await world.account(world.call({ endUserId: ada }), world.call({ endUserId: grace }));
    await addUp(place.store);
    // This one is still noted when the user goes, and the last one comes afterwards.
    await world.account(world.call({ endUserId: ada }));
    const erased = { organizationId: world.organizationId, endUserIds: [ada], now: noon };
    await place.store.execute('eraseEndUsers', erased);
    await world.account(world.call({ endUserId: ada }));
    await addUp(place.store);
    assert.deepEqual(
      (await rollups(world)).map((row) => [row.end_user_id, row.calls]),
      [
        ['', 4],
        [grace, 1],
      ],
    );
  });

  test('a deleted organization leaves no row, whatever its calls were at', async () => {
    await using place = await openTestStore(engine);
    const { store } = place;
    const [world, other] = [await makeWorld(store), await makeWorld(store)];
    for (let n = 0; n < 5; n += 1) await world.account(world.call({ createdAt: noon + n * hourMs }));
    await other.account(other.call());
    await addUp(store, 4);
    await world.account(world.call(), world.call());
    const { organizationId } = world;
    let calls = 0;
    for (;;) {
      const step = await store.execute('eraseModelCalls', { organizationId, limit: 2 });
      calls += step.modelCalls;
      if (step.isLast) break;
    }
    assert.equal(calls, 7);
    assert.deepEqual(await rollups(world), []);
    assert.equal(await pending(world), 0);
    // Calls that come after that go with the organization.
    await world.account(world.call());
    await store.execute('deleteOrganization', { organizationId, now: noon });
    await addUp(store);
    assert.equal(await pending(world), 0);
    assert.deepEqual(
      (await rollups(other)).map((row) => row.calls),
      [1],
    );
  });

  test('calls that are stored while others are added up are all counted once', async () => {
    await using place = await openTestStore(engine);
    const { store } = place;
    const world = await makeWorld(store);
    const users = await Promise.all(['a', 'b', 'c'].map((name) => world.user(name)));
    const storing = Array.from({ length: 300 }, (_, n) =>
      world.account(world.call({ endUserId: users[n % 3] ?? null, createdAt: noon + (n % 5) * hourMs })),
    );
    // As two replicas would do it.
    const adding = Array.from({ length: 12 }, () => store.execute('addUpUsage', { limit: 40 }));
    await Promise.all([...storing, ...adding]);
    await addUp(store);
    const rows = await rollups(world);
    const sum = (isOfUser: boolean): number =>
      rows.filter((row) => (row.end_user_id !== '') === isOfUser).reduce((all, row) => all + row.calls, 0);
    assert.deepEqual([sum(false), sum(true)], [300, 300]);
  });

  test('the background step takes what is noted, in several steps', async () => {
    await using place = await openTestStore(engine);
    const { store } = place;
    const world = await makeWorld(store);
    await world.account(...Array.from({ length: 450 }, () => world.call()));
    const done = Promise.withResolvers<void>();
    // Neither the step's timer nor PostgreSQL's connections keep a process alive.
    using _alive = setInterval(() => {}, 60_000);
    const steps: number[] = [];
    const execute = (async (name: 'addUpUsage', args: { limit: number }) => {
      const result = await store.execute(name, args);
      steps.push(result.added);
      if (result.isLast) done.resolve();
      return result;
    }) as Store['execute'];
    await using _adder = new UsageAdder({
      store: { reads: store.reads, execute },
      intervalMs: 5,
      onError: done.reject,
    });
    await done.promise;
    assert.deepEqual(steps, [200, 200, 50]);
    assert.equal(await pending(world), 0);
  });
});

type TestPlace = Awaited<ReturnType<typeof openTestStore>>;

async function breakNotes(place: TestPlace, engine: 'sqlite' | 'postgres'): Promise<void> {
  if (engine === 'postgres') {
    await sql`create function refuse() returns trigger language plpgsql as
      $$ begin raise exception 'no'; end $$`.execute(place.store.reads);
    await sql`create trigger refuse before delete on usage_pending for each row execute function refuse()`.execute(
      place.store.reads,
    );
    return;
  }
  await onFile(
    place,
    `create trigger refuse before delete on usage_pending begin select raise(abort, 'no'); end`,
  );
}

async function mendNotes(place: TestPlace, engine: 'sqlite' | 'postgres'): Promise<void> {
  if (engine === 'postgres') await sql`drop trigger refuse on usage_pending`.execute(place.store.reads);
  else await onFile(place, 'drop trigger refuse');
}

async function onFile({ dataDir }: TestPlace, statement: string): Promise<void> {
  const { DatabaseSync } = await import('node:sqlite');
  const { join } = await import('node:path');
  const database = new DatabaseSync(join(dataDir, 'colloquy.db'), { timeout: 5000 });
  database.exec(statement);
  database.close();
}
