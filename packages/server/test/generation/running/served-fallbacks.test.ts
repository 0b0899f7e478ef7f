/** Fallbacks on a whole server: models that can't be opened or are too slow, and what usage says of all tries. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { startTestServer } from 'colloquy-testkit/server';
import { administer } from 'colloquy-testkit/tenants';
import { answer, refuse } from 'colloquy-testkit/upstream/scripted-upstream';

const options = { timeout: 60_000 };

interface Generation {
  readonly id: string;
  readonly status: string;
  readonly model: { readonly id: string };
  readonly requested_model_id: string;
  readonly error: { readonly code: string } | null;
  readonly cost: number | null;
}
interface Line {
  readonly group: string | null;
  readonly requests: { readonly total: number; readonly unknown: number };
  readonly prompt_tokens: { readonly total: number };
}

onBothStores('fallbacks of a whole server', async (engine) => {
  const server = await startTestServer(engine, { environment: { MODEL_MAX_RETRIES: '2' } });
  after(() => server[Symbol.asyncDispose]());
  const { url, upstream, server: running } = server;

  /** An organization of its own, with a key and a persona on this model. */
  async function tenant(first: object, spare: object = {}) {
    const { id: organizationId } = await administer<{ id: string }>(url, 'POST', '/organizations', {
      name: 'tries',
    });
    const base = `/organizations/${organizationId}`;
    const add = async (name: string, more: object): Promise<string> => {
      const settings = { name, provider: 'openai-compatible', model: name, context_window: 8000 };
      const body = { ...settings, base_url: `${upstream.url}/${name}/v1`, prices: { input: 1, output: 2 } };
      return (await administer<{ id: string }>(url, 'POST', `${base}/models`, { ...body, ...more })).id;
    };
    const spareId = await add('spare', spare);
    const firstId = await add('first', { fallbacks: [spareId], ...first });
    const { id: personaId } = await administer<{ id: number }>(url, 'POST', `${base}/personas`, {
      name: 'P',
      alias: 'answers',
    });
    await administer(url, 'PUT', `${base}/personas/${personaId}/next`, {
      system_prompt: 'Be.',
      model_id: firstId,
    });
    await administer(url, 'POST', `${base}/personas/${personaId}/submit`);
    const { id: keyId, key } = await administer<{ id: string; key: string }>(url, 'POST', `${base}/keys`, {
      name: 'k',
      type: 'prod',
      default_persona_id: personaId,
    });
    return {
      organizationId,
      base,
      firstId,
      spareId,
      keyId,
      async ask(): Promise<number> {
        const response = await fetch(`${url}/api/chat/completion`, {
          method: 'POST',
          headers: { 'x-api-key': key, 'content-type': 'application/json' },
          body: JSON.stringify({ message: 'Hi' }),
        });
        await response.text();
        return response.status;
      },
      async newest(): Promise<Generation> {
        const { data } = await administer<{ data: Generation[] }>(url, 'GET', `${base}/generations?limit=1`);
        assert.ok(data[0] !== undefined);
        return data[0];
      },
      async usage(groupBy: string): Promise<readonly Line[]> {
        return (await administer<{ data: Line[] }>(url, 'GET', `${base}/usage?group_by=${groupBy}`)).data;
      },
      async lastDay(id: string): Promise<object> {
        return (await administer<{ last_day: object }>(url, 'GET', `${base}/models/${id}`)).last_day;
      },
    };
  }

  /** What one turn of this tenant, which the spare model answered, has left. */
  async function assertAnsweredBySpare(t: Awaited<ReturnType<typeof tenant>>, failures: number) {
    const { status, model, requested_model_id } = await t.newest();
    assert.deepEqual([status, model.id, requested_model_id], ['done', t.spareId, t.firstId]);
    for (const groupBy of ['day', 'key', 'persona']) {
      const lines = await t.usage(groupBy);
      assert.deepEqual(
        lines.map(({ requests, prompt_tokens }) => [requests.total, requests.unknown, prompt_tokens.total]),
        [[1, 0, 10]],
        groupBy,
      );
    }
    const byModel = new Map((await t.usage('model')).map((line) => [line.group, line.requests.total]));
    assert.equal(byModel.get(t.spareId), 1);
    assert.equal(byModel.get(t.firstId) ?? 0, 0);
    assert.deepEqual(await t.lastDay(t.spareId), { calls: 1, errors: 0 });
    assert.deepEqual(await t.lastDay(t.firstId), { calls: failures, errors: failures });
  }

  test('a stored key that can not be read is a failure of its model', options, async () => {
    const t = await tenant({ api_key: 'sk-0123456789abcdef' });
    await running.store.execute('updateModel', {
      id: t.firstId,
      organizationId: t.organizationId,
      changes: { apiKeyEncrypted: 'v1.not.sealed' },
      byOperator: true,
      now: Date.now(),
    });
    upstream.script('spare', answer('Here'));
    assert.equal(await t.ask(), 200);
    await assertAnsweredBySpare(t, 0);
  });

  test('a model that is not in time is a failure', options, async () => {
    const t = await tenant({ timeouts: { first_token_ms: 50 } });
    upstream.script('first', { steps: [{ do: 'headers' }, { do: 'stall' }] });
    upstream.script('spare', answer('Here'));
    assert.equal(await t.ask(), 200);
    await assertAnsweredBySpare(t, 1);
  });

  for (const [what, refusal] of Object.entries({
    'too many requests for a while': refuse(429, { retryAfter: '90' }),
    'a model that is being loaded': {
      status: 503,
      headers: { 'retry-after': '90' },
      body: { error: { message: 'Loading model', type: 'unavailable_error', code: 503 } },
    },
  }))
    test(`${what} is not waited for where another model answers`, { timeout: 60_000 }, async () => {
      const t = await tenant({});
      upstream.script('first', refusal);
      upstream.script('spare', answer('Here'));
      assert.equal(await t.ask(), 200);
      await assertAnsweredBySpare(t, 1);
    });

  test('a short wait is waited for where no other model can be asked', options, async () => {
    const t = await tenant({}, { is_active: false });
    const busy = refuse(429, { retryAfter: '3' });
    upstream.enqueue(busy, answer('Now'));
    assert.equal(await t.ask(), 200);
    const { status, model } = await t.newest();
    assert.deepEqual([status, model.id], ['done', t.firstId]);
  });

  test('what fails in the end is one request, with the model that was asked last', options, async () => {
    const t = await tenant({});
    upstream.script('first', refuse(500));
    upstream.script('spare', refuse(400, { message: 'no' }));
    assert.notEqual(await t.ask(), 200);
    const { status, model } = await t.newest();
    assert.deepEqual([status, model.id], ['failed', t.spareId]);
    assert.deepEqual(
      (await t.usage('day')).map(({ requests }) => [requests.total, requests.unknown]),
      [[1, 1]],
    );
    assert.deepEqual(
      (await t.usage('model')).map(({ group, requests }) => [group, requests.total]).sort(),
      [
        [t.spareId, 1],
        [t.firstId, 0],
      ].sort(),
    );
    for (const id of [t.firstId, t.spareId]) assert.deepEqual(await t.lastDay(id), { calls: 1, errors: 1 });
  });
});
