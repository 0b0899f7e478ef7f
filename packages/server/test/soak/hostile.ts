/**
 * The hostile tenant of the soak, a process of its own: its model, its web, and its clients. Its parent says when it
 * attacks. Each attack is one that a review has found to hold or end a server (A2 to A6).
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { pdfBomb } from 'colloquy-testkit/web/hostile-pdfs';
import { serve, startSearchServer } from 'colloquy-testkit/web/small-web';
import { Agent, fetch } from 'undici';

/** What the parent says: where the server is, whether to attack. */
export type ToHostile =
  | { readonly say: 'target'; readonly target: Target }
  | { readonly say: 'attack' }
  | { readonly say: 'rest' };

/** What is told: addresses, that everything rests, and how often each attack was made, and what went wrong. */
export type FromHostile =
  | { readonly tell: 'ready'; readonly modelUrl: string; readonly searchUrl: string }
  | { readonly tell: 'attacking'; readonly name: string }
  | { readonly tell: 'resting'; readonly made: Readonly<Record<string, number>>; readonly failures: number };

export interface Target {
  readonly url: string;
  /** A key without limits, and one of a single request a minute. */
  readonly key: string;
  readonly limitedKey: string;
  readonly organizationId: string;
  /** Only the attacks whose names hold this are made. */
  readonly only: string;
}

// Strangers have processors of their own.
setPriority(19);

const megabyte = 2 ** 20;
const dots = `a${'.'.repeat(100_000)}b`;
const frame = (delta: object): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`;
const lastFrames =
  'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":3000000000,"completion_tokens":1.5,"total_tokens":-1}}\n\ndata: [DONE]\n\n';

/** The hostile model: what it does stands in the question; a title, a summary or a query is a long run of dots. */
const models: Readonly<Record<string, (response: ServerResponse) => Promise<void> | void>> = {
  async endless(response) {
    const piece = frame({ content: 'x'.repeat(64 * 1024) });
    for (let sent = 0; sent < 250 * megabyte && !response.destroyed; sent += piece.length) {
      if (!response.write(piece)) await drained(response);
    }
    response.end(lastFrames);
  },
  'tool calls'(response) {
    const calls = Array.from({ length: 70_000 }, (_, index) => ({
      index,
      id: `c${index}`,
      function: { name: 'f', arguments: '{' },
    }));
    response.end(frame({ tool_calls: calls }) + lastFrames);
  },
  async long(response) {
    const piece = frame({ content: 'word ' });
    for (let sent = 0; sent < 100_000 && !response.destroyed; sent += 1) {
      if (!response.write(piece)) await drained(response);
    }
    response.end(lastFrames);
  },
  // The 20 turns that a queue takes are answered before long, so that they do not add up over the run.
  async slow(response) {
    for (let sent = 0; sent < 3 && !response.destroyed; sent += 1) {
      response.write(frame({ content: 'slow ' }));
      await sleep(1000);
    }
    response.end(lastFrames);
  },
};

function answerAsModel(request: IncomingMessage, response: ServerResponse, body: string): void {
  const [, kind = ''] = /ATTACK:([a-z ]+)/.exec(body.slice(-4000)) ?? [];
  if (kind === 'overflow') {
    const message = "This model's maximum context length is 8192 tokens, ".repeat(1600);
    response.writeHead(400, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { message, code: 'context_length_exceeded' } }));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  request.on('error', () => undefined);
  response.on('error', () => undefined);
  const play = models[kind];
  if (play === undefined) response.end(frame({ content: dots }) + lastFrames);
  else void play(response);
}

async function drained(response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  await Promise.race([once(response, 'drain', gone), once(response, 'close', gone)]).catch(() => undefined);
  gone.abort();
}

const model = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => void chunks.push(chunk));
  request.on('end', () => answerAsModel(request, response, Buffer.concat(chunks).toString('utf8')));
}).listen(0, '127.0.0.1');

const size = 2 * megabyte;
const files: Readonly<Record<string, readonly [type: string, body: string | Buffer, encoding?: string]>> = {
  '/signs': ['text/html', gzipSync('>'.repeat(size)), 'gzip'],
  '/plain-signs': ['text/html', '&'.repeat(size)],
  '/elements': ['text/html', '<div>'.repeat(400_000)],
  '/bomb.pdf': ['application/pdf', pdfBomb()],
};
const web = await serve('127.0.0.1', (request, response) => {
  const [type, body, encoding] = files[request.url ?? ''] ?? [];
  if (type === undefined) return void response.writeHead(404).end();
  response.writeHead(200, {
    'content-type': type,
    ...(encoding !== undefined && { 'content-encoding': encoding }),
  });
  response.end(body);
});
const search = await startSearchServer(() =>
  Object.keys(files).map((path) => ({ url: web.url + path, title: path, content: '' })),
);

/** Connections of attacks that are over are not kept, so that what the server holds at the end is its own. */
const dispatcher = new Agent({ keepAliveTimeout: 1000, keepAliveMaxTimeout: 1000 });

let target: Target | undefined;
let isAttacking = false;
let failures = 0;
const made: Record<string, number> = {};

/** Calls the server; gives the answer's JSON, or null where it was refused. An answer that does not come counts. */
async function call<T>(
  path: string,
  body?: object,
  key = target?.key ?? '',
  signal?: AbortSignal,
): Promise<T | null> {
  try {
    const response = await fetch((target?.url ?? '') + path, {
      dispatcher,
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'x-api-key': key, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
    });
    const text = await response.text();
    if (response.status >= 500) failures += 1;
    if (!response.ok) return null;
    return response.headers.get('content-type')?.startsWith('application/json') === true
      ? (JSON.parse(text) as T)
      : ({ location: response.headers.get('content-location') } as T);
  } catch {
    if (signal?.aborted !== true) failures += 1;
    return null;
  }
}

const times = <T>(count: number, one: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => one(index)));

type Named = { readonly id: string };

/** A chat with one question. */
async function ask(
  message: string,
): Promise<{ readonly chat: string; readonly question: string } | undefined> {
  const chat = await call<Named>('/chats/create', { name: 'x' });
  const question = await call<Named>('/conversations/create', { chat_id: chat?.id, role: 'Human', message });
  return chat === null || question === null ? undefined : { chat: chat.id, question: question.id };
}

let longAnswer: string | undefined;
let largeChat: string | undefined;

const attacks: Readonly<Record<string, () => Promise<unknown>>> = {
  async 'A2, A5: pages and PDFs that exhaust their parsers'() {
    const asked = await ask('What is it?');
    if (asked !== undefined) await call(`/conversations/inference_internet/${asked.question}`);
  },
  async 'A3: runs of dots, tool calls, a refusal of 80 KB'() {
    for (const kind of ['dots', 'tool calls', 'overflow']) {
      await call('/api/chat/completion', { message: `ATTACK:${kind}` });
    }
  },
  async 'A4: words that fill an index'() {
    const chat = await call<Named>('/chats/create', { name: 'x' });
    const words = Array.from({ length: 16_000 }, (_, index) => `ﷺ${index}ﷺﷺ`)
      .join(' ')
      .slice(0, 190_000);
    for (const message of [words, 'é'.repeat(190_000)]) {
      await call('/conversations/create', { chat_id: chat?.id, role: 'Assistant', message });
    }
    const org = `org_id=${target?.organizationId}`;
    await times(4, () => call(`/api/conversation/list?${org}&q=${encodeURIComponent('ﷺ1 ééé')}`));
  },
  async 'A6: 40 posts of 1 MB with a key of one request a minute'() {
    await times(40, () => call('/chats/create', { name: 'x'.repeat(megabyte) }, target?.limitedKey));
    await times(40, () => call('/api/chat/completion', { message: 'x'.repeat(8000) }, target?.limitedKey));
  },
  async 'A6: large pages'() {
    if (largeChat === undefined) {
      const chat = await call<Named>('/chats/create', { name: 'large' });
      largeChat = chat?.id;
      for (let n = 0; n < 40; n += 1) {
        await call('/conversations/create', {
          chat_id: largeChat,
          role: 'Human',
          message: '💡'.repeat(190_000),
        });
      }
    }
    const org = `org_id=${target?.organizationId}`;
    const signal = AbortSignal.timeout(20_000);
    await times(8, () =>
      call(
        `/api/conversation/messages?${org}&conversation_id=${largeChat}&limit=1000`,
        undefined,
        undefined,
        signal,
      ),
    );
  },
  async 'A6: an answer without an end'() {
    await call('/api/chat/completion', { message: 'ATTACK:endless', max_tokens: 10 });
  },
  async 'A6: 400 turns in a queue'() {
    const first = await call<{ session_id: string }>('/api/chat/completion', { message: 'ATTACK:dots' });
    const end = new AbortController();
    const waiting = times(400, () =>
      call(
        '/api/chat/continuation/stream',
        { session: first?.session_id, message: 'ATTACK:slow', when_busy: 'queue' },
        undefined,
        end.signal,
      ),
    );
    await sleep(2000);
    end.abort();
    await waiting;
    const org = `org_id=${target?.organizationId}`;
    await call(`/api/conversation/complete_session?${org}&session_id=${first?.session_id}`, {});
  },
  async 'A6: readers that never read'() {
    const location = await theLongAnswer();
    if (target === undefined || location === undefined) return;
    const { hostname, port } = new URL(target.url);
    const sockets = Array.from({ length: 50 }, () => {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      socket.write(`GET ${location} HTTP/1.1\r\nHost: ${hostname}\r\nX-API-Key: ${target?.key}\r\n\r\n`);
      return socket.pause();
    });
    await sleep(2000);
    for (const socket of sockets) socket.destroy();
  },
  async 'A6: 20 resumes near the end of 100,000 events'() {
    const location = await theLongAnswer();
    const generation = location?.split('/')[3];
    await times(20, () => call(`${location}?after=${generation}:99990`));
  },
};

async function theLongAnswer(): Promise<string | undefined> {
  if (longAnswer !== undefined) return longAnswer;
  const done = await call<{ location: string }>('/api/chat/completion/stream', { message: 'ATTACK:long' });
  longAnswer = done?.location;
  return longAnswer;
}

async function attack(): Promise<void> {
  while (isAttacking) {
    for (const [name, run] of Object.entries(attacks)) {
      if (!isAttacking) break;
      if (!name.includes(target?.only ?? '')) continue;
      tell({ tell: 'attacking', name });
      await run();
      made[name] = (made[name] ?? 0) + 1;
    }
  }
}

function tell(message: FromHostile): void {
  process.send?.(message);
}

let attacking = Promise.resolve();
process.on('message', (message: ToHostile) => {
  if (message.say === 'target') target = message.target;
  if (message.say === 'attack' && !isAttacking) {
    isAttacking = true;
    attacking = attack();
  }
  if (message.say === 'rest') {
    isAttacking = false;
    void attacking.then(() => tell({ tell: 'resting', made, failures }));
  }
});
process.on('disconnect', () => process.exit());

const address = model.address();
const modelPort = typeof address === 'object' ? address?.port : undefined;
tell({ tell: 'ready', modelUrl: `http://127.0.0.1:${modelPort}/v1`, searchUrl: search.url });
