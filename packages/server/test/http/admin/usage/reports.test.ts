/** `GET …/usage`: intervals, groups, pages and CSV. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, refuse } from 'colloquy-testkit/upstream/scripted-upstream';
import { newId } from '../../../../src/domain/ids.ts';
import type { ModelCall } from '../../../../src/domain/usage.ts';
import { callOf, hourMs } from '../../../store/usage/accounts.ts';
import { operatorKey, startAdminApp } from '../admin-app.ts';

const noon = Date.parse('2026-10-31T12:00:00.000Z');
const range = 'from=2026-10-01T00:00:00Z&to=2026-12-01T00:00:00Z';

/** Lines by RFC 4180, for texts without line breaks in cells. */
function cellsOf(csv: string): string[][] {
  assert.ok(csv.endsWith('\r\n'));
  return csv
    .slice(0, -2)
    .split('\r\n')
    .map((line) => [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)])
    .map((cells) => cells.map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? ''));
}

onBothStores('usage reports of the API', async (engine) => {
  const app = await startAdminApp(engine);
  after(() => app[Symbol.asyncDispose]());

  async function organization() {
    const organizationId = await app.organization();
    const modelId = await app.model(organizationId);
    const path = `/organizations/${organizationId}/usage`;
    return {
      organizationId,
      modelId,
      path,
      usage: (query: string, headers: Record<string, string> = {}) =>
        app.inject({
          method: 'GET',
          url: `/api/admin${path}?${query}`,
          headers: { authorization: `Bearer ${operatorKey}`, ...headers },
        }),
      async account(...calls: readonly Partial<ModelCall>[]) {
        const usual = { modelId, cost: 0.25, firstTokenMs: 100, durationMs: 500, createdAt: noon };
        const modelCalls = calls.map((changes) => callOf(organizationId, { ...usual, ...changes }));
        await app.store.execute('accountCalls', { modelCalls });
      },
    };
  }

  test('hours, days and months, alone and with groups', async () => {
    const { usage, account, modelId } = await organization();
    await account(
      {},
      { createdAt: noon + hourMs, purpose: 'title', isRequest: false },
      { createdAt: noon + 12 * hourMs, environment: 'test' },
    );
    const groupsOf = async (query: string) => {
      const { status, body, text } = await usage(`${range}&${query}`);
      assert.equal(status, 200, text);
      return {
        interval: body.interval,
        group_by: body.group_by,
        lines: body.data.map(
          (line: { interval_start: string; group: string; requests: { total: number } }) => [
            line.interval_start,
            line.group,
            line.requests.total,
          ],
        ),
      };
    };
    assert.deepEqual(await groupsOf('interval=hour'), {
      interval: 'hour',
      group_by: null,
      lines: [
        ['2026-10-31T12:00:00.000Z', '2026-10-31T12:00:00.000Z', 1],
        ['2026-10-31T13:00:00.000Z', '2026-10-31T13:00:00.000Z', 0],
        ['2026-11-01T00:00:00.000Z', '2026-11-01T00:00:00.000Z', 1],
      ],
    });
    const days = {
      interval: 'day',
      group_by: 'day',
      lines: [
        ['2026-10-31T00:00:00.000Z', '2026-10-31', 1],
        ['2026-11-01T00:00:00.000Z', '2026-11-01', 1],
      ],
    };
    for (const query of ['', 'interval=day', 'group_by=day', 'interval=day&group_by=day']) {
      assert.deepEqual(await groupsOf(query), days, query);
    }
    assert.deepEqual(await groupsOf('interval=month'), {
      interval: 'month',
      group_by: null,
      lines: [
        ['2026-10-01T00:00:00.000Z', '2026-10', 1],
        ['2026-11-01T00:00:00.000Z', '2026-11', 1],
      ],
    });
    const byPurpose = {
      interval: 'month',
      group_by: 'purpose',
      lines: [
        ['2026-10-01T00:00:00.000Z', 'answer', 1],
        ['2026-10-01T00:00:00.000Z', 'title', 0],
        ['2026-11-01T00:00:00.000Z', 'answer', 1],
      ],
    };
    assert.deepEqual(await groupsOf('interval=month&group_by=purpose'), byPurpose);
    for (const query of ['group_by=model,environment', 'group_by=model&group_by=environment']) {
      const { body } = await usage(`${range}&${query}`);
      assert.equal(body.group_by, 'model,environment');
      assert.deepEqual(
        body.data.map((line: { groups: object[] }) => line.groups),
        ['prod', 'test'].map((id) => [
          { by: 'model', id: modelId, name: 'A model' },
          { by: 'environment', id, name: null },
        ]),
      );
    }
  });

  test('what is asked wrongly is refused by its name', async () => {
    const { usage } = await organization();
    const refused: Readonly<Record<string, string>> = {
      'group_by=x': 'group_by.0',
      'group_by=': 'group_by.0',
      'group_by=model,persona,key': 'group_by',
      'group_by=model,model': 'group_by',
      'group_by=day&interval=hour': 'group_by',
      'interval=week': 'interval',
      'from=x': 'from',
      'from=2020-01-02T00:00:00Z&to=2020-01-01T00:00:00Z': 'from',
      'limit=0': 'limit',
      'limit=1001': 'limit',
      'cursor=x': 'cursor',
      'environment=dev': 'environment',
      'key_id=x': 'key_id',
    };
    for (const [query, field] of Object.entries(refused)) {
      const { status, body } = await usage(query);
      assert.deepEqual([status, body.field], [400, field], query);
    }
    // Times at the ends of what can be written are no reason to fail.
    for (const query of ['from=0001-01-01T00:00:00Z', 'to=9999-12-31T23:59:59Z', 'to=1000-01-01T00:00:00Z']) {
      for (const interval of ['hour', 'month']) {
        assert.equal((await usage(`${query}&interval=${interval}`)).status, 200, query);
      }
    }
    const { body } = await usage('to=0000-01-02T00:00:00Z');
    assert.deepEqual([body.from, body.to], ['0000-01-01T00:00:00.000Z', '0000-01-02T00:00:00.000Z']);
    const beyond = await usage('to=9999-12-31T23:59:59-01:00');
    assert.deepEqual([beyond.status, beyond.body.field], [400, 'to']);
    // Cursors that no page has given, though they are numbers.
    for (const inside of ['0:999999999999999:0', '-99999999999999:1:0', '1:0:0', '0:1:-1']) {
      const { status, body } = await usage(`cursor=${Buffer.from(inside).toString('base64url')}`);
      assert.deepEqual([status, body.field], [400, 'cursor'], inside);
    }
  });

  test('pages hold each line once, in order, and those of a report go on in its range', async () => {
    const { usage, account } = await organization();
    await account(...Array.from({ length: 7 }, (_, n) => ({ createdAt: noon + n * hourMs })));
    const pages: unknown[] = [];
    let cursor = '';
    do {
      const { body, status } = await usage(
        `interval=hour&limit=3${cursor === '' ? `&${range}` : `&cursor=${cursor}`}`,
      );
      assert.equal(status, 200);
      assert.deepEqual([body.from, body.to], ['2026-10-01T00:00:00.000Z', '2026-12-01T00:00:00.000Z']);
      pages.push(...body.data);
      cursor = body.next_cursor ?? '';
    } while (cursor !== '');
    const whole = await usage(`interval=hour&${range}`);
    assert.equal(whole.body.next_cursor, null);
    assert.deepEqual(pages, whole.body.data);
    assert.equal(pages.length, 7);
  });

  test('CSV has the figures of the JSON, and nothing that a spreadsheet runs', async () => {
    const { organizationId, usage, account } = await organization();
    const evil = '=HYPERLINK("http://evil.example","x")';
    const user = { id: newId(), organizationId, environment: 'prod' as const, externalId: evil, now: noon };
    await app.store.execute('ensureEndUser', user);
    await account({ endUserId: user.id, purpose: 'title' }, { endUserId: user.id, isFailed: true }, {});
    const query = `${range}&interval=month&group_by=user,purpose`;
    const response = await usage(query, { accept: 'text/csv' });
    assert.equal(response.status, 200);
    assert.match(String(response.headers['content-type']), /^text\/csv; charset=utf-8/);
    const [head = [], ...rows] = cellsOf(response.text);
    const table = rows.map((row) => Object.fromEntries(head.map((name, index) => [name, row[index]])));
    const { body } = await usage(query);
    assert.equal(table.length, body.data.length);
    for (const [index, line] of body.data.entries()) {
      const row = table[index] ?? {};
      assert.equal(row.month, '2026-10');
      assert.equal(row.user, line.group ?? '');
      assert.equal(row.user_name, line.name === null ? '' : `'${evil}`);
      assert.equal(row.purpose, line.groups[1].id);
      assert.equal(row.requests, String(line.requests.total));
      assert.equal(row.total_tokens_reported, String(line.total_tokens.reported));
      assert.equal(row.cost, String(line.cost.total));
      assert.equal(row.errors, String(line.errors));
      assert.equal(row.first_token_p50_ms, String(line.first_token_ms.p50));
      assert.equal(row.duration_p95_ms, String(line.duration_ms.p95));
    }
    for (const [accept, type] of Object.entries({
      'text/csv;q=0.5, application/json': 'application/json',
      'application/json;q=0.1, text/csv': 'text/csv',
      'text/csv;q=0': 'application/json',
      '*/*': 'application/json',
    })) {
      const { headers } = await usage(range, { accept });
      assert.ok(String(headers['content-type']).startsWith(type), accept);
    }
    const paged = await usage('cursor=MTox', { accept: 'text/csv' });
    assert.deepEqual([paged.status, paged.body.field], [400, 'cursor']);
  });

  test('one key alone, however its id is written, in JSON and in CSV', async () => {
    const { usage, account } = await organization();
    const other = await organization();
    const apiKeyId = newId();
    await account({ apiKeyId }, { apiKeyId, purpose: 'title', isRequest: false }, { apiKeyId: newId() }, {});
    for (const id of [apiKeyId, apiKeyId.toUpperCase()]) {
      const query = `${range}&group_by=purpose&key_id=${id}`;
      const { body } = await usage(query);
      assert.deepEqual(body.data.map(({ group }: { group: string }) => group).sort(), ['answer', 'title']);
      assert.equal(body.data[0].cost.total + body.data[1].cost.total, 0.5);
      assert.equal(cellsOf((await usage(query, { accept: 'text/csv' })).text).length, 3);
      assert.deepEqual((await other.usage(query)).body.data, []);
    }
  });

  test('a report of more lines than a table may have is refused with what to do', async () => {
    const { usage, account } = await organization();
    const calls = Array.from({ length: 10_001 }, (_, n) => ({ apiKeyId: newId(), createdAt: noon - n }));
    for (let n = 0; n < calls.length; n += 1000) await account(...calls.slice(n, n + 1000));
    const { status, body } = await usage(`${range}&group_by=key`, { accept: 'text/csv' });
    assert.deepEqual([status, body.field], [400, 'from']);
    assert.match(body.error, /more than 10000 lines; ask for a shorter time/);
    const page = await usage(`${range}&group_by=key`);
    assert.equal(page.body.data.length, 1000);
    assert.notEqual(page.body.next_cursor, null);
  });

  test('answers and failures of a real upstream are in it at once, with their times', async () => {
    const { upstream, scope, modelId } = app.harness;
    upstream.enqueue(answer('fine'), refuse(400, { message: 'no such thing' }));
    for (const text of ['one', 'two']) {
      const { generationId } = await app.engine.accept(app.harness.turn({ text }));
      await app.engine.answer(generationId).catch(() => {});
    }
    const { body } = await app.call('GET', `/organizations/${scope.organizationId}/usage?group_by=purpose`);
    const line = body.data.find((one: { group: string }) => one.group === 'answer');
    assert.deepEqual([line.requests.total, line.errors], [2, 1]);
    assert.equal(typeof line.first_token_ms.p50, 'number');
    assert.equal(typeof line.duration_ms.p95, 'number');
    const byModel = await app.call('GET', `/organizations/${scope.organizationId}/usage?group_by=model`);
    assert.equal(byModel.body.data[0].group, modelId);
  });
});
