/** The client: `new Colloquy({ baseUrl, apiKey })` on one's own server, `token` in a browser. */
import { Answer, type AnswerOptions } from './answer.ts';
import { type Credential, keyCredential, noCredential, type TokenSource, tokenCredential } from './auth.ts';
import { type Conversations, createConversations } from './conversations.ts';
import { call, type RetryInfo, type Settings } from './http.ts';
import type { Position } from './stream.ts';
import type { Generation, PersonaSelector, WhenBusy } from './types.ts';

export interface ColloquyOptions {
  /** The server's address, with its path if it has one: `https://chat.example.com`. */
  readonly baseUrl: string;
  /** A key (`sk_prod_…`, `sk_test_…`), never in a browser. */
  readonly apiKey?: string | undefined;
  /** A token, or what fetches one from your own back end; it is called again shortly before a token's end. */
  readonly token?: TokenSource | undefined;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly fetch?: typeof fetch;
  /** How often a call without a stream is made again. Default 2. */
  readonly maxRetries?: number;
  readonly onRetry?: (info: RetryInfo) => void;
  /** A key in a page is everybody's: whoever sees the page can use it for anything. */
  readonly dangerouslyAllowBrowser?: boolean;
}

export interface SendOptions extends AnswerOptions {
  /** The session that goes on; absent: a new one begins. */
  readonly session?: string | undefined;
  readonly persona?: PersonaSelector | undefined;
  /** What happens while the session is still answering. Default 'reject': `session_busy`. */
  readonly whenBusy?: WhenBusy | undefined;
  /** From 1. */
  readonly maxTokens?: number | undefined;
  /** The message that this one is behind, for a branch; null: a first message in another form. */
  readonly parent?: string | null | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Names this call: the same key and message is answered once. Default: a new one. */
  readonly idempotencyKey?: string | undefined;
}

export interface ResumeOptions extends AnswerOptions {
  /** The last event that was seen; absent: from the start. */
  readonly after?: string | undefined;
}

export interface AgainOptions extends AnswerOptions {
  readonly whenBusy?: WhenBusy | undefined;
  readonly idempotencyKey?: string | undefined;
}

export class Colloquy {
  readonly #settings: Settings;
  readonly conversations: Conversations;
  readonly generations: {
    get(id: string): Promise<Generation>;
    /** The model stops; what it has written stays. Idempotent. */
    cancel(id: string): Promise<Generation>;
    /** What the model was sent. */
    context(id: string): Promise<unknown>;
  };
  readonly tokens: {
    /** A token for one end user's browser, bound to a persona. Needs an API key. */
    create(options: {
      readonly userId: string;
      readonly persona?: PersonaSelector;
      readonly clientId?: string;
    }): Promise<{ readonly token: string; readonly expiresAt: string }>;
  };

  constructor(options: ColloquyOptions) {
    this.#settings = settingsOf(options);
    this.conversations = createConversations(this.#settings);
    const request = <T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> =>
      call<T>(this.#settings, { method, path, ...(body !== undefined && { body }) });
    this.generations = {
      get: (id) => request('GET', `/api/generations/${encodeURIComponent(id)}`),
      cancel: (id) => request('POST', `/api/generations/${encodeURIComponent(id)}/cancel`),
      context: (id) => request('GET', `/api/generations/${encodeURIComponent(id)}/context`),
    };
    this.tokens = {
      async create({ userId, persona, clientId }) {
        const { token, expiresAt } = await request<{ token: string; expiresAt: number }>(
          'POST',
          '/api/chat/get_token',
          {
            user_id: userId,
            ...(persona !== undefined && { persona: toSelector(persona) }),
            ...(clientId !== undefined && { client_id: clientId }),
          },
        );
        return { token, expiresAt: new Date(expiresAt * 1000).toISOString() };
      },
    };
  }

  /** Asks; gives an answer that is an async iterable and a promise. Nothing is sent until one of the two is used. */
  send(message: string, options: SendOptions = {}): Answer {
    const { session, persona, whenBusy, maxTokens, parent, metadata, idempotencyKey } = options;
    return this.#start(
      session === undefined ? '/api/chat/completion/stream' : '/api/chat/continuation/stream',
      {
        message,
        ...(session !== undefined && { session }),
        ...(persona !== undefined && { persona: toSelector(persona) }),
        ...(whenBusy !== undefined && { when_busy: whenBusy }),
        ...(maxTokens !== undefined && { max_tokens: maxTokens }),
        ...(parent !== undefined && { parent_id: parent }),
        ...(metadata !== undefined && { metadata }),
      },
      {},
      idempotencyKey,
      options,
    );
  }

  /** Reads an answer that was started elsewhere, from its start or behind an event, live or long after its end. */
  resume(generationId: string, options: ResumeOptions = {}): Answer {
    const path = `/api/generations/${encodeURIComponent(generationId)}/stream`;
    const position: Position = { start: undefined, path, lastEventId: options.after };
    return new Answer(this.#settings, position, generationId, options);
  }

  /** Answers the same message anew; both answers are kept. */
  regenerate(generationId: string, options: AgainOptions = {}): Answer {
    return this.#again(generationId, 'regenerate', options);
  }

  /** Goes on with an answer that ended too early. */
  continue(generationId: string, options: AgainOptions = {}): Answer {
    return this.#again(generationId, 'continue', options);
  }

  #again(generationId: string, how: 'regenerate' | 'continue', options: AgainOptions): Answer {
    const path = `/api/generations/${encodeURIComponent(generationId)}/${how}`;
    return this.#start(path, undefined, { when_busy: options.whenBusy }, options.idempotencyKey, options);
  }

  #start(
    path: string,
    body: unknown,
    query: Readonly<Record<string, string | undefined>>,
    idempotencyKey: string | undefined,
    options: AnswerOptions,
  ): Answer {
    // However often the call is made, it is answered once.
    const headers = { 'Idempotency-Key': idempotencyKey ?? crypto.randomUUID() };
    const start = { method: 'POST', path, query, ...(body !== undefined && { body }), headers } as const;
    return new Answer(this.#settings, { start, path: undefined, lastEventId: undefined }, undefined, options);
  }
}

function settingsOf(options: ColloquyOptions): Settings {
  const { baseUrl, headers = {}, maxRetries = 2, onRetry } = options;
  return {
    baseUrl: new URL(baseUrl).href.replace(/\/+$/, ''),
    credential: credentialOf(options),
    // A fetch that is called as a method of something else refuses.
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    headers,
    maxRetries,
    onRetry,
  };
}

function credentialOf({ apiKey, token, dangerouslyAllowBrowser }: ColloquyOptions): Credential {
  if (apiKey !== undefined && token !== undefined) throw new TypeError('give apiKey or token, not both');
  if (token !== undefined) return tokenCredential(token);
  if (apiKey === undefined) return noCredential;
  if ('window' in globalThis && 'document' in globalThis && dangerouslyAllowBrowser !== true)
    throw new TypeError(
      'an apiKey in a browser is everybody’s: give `token`, a function that asks your own back end, instead',
    );
  return keyCredential(apiKey);
}

function toSelector({ alias, id, version }: PersonaSelector): object {
  return {
    ...(alias !== undefined && { alias }),
    ...(id !== undefined && { persona_id: id }),
    ...(version !== undefined && { version_type: version }),
  };
}
