/** Pages of long messages end at 4 MiB and lose none; whole lists of them are whole. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import { readMessages } from '../../../../src/store/queries/messages.ts';
import { maxPageBytes } from '../../../../src/store/queries/page.ts';
import { insertMessages } from '../../../generation/insert-message.ts';
import { startTestApp } from '../../http-app.ts';

interface Page {
  readonly messages: readonly { readonly id: string; readonly content: string; readonly sources: unknown }[];
  readonly total: number;
  readonly limit: number;
  readonly offset: number;
  readonly has_more: boolean;
  readonly next_offset: number | null;
}

onBothStores('pages of long messages', async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const { scope, modelId, upstream, place } = app.harness;
  const key = app.prodKey;

  /** A conversation of one turn and these messages behind it; gives its id and all texts. */
  async function conversation(texts: readonly string[]): Promise<{ id: string; texts: string[] }> {
    const org = `org_id=${scope.organizationId}`;
    const made = await app.call(`/api/conversation/create?${org}`, { key, body: { title: 'Long' } });
    const id: string = made.body.id;
    const session = await app.call(`/api/conversation/create_session?${org}`, {
      key,
      body: { conversation_id: id, model_id: modelId },
    });
    upstream.enqueue(answer('Yes?'));
    const reading = await app.stream(`/api/conversation/stream_chat?${org}`, {
      key,
      body: { chat_session_id: session.body.id, message: 'Listen' },
    });
    await reading.ended;
    const [, answered] = await readMessages(place.store.reads, id, 0);
    const parent = answered?.id ?? assert.fail('no answer');
    await insertMessages(
      place,
      parent,
      texts.map((text, index) => ({ parent, role: index % 2 === 0 ? 'user' : 'assistant', text })),
    );
    return { id, texts: ['Listen', 'Yes?', ...texts] };
  }

  async function read(id: string, limit: number, offset: number): Promise<Page & { readonly bytes: number }> {
    const query = `org_id=${scope.organizationId}&conversation_id=${id}&limit=${limit}&offset=${offset}`;
    const response = await fetch(`${app.url}/api/conversation/messages?${query}`, {
      headers: { 'x-api-key': key },
    });
    const body = await response.text();
    assert.equal(response.status, 200, body);
    return { ...(JSON.parse(body) as Page), bytes: Buffer.byteLength(body) };
  }

  /** Reads all pages as clients do that know `next_offset`, and as those do that add the answer's own fields. */
  async function walk(id: string, limit: number, from: number, old: boolean): Promise<string[]> {
    const texts: string[] = [];
    for (let offset: number | null = from; offset !== null; ) {
      const page: Page & { readonly bytes: number } = await read(id, limit, offset);
      assert.ok(page.bytes <= maxPageBytes + 1000 || page.messages.length === 1, `${page.bytes} bytes`);
      assert.ok(page.messages.length > 0 && page.messages.length <= limit);
      texts.push(...page.messages.map(({ content }) => content));
      assert.equal(page.has_more, page.next_offset !== null);
      const end: number = page.offset + page.limit;
      if (!old) offset = page.next_offset;
      else offset = end < page.total ? end : null;
    }
    return texts;
  }

  test('every message is in one page, whoever walks through them', async () => {
    const long = Array.from({ length: 7 }, (_, n) => `${n}é\u0001\u2028"`.repeat(90_000));
    const { id, texts } = await conversation([...long, 'short', 'x'.repeat(maxPageBytes + 5), 'last']);
    const first = await read(id, 1000, 0);
    assert.ok(first.has_more && first.messages.length < texts.length);
    assert.deepEqual([first.limit, first.next_offset], [first.messages.length, first.messages.length]);
    for (const old of [false, true]) {
      assert.deepEqual(await walk(id, 1000, 0, old), texts);
      assert.deepEqual(await walk(id, 3, 1, old), texts.slice(1));
    }
    const gone = (await read(id, 2, 4)).messages;
    for (const message of gone) {
      const path = `/conversations/delete/${message.id}`;
      assert.equal((await app.call(path, { key, method: 'DELETE' })).status, 200);
    }
    const left = texts.toSpliced(4, 2);
    assert.deepEqual(await walk(id, 1000, 0, true), left);
    assert.deepEqual(await walk(id, 1000, 5, false), left.slice(5));
    const whole = await app.call(`/conversations/?chat_id=${id}`, { key });
    assert.deepEqual(
      whole.body.map(({ message }: { message: string }) => message),
      left,
    );
  });

  test('a page within its limit says what was asked for', async () => {
    const { id, texts } = await conversation(['one', 'two', 'three']);
    const shown = async (limit: number, offset: number) => {
      const { messages, bytes: _, ...rest } = await read(id, limit, offset);
      return { texts: messages.map(({ content }) => content), ...rest };
    };
    const total = 5;
    assert.deepEqual(await shown(2, 1), {
      ...{ texts: texts.slice(1, 3), total, limit: 2, offset: 1, has_more: true, next_offset: 3 },
    });
    assert.deepEqual(await shown(2, 3), {
      ...{ texts: texts.slice(3), total, limit: 2, offset: 3, has_more: false, next_offset: null },
    });
    assert.deepEqual(await shown(20, 9), {
      ...{ texts: [], total, limit: 20, offset: 9, has_more: false, next_offset: null },
    });
  });

  test('a long answer has its sources beside its text', async () => {
    const { id, texts } = await conversation([]);
    const [, answered] = await readMessages(place.store.reads, id, 0);
    const parent = answered?.id ?? assert.fail('no answer');
    const text = 'long "é" '.repeat(20_000);
    const source = { index: 1, title: 'é', url: 'https://example.org/', snippet: '"' };
    const parts = [
      { type: 'sources', sources: [source] },
      { type: 'text', text },
    ];
    await insertMessages(place, parent, [{ parent, role: 'assistant', text, parts }]);
    const { messages } = await read(id, 10, texts.length);
    assert.deepEqual(
      messages.map(({ content, sources }) => ({ content, sources })),
      [{ content: text, sources: [source] }],
    );
  });

  test('texts beyond those that are needed are not read', async () => {
    const { id } = await conversation(Array.from({ length: 40 }, () => 'x'.repeat(100_000)));
    const { reads } = place.store;
    const [two, more] = [await readMessages(reads, id, 0, 2), await readMessages(reads, id, 2)];
    assert.equal(two.length, 2);
    assert.ok(more.length >= 1 && more.length <= 4, `${more.length} messages of 100 KB at once`);
    const sum = (texts: readonly { readonly text: string | Uint8Array }[]) =>
      texts.reduce((length, { text }) => length + text.length, 0);
    assert.ok(sum(more) < 512 * 1024);
  });
});
