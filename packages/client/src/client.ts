/** The client: `new Colloquy({ baseUrl, apiKey })` on one's own server, `token` in a browser. */
import { Answer, type AnswerOptions } from './answer.ts';
import { type Credential, keyCredential, noCredential, type TokenSource, tokenCredential } from './auth.ts';
import { type Conversations, createConversations } from './conversations.ts';
import { ColloquyError } from './errors.ts';
import { call, type RetryInfo, randomKey, type Settings } from './http.ts';
import {
  createResources,
  type Generations,
  type Me,
  type Messages,
  type Models,
  type Personas,
  type Tokens,
  toSelector,
} from './resources.ts';
import type { Position } from './stream.ts';
import type { PersonaSelector, ToolResult, WhenBusy } from './types.ts';

export interface ColloquyOptions {
  /** The server's address, with its path if it has one: `https://chat.example.com`. */
  readonly baseUrl: string;
  /** A key (`sk_prod_…`, `sk_test_…`), never in a browser. */
  readonly apiKey?: string | undefined;
  /** A token, or what fetches one from your own back end; it is called again shortly before a token's end. */
  readonly token?: TokenSource | undefined;
  /**
   * A member's organization, by its id: conversations are those of its members, read as members do. Not for end users, and
   * not needed for keys.
   */
  readonly organization?: string | undefined;
  /** Of a member: 'test' means the data of test keys. Default: 'prod'. */
  readonly environment?: 'prod' | 'test' | undefined;
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
  /** Whether the answer draws on the web. Default: what the persona says; without one, false. */
  readonly internet?: boolean | undefined;
  /** Names this call: the same key and message is answered once. Default: a new one. */
  readonly idempotencyKey?: string | undefined;
}

export interface ResumeOptions extends AnswerOptions {
  /** The last event that was seen; absent: from the start. */
  readonly after?: string | undefined;
}

export interface ToolResultOptions extends AnswerOptions {
  readonly idempotencyKey?: string | undefined;
}

export interface AgainOptions extends AnswerOptions {
  readonly whenBusy?: WhenBusy | undefined;
  readonly idempotencyKey?: string | undefined;
}

type Query = Readonly<Record<string, string | undefined>>;
type StartQuery = Query | (() => Promise<Query>);

/** For the package's other entries. */
export let settingsOf: (client: Colloquy) => Settings;

export class Colloquy {
  static {
    settingsOf = (client) => client.#settings;
  }

  readonly #settings: Settings;
  readonly conversations: Conversations;
  readonly generations: Generations;
  readonly tokens: Tokens;
  readonly models: Models;
  readonly persona: Personas;
  readonly messages: Messages;
  readonly me: Me;

  constructor(options: ColloquyOptions) {
    this.#settings = readOptions(options);
    this.conversations = createConversations(this.#settings);
    const { generations, tokens, models, persona, messages, me } = createResources(this.#settings);
    this.generations = generations;
    this.tokens = tokens;
    this.models = models;
    this.persona = persona;
    this.messages = messages;
    this.me = me;
  }

  /** The server's address, without a slash at its end. */
  get baseUrl(): string {
    return this.#settings.baseUrl;
  }

  /** Asks; gives an answer that is an async iterable and a promise. Nothing is sent until one of the two is used. */
  send(message: string, options: SendOptions = {}): Answer {
    const { session, persona, whenBusy, maxTokens, parent, metadata, internet } = options;
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
        ...(internet !== undefined && { internet }),
      },
      {},
      options,
    );
  }

  /** Gives the results of the tools that the last answer of a session has called; the answer goes on with them. */
  submitToolResults(
    session: string,
    results: readonly ToolResult[],
    options: ToolResultOptions = {},
  ): Answer {
    const body = {
      session_id: session,
      results: results.map(({ callId, output }) => ({ call_id: callId, output })),
    };
    const query = async () => ({ org_id: await this.#settings.organization() });
    return this.#start('/api/conversation/tool_results', body, query, options);
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
    return this.#start(path, undefined, { when_busy: options.whenBusy }, options);
  }

  #start(path: string, body: unknown, query: StartQuery, options: ToolResultOptions): Answer {
    // However often the call is made, it is answered once.
    const headers = { 'Idempotency-Key': options.idempotencyKey ?? randomKey() };
    const start = async () => {
      const asked = typeof query === 'function' ? await query() : query;
      return { method: 'POST', path, query: asked, ...(body !== undefined && { body }), headers } as const;
    };
    return new Answer(this.#settings, { start, path: undefined, lastEventId: undefined }, undefined, options);
  }
}

function readOptions(options: ColloquyOptions): Settings {
  const { baseUrl, headers = {}, maxRetries = 2, onRetry, organization, environment } = options;
  let known: Promise<string> | undefined;
  const said = new Set<string>();
  const settings: Settings = {
    baseUrl: new URL(baseUrl).href.replace(/\/+$/, ''),
    credential: credentialOf(options),
    // A fetch that is called as a method of something else refuses.
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    headers,
    maxRetries,
    onRetry,
    environment,
    isMember: organization !== undefined,
    warn(message) {
      if (!said.has(message)) console.warn(`@colloquy/client: ${message}`);
      said.add(message);
    },
    organization() {
      known ??= organization === undefined ? findOrganization(settings) : Promise.resolve(organization);
      // Who has asked in vain asks again.
      known.catch(() => {
        known = undefined;
      });
      return known;
    },
  };
  return settings;
}

/** Every credential belongs to one organization. */
async function findOrganization(settings: Settings): Promise<string> {
  const [own] = await call<readonly { readonly id: string }[]>(settings, {
    method: 'GET',
    path: '/api/org/list',
  });
  if (own === undefined) throw new ColloquyError('not_found', 'the credential has no organization');
  return own.id;
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
