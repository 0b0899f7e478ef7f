/** Calls are added up in rollups, each exactly once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { openTestStore, type TestStore } from 'colloquy-testkit/stores';
import { writeDirectly } from 'colloquy-testkit/write-directly';
import { CompiledQuery } from 'kysely';
import type { ModelCall } from '../../../src/domain/usage.ts';
import type { Store, StoreEngine } from '../../../src/store/store.ts';
import { startUsageAdder } from '../../../src/store/usage/adder.ts';
import { type Accounts, addUp, hourMs, makeAccounts, noon } from './accounts.ts';

function rollups({ store, organizationId }: Accounts) {
  return store.reads
    .selectFrom('usage_rollup')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .orderBy('end_user_id')
    .orderBy('hour')
    .execute();
}

async function pending({ store, organizationId }: Accounts): Promise<number> {
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
    const accounts = await makeAccounts(place.store);
    const ada = await accounts.user('ada');
    await accounts.account(
      accounts.call(),
      accounts.call({ endUserId: ada, createdAt: noon + hourMs - 1 }),
      accounts.call({ createdAt: noon + hourMs }),
    );
    assert.equal(await pending(accounts), 3);
    assert.equal(await addUp(place.store), 3);
    assert.equal(await pending(accounts), 0);
    const figures = (await rollups(accounts)).map(({ end_user_id, hour, calls, cost, prompt_tokens }) => {
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
    const accounts = await makeAccounts(place.store);
    const apart: readonly Partial<ModelCall>[] = [
      { environment: 'test' },
      { modelId: 'n' },
      { personaId: 7 },
      { apiKeyId: 'k' },
      { purpose: 'title', isRequest: false, firstTokenMs: null, durationMs: null },
      { provenance: 'unknown', isFailed: true, cost: null, promptTokens: 0, completionTokens: 0 },
    ];
    for (const changes of apart) await accounts.account(accounts.call(changes), accounts.call(changes));
    await addUp(place.store, 5);
    const rows = await rollups(accounts);
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
    const accounts = await makeAccounts(place.store);
    const ada = await accounts.user('ada');
    for (let n = 0; n < 50; n += 1) await accounts.account(accounts.call({ endUserId: ada, durationMs: n }));
    assert.equal(await addUp(place.store, 7), 50);
    const rows = await rollups(accounts);
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
    const accounts = await makeAccounts(place.store);
    const call = accounts.call();
    await accounts.account(call);
    await accounts.account(call);
    await addUp(place.store);
    await accounts.account(call);
    await addUp(place.store);
    assert.deepEqual(
      (await rollups(accounts)).map((row) => row.calls),
      [1],
    );
  });

  test('a call that comes late, with an old time, is added to its own hour', async () => {
    await using place = await openTestStore(engine);
    const accounts = await makeAccounts(place.store);
    await accounts.account(accounts.call({ createdAt: noon + 40 * hourMs }));
    await addUp(place.store);
    await accounts.account(accounts.call({ createdAt: noon }));
    await addUp(place.store);
    assert.deepEqual(
      (await rollups(accounts)).map((row) => [row.hour - noon / hourMs, row.calls]),
      [
        [0, 1],
        [40, 1],
      ],
    );
  });

  test('a step that fails leaves everything noted, and the next one adds it once', async () => {
    await using place = await openTestStore(engine);
    const accounts = await makeAccounts(place.store);
    await accounts.account(accounts.call(), accounts.call());
    // Taking the notes is a step's last statement.
    await breakNotes(place, engine);
    await assert.rejects(place.store.execute('addUpUsage', { limit: 10 }));
    assert.deepEqual(await rollups(accounts), []);
    assert.equal(await pending(accounts), 2);
    await mendNotes(place, engine);
    assert.equal(await addUp(place.store), 2);
    assert.deepEqual(
      (await rollups(accounts)).map((row) => row.calls),
      [2],
    );
  });

  test('an erased user’s figures stay with everybody’s, and the user has none', async () => {
    await using place = await openTestStore(engine);
    const accounts = await makeAccounts(place.store);
    const [ada, grace] = [await accounts.user('ada'), await accounts.user('grace')];
    await accounts.account(accounts.call({ endUserId: ada }), accounts.call({ endUserId: grace }));
    await addUp(place.store);
    // This one is still noted when the user goes, and the last one comes afterwards.
    await accounts.account(accounts.call({ endUserId: ada }));
    const erased = { organizationId: accounts.organizationId, endUserIds: [ada], now: noon };
    await place.store.execute('eraseEndUsers', erased);
    await accounts.account(accounts.call({ endUserId: ada }));
    await addUp(place.store);
    assert.deepEqual(
      (await rollups(accounts)).map((row) => [row.end_user_id, row.calls]),
      [
        ['', 4],
        [grace, 1],
      ],
    );
  });

  test('a deleted organization leaves no row, whatever its calls were at', async () => {
    await using place = await openTestStore(engine);
    const { store } = place;
    const [accounts, other] = [await makeAccounts(store), await makeAccounts(store)];
    for (let n = 0; n < 5; n += 1) await accounts.account(accounts.call({ createdAt: noon + n * hourMs }));
    await other.account(other.call());
    await addUp(store, 4);
    await accounts.account(accounts.call(), accounts.call());
    const { organizationId } = accounts;
    let calls = 0;
    for (;;) {
      const step = await store.execute('eraseModelCalls', { organizationId, limit: 2 });
      calls += step.modelCalls;
      if (step.isLast) break;
    }
    assert.equal(calls, 7);
    assert.deepEqual(await rollups(accounts), []);
    assert.equal(await pending(accounts), 0);
    // Calls that come after that go with the organization.
    await accounts.account(accounts.call());
    await store.execute('deleteOrganization', { organizationId, now: noon });
    await addUp(store);
    assert.equal(await pending(accounts), 0);
    assert.deepEqual(
      (await rollups(other)).map((row) => row.calls),
      [1],
    );
  });

  test('calls that are stored while others are added up are all counted once', async () => {
    await using place = await openTestStore(engine);
    const { store } = place;
    const accounts = await makeAccounts(store);
    const users = await Promise.all(['a', 'b', 'c'].map((name) => accounts.user(name)));
    const storing = Array.from({ length: 300 }, (_, n) =>
      accounts.account(
        accounts.call({ endUserId: users[n % 3] ?? null, createdAt: noon + (n % 5) * hourMs }),
      ),
    );
    // As two replicas would do it.
    const adding = Array.from({ length: 12 }, () => store.execute('addUpUsage', { limit: 40 }));
    await Promise.all([...storing, ...adding]);
    await addUp(store);
    const rows = await rollups(accounts);
    const sum = (isOfUser: boolean): number =>
      rows.filter((row) => (row.end_user_id !== '') === isOfUser).reduce((all, row) => all + row.calls, 0);
    assert.deepEqual([sum(false), sum(true)], [300, 300]);
  });

  test('the background step takes what is noted, in several steps', async () => {
    await using place = await openTestStore(engine);
    const { store } = place;
    const accounts = await makeAccounts(store);
    await accounts.account(...Array.from({ length: 450 }, () => accounts.call()));
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
    await using _adder = startUsageAdder({
      store: { reads: store.reads, execute },
      intervalMs: 5,
      onError: done.reject,
    });
    await done.promise;
    assert.deepEqual(steps, [200, 200, 50]);
    assert.equal(await pending(accounts), 0);
  });
});

async function breakNotes(place: TestStore, engine: StoreEngine): Promise<void> {
  const statements =
    engine === 'postgres'
      ? [
          `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$`,
          'create trigger refuse before delete on usage_pending for each row execute function refuse()',
        ]
      : [`create trigger refuse before delete on usage_pending begin select raise(abort, 'no'); end`];
  await writeDirectly(place, ...statements.map((statement) => CompiledQuery.raw(statement)));
}

async function mendNotes(place: TestStore, engine: StoreEngine): Promise<void> {
  const statement = engine === 'postgres' ? 'drop trigger refuse on usage_pending' : 'drop trigger refuse';
  await writeDirectly(place, CompiledQuery.raw(statement));
}
