/** What a conversation has of the server: the end of a branch, pages before it, and other branches. */
import type { Colloquy } from '../client.ts';
import { asConnectionError } from '../http.ts';
import type { MessagePage } from '../types.ts';
import type { Board } from './board.ts';
import { fromHistory } from './messages.ts';
import { Turn } from './turn.ts';
import type { ChatMessage, ConversationOptions, Place } from './types.ts';

/** Messages that are read around one whose branch is to be shown: as many as there can be, so that it stays in sight. */
const branchSize = 200;

export class History {
  readonly #client: Colloquy;
  readonly #board: Board;
  readonly #attach: (generationId: string | null) => void;
  readonly #options: ConversationOptions;
  /** Another branch than the newest of the session is shown. */
  #isElsewhere = false;
  /** Counts the reads: what comes behind a later one is passed over. */
  #reads = 0;
  /** Counts what has changed beside the reads: a page that was asked for before is out of date. */
  #changes = 0;
  /** The end is being read, where a part before it was shown. */
  #toEnd: Promise<void> | undefined;
  /** A read was put off until the server has taken what is being sent. */
  #isDue = false;

  /** `attach` is called with the generation that is under way. */
  constructor(
    client: Colloquy,
    board: Board,
    options: ConversationOptions,
    attach: (generationId: string | null) => void,
  ) {
    this.#client = client;
    this.#board = board;
    this.#options = options;
    this.#attach = attach;
  }

  /** Whether the branch that is shown now ends where the session does. */
  follow(isNewest: boolean): void {
    this.#isElsewhere = !isNewest;
  }

  /** Reads what is to be shown first. */
  async open(): Promise<void> {
    const { start } = this.#options;
    if (this.#board.session === undefined) return;
    if (start === undefined) return this.refresh();
    await this.goTo(start);
    // There is no such message in the session: then its end is shown.
    if (this.#board.error?.status === undefined) return;
    this.#board.error = null;
    await this.refresh();
  }

  /** Shows another part of the branch. Gives the id of the message there; undefined: it could not be read, or there is none. */
  async goTo(place: Place): Promise<string | undefined> {
    const { thread, session } = this.#board;
    const isMessage = 'message' in place;
    if (isMessage && thread.find(place.message) !== undefined) return place.message;
    if (session === undefined) return undefined;
    this.#board.isLoading = true;
    this.#board.publish();
    const part = isMessage ? { around: place.message } : { at: place.at, leaf: this.#shownLeaf };
    const page = await this.#read(async () => {
      const read = await this.#page(part);
      const found = isMessage ? read.messages.find(({ id }) => id === place.message) : undefined;
      if (found?.isCurrent === false) this.#isElsewhere = true;
      return read;
    });
    if (page === undefined) return undefined;
    if (isMessage) return place.message;
    const time = Date.parse(place.at);
    const first = page.messages.find(({ createdAt }) => Date.parse(createdAt) >= time);
    return (first ?? page.messages.at(-1))?.id;
  }

  /** Shows the end of the branch, if a part before it is shown. Gives whether the end is shown then. */
  async goToEnd(): Promise<boolean> {
    const { thread } = this.#board;
    if (!thread.hasLater) return true;
    this.#toEnd ??= this.#read(() => this.#page({ leaf: this.#shownLeaf })).then(() => {
      this.#toEnd = undefined;
    });
    await this.#toEnd;
    return !thread.hasLater;
  }

  /** The last message of the branch that is shown, where it is not the newest one of the session. */
  get #shownLeaf(): string | undefined {
    const { thread } = this.#board;
    if (!this.#isElsewhere) return undefined;
    return (thread.hasLater ? thread.leaf : thread.last?.id) ?? undefined;
  }

  async refresh(): Promise<void> {
    if (this.#board.session === undefined) return;
    if (this.#board.thread.hasLater) return this.#lookForRunning();
    const last = this.#isElsewhere ? this.#board.thread.last?.id : undefined;
    await this.#read(() => this.#page({ around: last }));
  }

  /** What is under way is read, though the end of the branch is not shown. */
  async #lookForRunning(): Promise<void> {
    try {
      const { running } = await this.#page({ limit: 1 });
      if (this.#board.error?.code === 'connection') this.#board.error = null;
      this.#attach(running);
    } catch (error) {
      this.#board.error = asConnectionError(error);
    }
    this.#board.publish();
  }

  /** Something has been taken or refused by the server, or has ended. */
  change(): void {
    this.#changes += 1;
    if (!this.#isDue || this.#isSending) return;
    this.#isDue = false;
    void this.refresh();
  }

  get #isSending(): boolean {
    return [...this.#board.turns].some(({ outcome }) => outcome === undefined);
  }

  /** Gives the end of the branch that is shown then; undefined: it could not be read. */
  async select(id: string): Promise<string | undefined> {
    this.#board.isLoading = true;
    this.#board.publish();
    const page = await this.#read(async () => {
      const page = await this.#page({ around: id, limit: branchSize });
      const whole = page.hasMoreAfter && page.leaf !== null ? await this.#page({ leaf: page.leaf }) : page;
      this.#isElsewhere = true;
      return whole;
    });
    return page?.leaf ?? undefined;
  }

  async loadEarlier(): Promise<void> {
    const { thread, session } = this.#board;
    const { next, last } = thread;
    if (next === null || session === undefined || this.#board.isLoadingEarlier) return;
    this.#board.isLoadingEarlier = true;
    this.#board.publish();
    try {
      const page = await this.#page({ before: next, leaf: last?.id });
      // Another branch may be shown by now.
      if (thread.next === next) thread.prepend(page);
    } catch (error) {
      this.#board.error = asConnectionError(error);
    }
    this.#board.isLoadingEarlier = false;
    this.#board.publish();
  }

  async loadLater(): Promise<void> {
    const { thread, session } = this.#board;
    const { last, leaf } = thread;
    if (!thread.hasLater || last === undefined || session === undefined || this.#board.isLoadingLater) return;
    this.#board.isLoadingLater = true;
    this.#board.publish();
    try {
      const page = await this.#page({ after: last.id, leaf: leaf ?? undefined });
      // Another part may be shown by now.
      if (thread.hasLater && thread.last?.id === last.id) {
        thread.append(page);
        // What has come since, what runs and what waits is at the end.
        if (!thread.hasLater) await this.refresh();
      }
    } catch (error) {
      this.#board.error = asConnectionError(error);
    }
    this.#board.isLoadingLater = false;
    this.#board.publish();
  }

  async #read(read: () => Promise<MessagePage>): Promise<MessagePage | undefined> {
    this.#reads += 1;
    const own = this.#reads;
    const board = this.#board;
    try {
      let page: MessagePage | undefined;
      for (let changes = -1; page === undefined || changes !== this.#changes; ) {
        changes = this.#changes;
        page = await read();
        if (own !== this.#reads) return undefined;
        // Whether a page has what is being sent is not known before the server has answered.
        if (this.#isSending) {
          this.#isDue = true;
          return undefined;
        }
      }
      if (board.error?.code === 'connection') board.error = null;
      this.show(page);
      board.isLoading = false;
      board.publish();
      this.#attach(page.running);
      return page;
    } catch (error) {
      if (own !== this.#reads) return undefined;
      board.isLoading = false;
      board.error = asConnectionError(error);
      board.publish();
      return undefined;
    }
  }

  #page(part: {
    readonly around?: string | undefined;
    readonly leaf?: string | undefined;
    readonly before?: string;
    readonly after?: string;
    readonly at?: string;
    readonly limit?: number;
  }) {
    const { pageSize: limit = 50, userId } = this.#options;
    return this.#client.conversations.messages(this.#board.session ?? '', {
      limit,
      include: 'reasoning',
      ...part,
      ...(userId !== undefined && { userId }),
    });
  }

  /** Puts the end of a branch on the board, or a part before it. */
  show(page: MessagePage): void {
    const { thread, turns, waiting } = this.#board;
    const reading = [...turns];
    const shown = [...waiting, ...reading].flatMap(({ question, answer }) => [question, answer]);
    const known = new Map<string, ChatMessage>();
    for (const message of [...thread.messages, ...shown]) if (message) known.set(message.id, message);
    const messages = page.messages.map((message) => {
      const siblings = page.siblings[message.id];
      const turn = reading.find(({ answer }) => answer.id === message.id);
      if (turn === undefined) return fromHistory(message, siblings, known.get(message.id));
      // What is read live is ahead of the history.
      if (siblings !== undefined) turn.answer = { ...turn.answer, siblings };
      return turn.answer;
    });
    const isRead = (one: ChatMessage) =>
      one.generationId === page.running || reading.some(({ answer }) => answer.id === one.id);
    const first = messages.findIndex((one) => one.status === 'queued' && !isRead(one));
    const end = first === -1 ? messages.length : questionOf(messages, first);
    // What waits is at the end of the branch.
    if (!page.hasMoreAfter)
      this.#board.waiting = [
        ...waitingTurns(messages.slice(end), waiting),
        ...waiting.filter(({ outcome }) => outcome === undefined),
      ];
    thread.show(messages.slice(0, end), page.next);
    thread.hasLater = page.hasMoreAfter;
    thread.leaf = page.leaf;
  }
}

/** Where the message stands that an answer answers. */
function questionOf(messages: readonly ChatMessage[], answer: number): number {
  return messages[answer - 1]?.role === 'user' ? answer - 1 : answer;
}

function waitingTurns(messages: readonly ChatMessage[], known: readonly Turn[]): Turn[] {
  return messages.flatMap((answer, index) => {
    if (answer.role !== 'assistant') return [];
    const before = messages[index - 1];
    const turn =
      known.find((one) => one.answer.id === answer.id) ??
      new Turn(before?.role === 'user' ? before : undefined, answer);
    turn.settle(true);
    return [turn];
  });
}
