/** The conversations of an app: components that show the same session share one, and one that is left is kept for a while. */
import type { Colloquy } from '../client.ts';
import { type Conversation, createConversation } from '../store/conversation.ts';
import type { ConversationOptions } from '../store/types.ts';

/** Conversations that nobody shows which are kept. */
const keptUnused = 8;

export class Registry {
  readonly client: Colloquy;
  /** Who shows them, by count; what was left last is last. */
  readonly #uses: Map<Conversation, number> = new Map();

  constructor(client: Colloquy) {
    this.client = client;
  }

  /** The one of the session, or a new one. It does nothing before it is shown. */
  get(options: ConversationOptions): Conversation {
    const { session } = options;
    const isOf = (one: Conversation) => session !== undefined && one.getSnapshot().session === session;
    const found = this.all().find(isOf) ?? createConversation(this.client, options);
    if (!this.#uses.has(found)) this.#uses.set(found, 0);
    this.#sweep();
    return found;
  }

  all(): readonly Conversation[] {
    return [...this.#uses.keys()];
  }

  /** A component shows it, until it calls what this gives. */
  use(conversation: Conversation): () => void {
    this.#count(conversation, 1);
    return () => {
      this.#count(conversation, -1);
      this.#sweep();
    };
  }

  #count(conversation: Conversation, change: 1 | -1): void {
    const uses = (this.#uses.get(conversation) ?? 0) + change;
    this.#uses.delete(conversation);
    this.#uses.set(conversation, uses);
  }

  /** One that is let go here and shown later after all is watched again. */
  #sweep(): void {
    const unused = [...this.#uses].filter(([, uses]) => uses === 0);
    for (const [conversation] of unused.slice(0, -keptUnused)) {
      this.#uses.delete(conversation);
      conversation.dispose();
    }
  }
}
