/** An answer is an async iterable and a promise, on a real server; nothing that happens between loses or repeats a letter. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { startTestServer, type TestServer } from 'colloquy-testkit/server';
import { gate, refuse, answer as scripted } from 'colloquy-testkit/upstream/scripted-upstream';
import { type Answer, type AnswerEvent, Colloquy, ColloquyError } from '../src/index.ts';
import { type FlakyProxy, startFlakyProxy } from './flaky-proxy.ts';

const text = Array.from({ length: 60 }, (_, n) => `Wort${n} žluťoučký 💡 kůň\n`).join('');

let server: TestServer;
let proxy: FlakyProxy;
let colloquy: Colloquy;
before(async () => {
  server = await startTestServer();
  proxy = await startFlakyProxy(() => server.url);
  colloquy = new Colloquy({ baseUrl: `${proxy.url}/`, apiKey: server.prodKey });
});
after(async () => {
  await proxy[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});
beforeEach(() => {
  proxy.requests.length = 0;
  proxy.misdeeds.length = 0;
  server.upstream.setDefault(() => scripted(text));
});

async function collect(answer: Answer): Promise<AnswerEvent[]> {
  const events: AnswerEvent[] = [];
  for await (const event of answer) events.push(event);
  return events;
}
const textOf = (events: readonly AnswerEvent[]): string =>
  events.map((event) => (event.type === 'text' ? event.text : '')).join('');

describe('an answer', () => {
  test('is read as events and awaited whole, and asked for once', async () => {
    const answer = colloquy.send('Hello');
    assert.deepEqual([answer.status, answer.generationId, proxy.requests.length], ['idle', undefined, 0]);
    const events = await collect(answer);
    const whole = await answer;
    assert.equal(textOf(events), text);
    assert.equal(whole.text, text);
    assert.equal(answer.text, text);
    assert.equal(answer.status, 'done');
    assert.equal(whole.finishReason, 'stop');
    assert.equal(whole.usage.provenance, 'reported');
    const [first] = events;
    assert.equal(first?.type === 'session' && first.generationId, whole.generationId);
    assert.equal(answer.lastEventId, events.at(-1)?.id);
    assert.equal(new Set(events.map(({ id }) => id)).size, events.length);
    assert.deepEqual(
      proxy.requests.map(({ method, path }) => `${method} ${path}`),
      ['POST /api/chat/completion/stream'],
    );
    assert.equal((await colloquy.generations.get(whole.generationId)).status, 'done');
  });

  test('goes on in its session, and takes its options', async () => {
    const { sessionId } = await colloquy.send('One', { persona: { alias: 'helper' }, maxTokens: 100 });
    const next = await colloquy.send('Two', { session: sessionId });
    assert.equal(next.sessionId, sessionId);
    const { messages = [] } = server.upstream.requests.at(-1)?.body ?? {};
    assert.deepEqual(
      messages.map(({ role }) => role),
      ['system', 'user', 'assistant', 'user'],
    );
    assert.equal(messages.at(-1)?.content, 'Two');
  });

  test('several readers and late ones get all of it', async () => {
    const answer = colloquy.send('Hello');
    const [one, two] = await Promise.all([collect(answer), collect(answer)]);
    assert.deepEqual(two, one);
    assert.deepEqual(await collect(answer), one);
    assert.equal(proxy.requests.length, 1);
  });

  test('cut anywhere, it goes on behind the last event', async () => {
    const whole = await collect(colloquy.send('Hello'));
    for (const cutAfter of [0, 1, 150, 700, 3333, 5001]) {
      proxy.requests.length = 0;
      proxy.misdeeds.push(
        { cutAfter, splitBy: 7 },
        { cutAfter: 200 },
        { status: 502 },
        { cutAfter: 900, splitBy: 1 },
      );
      const events = await collect(colloquy.send('Hello'));
      assert.equal(textOf(events), text, `cut after ${cutAfter}`);
      assert.deepEqual(
        events.map(({ type }) => type),
        whole.map(({ type }) => type),
      );
      assert.ok(proxy.requests.length > 3);
    }
    assert.equal(server.upstream.requests.length >= 6, true);
  });

  test('a response that is lost is asked for again and answered once', async () => {
    const before = server.upstream.requests.length;
    proxy.misdeeds.push({ swallow: true }, { swallow: true });
    const { generationId } = await colloquy.send('Once');
    assert.equal(server.upstream.requests.length - before, 1);
    const keys = proxy.requests.map(({ headers }) => headers['idempotency-key']);
    assert.equal(keys.length, 3);
    assert.equal(new Set(keys).size, 1);
    assert.equal((await colloquy.generations.get(generationId)).status, 'done');
  });

  test('stop ends the model, and keeps what it wrote', async () => {
    const held = gate();
    server.upstream.setDefault(() => ({
      steps: [{ do: 'headers' }, { do: 'tokens', tokens: ['Half ', 'of '] }, held.step],
    }));
    const answer = colloquy.send('Hello');
    for await (const event of answer) if (event.type === 'text' && answer.text === 'Half of ') break;
    const generation = await answer.stop();
    assert.equal(generation.finishReason, 'cancelled');
    const whole = await answer;
    assert.deepEqual([whole.text, whole.finishReason], ['Half of ', 'cancelled']);
    held.release();
  });

  test('leaving the loop stops the watching alone; whoever comes later reads on', async () => {
    const held = gate();
    server.upstream.setDefault(() => ({
      steps: [
        { do: 'headers' },
        { do: 'tokens', tokens: ['Half ', 'of '] },
        held.step,
        { do: 'tokens', tokens: ['it.'] },
        { do: 'finish' },
        { do: 'end' },
      ],
    }));
    const answer = colloquy.send('Hello');
    for await (const event of answer) if (event.type === 'text' && answer.text === 'Half of ') break;
    assert.equal(answer.status, 'idle');
    held.release();
    const other = await colloquy.resume(answer.generationId ?? '', { after: answer.lastEventId });
    assert.equal(other.text, 'it.');
    assert.equal((await answer).text, 'Half of it.');
    assert.equal((await colloquy.resume(answer.generationId ?? '')).text, 'Half of it.');
    // Behind its last event there is nothing more to come, and it is known how it ended.
    const ended = await colloquy.resume(answer.generationId ?? '', { after: answer.lastEventId });
    assert.deepEqual([ended.text, ended.finishReason], ['', 'stop']);
  });

  test('a signal ends the watching with its reason', async () => {
    const held = gate();
    server.upstream.setDefault(() => ({
      steps: [{ do: 'headers' }, { do: 'tokens', tokens: ['a'] }, held.step],
    }));
    const end = new AbortController();
    const answer = colloquy.send('Hello', { signal: end.signal });
    await assert.rejects(
      async () => {
        for await (const event of answer) if (event.type === 'text') end.abort(new Error('enough'));
      },
      { message: 'enough' },
    );
    await assert.rejects(async () => await answer, { message: 'enough' });
    assert.equal((await colloquy.generations.get(answer.generationId ?? '')).status, 'running');
    held.release();
    const never = colloquy.send('x', { signal: AbortSignal.abort(new Error('never')) });
    await assert.rejects(async () => await never, { message: 'never' });
  });

  test('regenerate and continue give answers', async () => {
    const first = await colloquy.send('Hello');
    server.upstream.setDefault(() => scripted('Another one', { finishReason: 'length' }));
    const again = await colloquy.regenerate(first.generationId);
    assert.equal(again.text, 'Another one');
    server.upstream.setDefault(() => scripted(' and its end'));
    const more = await colloquy.continue(again.generationId);
    assert.ok(more.text.endsWith(' and its end'), more.text);
  });

  test('a tool call and reasoning are events and parts of the whole', async () => {
    server.upstream.setDefault(() => ({
      steps: [
        { do: 'headers' },
        { do: 'tokens', tokens: ['Let me ', 'think.'], reasoning: true },
        { do: 'tool-call', id: 'x', name: 'get_weather', arguments: '{"city":"Lisbon"}' },
        { do: 'finish', reason: 'tool_calls' },
        { do: 'end' },
      ],
    }));
    const { toolCalls, reasoning, finishReason } = await colloquy.send('Weather?');
    assert.deepEqual([reasoning, finishReason], ['Let me think.', 'tool_calls']);
    assert.deepEqual(
      toolCalls.map(({ name, arguments: given }) => [name, given]),
      [['get_weather', '{"city":"Lisbon"}']],
    );
  });
});

describe('what fails', () => {
  async function failure(answer: PromiseLike<unknown>): Promise<ColloquyError> {
    try {
      await answer;
    } catch (error) {
      assert.ok(error instanceof ColloquyError, String(error));
      return error;
    }
    throw new assert.AssertionError({ message: 'it did not fail' });
  }

  test('a refusal is an error with its code, status and request', async () => {
    const refused = await failure(colloquy.send(''));
    assert.deepEqual([refused.code, refused.status], ['invalid_request', 400]);
    assert.match(refused.message, /message/);
    assert.match(refused.requestId ?? '', /./);
    const bad = await failure(new Colloquy({ baseUrl: proxy.url, apiKey: 'sk_prod_nobody' }).send('x'));
    assert.deepEqual([bad.code, bad.status], ['unauthenticated', 401]);
    const gone = await failure(colloquy.resume('01a21ba7-5971-7093-af1b-25e9f860a5ac'));
    assert.equal(gone.code, 'not_found');
    assert.equal(proxy.requests.length, 3);
  });

  test('a failure at the model is thrown behind what came before it', async () => {
    server.upstream.setDefault(() => ({
      steps: [
        { do: 'headers' },
        { do: 'tokens', tokens: ['Half'] },
        { do: 'error', type: 'server_error', message: 'it broke' },
      ],
    }));
    const answer = colloquy.send('Hello');
    const error = await failure(answer);
    assert.equal(error.code, 'provider_error');
    assert.deepEqual([answer.text, answer.status], ['Half', 'failed']);
    server.upstream.setDefault(() => refuse(400, { message: 'no such thing' }));
    assert.equal((await failure(colloquy.send('Hello'))).code, 'provider_error');
  });

  test('a busy session says which generation keeps it, and can be queued for', async () => {
    const held = gate();
    server.upstream.setDefault(() => ({
      steps: [{ do: 'headers' }, { do: 'tokens', tokens: ['a'] }, held.step, { do: 'finish' }, { do: 'end' }],
    }));
    const first = colloquy.send('Hello');
    let session = '';
    for await (const event of first) {
      if (event.type === 'session') session = event.sessionId;
      if (event.type === 'text') break;
    }
    const busy = await failure(colloquy.send('And?', { session }));
    assert.deepEqual([busy.code, busy.details.generationId], ['session_busy', first.generationId]);
    const queued = colloquy.send('And?', { session, whenBusy: 'queue' });
    const types: string[] = [];
    for await (const event of queued) {
      types.push(event.type);
      if (event.type === 'queued') held.release();
    }
    assert.ok(types.includes('queued'), types.join());
  });

  test('where no server answers there is an error once the tries are over, and the answer goes on later', async () => {
    const nobody = new Colloquy({ baseUrl: 'http://127.0.0.1:1', apiKey: 'sk_prod_x', maxRetries: 1 });
    const tries: number[] = [];
    const error = await failure(
      nobody.send('x', { maxRetries: 2, onReconnect: ({ attempt }) => tries.push(attempt) }),
    );
    assert.equal(error.code, 'connection');
    assert.deepEqual(tries, [1, 2]);
    assert.equal((await failure(nobody.generations.get('x'))).code, 'connection');
  });

  test('a key in a browser, a bad address and two credentials are refused at once', () => {
    const page = globalThis as { window?: unknown; document?: unknown };
    page.window = page.document = {};
    try {
      assert.throws(() => new Colloquy({ baseUrl: proxy.url, apiKey: 'sk_prod_x' }), /browser/);
      new Colloquy({ baseUrl: proxy.url, apiKey: 'sk_prod_x', dangerouslyAllowBrowser: true });
      new Colloquy({ baseUrl: proxy.url, token: 'x' });
    } finally {
      delete page.window;
      delete page.document;
    }
    assert.throws(() => new Colloquy({ baseUrl: 'nowhere' }), TypeError);
    assert.throws(() => new Colloquy({ baseUrl: proxy.url, apiKey: 'a', token: 'b' }), TypeError);
  });
});

describe('tokens', () => {
  test('one that has ended is replaced once for all answers that are open', async () => {
    const held = gate();
    server.upstream.setDefault(() => ({
      steps: [
        { do: 'headers' },
        { do: 'tokens', tokens: ['Half '] },
        held.step,
        { do: 'tokens', tokens: ['done'] },
        { do: 'finish' },
        { do: 'end' },
      ],
    }));
    let fetched = 0;
    const tokens = ['not a token'];
    const browser = new Colloquy({
      baseUrl: proxy.url,
      token: async () => {
        fetched += 1;
        const stale = tokens.shift();
        return stale ?? (await colloquy.tokens.create({ userId: 'ann' }));
      },
    });
    const whole = Array.from({ length: 5 }, () => browser.send('Hello'));
    for (const answer of whole) answer.start();
    held.release();
    for (const answer of whole) assert.equal((await answer).text, 'Half done');
    assert.equal(fetched, 2);
  });

  test('one that is about to end is replaced before it does', async () => {
    let fetched = 0;
    const browser = new Colloquy({
      baseUrl: proxy.url,
      token: async () => {
        fetched += 1;
        const { token } = await colloquy.tokens.create({ userId: 'bob' });
        return { token, expires_at: Math.floor(Date.now() / 1000) + (fetched === 1 ? 10 : 3600) };
      },
    });
    for (let n = 0; n < 3; n += 1) await browser.send('Hello');
    assert.equal(fetched, 2);
  });
});

describe('conversations of an end user', () => {
  test('are listed page by page, read, renamed and deleted, by token and by key', async () => {
    const { token } = await colloquy.tokens.create({ userId: 'carol' });
    const hers = new Colloquy({ baseUrl: proxy.url, token });
    const sessions: string[] = [];
    for (let n = 0; n < 5; n += 1) sessions.push((await hers.send(`Question ${n}`)).sessionId);
    await hers.send('More', { session: sessions[0] });
    const listed: string[] = [];
    for await (const one of hers.conversations.list({ limit: 2 })) listed.push(one.sessionId);
    assert.deepEqual([...listed].sort(), [...sessions].sort());
    assert.equal(new Set(listed).size, 5);
    const found = await hers.conversations.list({ q: '“Question 3”' }).page();
    assert.ok(found.data.some(({ sessionId }) => sessionId === sessions[3]));

    const [first = ''] = sessions;
    const newest = await hers.conversations.messages(first, { limit: 3 });
    assert.deepEqual(
      newest.messages.map(({ role }) => role),
      ['assistant', 'user', 'assistant'],
    );
    const older = await hers.conversations.messages(first, { before: newest.next ?? '' });
    assert.deepEqual(
      older.messages.map(({ content }) => content),
      ['Question 0'],
    );
    assert.deepEqual([older.next, older.running], [null, null]);

    assert.equal((await hers.conversations.update(first, { title: 'Mine' })).title, 'Mine');
    const byKey = await colloquy.conversations.list({ userId: 'carol' }).page();
    assert.ok(byKey.data.some(({ title }) => title === 'Mine'));
    await hers.conversations.delete(first);
    await assert.rejects(hers.conversations.messages(first), { code: 'not_found' });
    assert.equal((await colloquy.conversations.list({ userId: 'carol' }).page()).data.length, 4);
  });
});
