/** What is sent to webhooks, what is tried again, and that no receiver holds up another one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import type { ReceivedMessage } from 'colloquy-testkit/web/scripted-receiver';
import { writeDirectly } from 'colloquy-testkit/write-directly';
import { Webhook } from 'standardwebhooks';
import { conversationScope } from '../../src/auth/scopes.ts';
import { createIdSource, isUuid, newId } from '../../src/domain/ids.ts';
import { tidy } from '../../src/store/housekeeping.ts';
import { startSenderHarness } from './senders.ts';

/** @throws WebhookVerificationError */
function verify({ raw, headers }: ReceivedMessage, secret: string): unknown {
  return new Webhook(secret).verify(raw, headers as Record<string, string>);
}

onBothStores('the sender of webhooks', (engine) => {
  test('a message is what Standard Webhooks has, and is delivered once', async () => {
    await using harness = await startSenderHarness(engine);
    const { receiver, organizationId } = harness;
    const webhook = await harness.webhook();
    await harness.webhook({ events: ['generation.failed'], url: `${receiver.url}/other` });
    const others = await harness.newOrganization();
    const before = Date.now();
    const conversationId = await harness.happen();
    await harness.happen(others);
    harness.start();
    const [message] = await receiver.received(1);
    assert.ok(message);
    const { timestamp, ...rest } = message.body;
    assert.deepEqual(rest, {
      type: 'conversation.deleted',
      data: { organization_id: organizationId, environment: 'prod', conversation_id: conversationId },
    });
    assert.ok(Math.abs(Date.parse(timestamp) - before) < 5000);
    assert.deepEqual(verify(message, webhook.secret), message.body);
    assert.throws(() => verify({ ...message, raw: `${message.raw} ` }, webhook.secret), /signature/);
    assert.match(String(message.headers['content-type']), /^application\/json$/);
    const [attempt] = await harness.attempted(1);
    assert.deepEqual([attempt?.outcome, attempt?.attempt, attempt?.status], ['delivered', 1, 204]);
    const [delivery, ...more] = await webhook.deliveries();
    assert.deepEqual(more, []);
    assert.ok(delivery && isUuid(delivery.id) && delivery.id[14] === '7', delivery?.id);
    assert.equal(message.headers['webhook-id'], `msg_${delivery.id.replaceAll('-', '')}`);
    assert.deepEqual(
      [delivery.status, delivery.attempts, delivery.responseStatus, delivery.nextAt, delivery.error],
      ['delivered', 1, 204, null, null],
    );
    await harness.makeDue();
    await harness.happen();
    await receiver.received(2);
    assert.equal(receiver.messages.length, 2);
  });

  test('a conversation that goes by itself, as those that are not stored for good, is not told of', async () => {
    await using harness = await startSenderHarness(engine);
    const webhook = await harness.webhook();
    const { place, organizationId } = harness;
    const { store } = place;
    const [scope, id] = [conversationScope(organizationId, 'prod'), newId()];
    await store.execute('createConversation', { scope, id, title: 'Hi', isArchived: false, now: 1 });
    await writeDirectly(
      place,
      store.reads.updateTable('conversation').set({ expires_at: 1 }).where('id', '=', id).compile(),
      store.reads.deleteFrom('conversation').where('id', '=', id).compile(),
    );
    assert.deepEqual(await webhook.deliveries(), []);
    await harness.happen();
    assert.equal((await webhook.deliveries()).length, 1);
  });

  test('housekeeping: what is old goes, what a deleted webhook left, and after a day whom an erasure named', async () => {
    await using harness = await startSenderHarness(engine);
    const { place, organizationId } = harness;
    const { store } = place;
    const webhook = await harness.webhook({ events: ['user.erased', 'conversation.deleted'] });
    const user = { id: newId(), organizationId, environment: 'prod', externalId: 'ada', now: 1 } as const;
    await store.execute('ensureEndUser', user);
    await store.execute('eraseEndUsers', { organizationId, endUserIds: [user.id], now: 1 });
    const tidyUp = () => tidy({ store, auditDays: 400 });
    const [told] = await webhook.deliveries();
    assert.deepEqual(told?.data, { environment: 'prod', user_id: 'ada' });
    await tidyUp();
    assert.deepEqual(await webhook.deliveries(), [told]);
    const earlier = Date.now() - 24.1 * 3_600_000;
    await writeDirectly(
      place,
      store.reads.updateTable('webhook_delivery').set({ created_at: earlier }).compile(),
    );
    await tidyUp();
    const [kept] = await webhook.deliveries();
    assert.deepEqual([kept?.status, kept?.nextAt, kept?.data], ['failed', null, { environment: 'prod' }]);

    const old = createIdSource(() => Date.now() - 8 * 86_400_000)();
    await writeDirectly(place, store.reads.updateTable('webhook_delivery').set({ id: old }).compile());
    await harness.happen();
    await tidyUp();
    assert.deepEqual(
      (await webhook.deliveries()).map(({ type }) => type),
      ['conversation.deleted'],
    );
    await store.execute('deleteWebhook', { organizationId, id: webhook.id });
    assert.equal((await webhook.deliveries()).length, 1);
    await tidyUp();
    assert.equal((await webhook.deliveries()).length, 0);
    assert.deepEqual(await store.reads.selectFrom('deleted_webhook').selectAll().execute(), []);
  });

  test('500, then 200: the same message again, later', async () => {
    await using harness = await startSenderHarness(engine);
    const { receiver } = harness;
    receiver.respond({ status: 500 });
    const webhook = await harness.webhook();
    await harness.happen();
    harness.start({ random: () => 0.5 });
    await harness.attempted(1);
    const [waiting] = await webhook.deliveries();
    assert.deepEqual(
      [waiting?.status, waiting?.responseStatus, waiting?.error],
      ['pending', 500, 'the receiver answered 500'],
    );
    const wait = (waiting?.nextAt ?? 0) - (waiting?.lastAttemptAt ?? 0);
    assert.ok(wait >= 5000 && wait < 15_000, String(wait));
    assert.ok((await webhook.record()).failingSince !== null);
    receiver.respond({ status: 200 });
    await harness.makeDue();
    const [, second] = await harness.attempted(2);
    assert.deepEqual([second?.outcome, second?.attempt], ['delivered', 2]);
    const [one, other] = receiver.messages as [ReceivedMessage, ReceivedMessage];
    assert.equal(one.headers['webhook-id'], other.headers['webhook-id']);
    assert.equal(one.raw, other.raw);
    for (const message of [one, other]) verify(message, webhook.secret);
    assert.equal((await webhook.record()).failingSince, null);
  });

  test('a delivery is given up after nine attempts, and sent again by hand', async () => {
    await using harness = await startSenderHarness(engine);
    const { receiver, organizationId } = harness;
    receiver.respond({ status: 500 });
    const webhook = await harness.webhook();
    await harness.happen();
    harness.start({ random: () => 0.5 });
    for (let attempt = 1; attempt < 9; attempt += 1) {
      await harness.attempted(attempt);
      await harness.makeDue();
    }
    const attempts = await harness.attempted(9);
    assert.deepEqual(
      attempts.map(({ retryInMs }) => retryInMs && Math.round(retryInMs / 1000)),
      [5, 30, 120, 600, 3600, 10_800, 21_600, 43_200, null],
    );
    assert.equal(attempts[8]?.outcome, 'failed');
    const [given] = await webhook.deliveries();
    assert.deepEqual([given?.status, given?.nextAt], ['failed', null]);
    receiver.respond({ status: 200 });
    const resend = { organizationId, webhookId: webhook.id, id: given?.id ?? '' };
    await harness.place.store.execute('resendDelivery', resend);
    assert.equal((await harness.attempted(10))[9]?.outcome, 'delivered');
    const ids = new Set(receiver.messages.map(({ headers }) => headers['webhook-id']));
    assert.equal(ids.size, 1);
    assert.equal((await webhook.deliveries())[0]?.status, 'delivered');
  });

  test('redirects are not followed', async () => {
    await using harness = await startSenderHarness(engine);
    const { receiver } = harness;
    receiver.respond({ status: 307, headers: { location: `${receiver.url}/elsewhere` } });
    await harness.webhook({ url: `${receiver.url}/here` });
    await harness.happen();
    harness.start();
    const [attempt] = await harness.attempted(1);
    assert.deepEqual([attempt?.outcome, attempt?.status], ['retried', 307]);
    assert.match(attempt?.error ?? '', /redirects are not followed/);
    assert.deepEqual(
      receiver.messages.map(({ path }) => path),
      ['/here'],
    );
  });

  test('410 makes the webhook inactive, which is in the audit trail; other events are not kept for it', async () => {
    await using harness = await startSenderHarness(engine);
    const { receiver, place } = harness;
    receiver.respond({ status: 410 });
    const webhook = await harness.webhook();
    await harness.happen();
    harness.start();
    assert.equal((await harness.attempted(1))[0]?.outcome, 'gone');
    const { isActive, goneAt } = await webhook.record();
    assert.deepEqual([isActive, goneAt !== null], [false, true]);
    await harness.happen();
    assert.equal((await webhook.deliveries()).length, 1);
    const entries = await place.store.reads
      .selectFrom('audit')
      .select(['action', 'subject_id', 'actor_kind', 'values_after'])
      .execute();
    assert.deepEqual(
      entries.map((entry) => ({ ...entry })),
      [
        {
          action: 'webhook.disable',
          subject_id: webhook.id,
          actor_kind: 'server',
          values_after: '{"is_active":false}',
        },
      ],
    );
  });

  test('a receiver that asks to wait is left alone for as long', async () => {
    for (const status of [429, 503]) {
      await using harness = await startSenderHarness(engine);
      harness.receiver.respond({ status, headers: { 'retry-after': '3600' } });
      const webhook = await harness.webhook();
      await harness.happen();
      harness.start();
      const [attempt] = await harness.attempted(1);
      assert.equal(attempt?.retryInMs, 3_600_000);
      await harness.happen();
      const [young, old] = await webhook.deliveries();
      assert.ok((old?.nextAt ?? 0) - (old?.lastAttemptAt ?? 0) >= 3_600_000);
      // What is new waits too.
      const { place } = harness;
      const claim = { webhookId: webhook.id, limit: 4, leaseMs: 1000 };
      assert.equal(young?.attempts, 0);
      assert.equal(await place.store.execute('claimDeliveries', claim), null);
    }
  });

  test('a receiver that hangs delays nobody else, and is asked for one thing at a time after three failures', async () => {
    await using harness = await startSenderHarness(engine);
    const { receiver } = harness;
    const slow = `${receiver.url}/slow`;
    receiver.respond(({ path }) => (path === '/slow' ? 'hang' : { status: 200 }));
    const hanging = await harness.webhook({ url: slow });
    for (let one = 0; one < 12; one += 1) await harness.happen();
    const others = await harness.newOrganization();
    await harness.webhook({ organizationId: others });
    const sender = harness.start({ timeoutMs: 1500 });
    const slowOnes = () => receiver.messages.filter(({ path }) => path === '/slow').length;
    await receiver.received(4);
    assert.equal(slowOnes(), 4);
    for (let one = 0; one < 8; one += 1) await harness.happen(others);
    await receiver.received(12);
    // None of the attempts that hang has ended by now, and no more of them were begun.
    assert.equal(slowOnes(), 4);
    assert.equal(harness.attempts.filter(({ webhookId }) => webhookId === hanging.id).length, 0);
    const attempts = await harness.attempted(12);
    const late = attempts.filter(({ webhookId }) => webhookId === hanging.id);
    assert.equal(late.length, 4);
    for (const { error, status } of late)
      assert.deepEqual([error, status], ['there was no answer within 1.5 seconds', null]);
    await sender[Symbol.asyncDispose]();
    await harness.makeDue();
    const claim = { webhookId: hanging.id, limit: 4, leaseMs: 10_000 };
    const { store } = harness.place;
    assert.equal((await store.execute('claimDeliveries', claim))?.deliveries.length, 1);
    assert.equal(await store.execute('claimDeliveries', claim), null);
  });

  test('a private address is refused when it is connected to, unless the operator wrote it', async () => {
    await using harness = await startSenderHarness(engine);
    await harness.webhook({ byOperator: false });
    await harness.happen();
    harness.start();
    const [attempt] = await harness.attempted(1);
    assert.equal(attempt?.outcome, 'retried');
    assert.match(attempt?.error ?? '', /^the receiver can't be reached: its address is not public/);
    assert.equal(harness.receiver.messages.length, 0);
  });

  test('a secret that can’t be opened is told, and nothing is sent', async () => {
    await using harness = await startSenderHarness(engine);
    await harness.webhook();
    await harness.happen();
    harness.start({
      openSecret() {
        throw new Error('another secret');
      },
    });
    const [attempt] = await harness.attempted(1);
    assert.match(attempt?.error ?? '', /COLLOQUY_SECRET/);
    assert.equal(harness.receiver.messages.length, 0);
    assert.equal(harness.errors.length, 1);
  });

  test('several senders on one store send each thing once; one that stops gives back what it has begun', async () => {
    await using harness = await startSenderHarness(engine);
    const { receiver } = harness;
    const webhook = await harness.webhook();
    for (let one = 0; one < 40; one += 1) await harness.happen();
    const senders = [harness.start(), harness.start(), harness.start()];
    await harness.attempted(40);
    const ids = receiver.messages.map(({ headers }) => headers['webhook-id']);
    assert.deepEqual([ids.length, new Set(ids).size], [40, 40]);
    for (const sender of senders) await sender[Symbol.asyncDispose]();

    receiver.respond('hang');
    await harness.happen();
    const stopping = harness.start();
    await receiver.received(41);
    await stopping[Symbol.asyncDispose]();
    const [released] = await webhook.deliveries();
    assert.deepEqual([released?.status, released?.attempts], ['pending', 0]);
    receiver.respond({ status: 200 });
    harness.start();
    await receiver.received(42);
    assert.equal(receiver.messages[40]?.headers['webhook-id'], receiver.messages[41]?.headers['webhook-id']);
  });

  test('what a server that died had begun is sent again once its lease is over', async () => {
    await using harness = await startSenderHarness(engine);
    const webhook = await harness.webhook();
    await harness.happen();
    const { store } = harness.place;
    const claim = { webhookId: webhook.id, limit: 4, leaseMs: 300 };
    const claimed = await store.execute('claimDeliveries', claim);
    assert.equal(claimed?.deliveries.length, 1);
    assert.equal(await store.execute('claimDeliveries', claim), null);
    harness.start();
    const [attempt] = await harness.attempted(1);
    assert.deepEqual([attempt?.attempt, attempt?.outcome], [2, 'delivered']);
    // The one that was thought dead comes back: its word does not count any more.
    const id = claimed?.deliveries[0]?.id ?? '';
    const outcome = {
      kind: 'failed',
      responseStatus: 500,
      error: 'late',
      retryInMs: 1,
      retryAfterMs: 0,
    } as const;
    await store.execute('settleDelivery', {
      webhookId: webhook.id,
      id,
      attempt: 1,
      outcome: { ...outcome, isGone: false },
    });
    assert.equal((await webhook.deliveries())[0]?.status, 'delivered');
  });
});
