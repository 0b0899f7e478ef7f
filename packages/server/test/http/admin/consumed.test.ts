/** What is used up of limits, as keys, settings and end users show it to administrators. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, gate } from 'colloquy-testkit/upstream/scripted-upstream';
import { createProcessLimiter } from '../../../src/limits/limiter.ts';
import { inTwo } from '../dialects/chats/chats-app.ts';
import { startTestApp } from '../http-app.ts';

onBothStores('consumed limits', async (storeEngine) => {
  const limiter = createProcessLimiter(() => 0);
  const app = await startTestApp(storeEngine, {}, { limiter });
  after(() => app[Symbol.asyncDispose]());
  const { upstream, persona, scope } = app.harness;
  const organization = `/organizations/${scope.organizationId}`;
  const keyOf = async (id: string) => {
    const { body } = await app.admin('GET', `${organization}/keys`);
    return body.data.find((one: { id: string }) => one.id === id);
  };

  test('a key without limits has used nothing of them', async () => {
    const { id } = await app.key('prod');
    assert.deepEqual((await keyOf(id)).consumed, {});
  });

  test('each limit that a key has, while an answer runs and after it', async () => {
    const limits = {
      ...{ requests_per_minute: 5, concurrent_streams: 2, viewers: 3, queued_turns: 4 },
      ...{ tokens_per_day: 10_000, budget_per_month: 1, storage_bytes: 2 },
    };
    const { id, key } = await app.key('prod', { default_persona_id: persona.personaId, limits });
    const nothing = { requests_per_minute: 0, writes_per_minute: 0, concurrent_streams: 0, viewers: 0 };
    const stored = { tokens_per_day: 0, budget_per_month: 0, queued_turns: 0, storage_bytes: 0 };
    assert.deepEqual((await keyOf(id)).consumed, { ...nothing, ...stored });
    const held = gate();
    upstream.enqueue(inTwo(['One'], held.step, [' two'])) as unknown;
    const body = { message: 'Hi', max_tokens: 50 };
    const stream = await app.stream('/api/chat/completion/stream', { key, body });
    const running = (await keyOf(id)).consumed;
    assert.deepEqual(
      [running.requests_per_minute, running.writes_per_minute, running.concurrent_streams, running.viewers],
      [1, 1, 1, 1],
    );
    assert.ok(running.tokens_per_day > 50 && running.budget_per_month > 0, JSON.stringify(running));
    assert.equal(running.storage_bytes, 2);
    held.release();
    await stream.ended;
    const usage = (
      await app.call(stream.response.headers.get('content-location')?.replace('/stream', '') ?? '', { key })
    ).body.usage;
    const ended = (await keyOf(id)).consumed;
    assert.equal(ended.concurrent_streams, 0);
    assert.equal(ended.tokens_per_day, usage.total_tokens);
    // The answer passed the limit and was kept: it shows by how much.
    assert.equal(ended.storage_bytes, 'HiOne two'.length);
    assert.deepEqual((await app.admin('GET', `${organization}/keys/${id}`)).body.consumed, ended);
  });

  test('what was used before a limit was set shows at once, of keys and of the organization', async () => {
    const { id, key } = await app.key('prod', { default_persona_id: persona.personaId });
    upstream.enqueue(answer('Fine', { usage: { promptTokens: 30, completionTokens: 12 } }));
    assert.equal((await app.call('/api/chat/completion', { key, body: { message: 'Hello' } })).status, 200);
    const limits = { tokens_per_day: 1000, storage_bytes: 1000 };
    const changed = await app.admin('PATCH', `${organization}/keys/${id}`, { limits });
    assert.deepEqual(changed.body.consumed, { tokens_per_day: 42, storage_bytes: 'HelloFine'.length });
    const settings = await app.admin('PATCH', `${organization}/settings`, { limits });
    assert.ok(settings.body.consumed.tokens_per_day >= 42);
    assert.ok(settings.body.consumed.storage_bytes >= 'HelloFine'.length);
    const read = await app.admin('GET', `${organization}/settings`);
    assert.deepEqual(read.body.consumed, settings.body.consumed);
    await app.admin('PATCH', `${organization}/settings`, { limits: {} });
  });

  test('end users show their limits, and what they have used of them', async () => {
    await app.admin('PATCH', `${organization}/settings`, { end_user_limits: { tokens_per_day: 5000 } });
    const { key } = await app.key('prod', { default_persona_id: persona.personaId });
    const given = { key, body: { user_id: 'ada' } };
    const { token } = (await app.call('/api/chat/get_token', given)).body;
    upstream.enqueue(answer('Fine', { usage: { promptTokens: 30, completionTokens: 12 } }));
    const turn = await app.call('/api/chat/completion', { token, body: { message: 'Hello' } });
    assert.equal(turn.status, 200, JSON.stringify(turn.body));
    const { body: user } = await app.admin('GET', `${organization}/users/ada`);
    assert.deepEqual(user.limits, { writes_per_minute: 120, viewers: 20, tokens_per_day: 5000 });
    assert.deepEqual(user.consumed, { writes_per_minute: 1, viewers: 0, tokens_per_day: 42 });
    const { body: list } = await app.admin('GET', `${organization}/users`);
    assert.deepEqual(list.data[0].consumed, user.consumed);
    await app.admin('PATCH', `${organization}/settings`, { end_user_limits: {} });
  });

  test('a budget that is set later names the models without prices too', async () => {
    await app.admin('POST', `${organization}/models`, {
      ...{ name: 'Free', provider: 'openai', model: 'gpt-free', prices: null },
    });
    const { id } = await app.key('prod');
    const limits = { budget_per_month: 5 };
    const { body } = await app.admin('PATCH', `${organization}/keys/${id}`, { limits });
    assert.match(body.warnings.join(), /"Free" has no prices/);
    const { body: unbounded } = await app.admin('PATCH', `${organization}/keys/${id}`, { limits: {} });
    assert.equal(unbounded.warnings, undefined);
  });
});
