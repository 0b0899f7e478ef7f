/** Turns whose server is killed in the midst, seen through several dialects, and a model that goes on with them. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { type ClientStream, type Frame, generationOf, openStream } from 'colloquy-testkit/event-stream';
import type { Place } from 'colloquy-testkit/place';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { type ChildServer, spawnServer } from 'colloquy-testkit/server-process';
import { administer, makeTenant } from 'colloquy-testkit/tenants';
import {
  gate,
  type Script,
  type ScriptedUpstream,
  startScriptedUpstream,
  textOf,
} from 'colloquy-testkit/upstream/scripted-upstream';
import type { Dialect } from '../../../src/domain/generation.ts';

const wordCount = 40;
/** How many words the model says before it falls silent; it goes on only for a server that has been started anew. */
const saidAtOnce = 30;
/** How many words a client has read, at least, when the server is killed. */
const readAtKill = 12;
/** How many words the model says behind the kill, of an answer that is to be cancelled. */
export const saidBeforeCancel = 4;
/** What the model reports of each answer that it ends. */
export const promptTokens = 10;

export type View = Exclude<Dialect, 'chat'> | 'events';

const jsonPiece =
  (type: string, field: string) =>
  ({ data }: Frame): string => {
    const event = data.startsWith('{') ? JSON.parse(data) : {};
    return event.type === type ? event[field] : '';
  };

/** The text that an event of a dialect adds to the answer. */
const pieceIn: Readonly<Record<View, (frame: Frame) => string>> = {
  responses: jsonPiece('response.output_text.delta', 'delta'),
  completions: ({ data }) => (data === '[DONE]' ? '' : (JSON.parse(data).choices[0]?.delta.content ?? '')),
  conversation: jsonPiece('content', 'content'),
  ui: jsonPiece('text-delta', 'delta'),
  chats: ({ event, data }) => (event === 'message' ? data : ''),
  events: jsonPiece('text', 'text'),
};

export const textIn = (view: View, frames: readonly Frame[]): string => frames.map(pieceIn[view]).join('');

/** What the model answers to a question: words with blanks, line feeds and characters of several bytes. */
export function wordsFor(question: string): string[] {
  return Array.from({ length: wordCount }, (_, index) => ` ${question} ${index} ž💡${index % 7 ? '' : '\n'}`);
}

export interface Model extends AsyncDisposable {
  readonly upstream: ScriptedUpstream;
  /** Lets the answers go on that wait behind a kill. */
  release(): void;
}

/**
 * A model that falls silent in the middle, and goes on where it was cut off when it is asked to; to the questions of
 * `cancelled` it falls silent again, `saidBeforeCancel` words later.
 */
export async function startModel(cancelled: ReadonlySet<string>): Promise<Model> {
  const upstream = await startScriptedUpstream();
  let held = gate();
  upstream.setDefault(({ body, lastUserMessage: question }): Script => {
    const words = wordsFor(question);
    const last = body?.messages?.at(-1);
    if (last?.role !== 'assistant')
      return {
        steps: [
          { do: 'headers' },
          { do: 'tokens', tokens: words.slice(0, saidAtOnce), intervalMs: 5 },
          { do: 'stall' },
        ],
      };
    const rest = behind(words.join(''), textOf(last.content));
    if (cancelled.has(question))
      return {
        steps: [
          { do: 'headers' },
          held.step,
          { do: 'tokens', tokens: rest.slice(0, saidBeforeCancel) },
          { do: 'stall' },
        ],
      };
    return {
      steps: [
        { do: 'headers' },
        held.step,
        { do: 'tokens', tokens: rest },
        { do: 'finish' },
        { do: 'usage', promptTokens, completionTokens: rest.length },
        { do: 'end' },
      ],
    };
  });
  return {
    upstream,
    release() {
      held.release();
      held = gate();
    },
    [Symbol.asyncDispose]: () => upstream[Symbol.asyncDispose](),
  };
}

/** The words of a text behind its beginning. */
export function behind(all: string, begun: string): string[] {
  assert.ok(all.startsWith(begun), `the model is asked to go on behind ${JSON.stringify(begun)}`);
  return all.slice(begun.length).match(/\s*\S+(\n$)?/gu) ?? [];
}

export interface Turn {
  readonly view: Exclude<View, 'events'>;
  readonly question: string;
  readonly path: string;
  readonly body?: object;
  /** Where a client of the dialect goes on, by what it has read. */
  readonly resume: (read: readonly Frame[]) => { readonly path: string; readonly body?: object };
}

/** The streams of a turn, each with what was read before the kill. */
export interface Cut {
  readonly view: View;
  readonly before: readonly Frame[];
  readonly rest: ClientStream;
}

/** Where a turn stands. */
export interface Went {
  readonly generationId: string;
  readonly conversationId: string;
  readonly sessionId: string;
  readonly questionId: string;
  readonly answerId: string;
}

/** The server of a test, which is killed and started again, and its clients. */
export class Stage implements AsyncDisposable {
  readonly organizationId: string;
  readonly #place: Place;
  readonly #model: Model;
  readonly #key: string;
  #server: ChildServer;

  private constructor(place: Place, model: Model, server: ChildServer, key: string, organizationId: string) {
    this.organizationId = organizationId;
    this.#place = place;
    this.#model = model;
    this.#server = server;
    this.#key = key;
  }

  static async start(place: Place, model: Model): Promise<Stage> {
    const server = await spawnServer(serverEnvironment(place));
    const { prodKey, organizationId, modelId } = await makeTenant(server.url, model.upstream);
    const path = `/organizations/${organizationId}/models/${modelId}`;
    await administer(server.url, 'PATCH', path, { can_continue: true });
    return new Stage(place, model, server, prodKey, organizationId);
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests read the fields of resources.
  async call(path: string, { method, body }: { method?: string; body?: object } = {}): Promise<any> {
    const response = await fetch(this.#server.url + path, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        authorization: `Bearer ${this.#key}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    assert.ok(response.ok, `${method ?? ''} ${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  }

  /** What the administration counts of the organization's calls, in all. */
  async usage(): Promise<Readonly<Record<'requests' | 'total_tokens' | 'cost', { readonly total: number }>>> {
    const path = `/organizations/${this.organizationId}/usage?group_by=model`;
    const { data } = await administer<{ data: never[] }>(this.#server.url, 'GET', path);
    return data[0] ?? assert.fail('no usage');
  }

  open({ path, body }: { path: string; body?: object }, cursor?: string): Promise<ClientStream> {
    return openStream({
      url: this.#server.url + path,
      headers: {
        authorization: `Bearer ${this.#key}`,
        ...(cursor !== undefined && { 'last-event-id': cursor }),
      },
      ...(body !== undefined && { body }),
    });
  }

  async kill(): Promise<void> {
    this.#server.signal('SIGKILL');
    assert.equal(await this.#server.exited, 'SIGKILL');
    assert.doesNotMatch(this.#server.output(), /unhandled|uncaught|"level":(50|60)/i);
  }

  async restart(): Promise<void> {
    this.#server = await spawnServer(serverEnvironment(this.#place));
  }

  /** Begins a turn, seen in its own dialect and in `events`, kills the server in the midst, and goes on with both. */
  async cut(turn: Turn): Promise<{ generationId: string; cuts: readonly Cut[] }> {
    const { view, question } = turn;
    const calls = this.#model.upstream.requests.length;
    const own = await this.open(turn);
    assert.equal(own.status, 200, own.body());
    const generationId = generationOf(own);
    const inEvents = `/api/generations/${generationId}/stream?dialect=events`;
    const watching = await this.open({ path: inEvents });
    const streams = [
      { view, stream: own, resume: turn.resume },
      { view: 'events', stream: watching, resume: () => ({ path: inEvents }) },
    ] as const;
    const words = wordsFor(question);
    const enough = words.slice(0, readAtKill).join('').length;
    for (const { view: one, stream } of streams)
      assert.ok(await stream.until(() => textIn(one, stream.frames).length >= enough), `${one} ended`);
    await this.kill();
    for (const { view: one, stream } of streams) {
      assert.equal(await stream.closed, 'broken', one);
      assert.ok(words.slice(0, saidAtOnce).join('').startsWith(textIn(one, stream.frames)), one);
    }
    await this.restart();
    const cuts: Cut[] = [];
    for (const { view: one, stream, resume } of streams) {
      const isBySequence = one === 'responses';
      const cursor = isBySequence ? undefined : (stream.frames.at(-1)?.id ?? assert.fail('no id'));
      const rest = await this.open(resume(stream.frames), cursor);
      assert.equal(rest.status, 200, `${one}: ${rest.body()}`);
      assert.equal(rest.headers['content-type'], 'text/event-stream; charset=utf-8');
      cuts.push({ view: one, before: stream.frames, rest });
    }
    // The model is asked once more, with what is stored: no less than a client has read.
    const again = await this.#model.upstream.request(calls + 1);
    const stored = textOf(again.body?.messages?.at(-1)?.content);
    for (const { view: one, before } of cuts) assert.ok(stored.startsWith(textIn(one, before)), one);
    this.#model.release();
    return { generationId, cuts };
  }

  /** Reads the streams of a turn to their end: each is, from its first event to its last, what a replay gives. */
  async end({ generationId, cuts }: { generationId: string; cuts: readonly Cut[] }): Promise<string> {
    const texts = new Set<string>();
    for (const { view, before, rest } of cuts) {
      assert.equal(await rest.closed, 'ended', view);
      const frames = [...before, ...rest.frames];
      const replay = await this.open({ path: `/api/generations/${generationId}/stream?dialect=${view}` });
      assert.equal(await replay.closed, 'ended', view);
      assert.deepEqual(
        frames.map(({ raw }) => raw),
        replay.frames.map(({ raw }) => raw),
        view,
      );
      assert.equal(new Set(frames.map(({ id }) => id)).size, frames.length, `${view}: an id came twice`);
      texts.add(textIn(view, frames));
    }
    const [text = '', ...others] = texts;
    assert.deepEqual(others, [], 'the views show different texts');
    return text;
  }

  async where(generationId: string): Promise<Went> {
    const { message_id: answerId, ...view } = await this.call(`/api/generations/${generationId}`);
    const answer = await this.call(`/api/conversation/messages/${answerId}?org_id=${this.organizationId}`);
    return {
      generationId,
      answerId,
      questionId: answer.reply_to,
      conversationId: view.conversation_id,
      sessionId: view.session_id,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    await rm(this.#place.dataDir, { recursive: true, force: true });
  }
}
