/** `colloquy check` counts again what limits count, and reads the logs event by event. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { startTestServer, type TestServer } from 'colloquy-testkit/server';
import { administer } from 'colloquy-testkit/tenants';
import { writeDirectly } from 'colloquy-testkit/write-directly';
import { type RawBuilder, sql } from 'kysely';
import { checkStore } from '../../../src/store/check/check-store.ts';

async function rulesOf({ server }: TestServer): Promise<readonly string[]> {
  return (await checkStore(server.store.reads, server.store.engine)).map(({ rule }) => rule);
}

const spoil = async ({ server, place }: TestServer, ...statements: RawBuilder<unknown>[]): Promise<void> => {
  const compiled = statements.map((one) => one.compile(server.store.reads));
  await writeDirectly({ store: server.store, dataDir: place.dataDir }, ...compiled);
};

onBothStores('a check of contents', (engine) => {
  test('counts bytes and tokens of limits again', async () => {
    await using app = await startTestServer(engine);
    const base = `/organizations/${app.organizationId}`;
    const limits = { tokens_per_day: 1_000_000, storage_bytes: 1_000_000 };
    const { key } = await administer<{ key: string }>(app.url, 'POST', `${base}/keys`, {
      name: 'limited',
      type: 'prod',
      default_persona_id: app.personaId,
      limits,
      end_user_limits: limits,
    });
    await administer(app.url, 'PATCH', `${base}/settings`, { limits });
    const call = async (path: string, body: object, headers: Record<string, string>) => {
      const answer = await fetch(app.url + path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
      const text = await answer.text();
      assert.ok(answer.ok, text);
      return JSON.parse(text);
    };
    const { token } = await call('/api/chat/get_token', { user_id: 'ada' }, { 'X-API-Key': key });
    for (const headers of [{ 'X-API-Key': key }, { authorization: `Bearer ${token}` }]) {
      await call('/api/chat/completion', { message: 'Zwölf Boxkämpfer' }, headers as Record<string, string>);
    }
    assert.deepEqual(await rulesOf(app), []);
    const { reads } = app.server.store;
    const counted = await reads.selectFrom('consumption').select(['subject', 'bytes', 'tokens']).execute();
    assert.equal(counted.length, 3);
    for (const { subject, bytes, tokens } of counted)
      assert.ok(Number(bytes) > 0 && Number(tokens) > 0, subject);

    // What is deleted and erased is counted so, too.
    await administer(app.url, 'DELETE', `${base}/users/ada`);
    assert.deepEqual(await rulesOf(app), []);
    for (const { subject } of await reads.selectFrom('consumption').select('subject').execute()) {
      const of = sql`where subject = ${subject}`;
      await spoil(app, sql`update consumption set bytes = bytes + 1 ${of}`);
      assert.deepEqual(await rulesOf(app), ['stored-bytes-add-up']);
      await spoil(app, sql`update consumption set bytes = bytes - 1, tokens = tokens - 1 ${of}`);
      assert.deepEqual(await rulesOf(app), ['daily-tokens-add-up']);
      await spoil(app, sql`update consumption set tokens = tokens + 1, day = day - 1 ${of}`);
      assert.deepEqual(await rulesOf(app), ['daily-tokens-add-up']);
      await spoil(app, sql`update consumption set day = day + 1 ${of}`);
    }
    assert.deepEqual(await rulesOf(app), []);
  });

  test('reads the journal of a running server and its segments', async () => {
    await using app = await startTestServer(engine, { environment: { LEASE_MS: '60000' } });
    const { reads } = app.server.store;
    const tokens = Array.from({ length: 400 }, (_, index) => `word${index} `);
    app.upstream.setDefault({
      steps: [{ do: 'headers' }, { do: 'tokens', tokens, intervalMs: 25 }, { do: 'end' }],
    });
    const reading = fetch(`${app.url}/api/chat/completion/stream`, {
      method: 'POST',
      headers: { 'X-API-Key': app.prodKey, 'Content-Type': 'application/json' },
      body: JSON.stringify({ message: 'Go on' }),
    }).then((answer) => answer.text());
    for (const signal = AbortSignal.timeout(30_000); ; signal.throwIfAborted()) {
      const [rows, segments] = [
        (await reads.selectFrom('journal').select('n').execute()).length,
        (await reads.selectFrom('segment').select('first_seq').execute()).length,
      ];
      assert.deepEqual(await rulesOf(app), []);
      if (rows > 4 && segments > 0) break;
      await sleep(20);
    }
    await reading;
    for (const signal = AbortSignal.timeout(30_000); ; signal.throwIfAborted()) {
      if ((await reads.selectFrom('journal').select('n').execute()).length === 0) break;
      await sleep(50);
    }
    assert.deepEqual(await rulesOf(app), []);

    const [generation] = await reads.selectFrom('generation').select('id').execute();
    const [end] = await reads.selectFrom('segment').select('last_seq').orderBy('last_seq', 'desc').execute();
    const next = Number(end?.last_seq) + 1;
    const owner = 1000;
    const rowsOf = (...payloads: string[]) =>
      payloads.map(
        (payload, index) => sql`insert into journal (owner, n, payload)
        values (${owner}, ${index + 1}, ${payload})`,
      );
    const clean = sql`delete from journal where owner = ${owner}`;
    const run = (firstSeq: number, ...events: unknown[]): string =>
      JSON.stringify([[generation?.id, firstSeq, events]]);
    const unknown = JSON.stringify([['nobody', 7, ['a']]]);
    for (const [rows, rules] of [
      [[run(next - 1, 'a', 'b'), unknown, run(next + 1, 'c', { type: 'status', status: 'reading' })], []],
      [[run(next + 1, 'a')], ['journal-goes-on']],
      [[run(next, 'a'), run(next + 2, 'b')], ['journal-goes-on']],
      [[run(next, 'a').slice(0, -3)], ['journal-is-readable']],
      [[run(next, 7)], ['journal-is-readable']],
      [[run(next)], ['journal-is-readable']],
      [['{}'], ['journal-is-readable']],
    ] as const) {
      await spoil(app, ...rowsOf(...rows));
      assert.deepEqual(await rulesOf(app), rules, rows.join('\n'));
      await spoil(app, clean);
    }
    await spoil(app, ...rowsOf(run(next, 'a'), run(next + 1, 'b'), run(next + 1, 'b')));
    await spoil(app, sql`delete from journal where owner = ${owner} and n = 2`);
    assert.deepEqual(await rulesOf(app), ['journal-without-gaps']);
    await spoil(app, clean);

    const first = sql`generation_id = ${generation?.id} and first_seq = 1`;
    for (const events of ['[]', '["a"', '["a"]', '{"type": "status"}']) {
      await spoil(app, sql`update segment set events = ${events} where ${first}`);
      assert.deepEqual(await rulesOf(app), ['segments-are-whole'], events);
    }
  });
});
