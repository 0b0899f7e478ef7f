/** The conversations of an end user: their own with a token, those of `userId` with an API key. */
import { call, type Request, type Settings } from './http.ts';
import type { Conversation, MessagePage } from './types.ts';

export interface ListOptions {
  /** Words to look for. */
  readonly q?: string;
  /** Of a page, 1–200. Default 50. */
  readonly limit?: number;
  /** With an API key: whose conversations. */
  readonly userId?: string;
  readonly signal?: AbortSignal;
}

export interface MessagesOptions {
  /** What comes before this message: the `next` of the page before. */
  readonly before?: string | undefined;
  /** Of a page, 1–200. Default 50. */
  readonly limit?: number;
  /** The last message of the branch. Default: the newest branch. */
  readonly leaf?: string;
  readonly userId?: string;
  readonly signal?: AbortSignal;
}

export interface Page {
  readonly data: readonly Conversation[];
  /** Whether and where there are others. */
  readonly next: string | null;
}

/** An async iterable over all conversations, which reads page after page as it is read; `page` gives one. */
export interface ConversationList extends AsyncIterable<Conversation> {
  page(cursor?: string): Promise<Page>;
}

export interface Conversations {
  list(options?: ListOptions): ConversationList;
  /** Oldest first; `next` leads to what comes before. */
  messages(id: string, options?: MessagesOptions): Promise<MessagePage>;
  update(
    id: string,
    changes: { readonly title: string },
    options?: { readonly userId?: string },
  ): Promise<Conversation>;
  delete(id: string, options?: { readonly userId?: string }): Promise<void>;
}

export function createConversations(settings: Settings): Conversations {
  const path = (id?: string): string =>
    `/api/chat/sessions${id === undefined ? '' : `/${encodeURIComponent(id)}`}`;
  const ask = <T>(request: Request): Promise<T> => call<T>(settings, request);
  return {
    list({ userId, signal, ...query } = {}) {
      async function page(cursor?: string): Promise<Page> {
        const asked = { ...query, user_id: userId, cursor };
        const { data, nextCursor } = await ask<{
          readonly data: readonly Conversation[];
          readonly nextCursor: string | null;
        }>({ method: 'GET', path: path(), query: asked, signal });
        return { data, next: nextCursor };
      }
      return {
        page,
        async *[Symbol.asyncIterator]() {
          for (let cursor: string | undefined; ; ) {
            const { data, next } = await page(cursor);
            yield* data;
            if (next === null) return;
            cursor = next;
          }
        },
      };
    },
    async messages(id, { userId, signal, ...query } = {}) {
      const asked = { ...query, user_id: userId };
      const { hasMoreBefore, messages, running, siblings } = await ask<
        Omit<MessagePage, 'next'> & { readonly hasMoreBefore: boolean }
      >({ method: 'GET', path: `${path(id)}/messages`, query: asked, signal });
      return { messages, running, siblings, next: hasMoreBefore ? (messages[0]?.id ?? null) : null };
    },
    update: (id, { title }, { userId } = {}) =>
      ask({ method: 'PATCH', path: path(id), query: { user_id: userId }, body: { title } }),
    async delete(id, { userId } = {}) {
      await call(settings, { method: 'DELETE', path: path(id), query: { user_id: userId } });
    },
  };
}
