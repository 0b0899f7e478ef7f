/** The conversations of an end user: their own with a token, those of `userId` with an API key. */
import { call, type Request, type Settings } from './http.ts';
import { toSelector } from './resources.ts';
import type { Conversation, MessagePage, PersonaSelector } from './types.ts';

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
  readonly leaf?: string | undefined;
  /** What comes behind this message. */
  readonly after?: string | undefined;
  /** The part around this message, on the newest branch through it. Of these four, one can be given. */
  readonly around?: string | undefined;
  /** The part around the first message of this time or later, ISO 8601; around the last one if all are older. */
  readonly at?: string | undefined;
  /** 'reasoning': that of answers too, where the reader may read it. */
  readonly include?: 'reasoning' | undefined;
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

/** What a new conversation runs on: a model or a persona. */
export interface NewConversation {
  /** Default: 'New conversation'. */
  readonly title?: string | undefined;
  /** A model's id. Not for end users, whose token says who answers. */
  readonly model?: string | undefined;
  readonly persona?: PersonaSelector | undefined;
}

export interface Conversations {
  /** An empty one; `send` begins one by itself where none is named. For keys and members. */
  create(options: NewConversation): Promise<{ readonly sessionId: string; readonly conversationId: string }>;
  list(options?: ListOptions): ConversationList;
  /** Oldest first; `next` leads to what comes before. */
  messages(id: string, options?: MessagesOptions): Promise<MessagePage>;
  /** The session goes on behind this message: what is shown of it ends there. */
  moveTo(id: string, messageId: string): Promise<void>;
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
    async create({ title = 'New conversation', model, persona }) {
      const query = { org_id: await settings.organization() };
      const made = async (what: string, body: object) =>
        await ask<{ readonly id: string }>({
          method: 'POST',
          path: `/api/conversation/${what}`,
          query,
          body,
        });
      const { id: conversationId } = await made('create', { title });
      const basis = {
        ...(model !== undefined && { model_id: model }),
        ...(persona !== undefined && { persona: toSelector(persona) }),
      };
      const session = await made('create_session', { conversation_id: conversationId, ...basis });
      return { sessionId: session.id, conversationId };
    },
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
      const where = settings.isMember
        ? {
            path: '/api/conversation/thread',
            query: { ...query, org_id: await settings.organization(), session_id: id },
          }
        : { path: `${path(id)}/messages`, query: { ...query, user_id: userId } };
      const { hasMoreBefore, ...page } = await ask<
        Omit<MessagePage, 'next'> & { readonly hasMoreBefore: boolean }
      >({ method: 'GET', ...where, signal });
      return { ...page, next: hasMoreBefore ? (page.messages[0]?.id ?? null) : null };
    },
    async moveTo(id, messageId) {
      await ask({
        method: 'PUT',
        path: '/api/conversation/session',
        query: { org_id: await settings.organization(), session_id: id },
        body: { head_message_id: messageId },
      });
    },
    update: (id, { title }, { userId } = {}) =>
      ask({ method: 'PATCH', path: path(id), query: { user_id: userId }, body: { title } }),
    async delete(id, { userId } = {}) {
      await call(settings, { method: 'DELETE', path: path(id), query: { user_id: userId } });
    },
  };
}
