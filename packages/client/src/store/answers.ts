/** Reads the answers of a conversation: what is asked for here, what was under way already, and what has waited. */
import type { Answer } from '../answer.ts';
import type { Colloquy } from '../client.ts';
import { ColloquyError } from '../errors.ts';
import { asConnectionError } from '../http.ts';
import type { SessionEvent } from '../types.ts';
import type { Board } from './board.ts';
import { newAnswer } from './messages.ts';
import { Turn } from './turn.ts';
import type { ChatMessage } from './types.ts';

export interface Watching {
  readonly signal: AbortSignal;
  readonly onReconnect: () => void;
  readonly maxRetries?: number | undefined;
}
/** Asks for an answer, which is in an object of its own: awaited by itself, it would be read to its end. */
export type Begin = (watching: Watching) => Promise<{ readonly answer: Answer }>;

export class Answers {
  readonly #client: Colloquy;
  readonly #board: Board;
  readonly #maxRetries: number | undefined;
  readonly #onChange: (kind: 'accepted' | 'refused' | 'ended') => void;
  /** Calls reach the server one after another, in the order in which they were made. */
  #starting: Promise<unknown> = Promise.resolve();
  /** Messages whose calls were read again. */
  readonly #readAgain: Set<string> = new Set();

  /** `onChange` is called when the server has taken or refused something, and when an answer has ended. */
  constructor(
    client: Colloquy,
    board: Board,
    maxRetries: number | undefined,
    onChange: (kind: 'accepted' | 'refused' | 'ended') => void,
  ) {
    this.#client = client;
    this.#board = board;
    this.#maxRetries = maxRetries;
    this.#onChange = onChange;
  }

  /** Asks for an answer whose place is on the board. Resolves once the server has taken it, or refused. */
  async start(turn: Turn, begin: Begin): Promise<boolean> {
    this.#board.error = null;
    this.#board.turns.add(turn);
    this.#board.publish();
    const before = this.#starting;
    this.#starting = turn.accepted;
    await before;
    try {
      if (!turn.end.signal.aborted) turn.source = (await begin(this.#watching(turn))).answer;
      void this.#read(turn);
    } catch (error) {
      this.#refuse(turn, error);
    }
    return turn.accepted;
  }

  /** Resolves once the server has taken or refused all that it was asked. */
  async settled(): Promise<void> {
    for (;;) {
      const open = [...this.#board.turns].find(({ outcome }) => outcome === undefined);
      if (open === undefined) return;
      await open.accepted;
    }
  }

  /** Does something between two calls that ask for answers. */
  async inOrder(action: () => Promise<void>): Promise<void> {
    const before = this.#starting;
    const done = before.then(action);
    this.#starting = done.catch(() => undefined);
    await done;
  }

  /** Reads an answer that is under way, unless it is being read. */
  attach(generationId: string | null): void {
    const board = this.#board;
    if (generationId === null) return;
    if ([...board.turns].some(({ answer }) => answer.generationId === generationId)) return;
    const waiting = board.waiting.find(({ answer }) => answer.generationId === generationId);
    const shown = board.thread.messages.find((message) => message.generationId === generationId);
    // What runs on a branch that is not shown is watched too: the next message waits for it.
    const turn = waiting ?? new Turn(undefined, shown ?? { ...newAnswer(null), generationId });
    turn.settle(true);
    board.turns.add(turn);
    turn.source = this.#client.resume(generationId, this.#watching(turn));
    if (waiting !== undefined) this.#moveUp(turn);
    board.publish();
    void this.#read(turn);
  }

  /** The history has no calls of tools: they are read again, the newest first. */
  async readCalls(): Promise<void> {
    const { thread } = this.#board;
    const lacks = (message: ChatMessage): boolean =>
      message.finishReason === 'tool_calls' &&
      message.toolCalls.length === 0 &&
      !this.#readAgain.has(message.id);
    for (;;) {
      const message = thread.messages.findLast(lacks);
      if (message === undefined || message.generationId === null) return;
      this.#readAgain.add(message.id);
      try {
        const { toolCalls } = await this.#client.resume(message.generationId);
        const now = thread.find(message.id);
        if (now !== undefined) thread.replace({ ...now, toolCalls });
        this.#board.publish();
      } catch {
        // What is kept no longer is not shown.
      }
    }
  }

  /** The model stops. What is being asked for is stopped once the server has it. */
  async stop(): Promise<void> {
    const turn =
      this.#board.active.findLast(({ answer }) => answer.status === 'running') ?? this.#board.active.at(-1);
    if (turn === undefined || !(await turn.accepted)) return;
    const { generationId } = turn.answer;
    if (generationId !== null) await this.#client.generations.cancel(generationId);
  }

  /** Ends the watching of what the server has taken; with `all`, of everything. */
  leave(all: boolean): void {
    for (const turn of this.#board.turns) if (turn.isAccepted || all) this.drop(turn);
    this.#board.publish();
  }

  /** Ends the watching of one. */
  drop(turn: Turn): void {
    this.#board.turns.delete(turn);
    turn.end.abort(new ColloquyError('connection', 'nobody watches any more'));
    turn.settle(false);
  }

  #watching(turn: Turn): Watching {
    return {
      maxRetries: this.#maxRetries,
      signal: turn.end.signal,
      onReconnect: () => {
        turn.isReconnecting = true;
        this.#board.publishSoon();
      },
    };
  }

  async #read(turn: Turn): Promise<void> {
    const { source, end } = turn;
    if (source === undefined) return;
    try {
      for await (const event of source) {
        if (end.signal.aborted) return;
        turn.take(event);
        if (event.type === 'session') this.#accept(turn, event);
        else if (event.type !== 'queued') this.#moveUp(turn);
        else if (this.#mayWait(turn)) {
          // No connection is kept for what waits: it is read when its turn comes.
          this.#board.turns.delete(turn);
          this.#board.publish();
          return;
        } else this.#moveUp(turn);
        this.#board.publishSoon();
      }
      this.#end(turn);
    } catch (error) {
      if (end.signal.aborted) return;
      if (turn.isAccepted) this.#fail(turn, asConnectionError(error));
      else this.#refuse(turn, error);
    }
  }

  /** Whether something else is read after whose end this is looked for. */
  #mayWait(turn: Turn): boolean {
    const { waiting, active } = this.#board;
    return waiting.includes(turn) && active.some(({ isAccepted }) => isAccepted);
  }

  #accept(turn: Turn, event: SessionEvent): void {
    if (turn.isAccepted) return;
    const board = this.#board;
    const { question } = turn;
    board.session = event.sessionId;
    if (question !== undefined) {
      const siblings = withVersion(question.siblings, event.userMessageId);
      const { createdAt, userMessageId: id } = event;
      turn.question = { ...question, id, createdAt, siblings, status: 'done' };
      board.thread.replace(turn.question);
    } else {
      const siblings = withVersion(turn.answer.siblings, event.messageId);
      turn.answer = { ...turn.answer, siblings };
    }
    turn.settle(true);
    board.publish();
    this.#onChange('accepted');
  }

  /** Its turn has come: what has waited is shown where it stands. */
  #moveUp(turn: Turn): void {
    const board = this.#board;
    if (!board.waiting.includes(turn)) return;
    board.waiting = board.waiting.filter((one) => one !== turn);
    board.thread.addStored(...(turn.question === undefined ? [] : [turn.question]), turn.answer);
  }

  #refuse(turn: Turn, error: unknown): void {
    const board = this.#board;
    board.turns.delete(turn);
    board.waiting = board.waiting.filter((one) => one !== turn);
    board.thread.remove(turn.answer.key);
    const refusal = asConnectionError(error);
    board.error = refusal;
    if (turn.question !== undefined) {
      const { code, message } = refusal;
      const unsent = { ...turn.question, status: 'unsent', error: { code, message } } as const;
      board.thread.remove(unsent.key);
      board.thread.add(unsent);
    }
    turn.settle(false, refusal);
    board.publish();
    this.#onChange('refused');
  }

  #fail(turn: Turn, error: ColloquyError): void {
    this.#board.error = error;
    // An error of a call is none of the answer's: it may go on at the server.
    if (error.status === undefined && error.code !== 'connection') {
      const { code, message } = error;
      const status = code === 'interrupted' ? 'interrupted' : 'failed';
      turn.answer = { ...turn.answer, status, activity: null, error: { code, message } };
      this.#end(turn);
      return;
    }
    this.#board.thread.replace(turn.answer);
    this.#board.turns.delete(turn);
    this.#board.publish();
  }

  #end(turn: Turn): void {
    const board = this.#board;
    board.thread.replace(turn.answer);
    board.turns.delete(turn);
    this.#onChange('ended');
    const next = board.active.length === 0 ? board.waiting[0] : undefined;
    if (next?.isAccepted === true) this.attach(next.answer.generationId);
    else board.publish();
  }
}

/** Of a message that takes the place of one of these, or stands alone. */
function withVersion(versions: readonly string[], id: string): readonly string[] {
  return versions.length === 0 ? versions : [...versions, id];
}
