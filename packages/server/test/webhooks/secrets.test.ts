/** The secrets of webhooks outlive a rotation of the server's secret; where that is lost, webhooks go and are named. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { administer } from 'colloquy-testkit/tenants';
import { startScriptedReceiver } from 'colloquy-testkit/web/scripted-receiver';
import { Webhook } from 'standardwebhooks';
import { conversationScope } from '../../src/auth/scopes.ts';
import { newId } from '../../src/domain/ids.ts';
import { oneSecret } from '../../src/domain/secrets/secret-ring.ts';
import { resetSecret } from '../../src/reset-secret.ts';
import type { RunningServer } from '../../src/server.ts';
import { configIn, makeSealedTenant, makeWorld, rotate } from '../auth/secrets/servers.ts';

/** Makes news in an organization: a conversation that is deleted. */
async function happen({ store }: RunningServer, organizationId: string): Promise<void> {
  const [scope, id, now] = [conversationScope(organizationId, 'prod'), newId(), Date.now()];
  await store.execute('createConversation', { scope, id, title: 'Private', isArchived: false, now });
  await store.execute('deleteConversation', { scope, id, now });
}

onBothStores('secrets of webhooks', (engine) => {
  test('they are sealed anew, and sign as before', async (t) => {
    const world = await makeWorld(t, engine);
    await using receiver = await startScriptedReceiver();
    let server = await world.start();
    const { organizationId } = await makeSealedTenant(server.url, world.upstream);
    const webhooks = `/organizations/${organizationId}/webhooks`;
    const settings = { url: receiver.url, events: ['conversation.deleted'] };
    const { id, secret } = await administer<{ id: string; secret: string }>(
      server.url,
      'POST',
      webhooks,
      settings,
    );
    const check = async (count: number): Promise<void> => {
      await happen(server, organizationId);
      const message = (await receiver.received(count))[count - 1];
      assert.ok(message);
      new Webhook(secret).verify(message.raw, message.headers as Record<string, string>);
    };
    await check(1);
    const { status, body } = await rotate(server.url, { end_tokens: true });
    assert.deepEqual([status, body.webhooks, body.unreadable_webhooks], [200, 1, []]);
    await check(2);
    // The earlier secret is forgotten.
    await server[Symbol.asyncDispose]();
    server = await world.start();
    await check(3);

    await server[Symbol.asyncDispose]();
    await rm(join(world.place.dataDir, 'secret'));
    const { webhooks: lost } = await resetSecret(configIn(world.place));
    assert.deepEqual(lost, { changed: 1, unreadable: [{ id, organizationId, url: receiver.url }] });
    await using started = await world.start();
    const { data } = await administer<{ data: unknown[] }>(started.url, 'GET', webhooks);
    assert.deepEqual(data, []);
    await happen(started, organizationId);
    assert.equal(receiver.messages.length, 3);
  });

  test('none is stored under a secret that was replaced meanwhile', async (t) => {
    const world = await makeWorld(t, engine);
    await using server = await world.start();
    const { organizationId } = await makeSealedTenant(server.url, world.upstream);
    const { ring } = oneSecret('a secret of another server');
    const id = newId();
    const webhook = {
      id,
      organizationId,
      url: 'https://hooks.example.com/',
      events: ['user.erased'],
      description: null,
      secretEncrypted: ring.seal('whsec_', id),
      sealedBy: ring.fingerprints,
      byOperator: true,
      createdBy: null,
      now: Date.now(),
    } as const;
    await assert.rejects(server.store.execute('createWebhook', webhook), { code: 'conflict' });
  });
});
