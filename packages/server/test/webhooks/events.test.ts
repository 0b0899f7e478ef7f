/** What a whole server tells webhooks of: answers, deleted conversations, erased users, budgets; never a text. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { startTestServer } from 'colloquy-testkit/server';
import { administer } from 'colloquy-testkit/tenants';
import { answer, gate, refuse } from 'colloquy-testkit/upstream/scripted-upstream';
import { startScriptedReceiver } from 'colloquy-testkit/web/scripted-receiver';
import { Webhook } from 'standardwebhooks';
import { webhookEvents } from '../../src/domain/webhooks/webhook.ts';

interface Delivery {
  readonly id: string;
  readonly type: string;
  readonly status: string;
  readonly data: Readonly<Record<string, unknown>>;
}

onBothStores('events for webhooks', async (engine) => {
  const server = await startTestServer(engine);
  const receiver = await startScriptedReceiver();
  after(async () => {
    await receiver[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  const { url, upstream, organizationId, modelId, personaId } = server;
  const base = `/organizations/${organizationId}`;
  const webhook = await administer<{ id: string; secret: string }>(url, 'POST', `${base}/webhooks`, {
    url: receiver.url,
    events: webhookEvents,
  });
  let seen = 0;
  /** The next message, verified. */
  async function next() {
    seen += 1;
    const message = (await receiver.received(seen))[seen - 1];
    assert.ok(message);
    new Webhook(webhook.secret).verify(message.raw, message.headers as Record<string, string>);
    return message.body;
  }
  const deliveries = async (): Promise<readonly Delivery[]> =>
    (await administer<{ data: Delivery[] }>(url, 'GET', `${base}/webhooks/${webhook.id}/deliveries`)).data;

  // biome-ignore lint/suspicious/noExplicitAny: tests read the fields of answers.
  async function post(path: string, key: string, body: object): Promise<{ status: number; body: any }> {
    const response = await fetch(url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  }
  const ask = (key: string, more: object = {}) =>
    post('/api/chat/completion', key, { message: 'A very private question', ...more });
  const tokenOf = async (userId: string, key = server.prodKey): Promise<string> =>
    (await post('/api/chat/get_token', key, { user_id: userId })).body.token;
  const keyIds = new Map<string, string>();
  for (const { id, type } of (
    await administer<{ data: { id: string; type: string }[] }>(url, 'GET', `${base}/keys`)
  ).data)
    keyIds.set(type, id);

  test('an answer that is done, failed or cancelled', async () => {
    upstream.setDefault(answer('A very private answer'));
    const { body } = await ask(await tokenOf('ada'));
    const { type, data } = await next();
    assert.equal(type, 'generation.completed');
    const { conversation_id, generation_id, usage, cost, ...rest } = data;
    assert.deepEqual(rest, {
      organization_id: organizationId,
      environment: 'prod',
      session_id: body.session_id,
      message_id: body.message_id,
      model_id: modelId,
      persona_id: personaId,
      key_id: keyIds.get('prod'),
      user_id: 'ada',
      status: 'done',
    });
    assert.deepEqual(usage, body.usage);
    assert.ok(cost > 0);
    const stored = await server.server.store.reads
      .selectFrom('generation')
      .select(['id', 'conversation_id', 'cost'])
      .executeTakeFirstOrThrow();
    assert.deepEqual(
      [generation_id, conversation_id, cost],
      [stored.id, stored.conversation_id, stored.cost],
    );

    upstream.setDefault(refuse(400, { message: 'A very private reason' }));
    await ask(server.testKey);
    const failed = await next();
    assert.equal(failed.type, 'generation.failed');
    const { environment, status, code, user_id } = failed.data;
    assert.deepEqual([environment, status, code, user_id], ['test', 'failed', 'provider_error', undefined]);

    const held = gate();
    upstream.setDefault({ steps: [...(answer('Half').steps ?? []).slice(0, 2), held.step] });
    const streaming = await fetch(`${url}/api/chat/completion/stream`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.prodKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ message: 'Go on for ever' }),
    });
    const id = streaming.headers.get('content-location')?.split('/')[3] ?? '';
    await streaming.body?.cancel();
    await post(`/api/generations/${id}/cancel`, server.prodKey, {});
    held.release();
    const cancelled = await next();
    assert.deepEqual(
      [cancelled.type, cancelled.data.status, cancelled.data.generation_id],
      ['generation.completed', 'cancelled', id],
    );
    assert.doesNotMatch(receiver.messages.map(({ raw }) => raw).join(), /private|Half/);
  });

  test('a conversation that is deleted', async () => {
    const conversation = (await post('/chats/create', server.prodKey, { name: 'A very private title' })).body
      .id;
    const deleted = await fetch(
      `${url}/api/conversation/delete?org_id=${organizationId}&conversation_id=${conversation}`,
      {
        method: 'DELETE',
        headers: { authorization: `Bearer ${server.prodKey}` },
      },
    );
    assert.equal(deleted.status, 200, await deleted.text());
    const { type, data } = await next();
    assert.equal(type, 'conversation.deleted');
    assert.deepEqual(data, {
      organization_id: organizationId,
      environment: 'prod',
      conversation_id: conversation,
    });
  });

  test('an erased user: whoever is told knows whom, and nothing of them is left in the deliveries', async () => {
    upstream.setDefault(answer('Good'));
    await ask(await tokenOf('ada@example.com'));
    assert.equal((await next()).data.user_id, 'ada@example.com');
    receiver.respond({ status: 500 });
    const receipt = await administer<{ deleted: Record<string, number>; kept: string[] }>(
      url,
      'DELETE',
      `${base}/users?user_id=ada@example.com`,
    );
    assert.equal(receipt.deleted.webhook_deliveries, 1);
    assert.match(receipt.kept[0] ?? '', /webhooks/);
    const told = [await next(), await next()];
    assert.deepEqual(told.map(({ type }) => type).sort(), ['conversation.deleted', 'user.erased']);
    const { data } = told.find(({ type }) => type === 'user.erased');
    assert.deepEqual(data, {
      organization_id: organizationId,
      environment: 'prod',
      user_id: 'ada@example.com',
    });
    const erasures = async (): Promise<readonly Delivery[]> =>
      (await deliveries()).filter(({ type }) => type === 'user.erased');
    const [pending] = await erasures();
    assert.equal(pending?.status, 'pending');
    receiver.respond({ status: 200 });
    // Two attempts are waited for: each of the two deliveries.
    for (;;) {
      const [one] = await erasures();
      assert.ok(one);
      if (one.status === 'delivered') break;
      const resend = `${base}/webhooks/${webhook.id}/deliveries/${one.id}/resend`;
      await administer(url, 'POST', resend).catch(() => undefined);
      await receiver.received(seen + 1);
    }
    const raw = JSON.stringify(
      await server.server.store.reads
        .selectFrom('webhook_delivery')
        .select(['data', 'end_user_id'])
        .execute(),
    );
    assert.doesNotMatch(raw, /ada@example/);
    const [done] = await erasures();
    const refused = await fetch(
      `${url}/api/admin${base}/webhooks/${webhook.id}/deliveries/${done?.id}/resend`,
      { method: 'POST', headers: { authorization: 'Bearer sk_admin_0123456789abcdef0123456789abcdef' } },
    );
    assert.equal(refused.status, 409);
    assert.match(await refused.text(), /whom it named was erased/);
  });

  test('a budget: once a month and subject, when it is spent and when a call is refused for it', async () => {
    await administer(url, 'PATCH', `${base}/webhooks/${webhook.id}`, { events: ['budget.reached'] });
    const budgets = async (): Promise<readonly Delivery[]> =>
      (await deliveries()).filter(({ type }) => type === 'budget.reached');
    // A million tokens cost 1 and 2: this answer costs 21, since its provider says so.
    upstream.setDefault({
      steps: [
        { do: 'tokens', tokens: ['Dear'] },
        { do: 'finish' },
        { do: 'usage', promptTokens: 1_000_000, completionTokens: 10_000_000 },
        { do: 'end' },
      ],
    });
    const key = async (limits: object) =>
      await administer<{ id: string; key: string }>(url, 'POST', `${base}/keys`, {
        name: 'budget',
        type: 'prod',
        default_persona_id: personaId,
        ...limits,
      });
    const spender = await key({ limits: { budget_per_month: 20 } });
    assert.equal((await ask(spender.key, { max_tokens: 5 })).status, 200);
    for (let calls = 0; calls < 3; calls += 1)
      assert.equal((await ask(spender.key, { max_tokens: 5 })).status, 429);
    const ofSpender = await budgets();
    assert.deepEqual(
      ofSpender.map(({ data }) => data),
      [{ organization_id: organizationId, environment: 'prod', key_id: spender.id, cost: 21 }],
    );

    const refused = await key({ limits: { budget_per_month: 0.000_001 } });
    for (let calls = 0; calls < 3; calls += 1)
      assert.equal((await ask(refused.key, { max_tokens: 5 })).status, 429);
    assert.deepEqual(
      (await budgets()).slice(0, -1).map(({ data }) => data),
      [{ organization_id: organizationId, environment: 'prod', key_id: refused.id, cost: 0 }],
    );

    const ofUsers = await key({ end_user_limits: { budget_per_month: 15 } });
    const token = await tokenOf('spender', ofUsers.key);
    assert.equal((await ask(token, { max_tokens: 5 })).status, 200);
    await administer(url, 'PATCH', `${base}/settings`, { limits: { budget_per_month: 50 } });
    assert.equal((await ask(server.testKey, { max_tokens: 5 })).status, 200);
    const [ofOrganization, ofUser, ...earlier] = await budgets();
    assert.deepEqual(ofUser?.data, {
      organization_id: organizationId,
      environment: 'prod',
      user_id: 'spender',
      cost: 21,
    });
    const { cost, ...organization } = ofOrganization?.data ?? {};
    assert.deepEqual(organization, { organization_id: organizationId, environment: 'test' });
    assert.ok(Number(cost) > 63 && Number(cost) < 64, String(cost));
    assert.equal(earlier.length, 2);
    await administer(url, 'PATCH', `${base}/settings`, { limits: {} });
  });
});
