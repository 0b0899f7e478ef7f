/** What a page itself has kept of a conversation: shown where the server has none of it. */

export interface PastMessage {
  readonly role: 'user' | 'assistant';
  readonly content: string;
  readonly createdAt: string | undefined;
}

export interface Past {
  /** The session that it was, if the page knows it. */
  readonly session: string | undefined;
  /** Oldest first. */
  readonly messages: readonly PastMessage[];
}

/** Older messages, and what is longer, are not shown. */
const maxMessages = 200;
const maxLength = 32_000;
const maxSessionLength = 200;

/** Of what a page gives, in their form: `{sessionId, messages}`, or the messages alone. What is no message is left out. */
export function pastOf(given: unknown): Past {
  const { sessionId, messages } = Array.isArray(given)
    ? { sessionId: undefined, messages: given as unknown }
    : ((given ?? {}) as { readonly sessionId?: unknown; readonly messages?: unknown });
  const isSession = typeof sessionId === 'string' && sessionId !== '' && sessionId.length <= maxSessionLength;
  return {
    session: isSession ? sessionId : undefined,
    messages: (Array.isArray(messages) ? messages : []).flatMap(messageOf).slice(-maxMessages),
  };
}

/** Greetings and errors, which are messages of the system there, are none. */
function messageOf(given: unknown): readonly PastMessage[] {
  const { role, content, createdAt } = (given ?? {}) as Partial<Record<string, unknown>>;
  const name = String(role).toLowerCase();
  if ((name !== 'user' && name !== 'assistant') || typeof content !== 'string' || content.trim() === '')
    return [];
  const text = content.length > maxLength ? `${content.slice(0, maxLength)}…` : content;
  return [{ role: name, content: text, createdAt: typeof createdAt === 'string' ? createdAt : undefined }];
}
