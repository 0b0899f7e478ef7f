/** A usage report says what its calls say, however many of them are added up already. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { openTestStore } from 'colloquy-testkit/stores';
import { organizationScope } from '../../../src/auth/scopes.ts';
import {
  type ModelCall,
  modelCallPurposes,
  type UsageGroup,
  type UsageInterval,
  usageGroups,
  usageIntervals,
  usageProvenances,
} from '../../../src/domain/usage.ts';
import type { NamedUsageLine, UsagePage, UsageQuery } from '../../../src/store/reports/usage-report.ts';
import { type Accounts, addUp, hourMs, makeAccounts, noon } from '../usage/accounts.ts';

const all = { interval: null, groups: [], from: noon - 100 * hourMs, to: noon + 4000 * hourMs } as const;

async function report(accounts: Accounts, query: Partial<UsageQuery> = {}): Promise<UsagePage> {
  const scope = organizationScope(accounts.organizationId);
  return await accounts.store.report('usage', { scope, ...all, limit: 1000, offset: 0, ...query });
}

async function linesOf(
  accounts: Accounts,
  query: Partial<UsageQuery> = {},
): Promise<readonly NamedUsageLine[]> {
  const page = await report(accounts, query);
  assert.ok(!page.isTooLarge);
  return page.lines;
}

/** The same figures by counting the calls one by one. */
function expected(
  calls: readonly ModelCall[],
  { interval = null, groups = [], ...query }: Partial<UsageQuery>,
) {
  const { from, to, environment, apiKeyId } = { ...all, ...query };
  const lines = new Map<string, object & { calls: ModelCall[] }>();
  const groupOf = (call: ModelCall, group: UsageGroup): string | null => {
    if (group === 'model') return call.modelId;
    if (group === 'persona') return call.personaId === null ? null : String(call.personaId);
    if (group === 'key') return call.apiKeyId;
    return group === 'user' ? call.endUserId : call[group];
  };
  const lengths: Record<UsageInterval, number> = { hour: 13, day: 10, month: 7 };
  for (const call of calls) {
    if (call.createdAt < from || call.createdAt >= to) continue;
    if (environment !== undefined && call.environment !== environment) continue;
    if (apiKeyId !== undefined && call.apiKeyId !== apiKeyId) continue;
    const time = new Date(call.createdAt).toISOString();
    const start = interval === null ? null : time.slice(0, lengths[interval]);
    const key = { start, groups: groups.map((group) => groupOf(call, group)) };
    const line = lines.get(JSON.stringify(key)) ?? { ...key, calls: [] };
    line.calls.push(call);
    lines.set(JSON.stringify(key), line);
  }
  const shown = [...lines.values()].map(({ calls, ...key }) => ({ ...key, ...figuresOf(calls) }));
  return shown.toSorted(byText);
}

function figuresOf(calls: readonly ModelCall[]) {
  const figure = (value: (call: ModelCall) => number, unit = 1) => {
    const sum = (some: readonly ModelCall[]): number =>
      some.reduce((total, call) => total + Math.round(value(call) * unit), 0) / unit;
    const parts = usageProvenances.map((one) => [one, sum(calls.filter((call) => call.provenance === one))]);
    return { total: sum(calls), ...Object.fromEntries(parts) };
  };
  return {
    requests: figure((call) => Number(call.isRequest)),
    promptTokens: figure((call) => call.promptTokens),
    completionTokens: figure((call) => call.completionTokens),
    totalTokens: figure((call) => call.promptTokens + call.completionTokens),
    cost: figure((call) => call.cost ?? 0, 1e9),
    errors: calls.filter((call) => call.isFailed).length,
    unpricedCalls: calls.filter((call) => call.cost === null).length,
  };
}

function byText(a: object, b: object): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}

function comparable(lines: readonly NamedUsageLine[], interval: UsageInterval | null) {
  const lengths: Record<UsageInterval, number> = { hour: 13, day: 10, month: 7 };
  return lines
    .map(({ start, groups, names: _, firstTokenMs: __, durationMs: ___, ...figures }) => ({
      start:
        start === null || interval === null
          ? null
          : new Date(start).toISOString().slice(0, lengths[interval]),
      groups,
      ...figures,
    }))
    .toSorted(byText);
}

/** Calls that differ in everything, the same ones at each run. */
function manyCalls(accounts: Accounts, users: readonly string[], count: number): ModelCall[] {
  let state = 11;
  const random = (below: number): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  const pick = <T>(values: readonly T[]): T => values[random(values.length)] as T;
  return Array.from({ length: count }, () =>
    accounts.call({
      environment: pick(['prod', 'test']),
      endUserId: pick([null, ...users]),
      apiKeyId: pick([null, 'key-1', 'key-2']),
      personaId: pick([null, 7, 8]),
      modelId: pick(['model-1', 'model-2', 'model-3']),
      purpose: pick(modelCallPurposes),
      provenance: pick(usageProvenances),
      cost: pick([null, 0.000123, 1.5]),
      isRequest: pick([true, false]),
      isFailed: pick([true, false, false]),
      promptTokens: random(1000),
      completionTokens: random(1000),
      // Over the end of a month and of a year.
      createdAt: noon + random(1500 * hourMs),
    }),
  );
}

onBothStores('usage reports', (engine) => {
  let place: Awaited<ReturnType<typeof openTestStore>>;
  before(async () => {
    place = await openTestStore(engine);
  });
  after(() => place[Symbol.asyncDispose]());

  test('every interval, group and pair of groups, with none, some and all calls added up', async () => {
    const accounts = await makeAccounts(place.store);
    const users = [await accounts.user('ada'), await accounts.user('grace')];
    const calls = manyCalls(accounts, users, 600);
    await accounts.account(...calls);
    const groupings: readonly (readonly UsageGroup[])[] = [
      [],
      ...usageGroups.map((group) => [group]),
      ...usageGroups.flatMap((one) =>
        usageGroups.filter((other) => other !== one).map((other) => [one, other]),
      ),
    ];
    for (const share of ['none', 'some', 'all'] as const) {
      if (share === 'some') await place.store.execute('addUpUsage', { limit: 250 });
      if (share === 'all') await addUp(place.store);
      for (const groups of groupings) {
        for (const interval of groups.length < 2 || share === 'some' ? [null, ...usageIntervals] : [null]) {
          const query = { interval, groups };
          const lines = await linesOf(accounts, query);
          assert.deepEqual(
            comparable(lines, interval),
            expected(calls, query),
            JSON.stringify({ share, query }),
          );
        }
      }
    }
  });

  test('one key alone, with any group and also in a part of an hour', async () => {
    const accounts = await makeAccounts(place.store);
    const calls = manyCalls(accounts, [await accounts.user('ada')], 300);
    await accounts.account(...calls);
    const edges = { from: noon + 20 * 60_000, to: noon + 700 * hourMs + 40 * 60_000 };
    for (const share of ['none', 'some', 'all'] as const) {
      if (share === 'some') await place.store.execute('addUpUsage', { limit: 100 });
      if (share === 'all') await addUp(place.store);
      for (const apiKeyId of ['key-1', 'key-2', 'no-such-key']) {
        for (const groups of [[], ...usageGroups.map((group) => [group])]) {
          const query = { apiKeyId, groups, interval: 'month', ...edges } as const;
          const lines = await linesOf(accounts, query);
          assert.deepEqual(comparable(lines, 'month'), expected(calls, query), JSON.stringify(query));
        }
      }
    }
  });

  test('ranges that begin and end within hours, and one environment', async () => {
    const accounts = await makeAccounts(place.store);
    const user = await accounts.user('ada');
    const calls = manyCalls(accounts, [user], 200);
    const at = (minutes: number): number => noon + minutes * 60_000;
    // On both sides of each end, to the millisecond.
    const ends = [at(0), at(20), at(60), at(90), at(180)];
    for (const end of ends) {
      for (const createdAt of [end - 1, end, end + 1])
        calls.push(accounts.call({ createdAt, endUserId: user }));
    }
    await accounts.account(...calls);
    for (const share of ['none', 'all'] as const) {
      if (share === 'all') await addUp(place.store);
      for (const from of ends) {
        for (const to of [
          ...ends.filter((end) => end > from),
          noon + 1000 * hourMs,
          Number.POSITIVE_INFINITY,
        ]) {
          for (const environment of [undefined, 'prod', 'test'] as const) {
            const query = { from, to, environment, groups: ['user'] as const };
            const lines = await linesOf(accounts, query);
            assert.deepEqual(
              comparable(lines, null),
              expected(calls, query),
              JSON.stringify({ share, query }),
            );
          }
        }
      }
    }
  });

  test('percentiles are of the calls that have times, and null without any', async () => {
    const accounts = await makeAccounts(place.store);
    const times = Array.from({ length: 200 }, (_, n) => 1000 + 10 * n);
    await accounts.account(
      ...times.map((ms) => accounts.call({ firstTokenMs: ms, durationMs: 3 * ms })),
      accounts.call({ purpose: 'title', firstTokenMs: null, durationMs: null }),
    );
    for (const share of ['none', 'all'] as const) {
      if (share === 'all') await addUp(place.store);
      const [answers, titles] = await linesOf(accounts, { groups: ['purpose'] });
      const near = (told: number | null | undefined, right: number): void =>
        assert.ok(Math.abs((told ?? 0) - right) <= right * 0.1, `${told} for ${right}`);
      near(answers?.firstTokenMs.p50, 1990);
      near(answers?.firstTokenMs.p95, 2890);
      near(answers?.durationMs.p50, 5970);
      near(answers?.durationMs.p95, 8670);
      assert.deepEqual(titles?.firstTokenMs, { p50: null, p95: null });
      assert.deepEqual(titles?.durationMs, { p50: null, p95: null });
    }
  });

  test('percentiles of nobody’s calls leave out what users had', async () => {
    const accounts = await makeAccounts(place.store);
    const ada = await accounts.user('ada');
    for (let n = 0; n < 20; n += 1) {
      await accounts.account(
        accounts.call({ endUserId: ada, firstTokenMs: 50_000 }),
        accounts.call({ firstTokenMs: 100 }),
      );
    }
    await addUp(place.store);
    const lines = await linesOf(accounts, { groups: ['user'] });
    const p95 = new Map(lines.map((line) => [line.names[0], line.firstTokenMs.p95 ?? 0]));
    assert.ok(Math.abs((p95.get(null) ?? 0) - 100) <= 10);
    assert.ok(Math.abs((p95.get('ada') ?? 0) - 50_000) <= 5000);
  });

  test('an erased user’s figures are nobody’s, and no other line changes', async () => {
    const accounts = await makeAccounts(place.store);
    const [ada, grace] = [await accounts.user('ada'), await accounts.user('grace')];
    await accounts.account(
      accounts.call({ endUserId: ada, promptTokens: 100 }),
      accounts.call({ endUserId: grace, promptTokens: 200 }),
      accounts.call({ promptTokens: 400 }),
    );
    await addUp(place.store);
    await accounts.account(accounts.call({ endUserId: ada, promptTokens: 800 }));
    const { organizationId } = accounts;
    await place.store.execute('eraseEndUsers', { organizationId, endUserIds: [ada], now: noon });
    const shown = async () =>
      (await linesOf(accounts, { groups: ['user'] })).map((line) => [
        line.groups[0],
        line.promptTokens.total,
      ]);
    const right = [
      [null, 1300],
      [grace, 200],
    ];
    assert.deepEqual(await shown(), right);
    await addUp(place.store);
    assert.deepEqual(await shown(), right);
  });

  test('pages cut the same order, and say when they are the last', async () => {
    const accounts = await makeAccounts(place.store);
    await accounts.account(
      ...Array.from({ length: 25 }, (_, n) => accounts.call({ modelId: `model-${n}`, promptTokens: n % 5 })),
    );
    const whole = await linesOf(accounts, { groups: ['model'] });
    assert.deepEqual(
      whole.map((line) => line.promptTokens.total),
      [4, 3, 2, 1, 0].flatMap((tokens) => [tokens, tokens, tokens, tokens, tokens]),
    );
    const pages: NamedUsageLine[] = [];
    for (let offset = 0, isLast = false; !isLast; offset += 10) {
      const page = await report(accounts, { groups: ['model'], limit: 10, offset });
      assert.ok(!page.isTooLarge);
      pages.push(...page.lines);
      isLast = page.isLast;
    }
    assert.deepEqual(pages, whole);
  });

  test('another organization’s calls are not in it', async () => {
    const [accounts, other] = [await makeAccounts(place.store), await makeAccounts(place.store)];
    await other.account(other.call());
    await addUp(place.store);
    await other.account(other.call());
    assert.deepEqual(await linesOf(accounts, { from: noon, to: noon + hourMs / 2 }), []);
    assert.deepEqual(await linesOf(accounts), []);
  });
});
