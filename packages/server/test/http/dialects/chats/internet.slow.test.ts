/** `inference_internet`, from the address to the last frame, against a search server and a small web on loopback. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { StreamCall } from 'colloquy-testkit/event-stream';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { startTestServer } from 'colloquy-testkit/server';
import { administer } from 'colloquy-testkit/tenants';
import { answer, type RecordedRequest, type Script } from 'colloquy-testkit/upstream/scripted-upstream';
import { type SearxngResult, startSearchServer, startSmallWeb } from 'colloquy-testkit/web/small-web';
import { towerFact } from 'colloquy-testkit/web/small-web-pages';
import { openReading, type SseReading } from '../../http-app.ts';
import { namedOf, textOf } from './chats-app.ts';

const question = 'How high is the Vellmar tower?';

/** A model that finds the fact in its prompt and cites its source; asked for queries, it gives one. */
function reader({ body }: RecordedRequest): Script {
  const messages = body?.messages ?? [];
  const asked = messages.findLast(({ role }) => role === 'user')?.content ?? '';
  if (asked !== question && !asked.endsWith(`\n\n${question}`)) return answer('Vellmar tower height');
  const before = asked.slice(0, Math.max(0, asked.indexOf(towerFact)));
  const number = [...before.matchAll(/^\[(\d+)\] /gm)].at(-1)?.[1];
  return answer(number === undefined ? 'I do not know.' : `It is 74 metres high [${number}].\n`);
}

onBothStores('the internet', async (storeEngine) => {
  const web = await startSmallWeb();
  let results: (query: string) => readonly SearxngResult[] | number = () => 500;
  const search = await startSearchServer((query) => results(query));
  const server = await startTestServer(storeEngine, {
    environment: { SEARXNG_URL: search.url, INTERNET_ALLOWED_NETWORKS: '127.0.0.1/32' },
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await search[Symbol.asyncDispose]();
    await web[Symbol.asyncDispose]();
  });
  const { upstream } = server;
  upstream.setDefault(reader);
  const result = (path: string): SearxngResult => ({
    url: web.url + path,
    title: `Hit ${path}`,
    content: '',
  });
  const found = ['/garden', '/injection', '/binary', '/loop', '/wrong-charset', '/tower'].map(result);
  const headers = { 'x-api-key': server.prodKey, 'content-type': 'application/json' };

  async function post(path: string, body: object): Promise<{ id: string }> {
    const response = await fetch(server.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    assert.equal(response.status, 201, await response.clone().text());
    return response.json() as Promise<{ id: string }>;
  }

  async function ask(): Promise<{ chatId: string; messageId: string }> {
    const { id: chatId } = await post('/chats/create', { name: 'About towers' });
    const body = { chat_id: chatId, role: 'Human', message: question };
    return { chatId, messageId: (await post('/conversations/create', body)).id };
  }

  async function stream(path: string, more: Omit<StreamCall, 'url'> = {}): Promise<SseReading> {
    const reading = await openReading({ url: server.url + path, headers, ...more });
    await reading.ended;
    return reading;
  }

  /** Gives the id of what was made. */
  async function made(path: string, body: object, by: Record<string, string> = headers): Promise<string> {
    const init = { method: 'POST', headers: by, body: JSON.stringify(body) };
    return ((await (await fetch(server.url + path, init)).json()) as { id: string }).id;
  }

  /** A slow machine may be silent for so long that the server sends a ping. */
  const framesOf = (reading: SseReading): string => reading.raw().replaceAll(': ping\n\n', '');

  test('progress, sources before the first piece, and an answer that cites the right page', async () => {
    results = () => found;
    const { chatId, messageId } = await ask();
    const reading = await stream(`/conversations/inference_internet/${messageId}`);
    const named = namedOf(reading);
    assert.deepEqual(
      named.filter(([name]) => name === 'status').map(([, { status }]) => status),
      ['searching', 'reading', 'answering'],
    );
    const [[, { sources, notice }] = assert.fail('no sources'), ...others] = named.filter(
      ([name]) => name === 'sources',
    );
    assert.deepEqual([others, notice], [[], undefined]);
    for (const [index, source] of sources.entries()) {
      assert.deepEqual(Object.keys(source), ['index', 'title', 'url', 'snippet']);
      assert.equal(source.index, index + 1);
    }
    const names = reading.events.map(({ event }) => event);
    assert.ok(names.indexOf('sources') < names.indexOf('message'));
    const cited = Number(/^It is 74 metres high \[(\d+)\]\.\n$/.exec(textOf(reading))?.[1]);
    assert.equal(sources[cited - 1].url, `${web.url}/tower`);
    assert.deepEqual([named.at(-1)?.[0], named.at(-1)?.[1].finish_reason], ['done', 'stop']);

    // Sources are stored with the message: both endpoints replay them, and other dialects send them at the end.
    const searches = search.requests.length;
    for (const path of [`inference_internet/${chatId}`, `inference/${messageId}`]) {
      assert.equal(framesOf(await stream(`/conversations/${path}`)), framesOf(reading));
    }
    assert.equal(search.requests.length, searches);
    const generation = reading.response.headers.get('content-location') ?? '';
    for (const dialect of ['chat', 'conversation']) {
      const other = await stream(`${generation}?dialect=${dialect}`);
      assert.deepEqual(JSON.parse(other.events.at(-1)?.data ?? '').sources, sources);
    }
    // Instructions in a page are in the prompt only as data: within the fence, under a number.
    const prompt = JSON.stringify(upstream.requests.at(-1)?.body?.messages);
    assert.ok(!prompt.includes('HIDDEN-'), 'hidden text does not arrive');
  });

  test('without it the web is left alone', async () => {
    results = () => found;
    const { messageId } = await ask();
    const searches = search.requests.length;
    const reading = await stream(`/conversations/inference/${messageId}`);
    assert.equal(textOf(reading), 'I do not know.');
    assert.deepEqual(
      namedOf(reading).map(([name]) => name),
      ['done'],
    );
    // The message has an answer now, so the other endpoint shows it without a search.
    const again = await stream(`/conversations/inference_internet/${messageId}`);
    assert.equal(again.raw(), reading.raw());
    assert.equal(search.requests.length, searches);
  });

  test('search down, or nothing found: an empty list, a notice, and an answer', async () => {
    for (const nothing of [500, []] as const) {
      results = () => nothing;
      const { messageId } = await ask();
      const reading = await stream(`/conversations/inference_internet/${messageId}`);
      const [, data] = namedOf(reading).find(([name]) => name === 'sources') ?? assert.fail(reading.raw());
      assert.deepEqual(data.sources, []);
      assert.match(data.notice, /\w+ \w+/);
      assert.equal(textOf(reading), 'I do not know.');
      assert.equal(namedOf(reading).at(-1)?.[0], 'done');
    }
  });

  test('a persona with the internet has it in every dialect', async () => {
    results = () => found;
    const base = `/organizations/${server.organizationId}/personas`;
    const persona = { name: 'Reader', alias: 'reader' };
    const { id } = await administer<{ id: number }>(server.url, 'POST', base, persona);
    await administer(server.url, 'PUT', `${base}/${id}/next`, {
      system_prompt: 'Read.',
      model_id: server.modelId,
      internet: true,
    });
    await administer(server.url, 'POST', `${base}/${id}/submit`);
    const chat = await stream('/api/chat/completion/stream', {
      method: 'POST',
      body: JSON.stringify({ message: question, persona: { alias: 'reader' } }),
    });
    const done = JSON.parse(chat.events.at(-1)?.data ?? '');
    assert.equal(done.type, 'done');
    assert.ok(done.sources.some(({ url }: { url: string }) => url === `${web.url}/tower`));
    const { key } = await administer<{ key: string }>(
      server.url,
      'POST',
      `/organizations/${server.organizationId}/keys`,
      { name: 'reader', type: 'prod', default_persona_id: id },
    );
    const other = { headers: { ...headers, 'x-api-key': key } };
    const chatId = await made('/chats/create', { name: 'x' }, other.headers);
    const said = { chat_id: chatId, role: 'Human', message: question };
    const messageId = await made('/conversations/create', said, other.headers);
    const inChats = await stream(`/conversations/inference/${messageId}`, other);
    assert.match(textOf(inChats), /^It is 74 metres high \[\d+\]\.\n$/);
  });

  test('a turn of the other dialects asks for the web, or for none, whatever its persona says', async () => {
    let searches = 0;
    results = () => {
      searches += 1;
      return found;
    };
    const org = `org_id=${server.organizationId}`;
    const conversation = await made(`/api/conversation/create?${org}`, { title: 'Towers' });
    const session = await made(`/api/conversation/create_session?${org}`, {
      ...{ conversation_id: conversation, model_id: server.modelId },
    });
    const asked = async (path: string, body: object) => {
      const before = searches;
      const reading = await stream(path, {
        ...{ method: 'POST', body: JSON.stringify({ message: question, ...body }) },
        headers: { ...headers, accept: 'application/vnd.colloquy.events' },
      });
      const types = reading.events.map(({ data }) => JSON.parse(data).type as string);
      assert.equal(types.at(-1), 'done', reading.raw());
      return [types.includes('sources'), searches > before];
    };
    const inSession = { chat_session_id: session };
    const talk = `/api/conversation/stream_chat?${org}`;
    assert.deepEqual(await asked(talk, { ...inSession, internet: true }), [true, true]);
    assert.deepEqual(await asked(talk, inSession), [false, false]);
    assert.deepEqual(await asked(talk, { ...inSession, internet: null }), [false, false]);
    const inChat = '/api/chat/continuation/stream';
    assert.deepEqual(await asked(inChat, { session, internet: true }), [true, true]);
    const withWeb = { persona: { alias: 'reader' } };
    const begin = '/api/chat/completion/stream';
    assert.deepEqual(await asked(begin, withWeb), [true, true]);
    assert.deepEqual(await asked(begin, { ...withWeb, internet: false }), [false, false]);
  });

  test('a token can’t ask for the web where its persona has none, and can do without', async () => {
    const base = `/organizations/${server.organizationId}/personas`;
    const without = { name: 'Without', alias: 'without' };
    const { id } = await administer<{ id: number }>(server.url, 'POST', base, without);
    const draft = { system_prompt: 'Answer.', model_id: server.modelId };
    await administer(server.url, 'PUT', `${base}/${id}/next`, draft);
    await administer(server.url, 'POST', `${base}/${id}/submit`);
    const get = await fetch(`${server.url}/api/chat/get_token`, {
      ...{ method: 'POST', headers, body: JSON.stringify({ user_id: 'ada', persona: { alias: 'without' } }) },
    });
    const { token } = (await get.json()) as { token: string };
    const asked = async (internet: unknown) => {
      const response = await fetch(`${server.url}/api/chat/completion`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ message: 'Hi', internet }),
      });
      return [response.status, ((await response.json()) as { field?: string }).field];
    };
    assert.deepEqual(await asked(true), [403, undefined]);
    assert.deepEqual(await asked(false), [200, undefined]);
    assert.deepEqual(await asked('yes'), [400, 'internet']);
  });
});
