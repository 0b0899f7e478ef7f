/** Where the messages of a turn go, what a model is sent of them, and what else a turn asks for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import { strict } from 'colloquy-testkit/upstream/strict';
import type { AppError } from '../../../src/domain/errors.ts';
import { callId } from '../../../src/domain/request/call-ids.ts';
import type { Engine } from '../../../src/generation/engine.ts';
import {
  type TurnMessage,
  type TurnRequest,
  type TurnRequestTarget,
  userText,
} from '../../../src/generation/turn.ts';
import { createGuide } from '../../../src/models/guide/guide.ts';
import { checkStore } from '../../../src/store/check/check-store.ts';
import { findMessagePlace, readMessages } from '../../../src/store/queries/messages.ts';
import { type EngineHarness, readLog, startEngineHarness } from '../engines.ts';

type Sent = Readonly<Record<string, unknown>> & { readonly messages: readonly Record<string, unknown>[] };

const sent = (h: EngineHarness, index = -1): Sent => h.upstream.requests.at(index)?.body as Sent;
const contents = (h: EngineHarness) => sent(h).messages.map(({ role, content }) => `${role}: ${content}`);

async function say(
  h: EngineHarness,
  engine: Engine,
  target: Partial<TurnRequestTarget> & { text?: string },
  more: Partial<TurnRequest> = {},
) {
  const turn = await engine.accept(h.turn(target, more));
  await readLog(engine, turn.generationId).ended;
  const { status, error } = await engine.get(h.scope, turn.generationId);
  assert.deepEqual([status, error], ['done', null]);
  return turn;
}

const rowOf = (h: EngineHarness, id: string) =>
  h.place.store.reads.selectFrom('message').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
const headOf = async (h: EngineHarness, sessionId: string) =>
  (
    await h.place.store.reads
      .selectFrom('session')
      .select('head_message_id')
      .where('id', '=', sessionId)
      .executeTakeFirstOrThrow()
  ).head_message_id;

const text = (role: TurnMessage['role'], words: string): TurnMessage => ({
  role,
  parts: [{ type: 'text', text: words }],
});
const look = { name: 'look', parameters: { type: 'object', properties: {} } } as const;
const calling = {
  steps: [
    { do: 'tokens', tokens: ['Let me look.'] },
    { do: 'tool-call', id: 'x', name: 'look', arguments: '{"at":1}' },
    { do: 'tool-call', id: 'x', name: 'look', arguments: '{"at":2}' },
    { do: 'finish', reason: 'tool_calls' },
    { do: 'end' },
  ],
} as const;

onBothStores('where a turn goes', (storeEngine) => {
  test('several messages become a chain; those that no list shows leave totals and offsets as they are', async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start();
    const messages = [
      text('system', 'Be kind.'),
      text('user', 'One'),
      text('assistant', 'Two'),
      text('developer', 'Be brief.'),
      text('user', 'Three'),
    ];
    const first = await say(h, engine, { messages });
    assert.deepEqual(contents(h), [
      'system: Be a test.\n\nBe kind.\n\nBe brief.',
      'user: One',
      'assistant: Two',
      'user: Three',
    ]);
    const more = [text('developer', 'Be long.'), text('user', 'Four')];
    await say(h, engine, { kind: 'session', sessionId: first.sessionId, messages: more });
    assert.match(contents(h)[0] ?? '', /Be long\.$/);
    const { reads, execute } = h.place.store;
    const list = async (offset: number, limit?: number) => {
      const place = await findMessagePlace(reads, h.scope, first.conversationId, offset);
      const page = await readMessages(reads, place.conversationId, place.position, limit);
      return [place.total, ...page.map((one) => String(one.text))];
    };
    const shown = ['One', 'Two', 'Three', 'You said: Three', 'Four', 'You said: Four'];
    assert.deepEqual(await list(0), [6, ...shown]);
    assert.deepEqual(await list(2, 2), [6, 'Three', 'You said: Three']);
    const [system] = await reads.selectFrom('message').select('id').where('role', '=', 'system').execute();
    await execute('deleteMessage', { scope: h.scope, id: system?.id ?? '', now: Date.now() });
    assert.deepEqual(await list(0), [6, ...shown]);
    assert.deepEqual(await checkStore(reads, storeEngine), []);
  });

  test('behind a message the head moves, and the old branch stays; null begins anew', async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start();
    const first = await say(h, engine, { text: 'One' });
    const { sessionId } = first;
    const second = await say(h, engine, { kind: 'session', sessionId, text: 'Two' });
    const behind = await say(h, engine, { kind: 'behind', messageId: first.answerMessageId, text: 'Other' });
    assert.deepEqual(contents(h).slice(1), ['user: One', 'assistant: You said: One', 'user: Other']);
    assert.equal(behind.sessionId, sessionId);
    assert.equal(await headOf(h, sessionId), behind.answerMessageId);
    const anew = await say(h, engine, { kind: 'session', sessionId, text: 'Anew', parentId: null });
    assert.deepEqual(contents(h).slice(1), ['user: Anew']);
    assert.equal((await rowOf(h, anew.userMessageId)).parent_id, null);
    const back = { kind: 'session', sessionId, parentId: second.answerMessageId.toUpperCase() } as const;
    await say(h, engine, { ...back, text: 'Back' });
    assert.equal(contents(h).length, 6);
    const other = await say(h, engine, { text: 'Elsewhere' });
    await assert.rejects(
      engine.accept(h.turn({ kind: 'session', sessionId, text: 'x', parentId: other.answerMessageId })),
      (error: AppError) => error.code === 'invalid_request' && error.details.field === 'parent_id',
    );
    await assert.rejects(
      engine.accept(
        h.turn({ kind: 'behind', messageId: first.answerMessageId, text: 'x', onlyAtHead: true }),
      ),
      (error: AppError) => error.code === 'conflict',
    );
  });

  test('without messages whatever stands there is answered', async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start();
    const first = await say(h, engine, { text: 'One' });
    const again = await say(h, engine, { kind: 'behind', messageId: first.answerMessageId, messages: [] });
    assert.equal(again.userMessageId, first.answerMessageId);
    assert.equal(await headOf(h, first.sessionId), again.answerMessageId);
    const forked = await say(h, engine, { kind: 'fork', messageId: first.userMessageId, messages: [] });
    assert.deepEqual(contents(h).slice(1), ['user: One']);
    assert.notEqual(forked.sessionId, first.sessionId);
  });

  test('a fork is a session of its own behind the message, and is never busy with the first', async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start();
    const first = await say(h, engine, { text: 'One' });
    const forks = await Promise.all(
      ['Two', 'Three'].map((words) =>
        say(h, engine, { kind: 'fork', messageId: first.answerMessageId, text: words }),
      ),
    );
    const [two, three] = forks;
    assert.equal(new Set([first, ...forks].map(({ sessionId }) => sessionId)).size, 3);
    assert.equal(two?.conversationId, first.conversationId);
    const next = await say(h, engine, { kind: 'session', sessionId: three?.sessionId ?? '', text: 'Four' });
    assert.deepEqual(contents(h).slice(1), [
      ...['user: One', 'assistant: You said: One', 'user: Three', 'assistant: You said: Three', 'user: Four'],
    ]);
    const { execute } = h.place.store;
    await execute('deleteMessage', { scope: h.scope, id: first.answerMessageId, now: Date.now() });
    await say(h, engine, { kind: 'session', sessionId: next.sessionId, text: 'Five' });
    assert.match(contents(h)[1] ?? '', /^user: One\n\nThree$/);
    assert.deepEqual(await checkStore(h.place.store.reads, storeEngine), []);
  });

  test('an image at a data address is stored beside the message, and sent again with each history', async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start();
    const url = 'data:image/png;base64,iVBORw0KGgo=';
    const parts = [
      { type: 'text', text: 'What is this?' },
      { type: 'image', url, detail: 'low' },
      { type: 'image', url: 'https://example.com/a.png' },
    ] as const;
    const first = await say(h, engine, { messages: [{ role: 'user', parts }] });
    const content = [
      { type: 'text', text: 'What is this?' },
      { type: 'image_url', image_url: { url, detail: 'low' } },
      { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
    ];
    assert.deepEqual(sent(h).messages[1]?.content, content);
    const row = await rowOf(h, first.userMessageId);
    assert.equal(row.text, 'What is this?');
    assert.ok(!row.parts.includes('iVBOR'));
    await say(h, engine, { kind: 'session', sessionId: first.sessionId, text: 'Sure?' });
    assert.deepEqual(sent(h).messages[1]?.content, content);
  });
});

onBothStores('what a turn asks for', (storeEngine) => {
  const options = {
    sampling: { temperature: 0.2, presencePenalty: 1 },
    instructions: 'Answer in Latin.',
    tools: [look],
    toolChoice: 'auto',
  } as const;

  test('goes to the model, for this turn and for another attempt at it', async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start();
    const first = await say(h, engine, { text: 'One' }, { options });
    const seen = () => {
      const { temperature, presence_penalty: penalty, tools } = sent(h);
      return [temperature, penalty, (tools as unknown[] | undefined)?.length, contents(h)[0]];
    };
    const all = [0.2, 1, 1, 'system: Be a test.\n\nAnswer in Latin.'];
    assert.deepEqual(seen(), all);
    await say(h, engine, { kind: 'session', sessionId: first.sessionId, text: 'Two' });
    assert.deepEqual(seen(), [undefined, undefined, undefined, 'system: Be a test.']);
    await say(h, engine, { kind: 'message', messageId: first.userMessageId, again: true });
    assert.deepEqual(seen(), all);
  });

  test('of several calls the first is taken, where one alone is wanted and the server knows no such wish', async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start();
    h.upstream.enqueue(calling);
    const first = await say(
      h,
      engine,
      { text: 'Look!' },
      { options: { ...options, parallelToolCalls: false } },
    );
    assert.equal(sent(h).parallel_tool_calls, false);
    const { parts } = await engine.answer(first.generationId);
    assert.deepEqual(
      parts.map((part) => (part.type === 'tool-call' ? part.arguments : part.type)),
      ['text', '{"at":1}'],
    );
  });

  test('results go behind the calls, and the answer goes on with the tools of before', async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start();
    h.upstream.setDefault(strict({ form: {}, alternating: true }, answer('It is there.')));
    h.upstream.enqueue(calling);
    const first = await say(h, engine, { text: 'Look!' }, { options });
    const ids = [1, 2].map((part) => callId(first.answerMessageId, part));
    const results = ids.map((id, index) => ({ type: 'tool-result' as const, id, result: `seen ${index}` }));
    const next = await say(h, engine, {
      kind: 'behind',
      messageId: first.answerMessageId,
      messages: [{ role: 'tool', parts: results.toReversed() }],
      continues: true,
    });
    assert.equal((sent(h).tools as unknown[]).length, 1);
    assert.deepEqual(
      sent(h)
        .messages.slice(3)
        .map(({ tool_call_id: id, content }) => [id, content]),
      ids.map((id, index) => [id, `seen ${index}`]),
    );
    assert.equal((await rowOf(h, next.userMessageId)).text, 'seen 1\n\nseen 0');
    assert.equal((await engine.answer(next.generationId)).text, 'It is there.');
    await say(h, engine, { kind: 'message', messageId: next.userMessageId, again: true });
  });

  test('a new question behind calls without results is answered; nothing is stored for them', async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start();
    h.upstream.setDefault(
      strict({ form: { noUserAfterTool: true }, alternating: true }, answer('Never mind.')),
    );
    h.upstream.enqueue(calling);
    const first = await say(h, engine, { text: 'Look!' }, { options });
    await say(h, engine, { kind: 'session', sessionId: first.sessionId, text: 'Never mind.' });
    const told = sent(h).messages.filter(({ role }) => role === 'tool');
    assert.deepEqual(
      told.map(({ content }) => content),
      Array.from({ length: 2 }, () => '{"error":"no result was given"}'),
    );
    const { count } = await h.place.store.reads
      .selectFrom('message')
      .select((eb) => eb.fn.countAll<number | string>().as('count'))
      .where('conversation_id', '=', first.conversationId)
      .executeTakeFirstOrThrow();
    assert.equal(Number(count), 4);
  });

  test('what the model can’t do is refused before anything is stored, and names the field', async () => {
    await using h = await startEngineHarness(storeEngine);
    const guide = createGuide({ documents: [], variables: [] });
    const engine = await h.start(undefined, {
      models: { get: () => guide, whenReady: async () => guide },
    });
    const refused: readonly [Partial<TurnRequest>, string][] = [
      [{ options: { tools: [look] } }, 'tools'],
      [{ options: { responseFormat: { type: 'json_object' } } }, 'response_format'],
      [{ options: { responseFormat: { type: 'json_schema', name: 'a', schema: {} } } }, 'response_format'],
    ];
    for (const [more, field] of refused)
      await assert.rejects(
        engine.accept(h.turn({ text: 'Hi' }, more)),
        (error: AppError) => error.code === 'unsupported' && error.details.field === field,
      );
    const image = { type: 'image', url: 'https://example.com/a.png' } as const;
    await assert.rejects(
      engine.accept(h.turn({ messages: [{ role: 'user', parts: [image] }] })),
      (error: AppError) => error.code === 'unsupported' && error.details.field === 'image',
    );
    await say(h, engine, { messages: userText('Hi') });
  });

  test('the provider’s status stands with its failure', async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start();
    h.upstream.enqueue({ status: 422, body: { error: { message: 'no such schema' } } });
    const { generationId } = await engine.accept(h.turn({ text: 'Hi' }));
    const { outcome } = await engine.answer(generationId);
    assert.equal(outcome.error?.provider_status, 422);
    assert.equal((await engine.get(h.scope, generationId)).error?.provider_status, 422);
  });
});
