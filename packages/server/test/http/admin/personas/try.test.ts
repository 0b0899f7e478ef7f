/** Versions of a persona are asked without storing anything: which one answers, what it costs, who may, and when it stops. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openStream } from 'colloquy-testkit/event-stream';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { startTestServer } from 'colloquy-testkit/server';
import { administer, adminKey } from 'colloquy-testkit/tenants';
import { answer, refuse } from 'colloquy-testkit/upstream/scripted-upstream';

interface Event {
  readonly type: string;
  readonly text?: string;
  readonly [field: string]: unknown;
}

const asked = (content: string) => [{ role: 'user', content }];

onBothStores('trying personas', async (engine) => {
  const server = await startTestServer(engine);
  after(() => server[Symbol.asyncDispose]());
  const { url, organizationId, personaId, modelId, upstream } = server;
  const base = `/organizations/${organizationId}`;
  await administer(url, 'PUT', `${base}/personas/${personaId}/next`, {
    system_prompt: 'Be brief.',
    model_id: modelId,
    temperature: 0.5,
    note: 'draft',
  });

  const open = (body: unknown, key = adminKey, id = personaId) =>
    openStream({
      url: `${url}/api/admin${base}/personas/${id}/try`,
      body,
      headers: { authorization: `Bearer ${key}` },
    });
  const ask = async (body: unknown, key = adminKey) => {
    const stream = await open(body, key);
    await stream.closed;
    assert.equal(stream.status, 200, stream.body());
    const events = stream.frames.map(({ data }) => JSON.parse(data) as Event);
    return { events, text: events.map(({ text = '' }) => text).join(''), last: events.at(-1) };
  };
  const refused = async (body: unknown, key = adminKey, id = personaId) => {
    const stream = await open(body, key, id);
    await stream.closed;
    return { status: stream.status, ...(JSON.parse(stream.body()) as { field?: string; error: string }) };
  };
  const key = async (more: object) =>
    await administer<{ id: string; key: string }>(url, 'POST', `${base}/keys`, { type: 'admin', ...more });

  test('the version that is asked for answers, with its tokens, cost and times, and nothing stays', async () => {
    const usage = { promptTokens: 1000, completionTokens: 500 };
    for (const [version, prompt, number] of [
      ['active', 'Be helpful.', 1],
      ['next', 'Be brief.', 2],
      [1, 'Be helpful.', 1],
      [2, 'Be brief.', 2],
    ] as const) {
      upstream.enqueue(answer('As you like it', { usage }));
      const { events, text, last } = await ask({ version, messages: asked('How?') });
      assert.equal(text, 'As you like it');
      assert.deepEqual(events[0]?.persona, { id: personaId, version: number });
      const {
        usage: counted,
        cost,
        ttft_ms,
        duration_ms,
      } = last as Event & { usage: { total_tokens: number } };
      assert.deepEqual([last?.type, counted.total_tokens, cost], ['done', 1500, 0.002]);
      assert.ok(Number(ttft_ms) >= 0 && Number(duration_ms) >= Number(ttft_ms));
      const { messages = [], temperature } = upstream.requests.at(-1)?.body ?? {};
      assert.deepEqual(
        messages.map(({ role, content }) => [role, content]),
        [
          ['system', prompt],
          ['user', 'How?'],
        ],
      );
      assert.equal(temperature, number === 2 ? 0.5 : undefined);
    }
    const listed = await administer<{ data: unknown[] }>(url, 'GET', `${base}/conversations`);
    assert.deepEqual(listed.data, []);
  });

  test('earlier turns are sent as they were said', async () => {
    const messages = [...asked('One'), { role: 'assistant', content: 'Two' }, ...asked('Three')];
    const { text } = await ask({ version: 'next', messages });
    assert.notEqual(text, '');
    assert.deepEqual(
      upstream.requests.at(-1)?.body?.messages?.map(({ role, content }) => `${role}: ${content}`),
      ['system: Be brief.', 'user: One', 'assistant: Two', 'user: Three'],
    );
  });

  test('a failure of the model is told in the stream', async () => {
    upstream.enqueue(refuse(400, { message: 'rule 7 forbids it' }));
    const { last } = await ask({ version: 'active', messages: asked('Hi') });
    assert.equal(last?.type, 'error');
    assert.match(String(last?.message), /rule 7 forbids it/);
  });

  test('who hangs up cancels it', async () => {
    upstream.enqueue({ steps: [{ do: 'tokens', tokens: ['Well', ', '] }, { do: 'stall' }] });
    const index = upstream.requests.length;
    const stream = await open({ version: 'active', messages: asked('Go on') });
    await stream.until(() => stream.body().includes('Well'));
    stream.destroy();
    assert.equal(await (await upstream.request(index)).closed, 'aborted');
  });

  test('it is the usage of who asks, in the test environment', async () => {
    const spender = await key({ name: 'Spender' });
    upstream.enqueue(answer('Well', { usage: { promptTokens: 1000, completionTokens: 500 } }));
    await ask({ version: 'active', messages: asked('Spend') }, spender.key);
    const { data } = await administer<{
      data: { groups: { id: string | null }[]; cost: { total: number }; requests: { total: number } }[];
    }>(url, 'GET', `${base}/usage?group_by=key,environment`);
    const lines = data.map(({ groups, cost, requests }) => ({
      groups: groups.map(({ id }) => id),
      cost: cost.total,
      calls: requests.total,
    }));
    assert.deepEqual(
      lines.find(({ groups }) => groups[0] === spender.id),
      { groups: [spender.id, 'test'], cost: 0.002, calls: 1 },
    );
    assert.ok(lines.every(({ groups }) => groups[1] === 'test'));
  });

  test('the limits of the key and of the organization hold, for the operator too', async () => {
    const limited = await key({ name: 'Limited', limits: { writes_per_minute: 1 } });
    const body = { version: 'active', messages: asked('Hi') };
    await ask(body, limited.key);
    assert.equal((await refused(body, limited.key)).status, 429);
    const other = await key({ name: 'Other' });
    for (const limits of [{ budget_per_month: 0.000_001 }, { requests_per_minute: 1 }]) {
      await administer(url, 'PATCH', `${base}/settings`, { limits });
      if ('requests_per_minute' in limits) await ask(body);
      assert.equal((await refused(body)).status, 429);
      assert.equal((await refused(body, other.key)).status, 429);
    }
    await administer(url, 'PATCH', `${base}/settings`, { limits: {} });
    await ask(body);
  });

  test('what can not be asked is refused by its name', async () => {
    const hi = asked('Hi');
    const two = [...hi, { role: 'assistant', content: 'Yes' }];
    for (const [body, field] of [
      [{ messages: hi }, 'version'],
      [{ version: 'past', messages: hi }, 'version'],
      [{ version: 0, messages: hi }, 'version'],
      [{ version: 'next' }, 'messages'],
      [{ version: 'next', messages: [] }, 'messages'],
      [{ version: 'next', messages: two }, 'messages'],
      [{ version: 'next', messages: [...hi, ...hi] }, 'messages.1.role'],
      [{ version: 'next', messages: asked(' ') }, 'messages.0.content'],
      [{ version: 'next', messages: [...two, ...two, ...two, ...two, ...two, ...hi] }, 'messages'],
      [{ version: 'next', messages: [{ role: 'system', content: 'x' }] }, 'messages.0.role'],
    ] as const) {
      const { status, field: named } = await refused(body);
      assert.deepEqual([status, named], [400, field]);
    }
    const missing = [
      await refused({ version: 7, messages: hi }),
      await refused({ version: 'next', messages: hi }, adminKey, 99_999),
    ];
    const bare = await administer<{ id: number }>(url, 'POST', `${base}/personas`, {
      name: 'x',
      alias: 'bare',
    });
    missing.push(await refused({ version: 'active', messages: hi }, adminKey, bare.id));
    assert.deepEqual(
      missing.map(({ status, error }) => [status, error]),
      [
        [404, 'version 7 of the persona not found'],
        [404, 'persona not found'],
        [404, 'an active version of the persona not found'],
      ],
    );
  });
});
