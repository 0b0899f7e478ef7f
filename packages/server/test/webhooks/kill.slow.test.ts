/**
 * Servers are killed as soon as something has happened, and while they tell of it: every webhook is told nevertheless, of
 * each thing under one id, by whatever server comes next; on PostgreSQL also by one that ran beside it.
 */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { emptyPlace } from 'colloquy-testkit/place';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { spawnServer } from 'colloquy-testkit/server-process';
import { administer, makeTenant } from 'colloquy-testkit/tenants';
import { startScriptedUpstream } from 'colloquy-testkit/upstream/scripted-upstream';
import { startScriptedReceiver } from 'colloquy-testkit/web/scripted-receiver';

onBothStores('webhooks of servers that are killed', (engine) => {
  test('nothing is lost', { timeout: 120_000 }, async (t) => {
    const place = await emptyPlace(engine);
    await using upstream = await startScriptedUpstream();
    await using receiver = await startScriptedReceiver();
    const environment = serverEnvironment(place);
    let server = await spawnServer(environment);
    t.after(async () => {
      await server[Symbol.asyncDispose]();
      await rm(place.dataDir, { recursive: true, force: true });
    });
    const { organizationId, prodKey } = await makeTenant(server.url, upstream);
    const webhooks = `/organizations/${organizationId}/webhooks`;
    const { id } = await administer<{ id: string }>(server.url, 'POST', webhooks, {
      url: receiver.url,
      events: ['generation.completed'],
    });
    const ask = async (): Promise<string> => {
      const response = await fetch(`${server.url}/api/chat/completion`, {
        method: 'POST',
        headers: { 'x-api-key': prodKey, 'content-type': 'application/json' },
        body: JSON.stringify({ message: 'Hello' }),
      });
      assert.equal(response.status, 200, await response.clone().text());
      return ((await response.json()) as { message_id: string }).message_id;
    };
    const answers: string[] = [];
    const told = (): string[] => receiver.messages.map(({ body }) => body.data.message_id);

    // The answer is committed; the next look for what is due comes within a second.
    for (let round = 0; round < 3; round += 1) {
      for (let count = 0; count < 5; count += 1) answers.push(await ask());
      server.signal('SIGKILL');
      await server.exited;
      assert.ok(
        answers.some((answer) => !told().includes(answer)),
        'it was killed before it told of all',
      );
      server = await spawnServer(environment);
      while (answers.some((answer) => !told().includes(answer)))
        await receiver.received(receiver.messages.length + 1);
    }

    // The receiver has got it, and the server dies before it knows that.
    receiver.respond('hang');
    answers.push(await ask());
    while (!told().includes(answers.at(-1) ?? '')) await receiver.received(receiver.messages.length + 1);
    server.signal('SIGKILL');
    await server.exited;
    receiver.respond({ status: 200 });
    const before = receiver.messages.length;
    server = await spawnServer(environment);
    await receiver.received(before + 1);

    assert.deepEqual([...new Set(told())].sort(), answers.toSorted());
    const ids = Map.groupBy(receiver.messages, ({ body }) => body.data.message_id);
    for (const messages of ids.values())
      assert.equal(new Set(messages.map(({ headers }) => headers['webhook-id'])).size, 1);
    const { data } = await administer<{ data: { status: string; data: { message_id: string } }[] }>(
      server.url,
      'GET',
      `${webhooks}/${id}/deliveries`,
    );
    assert.deepEqual(data.map((one) => one.data.message_id).sort(), answers.toSorted());
  });
});
