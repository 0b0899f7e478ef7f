/** Calls of tools are shown by `events`, and their results make the answer go on. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, gate } from 'colloquy-testkit/upstream/scripted-upstream';
import { strict } from 'colloquy-testkit/upstream/strict';
import { dataOf, generationOf, startTestApp } from '../../http-app.ts';

const accept = { accept: 'application/vnd.colloquy.events' };
const call = (at: number) =>
  ({ do: 'tool-call', id: 'same', name: 'look', arguments: `{"at":${at}}`, pieces: 1 }) as const;
const calling = {
  steps: [call(1), call(2), { do: 'finish', reason: 'tool_calls' }, { do: 'end' }],
} as const;

onBothStores('results of tools', async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const { upstream, scope } = app.harness;
  const org = `org_id=${scope.organizationId}`;
  const own = { key: app.prodKey };
  const path = `/api/conversation/tool_results?${org}`;
  upstream.setDefault(strict({ form: {}, alternating: true }, answer('It is there.')));

  /** An answer that calls two tools; gives its session and the ids of the calls. */
  async function called() {
    upstream.enqueue(calling);
    const stream = await app.stream('/api/chat/completion/stream', {
      ...own,
      headers: accept,
      body: { message: 'Look!' },
    });
    await stream.ended;
    const events = dataOf(stream);
    const calls = events.filter(({ type }) => type === 'tool_call');
    assert.deepEqual(
      events.slice(2).map(({ type, name, text, finish_reason: reason }) => [type, name ?? text ?? reason]),
      [
        ...['{"at":1}', '{"at":2}'].flatMap((text) => [
          ['tool_call', 'look'],
          ['tool_call_delta', text],
          ['tool_call_end', undefined],
        ]),
        ['done', 'tool_calls'],
      ],
    );
    return { session: events[0].session_id, ids: calls.map(({ id }) => id as string) };
  }
  const results = (ids: readonly string[]) =>
    ids.map((id, index) => ({ call_id: id, output: `seen ${index}` }));

  test('the answer goes on, once for each key', async () => {
    const { session, ids } = await called();
    const before = upstream.requests.length;
    const body = { session_id: session, results: results(ids.toReversed()) };
    const headers = { 'idempotency-key': 'once' };
    const stream = await app.stream(path, { ...own, headers, body });
    await stream.ended;
    const events = dataOf(stream);
    assert.deepEqual(
      events.map(({ type, content, finish_reason: reason }) => content ?? reason ?? type),
      ['start', 'It', ' is', ' there.', 'stop'],
    );
    const sent = upstream.requests.at(-1)?.body?.messages as unknown as {
      role: string;
      tool_call_id: string;
      content: string;
    }[];
    assert.deepEqual(
      sent.filter(({ role }) => role === 'tool').map(({ tool_call_id: id, content }) => [id, content]),
      [
        [ids[0], 'seen 1'],
        [ids[1], 'seen 0'],
      ],
    );
    const again = await app.stream(path, { ...own, headers, body });
    await again.ended;
    assert.equal(generationOf(again), generationOf(stream));
    assert.equal(upstream.requests.length, before + 1);
    const { body: generation } = await app.call(`/api/generations/${generationOf(stream)}`, own);
    const { body: list } = await app.call(
      `/api/conversation/messages?${org}&conversation_id=${generation.conversation_id}`,
      own,
    );
    assert.deepEqual(
      [list.total, ...list.messages.map(({ role, content }: Record<string, string>) => [role, content])],
      [3, ['user', 'Look!'], ['assistant', ''], ['assistant', 'It is there.']],
    );
    const twice = await app.call(path, { ...own, body });
    assert.equal(twice.status, 400);
    assert.match(twice.body.detail, /^results\[0\]\.call_id: .*answered/);
  });

  test('calls that are unknown, given twice or left out are refused, and nothing is stored', async () => {
    const { session, ids } = await called();
    const other = await called();
    const [one = '', two = ''] = ids;
    const refused: readonly [object, RegExp, number?][] = [
      [results([one, 'call_x']), /^results\[1\]\.call_id: the session has no such call/],
      [results(other.ids), /^results\[0\]\.call_id: the session has no such call/],
      [results([one, two, one]), /^results\[2\]\.call_id: .*another result/],
      [results([two]), new RegExp(`^results: there is none for the call ${one}`)],
      [[], /results/],
      [[{ call_id: one }], /output/],
      [[{ call_id: one, output: 5 }], /output/],
    ];
    const before = upstream.requests.length;
    for (const [given, message] of refused) {
      const { status, body } = await app.call(path, {
        ...own,
        body: { session_id: session, results: given },
      });
      assert.equal(status, 400);
      assert.match(body.detail, message);
    }
    const body = { session_id: session, results: results(ids) };
    assert.equal((await app.call(path, { key: app.testKey, body })).status, 404);
    assert.equal(upstream.requests.length, before);
  });

  test('a session that still answers is busy', async () => {
    const held = gate();
    upstream.enqueue({ steps: [{ do: 'headers' }, held.step, call(1), { do: 'finish' }, { do: 'end' }] });
    const stream = await app.stream('/api/chat/completion/stream', {
      ...own,
      headers: accept,
      body: { message: 'Look!' },
    });
    await stream.until((reading) => dataOf(reading).length > 0);
    const session = dataOf(stream)[0].session_id;
    const body = { session_id: session, results: results(['call_x']) };
    const busy = await app.call(path, { ...own, body });
    assert.deepEqual([busy.status, busy.body.code], [409, 'session_busy']);
    assert.equal(busy.body.generation_id, generationOf(stream));
    held.release();
    await stream.ended;
  });
});
