/** One visitor's chat: the client, the conversation that is shown, and what is told of both. Asks nothing before `start`. */
import type { Colloquy, ColloquyError } from '@colloquy/client';
import type { ChatMessage, Conversation, ConversationSnapshot } from '@colloquy/client/store';
import { provideLexer } from '../lexer.ts';
import type { Memory } from '../memory.ts';
import type { Settings } from '../settings.ts';
import { type AnswerListener, watchAnswers } from './answers.ts';
import type { Past, PastMessage } from './past.ts';
import type { GetToken } from './token.ts';

type Talk = typeof import('./talk.ts');

/** What failed: of the server, or of the way to it. */
export type ChatError = Pick<ColloquyError, 'code' | 'message' | 'requestId'>;

/** `failed`: it could not begin, and `start` tries again. `sign-in`: the site wants to know the visitor first. */
export type Phase = 'idle' | 'starting' | 'ready' | 'sign-in' | 'failed';

export interface PersonaFacts {
  readonly name: string | undefined;
  readonly greeting: string | undefined;
  readonly suggestions: readonly string[];
}

export interface ChatState {
  readonly phase: Phase;
  readonly snapshot: ConversationSnapshot | undefined;
  readonly persona: PersonaFacts | undefined;
  /** What the page has kept of the conversation, and the server does not have; it comes before the rest. */
  readonly past: readonly PastMessage[];
  /** Why it could not begin, or what failed last. */
  readonly error: ChatError | undefined;
  /** Whether the connection has been away for longer than a moment. */
  readonly isReconnecting: boolean;
  /** When the server takes messages again, in milliseconds of the clock; undefined: now. */
  readonly busyUntil: number | undefined;
}

export interface ChatOptions {
  readonly settings: Settings;
  readonly getToken: GetToken | undefined;
  readonly loadPast: (() => Promise<Past>) | undefined;
  readonly memory: Memory;
  readonly answers: AnswerListener;
  readonly onError: (error: ChatError) => void;
  /** The visitor has begun another conversation. */
  readonly onNew: () => void;
}

/** So long a lost connection is not worth a word. */
const quietMs = 2000;

export class Chat {
  readonly #options: ChatOptions;
  readonly #listeners = new Set<() => void>();
  #state: ChatState = {
    phase: 'idle',
    snapshot: undefined,
    persona: undefined,
    past: [],
    error: undefined,
    isReconnecting: false,
    busyUntil: undefined,
  };
  #talk: Talk | undefined;
  #client: Colloquy | undefined;
  #conversation: Conversation | undefined;
  #leave: () => void = () => {};
  #channel: BroadcastChannel | undefined;
  #quiet: ReturnType<typeof setTimeout> | undefined;
  #busy: ReturnType<typeof setTimeout> | undefined;
  #context: Readonly<Record<string, string>> = {};
  #starting: Promise<void> | undefined;
  #isOver = false;
  #number = 0;

  constructor(options: ChatOptions) {
    this.#options = options;
  }

  get state(): ChatState {
    return this.#state;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Goes along with every message from now on. */
  set context(context: Readonly<Record<string, string>>) {
    this.#context = context;
  }

  /** Gets a token and the history. Resolves once that is done, or has failed; then another call tries again. */
  start(): Promise<void> {
    if (this.#state.phase === 'ready') return Promise.resolve();
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  async #start(): Promise<void> {
    this.#set({ phase: 'starting', error: undefined });
    try {
      this.#talk ??= await import('./talk.ts');
      provideLexer(this.#talk.Lexer);
      this.#client ??= this.#makeClient(this.#talk);
      const [past, found, persona] = await Promise.all([
        this.#findPast(),
        this.#findSession(),
        this.#findPersona(),
      ]);
      if (this.#isOver) return;
      this.#set({ persona });
      this.#show(past?.session ?? found, past?.messages);
      this.#listenToTabs();
      this.#set({ phase: 'ready' });
    } catch (error) {
      if (this.#isOver) return;
      const told = asError(error);
      this.#set({ phase: told.code === 'unauthenticated' ? 'sign-in' : 'failed', error: told });
      this.#options.onError(told);
    }
  }

  /** Resolves once the server has it, or has refused it. */
  async send(text: string): Promise<boolean> {
    await this.start();
    const conversation = this.#conversation;
    if (conversation === undefined) return false;
    const metadata = Object.keys(this.#context).length > 0 ? this.#context : undefined;
    return conversation.send(text, { metadata });
  }

  get conversation(): Conversation | undefined {
    return this.#conversation;
  }

  /** Another one for each conversation that is shown. */
  get conversationNumber(): number {
    return this.#number;
  }

  /** Shows what a call has thrown, and tells the page. */
  tellOf(thrown: unknown): void {
    const error = asError(thrown);
    this.#set({ error });
    this.#options.onError(error);
  }

  newConversation(): void {
    if (this.#client === undefined) return;
    this.#options.memory.session = undefined;
    this.#show(undefined);
    this.#options.onNew();
  }

  /** Erases the conversation at the server. @throws ColloquyError */
  async deleteConversation(): Promise<void> {
    const session = this.#state.snapshot?.session;
    if (session !== undefined) await this.#client?.conversations.delete(session);
    this.newConversation();
  }

  /** The whole conversation, oldest first, also what is not shown. @throws ColloquyError */
  async wholeConversation(): Promise<readonly Pick<ChatMessage, 'role' | 'content' | 'createdAt'>[]> {
    const { snapshot } = this.#state;
    if (this.#client === undefined || snapshot?.session === undefined) return snapshot?.messages ?? [];
    let all: readonly Pick<ChatMessage, 'role' | 'content' | 'createdAt'>[] = [];
    for (let before: string | undefined; ; ) {
      const page = await this.#client.conversations.messages(snapshot.session, { before, limit: 200 });
      all = [...page.messages, ...all];
      if (page.next === null) return all;
      before = page.next;
    }
  }

  async rate(message: ChatMessage, rating: 1 | -1 | 0): Promise<void> {
    await this.#conversation?.rate(message.id, rating);
  }

  /** Ends all watching; the server goes on. */
  dispose(): void {
    this.#isOver = true;
    this.#leave();
    this.#conversation?.dispose();
    this.#channel?.close();
    clearTimeout(this.#quiet);
    clearTimeout(this.#busy);
    this.#listeners.clear();
  }

  #makeClient({ Colloquy, ColloquyError, asToken, fetchToken }: Talk): Colloquy {
    const { server, tokenEndpoint, apiKey } = this.#options.settings;
    const { getToken } = this.#options;
    if (server === undefined)
      throw new ColloquyError('invalid_request', 'set server to the address of the Colloquy server');
    const shared = { baseUrl: server, fetch: this.#fetch };
    if (getToken !== undefined) {
      const told = 'getToken must give the answer of get_token, {token, expires_at}, or a token';
      return new Colloquy({ ...shared, token: async () => asToken(await getToken(), told) });
    }
    if (tokenEndpoint !== undefined)
      return new Colloquy({ ...shared, token: () => fetchToken(tokenEndpoint) });
    if (apiKey !== undefined) return new Colloquy({ ...shared, apiKey, dangerouslyAllowBrowser: true });
    throw new ColloquyError(
      'invalid_request',
      'set token-endpoint, or getToken, so that visitors get tokens',
    );
  }

  /** Notes when the server asks for time. */
  readonly #fetch: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    if (response.status === 429) {
      const seconds = Number(response.headers.get('retry-after'));
      if (seconds > 0) this.#waitUntil(Date.now() + seconds * 1000);
    }
    return response;
  };

  #waitUntil(time: number): void {
    clearTimeout(this.#busy);
    this.#set({ busyUntil: time });
    this.#busy = setTimeout(() => this.#set({ busyUntil: undefined }), time - Date.now());
  }

  async #findSession(): Promise<string | undefined> {
    const { settings, memory } = this.#options;
    if (settings.history === 'none') return undefined;
    if (settings.history === 'session' || settings.apiKey !== undefined) return memory.session;
    const page = await this.#client?.conversations.list({ limit: 1 }).page();
    return page?.data[0]?.sessionId;
  }

  /** The page's own history, with its session if this server knows it. */
  async #findPast(): Promise<Past | undefined> {
    const past = await this.#options.loadPast?.();
    if (past?.session === undefined) return past;
    try {
      await this.#client?.conversations.messages(past.session, { limit: 1 });
      return past;
    } catch (error) {
      const { code } = asError(error);
      // What another server has named may be no name of a session here.
      if (code === 'not_found' || code === 'invalid_request') return { ...past, session: undefined };
      throw error;
    }
  }

  /** A server that does not tell them, or a key without a persona, is no reason not to talk. */
  async #findPersona(): Promise<PersonaFacts | undefined> {
    try {
      const facts = await this.#client?.persona.get();
      if (facts === undefined) return undefined;
      const { name, greeting, suggestions } = facts;
      return { name, greeting: greeting ?? undefined, suggestions: suggestions ?? [] };
    } catch (error) {
      const { code } = asError(error);
      if (code === 'not_found' || code === 'invalid_request' || code === 'forbidden') return undefined;
      throw error;
    }
  }

  /** @param past shown before a conversation that begins here */
  #show(session: string | undefined, past: readonly PastMessage[] = []): void {
    if (this.#client === undefined || this.#talk === undefined) return;
    this.#leave();
    this.#conversation?.dispose();
    const { settings, memory, answers } = this.#options;
    const conversation = this.#talk.createConversation(this.#client, {
      session,
      ...(settings.persona !== undefined && { persona: { alias: settings.persona } }),
    });
    this.#conversation = conversation;
    this.#number += 1;
    const watch = watchAnswers(answers);
    const take = (): void => {
      const snapshot = conversation.getSnapshot();
      // A session that is gone, or was another visitor's, is none to go on with.
      if (snapshot.error?.code === 'not_found' && snapshot.messages.length === 0 && session !== undefined) {
        memory.session = undefined;
        this.#show(undefined);
        return;
      }
      const before = this.#state.snapshot;
      if (snapshot.session !== undefined && snapshot.session !== session) {
        session = snapshot.session;
        if (settings.history !== 'none') memory.session = session;
        this.#channel?.postMessage(session);
      }
      watch(snapshot.messages);
      this.#noticeReconnecting(snapshot.status === 'reconnecting');
      this.#set({ snapshot });
      if (snapshot.error !== null && snapshot.error !== before?.error) this.#failed(snapshot.error);
    };
    this.#leave = conversation.subscribe(take);
    this.#noticeReconnecting(false);
    this.#set({ snapshot: conversation.getSnapshot(), past: session === undefined ? past : [] });
  }

  #noticeReconnecting(isAway: boolean): void {
    if (!isAway) {
      clearTimeout(this.#quiet);
      this.#quiet = undefined;
      if (this.#state.isReconnecting) this.#set({ isReconnecting: false });
    } else this.#quiet ??= setTimeout(() => this.#set({ isReconnecting: true }), quietMs);
  }

  /** A conversation that another tab begins is shown here too, unless there is one already. */
  #listenToTabs(): void {
    const { settings } = this.#options;
    if (settings.history !== 'server' || typeof BroadcastChannel !== 'function') return;
    this.#channel ??= new BroadcastChannel(
      `colloquy-chat ${settings.server} ${settings.tokenEndpoint} ${settings.userKey}`,
    );
    this.#channel.onmessage = ({ data }) => {
      const { snapshot } = this.#state;
      if (typeof data === 'string' && snapshot?.session === undefined && snapshot?.messages.length === 0)
        this.#show(data);
    };
  }

  #failed(error: ChatError): void {
    if (error.code === 'unauthenticated') this.#set({ phase: 'sign-in', error });
    this.#options.onError(error);
  }

  #set(changes: Partial<ChatState>): void {
    this.#state = { ...this.#state, ...changes };
    for (const listener of [...this.#listeners]) listener();
  }
}

/** What is no error of the client's is one of the network: a script that could not be loaded, a page that is offline. */
function asError(error: unknown): ChatError {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string')
    return error as ColloquyError;
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'connection', message, requestId: undefined };
}
