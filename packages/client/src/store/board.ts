/** All that a conversation shows, and what is told to views of it. */
import type { ColloquyError } from '../errors.ts';
import { Thread } from './thread.ts';
import type { Turn } from './turn.ts';
import type { ConversationSnapshot, ConversationStatus, QueuedMessage } from './types.ts';

export class Board {
  readonly thread: Thread = new Thread();
  /** Answers that are being asked for and read. */
  readonly turns: Set<Turn> = new Set();
  /** What is answered later, in order: what the server has queued, and what goes to it now. */
  waiting: readonly Turn[] = [];
  session: string | undefined;
  error: ColloquyError | null = null;
  isLoading = false;
  isLoadingEarlier = false;
  isLoadingLater = false;
  readonly #listeners: Set<() => void> = new Set();
  readonly #schedule: (flush: () => void) => void;
  #isScheduled = false;
  #queue: readonly QueuedMessage[] = [];
  #snapshot: ConversationSnapshot | undefined;

  constructor(session: string | undefined, schedule: (flush: () => void) => void) {
    this.session = session;
    this.#schedule = schedule;
  }

  get isBusy(): boolean {
    return this.turns.size > 0 || this.waiting.length > 0;
  }

  /** What is being answered: asked for or read, and not waiting. */
  get active(): readonly Turn[] {
    return [...this.turns].filter((turn) => !this.waiting.includes(turn));
  }

  get snapshot(): ConversationSnapshot {
    this.#snapshot ??= this.#take();
    return this.#snapshot;
  }

  get hasListeners(): boolean {
    return this.#listeners.size > 0;
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Tells views now, if there is anything to tell. */
  publish(): void {
    const before = this.#snapshot;
    const now = this.#take();
    if (before !== undefined && isAlike(before, now)) return;
    this.#snapshot = now;
    for (const listener of [...this.#listeners]) listener();
  }

  /** Tells views with the next frame. */
  publishSoon(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#schedule(() => {
      this.#isScheduled = false;
      this.publish();
    });
  }

  #take(): ConversationSnapshot {
    const { thread, session, error, isLoading, isLoadingEarlier, isLoadingLater, active } = this;
    for (const { answer } of active) thread.replace(answer);
    const queue = this.waiting.flatMap(({ question, answer }, index): QueuedMessage[] => {
      const { key, id, content } = question ?? answer;
      return [{ key, id, content, generationId: answer.generationId, position: index + 1 }];
    });
    if (JSON.stringify(queue) !== JSON.stringify(this.#queue)) this.#queue = queue;
    return {
      session,
      messages: thread.messages,
      queue: this.#queue,
      status: this.#status(),
      error,
      running: active.at(-1)?.answer.generationId ?? null,
      isLoading,
      hasEarlier: thread.next !== null,
      isLoadingEarlier,
      hasLater: thread.hasLater,
      isLoadingLater,
    };
  }

  #status(): ConversationStatus {
    const { active } = this;
    if (active.some(({ isReconnecting }) => isReconnecting)) return 'reconnecting';
    if (active.some(({ isAccepted }) => !isAccepted)) return 'sending';
    if (active.some(({ answer }) => answer.status !== 'queued')) return 'streaming';
    if (this.isBusy) return 'queued';
    return this.error === null ? 'ready' : 'error';
  }
}

function isAlike(one: ConversationSnapshot, other: ConversationSnapshot): boolean {
  const names = Object.keys(one) as (keyof ConversationSnapshot)[];
  return names.every((name) => one[name] === other[name]);
}
