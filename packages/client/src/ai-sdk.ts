/** The AI SDK's `useChat` on the server's conversations, through a client of Colloquy. */
import type { ChatTransport, UIMessage, UIMessageChunk } from 'ai';
import { type Colloquy, settingsOf } from './client.ts';
import { ColloquyError } from './errors.ts';
import type { Format } from './events.ts';
import { asConnectionError, callText, type Request, randomKey, type Settings } from './http.ts';
import { toSelector } from './resources.ts';
import { follow, type Position } from './stream.ts';
import type { PersonaSelector, WhenBusy } from './types.ts';

export interface ColloquyChatTransportOptions {
  /** Who answers in a chat that begins, for keys and members. */
  readonly persona?: PersonaSelector | undefined;
  /** Most tokens of an answer. */
  readonly maxTokens?: number | undefined;
  /** What a message does while an answer is under way. Default: 'interrupt'. */
  readonly whenBusy?: WhenBusy | undefined;
  /** How many tries in a row may bring nothing. Default 20. */
  readonly maxRetries?: number | undefined;
  /** The connection is lost, and will be made again after `delayMs`. */
  readonly onReconnect?: (info: { readonly attempt: number; readonly delayMs: number }) => void;
}

/** The last frame holds no JSON. */
const last = 'last';
const format: Format<UIMessageChunk | typeof last> = {
  accept: 'text/event-stream',
  dialect: 'ui',
  read: ({ data }) => (data === '[DONE]' ? last : (JSON.parse(data) as UIMessageChunk)),
  isLast: (event) => event === last,
};

const pathOf = (chatId: string): string => `/api/ui/chat/${encodeURIComponent(chatId)}`;

/**
 * For `useChat({ id, messages, resume: true, transport })`. A stream goes on behind every cut connection, tokens are renewed,
 * and a message that is sent again is answered once. `useChat` ends its stream when it is unmounted, too: so its `stop` only
 * ends the watching, and `transport.stop(id)` ends the model.
 */
export class ColloquyChatTransport<Message extends UIMessage = UIMessage> implements ChatTransport<Message> {
  /** Resuming gives the whole answer again. */
  readonly resumeStreamIsReplay = true;
  readonly #settings: Settings;
  readonly #options: ColloquyChatTransportOptions;

  constructor(client: Colloquy, options: ColloquyChatTransportOptions = {}) {
    this.#settings = settingsOf(client);
    this.#options = options;
  }

  async sendMessages(
    options: Parameters<ChatTransport<Message>['sendMessages']>[0],
  ): Promise<ReadableStream<UIMessageChunk>> {
    const { chatId, messages, trigger, messageId, abortSignal, headers, body } = options;
    const { persona, maxTokens, whenBusy } = this.#options;
    // The server has what came before the last message.
    const known = messages.slice(0, -1).map(({ id, role }) => ({ id, role, parts: [] }));
    const sent = {
      ...(persona !== undefined && { persona: toSelector(persona) }),
      ...(maxTokens !== undefined && { max_tokens: maxTokens }),
      ...(whenBusy !== undefined && { when_busy: whenBusy }),
      ...body,
      id: chatId,
      messages: [...known, ...messages.slice(-1)],
      trigger,
      ...(messageId !== undefined && { messageId }),
    };
    const request = {
      method: 'POST',
      path: '/api/ui/chat',
      body: sent,
      headers: { ...plain(headers), 'Idempotency-Key': randomKey() },
    } as const;
    const stream = await this.#stream(request, abortSignal);
    if (stream === null) throw new ColloquyError('internal', 'the server has sent no answer');
    return stream;
  }

  reconnectToStream(
    options: Parameters<ChatTransport<Message>['reconnectToStream']>[0],
  ): Promise<ReadableStream<UIMessageChunk> | null> {
    const { chatId, headers } = options;
    const { abortSignal } = options as { readonly abortSignal?: AbortSignal };
    const request = { method: 'GET', path: `${pathOf(chatId)}/stream`, headers: plain(headers) } as const;
    return this.#stream(request, abortSignal);
  }

  /** The model stops, and what it has written stays; the stream that is read ends by itself. */
  async stop(chatId: string): Promise<void> {
    await callText(this.#settings, { method: 'POST', path: `${pathOf(chatId)}/stop` });
  }

  /**
   * The messages of a chat, for `useChat({ messages })`; none, where nothing was said yet. `message` names one of the branch
   * that is wanted.
   */
  async open(
    chatId: string,
    options: { readonly message?: string; readonly limit?: number } = {},
  ): Promise<Message[]> {
    try {
      const text = await callText(this.#settings, {
        method: 'GET',
        path: pathOf(chatId),
        query: { ...options },
      });
      return JSON.parse(text) as Message[];
    } catch (error) {
      if (error instanceof ColloquyError && error.code === 'not_found' && options.message === undefined)
        return [];
      throw error;
    }
  }

  /** Resolves once the answer has begun. null: there is none. @throws ColloquyError where the server refuses */
  async #stream(
    request: Request,
    abortSignal: AbortSignal | undefined,
  ): Promise<ReadableStream<UIMessageChunk> | null> {
    const { maxRetries = 20, onReconnect } = this.#options;
    const end = new AbortController();
    const abort = (): void => end.abort(abortSignal?.reason);
    if (abortSignal?.aborted === true) abort();
    abortSignal?.addEventListener('abort', abort);
    const position: Position = { start: async () => request, path: undefined, lastEventId: undefined };
    const chunks = follow(this.#settings, format, position, { signal: end.signal, maxRetries, onReconnect });
    const first = await chunks.next();
    if (first.done === true) return null;
    let waiting: UIMessageChunk | typeof last | undefined = first.value;
    return new ReadableStream({
      async pull(controller) {
        try {
          const chunk = waiting ?? (await chunks.next()).value ?? last;
          waiting = undefined;
          if (chunk === last) controller.close();
          else controller.enqueue(chunk);
        } catch (error) {
          controller.error(end.signal.aborted ? end.signal.reason : asConnectionError(error));
        }
      },
      cancel: (reason) => end.abort(reason),
    });
  }
}

function plain(headers: Headers | Record<string, string> | undefined): Record<string, string> {
  return headers instanceof Headers ? Object.fromEntries(headers) : { ...headers };
}
