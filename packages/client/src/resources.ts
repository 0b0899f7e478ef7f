/** Calls without a stream, by what they are about. */
import { call, callText, type Request, type Settings } from './http.ts';
import type {
  Feedback,
  FeedbackOptions,
  Generation,
  GenerationContext,
  Model,
  Persona,
  PersonaSelector,
  Rating,
} from './types.ts';

export interface Generations {
  get(id: string): Promise<Generation>;
  /** The model stops; what it has written stays. Idempotent. */
  cancel(id: string): Promise<Generation>;
  /** What the model was sent. @throws ColloquyError not_found, where it was never asked */
  context(id: string): Promise<GenerationContext>;
}

export interface Tokens {
  /** A token for one end user's browser, bound to a persona. Needs an API key. `expiresAt` is ISO 8601. */
  create(options: {
    readonly userId: string;
    readonly persona?: PersonaSelector;
    readonly clientId?: string;
  }): Promise<{ readonly token: string; readonly expiresAt: string }>;
}

export interface Models {
  /** Those that may be chosen. An end user's token has the one of its persona. */
  list(): Promise<readonly Model[]>;
}

export interface Personas {
  /** Whom the token, or the key's default, leads to. */
  get(): Promise<Persona>;
}

export interface Messages {
  /** What the caller thinks of an answer: 1 good, -1 bad, 0 takes it back. The last opinion counts. */
  rate(id: string, rating: Rating, options?: FeedbackOptions): Promise<Feedback>;
  /** Deletes a message; those behind it move up. What answers it is cancelled first. */
  delete(id: string): Promise<void>;
}

/** An end user's rights: their own with a token, those of `userId` with an API key. */
export interface Me {
  /** Everything that is stored of the user, as JSON Lines. */
  export(options?: { readonly userId?: string }): Promise<string>;
  /** Erases the user with all conversations. The user's tokens end with it. */
  delete(options?: { readonly userId?: string }): Promise<void>;
}

export interface Resources {
  readonly generations: Generations;
  readonly tokens: Tokens;
  readonly models: Models;
  readonly persona: Personas;
  readonly messages: Messages;
  readonly me: Me;
}

export function createResources(settings: Settings): Resources {
  const ask = <T>(request: Request): Promise<T> => call<T>(settings, request);
  const get = <T>(path: string): Promise<T> => ask({ method: 'GET', path });
  const post = <T>(path: string, body?: unknown): Promise<T> =>
    ask({ method: 'POST', path, ...(body !== undefined && { body }) });
  const generation = (id: string): string => `/api/generations/${encodeURIComponent(id)}`;
  const ofUser = (userId?: string) => ({ path: '/api/chat/me', query: { user_id: userId } });
  return {
    generations: {
      get: (id) => get(generation(id)),
      cancel: (id) => post(`${generation(id)}/cancel`),
      context: (id) => get(`${generation(id)}/context`),
    },
    tokens: {
      async create({ userId, persona, clientId }) {
        const { token, expiresAt } = await post<{ token: string; expiresAt: number }>('/api/chat/get_token', {
          user_id: userId,
          ...(persona !== undefined && { persona: toSelector(persona) }),
          ...(clientId !== undefined && { client_id: clientId }),
        });
        return { token, expiresAt: new Date(expiresAt * 1000).toISOString() };
      },
    },
    models: {
      async list() {
        const query = { org_id: await settings.organization() };
        const models = await ask<readonly Model[]>({ method: 'GET', path: '/api/llm/list', query });
        return models.map(({ id, name, provider, model, contextWindow, isDefault }) => {
          return { id, name, provider, model, contextWindow, isDefault };
        });
      },
    },
    persona: { get: () => get('/api/chat/persona') },
    messages: {
      rate: (id, rating, { reason, comment } = {}) =>
        post('/api/chat/feedback', {
          message_id: id,
          rating,
          ...(reason !== undefined && { reason }),
          ...(comment !== undefined && { comment }),
        }),
      async delete(id) {
        await ask({ method: 'DELETE', path: `/conversations/delete/${encodeURIComponent(id)}` });
      },
    },
    me: {
      export: ({ userId } = {}) => callText(settings, { method: 'GET', ...ofUser(userId) }),
      async delete({ userId } = {}) {
        await ask({ method: 'DELETE', ...ofUser(userId) });
      },
    },
  };
}

export function toSelector({ alias, id, version }: PersonaSelector): object {
  return {
    ...(alias !== undefined && { alias }),
    ...(id !== undefined && { persona_id: id }),
    ...(version !== undefined && { version_type: version }),
  };
}
