/** Six hundred requests at once, over three servers on one PostgreSQL and one Redis, against limits that let in a hundred. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { findRedisProgram, startRedis } from 'colloquy-testkit/redis-process';
import { startTestServer } from 'colloquy-testkit/server';
import { findPostgres } from 'colloquy-testkit/services';
import { administer } from 'colloquy-testkit/tenants';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';

const postgres = await findPostgres();
const found = findRedisProgram();
const missing = 'skip' in postgres ? postgres : 'skip' in found ? found : undefined;
const redis = missing === undefined && 'program' in found ? await startRedis(found.program) : undefined;
const app =
  redis && (await startTestServer('postgres', { environment: { REDIS_URL: redis.url, LEASE_MS: '60000' } }));
const others = app === undefined ? [] : [await app.replica(), await app.replica()];
after(async () => {
  await app?.[Symbol.asyncDispose]();
  await redis?.[Symbol.asyncDispose]();
});

const requests = 600;
const allowed = 100;
const tokens = 50;

describe('three servers together', missing ?? {}, () => {
  if (app === undefined || redis === undefined) return;
  const urls = [app.url, ...others.map(({ url }) => url)];
  const base = `/organizations/${app.organizationId}`;

  async function keyWith(limits: object): Promise<string> {
    const body = { name: 'limited', type: 'prod', default_persona_id: app?.personaId, limits };
    return (await administer<{ key: string }>(app?.url ?? '', 'POST', `${base}/keys`, body)).key;
  }

  async function ask(key: string, index: number): Promise<string> {
    const response = await fetch(`${urls[index % urls.length]}/api/chat/completion`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      body: JSON.stringify({ message: `Request ${index}`, max_tokens: tokens }),
    });
    const { code } = (await response.json()) as { code?: string };
    return code === undefined ? String(response.status) : `${response.status} ${code}`;
  }

  /** How many requests each status and error code answered. */
  async function askAtOnce(key: string, count = requests): Promise<Readonly<Record<string, number>>> {
    const outcomes = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        let outcome: string;
        // A machine that is too busy tells some to come back.
        do outcome = await ask(key, index);
        while (outcome === '503 overloaded');
        return outcome;
      }),
    );
    const counts: Record<string, number> = {};
    for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
    return counts;
  }

  test('a hundred requests a minute: a hundred, and what the bucket refills meanwhile', async () => {
    app.upstream.setDefault(answer('Fine'));
    const key = await keyWith({ requests_per_minute: allowed });
    const startedAt = Date.now();
    const counts = await askAtOnce(key);
    const refilled = Math.ceil(((Date.now() - startedAt) * allowed) / 60_000);
    const admitted = counts['200'] ?? 0;
    assert.ok(admitted >= allowed && admitted <= allowed + refilled, JSON.stringify(counts));
    assert.equal(counts['429 rate_limited'], requests - admitted);
  });

  test('a budget of a hundred answers that cost what they reserve: a hundred, then none', async () => {
    app.upstream.setDefault(answer('Fine', { usage: { promptTokens: 20, completionTokens: tokens } }));
    const prices = { input: 0, output: 2 };
    await administer(app.url, 'PATCH', `${base}/models/${app.modelId}`, { prices });
    const key = await keyWith({ budget_per_month: (allowed * tokens * prices.output) / 1e6 });
    const counts = await askAtOnce(key);
    assert.deepEqual(counts, { '200': allowed, '429 quota_exhausted': requests - allowed });
    assert.deepEqual(await askAtOnce(key, 6), { '429 quota_exhausted': 6 });
  });
});
