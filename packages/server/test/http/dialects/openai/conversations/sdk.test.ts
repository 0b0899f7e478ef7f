/** npm's `openai`, as it is, against the server: conversations and their items. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import OpenAI from 'openai';
import { startTestApp } from '../../../http-app.ts';

onBothStores('conversations by the SDK', async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const { upstream } = app.harness;
  const client = new OpenAI({ apiKey: app.prodKey, baseURL: `${app.url}/v1`, maxRetries: 0 });

  const said = (items: readonly OpenAI.Conversations.ConversationItem[]) =>
    items.map((item) =>
      item.type === 'message'
        ? item.content.map((part) => ('text' in part ? part.text : '')).join('')
        : item.type,
    );

  test('begun with items, answered, added to, read in pages, deleted', async () => {
    const conversation = await client.conversations.create({
      metadata: { topic: 'weather' },
      items: [
        { type: 'message', role: 'developer', content: 'Be kind.' },
        { type: 'message', role: 'user', content: 'Hi' },
      ],
    });
    assert.deepEqual(await client.conversations.retrieve(conversation.id), conversation);
    const changed = await client.conversations.update(conversation.id, { metadata: { topic: 'snow' } });
    assert.deepEqual(changed.metadata, { topic: 'snow' });
    upstream.enqueue(answer('Hello'), answer('More of it'));
    // The last message waits for an answer.
    const first = await client.responses.create({ conversation: conversation.id });
    assert.equal(first.output_text, 'Hello');
    const sent = upstream.requests.at(-1)?.body?.messages ?? [];
    assert.deepEqual(
      sent.map(({ content }) => content),
      ['Be a test.\n\nBe kind.', 'Hi'],
    );
    const added = await client.conversations.items.create(conversation.id, {
      items: [
        { role: 'user', content: 'Go' },
        { role: 'assistant', content: 'Gone' },
      ] as never,
    });
    assert.deepEqual(said(added.data), ['Go', 'Gone']);
    const second = await client.responses.create({ conversation: { id: conversation.id }, input: 'On' });
    assert.equal(second.output_text, 'More of it');
    const expected = ['Be kind.', 'Hi', 'Hello', 'Go', 'Gone', 'On', 'More of it'];
    for (const order of ['asc', 'desc'] as const) {
      const items = [];
      for await (const item of client.conversations.items.list(conversation.id, { limit: 2, order }))
        items.push(item);
      assert.deepEqual(said(items), order === 'asc' ? expected : expected.toReversed());
    }
    const [newest] = (await client.conversations.items.list(conversation.id)).data;
    assert.ok(newest?.id != null);
    const one = await client.conversations.items.retrieve(newest.id, { conversation_id: conversation.id });
    assert.deepEqual(one, newest);
    await client.conversations.items.delete(newest.id, { conversation_id: conversation.id });
    const gone = client.conversations.items.retrieve(newest.id, { conversation_id: conversation.id });
    await assert.rejects(gone, { status: 404 });
    const uuid = conversation.id.slice(5).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    const listed = await app.call(`/conversations/?chat_id=${uuid}`, { key: app.prodKey });
    assert.deepEqual(
      listed.body.map(({ message }: { message: string }) => message),
      ['Hi', 'Hello', 'Go', 'Gone', 'On'],
    );
    await client.conversations.delete(conversation.id);
    await assert.rejects(client.conversations.retrieve(conversation.id), { status: 404 });
  });

  test('nobody has named it, so that a model may', async () => {
    const { id } = await client.conversations.create();
    const row = await app.harness.place.store.reads
      .selectFrom('conversation')
      .select(['title', 'title_source'])
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .executeTakeFirstOrThrow();
    assert.match(id, /^conv_/);
    assert.deepEqual({ ...row }, { title: 'New conversation', title_source: 'automatic' });
  });

  test('what is wrong is named', async () => {
    const { id } = await client.conversations.create();
    for (const [body, param] of [
      [{ items: [] }, 'items'],
      [{ items: [{ role: 'robot', content: 'Hi' }] }, 'items[0].role'],
      [{ items: [{ type: 'item_reference', id: 'msg_1' }] }, 'items[0]'],
    ] as const)
      await assert.rejects(client.conversations.items.create(id, body as never), { status: 400, param });
    const after = `msg_${'0'.repeat(34)}`;
    await assert.rejects(client.conversations.items.list(id, { after }), { status: 400, param: 'after' });
  });
});
