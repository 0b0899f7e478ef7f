/** The API that `colloquy chat` talks to: turns that survive a cut connection, and what was said before. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createParser } from 'eventsource-parser';
import { errorText } from '../api/api.ts';
import { notReached } from '../api/find-server.ts';
import { CommandFailure } from '../failure.ts';

/** An event of an answer. Others than these are passed over. */
export type ChatEvent =
  | { readonly type: 'session_created' | 'session_continued'; readonly session_id: string }
  | { readonly type: 'token'; readonly content: string }
  | { readonly type: 'done'; readonly finish_reason: string }
  | { readonly type: 'error'; readonly message: string };

export interface ChatMessage {
  readonly role: 'user' | 'assistant';
  readonly content: string;
  readonly chat_session_id: string;
}

interface Conversation {
  readonly conversationId: string;
  readonly sessionId: string;
}

/** Waits before each try to go on behind a cut connection, in milliseconds; after the last it is given up. */
const reconnectMs = [200, 500, 1000, 2000, 4000, 8000, 15_000, 30_000] as const;

export class ChatApi {
  readonly #url: string;
  readonly #key: string;
  #conversation: Conversation | undefined;
  /** The newest answer's. */
  #generationId: string | undefined;
  #lastEventId = '';

  constructor(url: string, key: string) {
    this.#url = url;
    this.#key = key;
  }

  get conversationId(): string | undefined {
    return this.#conversation?.conversationId;
  }

  /** Goes on with the newest session of a conversation. @throws CommandFailure */
  async open(conversationId: string): Promise<void> {
    const query = new URLSearchParams({ conversation_id: conversationId });
    const found = await this.#inOrganization('GET', '/api/conversation/get_with_sessions', query);
    const newest = (found as { readonly sessions: readonly { readonly id: string }[] }).sessions.at(-1);
    if (newest === undefined) throw new CommandFailure('the conversation has no session to go on with');
    this.#conversation = { conversationId, sessionId: newest.id };
  }

  /** The next message begins a conversation; with `model`, a name or id, on that model. @throws CommandFailure */
  async begin(model?: string): Promise<void> {
    this.#conversation = undefined;
    if (model === undefined) return;
    const models = (await this.#inOrganization('GET', '/api/llm/list')) as readonly {
      readonly id: string;
      readonly name: string;
    }[];
    const found = models.find(({ id, name }) => id === model.toLowerCase() || name === model);
    if (found === undefined) {
      const names = models.map(({ name }) => name).join(', ');
      throw new CommandFailure(`there is no model ${JSON.stringify(model)}; there are: ${names}`);
    }
    const body = { title: 'Terminal' };
    const made = await this.#inOrganization('POST', '/api/conversation/create', undefined, body);
    const { id: conversationId } = made as { readonly id: string };
    const session = await this.#inOrganization('POST', '/api/conversation/create_session', undefined, {
      conversation_id: conversationId,
      model_id: found.id,
    });
    this.#conversation = { conversationId, sessionId: (session as { readonly id: string }).id };
  }

  /**
   * Sends a message and gives the answer's events up to its end, each once, also where the connection is cut.
   * @param persona the alias of the persona with which a conversation begins; absent: the key's own
   * @throws CommandFailure where the server refuses the message, or stays away
   */
  async *send(message: string, persona?: string): AsyncGenerator<ChatEvent> {
    this.#generationId = undefined;
    this.#lastEventId = '';
    const session = this.#conversation?.sessionId;
    const path = `/api/chat/${session === undefined ? 'completion' : 'continuation'}/stream`;
    const begin = persona === undefined ? { message } : { message, persona: { alias: persona } };
    const body = session === undefined ? begin : { message, session };
    // With its key, a repeated call is the same call.
    const once = { 'Idempotency-Key': randomUUID() };
    for (let tries = 0; ; tries += 1) {
      const before = this.#lastEventId;
      let trouble: unknown = new Error('the stream ended early');
      try {
        const answer: Response =
          before === ''
            ? await this.#fetch('POST', path, body, once)
            : await this.#fetch(
                'GET',
                `/api/generations/${this.#generationId}/stream?dialect=chat`,
                undefined,
                {
                  'Last-Event-ID': before,
                },
              );
        const where = answer.headers.get('content-location') ?? '';
        this.#generationId = /\/generations\/([^/?]+)/.exec(where)?.[1] ?? this.#generationId;
        for await (const event of this.#events(answer)) {
          if ('session_id' in event) await this.#note(event.session_id);
          yield event;
          if (event.type === 'done' || event.type === 'error') return;
        }
      } catch (error) {
        if (error instanceof CommandFailure) throw error;
        trouble = error;
      }
      if (this.#lastEventId !== before) tries = 0;
      const pause = reconnectMs[tries];
      if (pause === undefined) throw notReached(this.#url, trouble);
      await delay(pause);
    }
  }

  /** Stops the answer that runs, on the server; what was written stays. */
  async cancel(): Promise<void> {
    if (this.#generationId === undefined) return;
    const answer = await this.#fetch('POST', `/api/generations/${this.#generationId}/cancel`);
    await answer.body?.cancel();
  }

  /** What was said in the session, oldest first. @throws CommandFailure */
  async history(): Promise<readonly ChatMessage[]> {
    if (this.#conversation === undefined) return [];
    const { conversationId, sessionId } = this.#conversation;
    const all: ChatMessage[] = [];
    for (;;) {
      const query = new URLSearchParams({
        conversation_id: conversationId,
        limit: '1000',
        offset: `${all.length}`,
      });
      const page = await this.#inOrganization('GET', '/api/conversation/messages', query);
      const { messages } = page as { readonly messages: readonly ChatMessage[] };
      all.push(...messages);
      if (messages.length < 1000) return all.filter((one) => one.chat_session_id === sessionId);
    }
  }

  /** The conversation of a session that has just begun stands on its generation. */
  async #note(sessionId: string): Promise<void> {
    if (this.#conversation?.sessionId === sessionId) return;
    const answer = await this.#fetch('GET', `/api/generations/${this.#generationId}`);
    const { conversation_id: conversationId } = (await answer.json()) as { readonly conversation_id: string };
    this.#conversation = { conversationId, sessionId };
  }

  /** The events of a stream; each counts as seen once it was taken. */
  async *#events(answer: Response): AsyncGenerator<ChatEvent> {
    const ready: { readonly id: string; readonly data: string }[] = [];
    const parser = createParser({ onEvent: ({ id = '', data }) => ready.push({ id, data }) });
    const decoder = new TextDecoder();
    for await (const bytes of answer.body ?? []) {
      parser.feed(decoder.decode(bytes, { stream: true }));
      for (const { id, data } of ready.splice(0)) {
        if (id !== '') this.#lastEventId = id;
        yield JSON.parse(data) as ChatEvent;
      }
    }
  }

  /** A call of the conversation dialect for the key's organization. @throws CommandFailure */
  async #inOrganization(
    method: 'GET' | 'POST',
    path: string,
    query = new URLSearchParams(),
    body?: object,
  ): Promise<unknown> {
    const listed = await this.#ask(() => this.#fetch('GET', '/api/org/list'));
    const [organization] = listed as readonly { readonly id: string }[];
    query.set('org_id', organization?.id ?? '');
    return this.#ask(() => this.#fetch(method, `${path}?${query}`, body));
  }

  /** The JSON of an answer. @throws CommandFailure also where there is none */
  async #ask(call: () => Promise<Response>): Promise<unknown> {
    try {
      return await (await call()).json();
    } catch (error) {
      throw error instanceof CommandFailure ? error : notReached(this.#url, error);
    }
  }

  /** @throws CommandFailure for a refusal; whatever else is thrown is trouble on the way */
  async #fetch(
    method: string,
    path: string,
    body?: object,
    more: Record<string, string> = {},
  ): Promise<Response> {
    const headers = {
      Authorization: `Bearer ${this.#key}`,
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...more,
    };
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
    const answer = await fetch(this.#url + path, init);
    if (answer.ok) return answer;
    const text = await answer.text();
    // A server that is starting or stopping is about to come back.
    if (answer.status === 503) throw new Error(errorText(answer.status, text));
    throw new CommandFailure(errorText(answer.status, text));
  }
}
