/**
 * A model provider made of a real `node:http` server that plays scripts, in the OpenAI and in the Anthropic
 * wire format. One step of a script is one write, so that it arrives as one chunk of the HTTP body.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { echo } from './scripted-answers.ts';
import { type Frames, framesFor, type Wire } from './scripted-frames.ts';

export { answer, echo, gate, refuse, wordsOf } from './scripted-answers.ts';
export type { Wire } from './scripted-frames.ts';

/** A step of a script: the next thing that the upstream does. */
export type Step =
  /** One frame per token; with an interval each frame is a write of its own, `intervalMs` apart. */
  | {
      readonly do: 'tokens';
      readonly tokens: readonly string[];
      readonly reasoning?: boolean;
      readonly intervalMs?: number;
    }
  /** A tool call, whose arguments come in `pieces` deltas (default 3). */
  | {
      readonly do: 'tool-call';
      readonly id: string;
      readonly name: string;
      readonly arguments: string;
      readonly pieces?: number;
    }
  | { readonly do: 'finish'; readonly reason?: string }
  | {
      readonly do: 'usage';
      readonly promptTokens: number;
      readonly completionTokens: number;
      /** Further fields of the wire format. */
      readonly more?: object;
    }
  /** The last frame: `[DONE]` or `message_stop`. */
  | { readonly do: 'end' }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'hold'; readonly until: Promise<unknown> }
  /** Says nothing more, and keeps the connection until the client goes. */
  | { readonly do: 'stall' }
  /** Closes the connection; as a first step before the headers, with `midFrame` in the middle of a frame. */
  | { readonly do: 'drop'; readonly midFrame?: boolean }
  /** Sends status and headers now; otherwise they go with the first bytes. */
  | { readonly do: 'headers' }
  /** An error in the middle of the stream, in the wire format. */
  | { readonly do: 'error'; readonly type: string; readonly message: string }
  | { readonly do: 'ping' }
  | { readonly do: 'raw'; readonly data: string | Uint8Array };

export interface Script {
  readonly steps?: readonly Step[];
  /** Status of the answer, default 200. With another status, `body` is sent and the steps are ignored. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Body to send instead of steps; objects are sent as JSON. */
  readonly body?: unknown;
  /** Splits the answer into writes of this many bytes, also within characters and frames. */
  readonly chunkBytes?: number;
}

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** The request's parsed JSON; undefined for a GET. */
  readonly body: RequestBody | undefined;
  readonly wire: Wire;
  /** The model that the request names. */
  readonly model: string;
  /** The text of the last user message. */
  readonly lastUserMessage: string;
  readonly receivedAt: number;
  /** Epoch milliseconds at which the client broke the call off. */
  readonly abortedAt: number | undefined;
  /** How it ended: the answer was complete, the client broke off, or the script dropped the connection. */
  readonly closed: Promise<'completed' | 'aborted' | 'dropped'>;
}

export interface RequestBody {
  readonly model?: string;
  readonly system?: string;
  /** A content is a text here, though it may be a list of parts: `textOf` reads both. */
  readonly messages?: readonly { readonly role: string; readonly content: string }[];
  readonly [field: string]: unknown;
}

export type ScriptSource = Script | ((request: RecordedRequest) => Script);

export interface ScriptedUpstream extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`, without a path. */
  readonly url: string;
  /** Base URL for OpenAI-style providers: `<url>/v1`. */
  readonly openAiUrl: string;
  /** Base URL for Anthropic: `<url>/anthropic` (`<url>` and `/v1` do as well). */
  readonly anthropicUrl: string;
  /** All model calls so far, oldest first; lists of models are not among them. */
  readonly requests: readonly RecordedRequest[];
  /** The models that `GET …/models` lists. Default `['scripted']`. */
  models: readonly string[];
  /** Queues scripts for the next calls, whatever their model; each is used once, in order. */
  enqueue(...scripts: ScriptSource[]): void;
  /** Sets the script for every call of this model that finds the queue empty. */
  script(model: string, script: ScriptSource): void;
  /** Sets the script for all other calls. Default `echo`. */
  setDefault(script: ScriptSource): void;
  /** Resolves with call number `index` (from 0) as soon as it has come. */
  request(index: number): Promise<RecordedRequest>;
  /** The number of connections that are open now. */
  openConnections(): Promise<number>;
}

export interface ScriptedUpstreamOptions {
  readonly port?: number;
  /** Whether to keep calls in `requests`; false saves memory under long loads. Default true. */
  readonly record?: boolean;
}

export async function startScriptedUpstream(
  options: ScriptedUpstreamOptions = {},
): Promise<ScriptedUpstream> {
  const record = options.record ?? true;
  const requests: RecordedRequest[] = [];
  const waiting = new Map<number, (request: RecordedRequest) => void>();
  const queue: ScriptSource[] = [];
  const byModel = new Map<string, ScriptSource>();
  let fallback: ScriptSource = echo;
  let models: readonly string[] = ['scripted'];

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 60_000;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/';
    const text = await readBody(request);
    if (request.method === 'GET' && path.split('?')[0]?.endsWith('/models')) {
      sendJson(response, 200, { object: 'list', data: models.map((id) => ({ id, object: 'model' })) });
      return;
    }
    const wire = wireOf(path);
    if (request.method !== 'POST' || wire === undefined) {
      sendJson(response, 404, {
        error: { message: `No route ${request.method} ${path}`, type: 'not_found' },
      });
      return;
    }
    const recorded = new Call(request, response, wire, JSON.parse(text) as RequestBody);
    if (record) {
      requests.push(recorded);
      waiting.get(requests.length - 1)?.(recorded);
      waiting.delete(requests.length - 1);
    }
    const source = queue.shift() ?? byModel.get(recorded.model) ?? fallback;
    await recorded.play(typeof source === 'function' ? source(recorded) : source);
  }

  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url,
    openAiUrl: `${url}/v1`,
    anthropicUrl: `${url}/anthropic`,
    requests,
    get models() {
      return models;
    },
    set models(names) {
      models = names;
    },
    enqueue: (...scripts) => void queue.push(...scripts),
    script: (model, script) => void byModel.set(model, script),
    setDefault: (script) => {
      fallback = script;
    },
    request: (index) => {
      const known = requests[index];
      if (known !== undefined) return Promise.resolve(known);
      return new Promise((resolve) => waiting.set(index, resolve));
    },
    openConnections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
      }),
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

class Call implements RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: RequestBody;
  readonly wire: Wire;
  readonly model: string;
  readonly receivedAt = Date.now();
  readonly closed: Promise<'completed' | 'aborted' | 'dropped'>;
  abortedAt: number | undefined;
  readonly #response: ServerResponse;
  readonly #gone = new AbortController();
  #dropped = false;

  constructor(request: IncomingMessage, response: ServerResponse, wire: Wire, body: RequestBody) {
    this.method = request.method ?? '';
    this.path = request.url ?? '';
    this.headers = request.headers;
    this.body = body;
    this.wire = wire;
    this.model = body.model ?? '';
    this.#response = response;
    const { promise, resolve } = Promise.withResolvers<'completed' | 'aborted' | 'dropped'>();
    this.closed = promise;
    response.on('close', () => {
      const outcome = this.#dropped ? 'dropped' : response.writableFinished ? 'completed' : 'aborted';
      if (outcome === 'aborted') this.abortedAt = Date.now();
      this.#gone.abort();
      resolve(outcome);
    });
  }

  get lastUserMessage(): string {
    return textOf(this.body.messages?.findLast((message) => message.role === 'user')?.content);
  }

  async play(script: Script): Promise<void> {
    const response = this.#response;
    const status = script.status ?? 200;
    if (script.body !== undefined || status !== 200) {
      sendJson(response, status, script.body ?? {}, script.headers);
      return;
    }
    response.statusCode = status;
    response.setHeader('content-type', 'text/event-stream; charset=utf-8');
    response.setHeader('cache-control', 'no-cache');
    for (const [name, value] of Object.entries(script.headers ?? {})) response.setHeader(name, value);
    const frames = framesFor(this.wire, this.model);
    const write = (data: string | Uint8Array): Promise<void> | undefined =>
      script.chunkBytes === undefined ? void response.write(data) : this.#writeCut(data, script.chunkBytes);
    const stopped = new Promise<void>((resolve) =>
      this.#gone.signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    for (const step of script.steps ?? []) {
      if (this.#gone.signal.aborted) return;
      await this.#step(step, frames, write, stopped);
    }
    if (!this.#gone.signal.aborted) response.end();
  }

  async #step(
    step: Step,
    frames: Frames,
    write: (data: string | Uint8Array) => Promise<void> | undefined,
    stopped: Promise<void>,
  ): Promise<void> {
    switch (step.do) {
      case 'headers':
        this.#response.flushHeaders();
        return;
      case 'tokens':
        if (step.intervalMs !== undefined)
          return this.#pace(step.tokens, step.intervalMs, step.reasoning, frames, write);
        return write(step.tokens.map((token) => frames.token(token, step.reasoning === true)).join(''));
      case 'tool-call':
        return write(frames.toolCall(step.id, step.name, cut(step.arguments, step.pieces ?? 3)));
      case 'finish':
        return write(frames.finish(step.reason));
      case 'usage':
        return write(frames.usage(step.promptTokens, step.completionTokens, step.more));
      case 'end':
        return write(frames.end());
      case 'error':
        return write(frames.error(step.type, step.message));
      case 'ping':
        return write(frames.ping());
      case 'raw':
        return write(step.data);
      case 'wait':
        await sleep(step.ms, undefined, { signal: this.#gone.signal }).catch(() => undefined);
        return;
      case 'hold':
        await Promise.race([step.until, stopped]);
        return;
      case 'stall':
        await stopped;
        return;
      case 'drop':
        if (step.midFrame) {
          const frame = frames.token('never whole', false);
          await new Promise<void>((sent) =>
            this.#response.write(frame.slice(0, frame.length / 2), () => sent()),
          );
        }
        this.#dropped = true;
        this.#response.destroy();
    }
  }

  /** Sends tokens on one timer, all that are due at once, so that a busy machine keeps the rate. */
  #pace(
    tokens: readonly string[],
    intervalMs: number,
    reasoning: boolean | undefined,
    frames: Frames,
    write: (data: string | Uint8Array) => Promise<void> | undefined,
  ): Promise<void> {
    const startedAt = performance.now();
    let sent = 0;
    return new Promise((resolve) => {
      const timer = setInterval(() => {
        const due = Math.min(tokens.length, Math.floor((performance.now() - startedAt) / intervalMs) + 1);
        while (sent < due && !this.#gone.signal.aborted) {
          void write(frames.token(tokens[sent] as string, reasoning === true));
          sent += 1;
        }
        if (sent < tokens.length && !this.#gone.signal.aborted) return;
        clearInterval(timer);
        resolve();
      }, intervalMs);
    });
  }

  async #writeCut(data: string | Uint8Array, chunkBytes: number): Promise<void> {
    const bytes = Buffer.from(data as string);
    for (let start = 0; start < bytes.length && !this.#gone.signal.aborted; start += chunkBytes) {
      this.#response.write(bytes.subarray(start, start + chunkBytes));
      await nextTurn();
    }
  }
}

/** The text of a message's content, which may be a list of parts. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: { text?: unknown }) => (typeof part.text === 'string' ? part.text : '')).join('');
}

function wireOf(address: string): Wire | undefined {
  const [path = ''] = address.split('?');
  if (path.endsWith('/chat/completions')) return 'openai';
  if (path.endsWith('/v1/messages')) return 'anthropic';
  return undefined;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(text);
}

function cut(text: string, pieces: number): string[] {
  const length = Math.max(1, Math.ceil(text.length / pieces));
  return Array.from({ length: Math.ceil(text.length / length) }, (_, i) =>
    text.slice(i * length, (i + 1) * length),
  );
}
