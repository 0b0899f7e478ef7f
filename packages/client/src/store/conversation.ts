/** A conversation as a store: a view subscribes, reads snapshots, and calls what its buttons do. */
import type { Colloquy } from '../client.ts';
import { asConnectionError, randomKey } from '../http.ts';
import type { FeedbackOptions, Rating, ToolResult, WhenBusy } from '../types.ts';
import { Answers, type Begin } from './answers.ts';
import { Board } from './board.ts';
import { scheduleFrame } from './frames.ts';
import { History } from './history.ts';
import { newAnswer, newQuestion } from './messages.ts';
import { openTabs, type Tabs } from './tabs.ts';
import { titleOf } from './title.ts';
import { Turn } from './turn.ts';
import type {
  ChatMessage,
  ConversationOptions,
  ConversationSnapshot,
  EditOptions,
  Place,
  SendMessageOptions,
} from './types.ts';

/** How long after the last view has gone the connection is kept: views that are mounted anew find it. */
const leaveAfterMs = 1_000;

export interface Conversation {
  /** Calls `listener` whenever there is another snapshot. The first subscriber makes the history load. */
  subscribe(listener: () => void): () => void;
  /** The same object until something has changed. */
  getSnapshot(): ConversationSnapshot;

  /**
   * Says something. Resolves once the server has it: true; or false, and then the message is 'unsent' and `error` says why.
   * While an answer is under way it waits in `queue`, unless `whenBusy` says otherwise.
   */
  send(content: string, options?: SendMessageOptions): Promise<boolean>;
  /** Sends a message that is 'unsent' once more. */
  retry(id: string): Promise<boolean>;
  /** Takes away a message that is 'unsent', or waits in the queue. */
  remove(id: string): Promise<void>;
  /** The model stops, and what it has written stays. What waits is answered next. */
  stop(): Promise<void>;
  /** Answers again: beside an answer, by default the last one. What is under way is interrupted. */
  regenerate(id?: string): Promise<boolean>;
  /** Goes on with an answer that ended too early, by default the last one. */
  continue(id?: string): Promise<boolean>;
  /** Says something else in place of an own message: a branch beside it. What is under way is interrupted. */
  edit(id: string, content: string, options?: EditOptions): Promise<boolean>;
  /**
   * Shows the branch that goes through a message: one of the `siblings` of a message that is shown. While nothing is under
   * way, the session goes on there, for other views and later ones too.
   */
  select(id: string): Promise<void>;
  /** Gives the results of the tools that the last answer has called; another answer goes on with them. */
  submitToolResults(results: readonly ToolResult[]): Promise<boolean>;
  /** What the reader thinks of an answer; 0 takes it back. */
  rate(id: string, rating: Rating, options?: FeedbackOptions): Promise<void>;
  /** Reads the page before the ones that are shown. */
  loadEarlier(): Promise<void>;
  /** Reads the page behind the ones that are shown, where these end before the branch does. */
  loadLater(): Promise<void>;
  /**
   * Shows the part of the conversation around a message or a time. Gives the id of the message there; undefined: there is
   * none, or it could not be read. What is said from there goes to the end of the branch.
   */
  goTo(place: Place): Promise<string | undefined>;
  /** Shows the end of the branch again. Gives whether it could be read. */
  goToEnd(): Promise<boolean>;
  /** Reads the end of the branch anew, and attaches to what is under way. */
  refresh(): Promise<void>;
  /** Ends all watching; the server goes on. */
  dispose(): void;
}

export function createConversation(client: Colloquy, options: ConversationOptions = {}): Conversation {
  const board = new Board(options.session, options.schedule ?? scheduleFrame);
  const { thread } = board;
  const answers = new Answers(client, board, options.maxRetries, whenChanged);
  const history = new History(client, board, options, (running) => {
    if (!isWatched) return;
    answers.attach(running);
    void answers.readCalls();
  });
  /** How a message that was refused is sent once more, by its key. */
  const unsent = new Map<string, () => Promise<boolean>>();
  let tabs: Tabs | undefined;
  let isWatched = false;
  let hasHistory = false;
  let leaving: ReturnType<typeof setTimeout> | undefined;

  board.isLoading = board.session !== undefined;
  if (options.initial !== undefined) {
    history.show(options.initial);
    board.isLoading = false;
  }

  function whenChanged(kind: 'accepted' | 'refused' | 'ended'): void {
    history.change();
    if (kind !== 'accepted') return;
    openChannel();
    tabs?.tellOthers();
    // Its view has gone meanwhile.
    if (hasHistory && !isWatched) answers.leave(false);
  }

  function openChannel(): void {
    if (!isWatched || board.session === undefined) return;
    tabs ??= openTabs(client.baseUrl, board.session, () => void history.refresh());
  }

  const page: Partial<EventTarget> = globalThis;
  function whenOnline(): void {
    if (board.error?.code === 'connection') void history.refresh();
  }

  function watch(): void {
    clearTimeout(leaving);
    if (isWatched) return;
    isWatched = true;
    page.addEventListener?.('online', whenOnline);
    openChannel();
    const initial = hasHistory ? undefined : options.initial;
    hasHistory = true;
    if (initial === undefined) void history.open();
    else answers.attach(initial.running);
  }

  function leave(): void {
    isWatched = false;
    page.removeEventListener?.('online', whenOnline);
    tabs?.close();
    tabs = undefined;
    answers.leave(false);
  }

  /** Of the calls that send a message. A session on a model is made before its first one. */
  async function sendOptions(content: string, whenBusy: WhenBusy, parent: string | null | undefined) {
    const { model, persona, metadata, maxTokens } = options;
    const isNew = board.session === undefined;
    if (isNew && model !== undefined)
      board.session = (await client.conversations.create({ model, title: titleOf(content) })).sessionId;
    const { session } = board;
    if (session === undefined) return { maxTokens, persona, metadata };
    return { maxTokens, session, whenBusy, ...(isNew ? { metadata } : { parent }) };
  }

  /** What the reader sees last, where a message is to go. */
  function lastShown(waits: boolean): Turn | string | undefined {
    const waiting = waits ? board.waiting.at(-1) : undefined;
    if (waiting !== undefined) return waiting;
    const last = thread.messages.findLast(({ status }) => status !== 'unsent');
    return board.active.find(({ answer }) => answer.key === last?.key) ?? last?.id;
  }

  async function send(content: string, given: SendMessageOptions = {}): Promise<boolean> {
    const { whenBusy = options.whenBusy ?? 'queue' } = given;
    if (thread.hasLater && !(await history.goToEnd())) return false;
    const question = newQuestion(content);
    const idempotencyKey = randomKey();
    let call: object | undefined;
    const start = async (): Promise<boolean> => {
      const turn = new Turn(question, newAnswer(question.key));
      const waits = board.isBusy && whenBusy === 'queue';
      turn.behind = lastShown(waits);
      if (waits) board.waiting = [...board.waiting, turn];
      else thread.add(question, turn.answer);
      const isAccepted = await answers.start(turn, async (watching) => {
        // The server ends what waits there, too.
        if (whenBusy === 'interrupt') board.waiting = board.waiting.filter(({ isAccepted }) => !isAccepted);
        const { parent } = turn;
        // A second try of a call has the same body, and so is answered once even where the first one has arrived.
        call ??= await sendOptions(content, whenBusy, parent);
        const { metadata, internet } = given;
        if (turn.question !== undefined) turn.question = { ...turn.question, parentId: parent ?? null };
        const asked = { ...call, internet, ...(metadata !== undefined && { metadata }) };
        return { answer: client.send(content, { ...asked, idempotencyKey, ...watching }) };
      });
      if (isAccepted) {
        history.follow(true);
        // What has waited may have moved up before it meanwhile: then the branch is another one than what is shown.
        const place = thread.messages.findIndex(({ key }) => key === question.key);
        const before = thread.messages[place - 1];
        if (before !== undefined && before.id !== turn.question?.parentId) void history.refresh();
      } else {
        const isLost = turn.refusal?.code === 'connection';
        unsent.set(question.key, isLost ? start : () => send(content, given));
      }
      return isAccepted;
    };
    return start();
  }

  /**
   * Starts what takes the place of a message and of all behind it; they come back if it is refused. Nothing is being sent, so
   * that they come back as they are.
   */
  async function startBeside(message: ChatMessage, turn: Turn, begin: Begin): Promise<boolean> {
    const { messages, hasLater } = thread;
    const { waiting } = board;
    const wasLast = thread.last?.key === message.key && !hasLater;
    turn.behind = thread.last?.id;
    board.waiting = [];
    thread.cutAt(message, ...(turn.question === undefined ? [] : [turn.question]), turn.answer);
    const isAccepted = await answers.start(turn, begin);
    // Where another answer than the session's last one is given again, the session still ends elsewhere.
    if (isAccepted) history.follow(turn.question !== undefined || wasLast);
    else {
      thread.messages = messages;
      thread.hasLater = hasLater;
      board.waiting = waiting;
      board.publish();
      const { error } = board;
      await history.refresh();
      board.error = error;
      board.publish();
    }
    return isAccepted;
  }

  async function again(id: string | undefined, how: 'regenerate' | 'continue'): Promise<boolean> {
    await answers.settled();
    if (id === undefined && !(await history.goToEnd())) return false;
    const message =
      id === undefined
        ? thread.messages.findLast(({ generationId }) => generationId !== null)
        : thread.find(id);
    const generationId = message?.generationId;
    if (message === undefined || generationId == null) return false;
    const answer = newAnswer(message.replyTo, how === 'continue' ? message.content : '');
    const turn = new Turn(undefined, { ...answer, siblings: versionsOf(message) });
    return startBeside(message, turn, async (watching) => ({
      answer: client[how](generationId, { whenBusy: 'interrupt', ...watching }),
    }));
  }

  /** Does what may fail without harm to what is shown. */
  async function attempt(action: () => Promise<unknown>): Promise<boolean> {
    try {
      await action();
      return true;
    } catch (error) {
      board.error = asConnectionError(error);
      board.publish();
      return false;
    }
  }

  return {
    getSnapshot: () => board.snapshot,
    subscribe(listener) {
      const end = board.listen(listener);
      watch();
      return () => {
        end();
        if (board.hasListeners) return;
        clearTimeout(leaving);
        leaving = setTimeout(leave, leaveAfterMs);
        (leaving as { unref?: () => void }).unref?.();
      };
    },
    send,
    async retry(id) {
      const key = thread.find(id)?.key ?? '';
      const start = unsent.get(key);
      if (start === undefined) return false;
      unsent.delete(key);
      thread.remove(key);
      return start();
    },
    async remove(id) {
      const message = thread.find(id);
      if (message?.status === 'unsent') {
        thread.remove(message.key);
        unsent.delete(message.key);
        board.error = null;
        board.publish();
        return;
      }
      const turn = board.waiting.find(({ question }) => question?.id === id || question?.key === id);
      if (turn === undefined) return;
      board.waiting = board.waiting.filter((one) => one !== turn);
      for (const one of board.turns) if (one.behind === turn) one.behind = turn.behind;
      board.publish();
      if (!(await turn.accepted)) return;
      answers.drop(turn);
      await attempt(async () => {
        // What has been taken back is no part of the history, whoever reads it.
        if (turn.question !== undefined) await client.messages.delete(turn.question.id);
        await client.messages.delete(turn.answer.id);
      });
      tabs?.tellOthers();
    },
    async stop() {
      await attempt(() => answers.stop());
    },
    regenerate: (id) => again(id, 'regenerate'),
    continue: (id) => again(id, 'continue'),
    async edit(id, content, { internet } = {}) {
      await answers.settled();
      const message = thread.find(id);
      if (message?.role !== 'user') return false;
      if (message.status === 'unsent') {
        thread.remove(message.key);
        unsent.delete(message.key);
        return send(content, { internet });
      }
      const { parentId } = message;
      const question = { ...newQuestion(content), parentId, siblings: versionsOf(message) };
      const turn = new Turn(question, newAnswer(question.key));
      return startBeside(message, turn, async (watching) => {
        const asked = await sendOptions(content, 'interrupt', parentId);
        return { answer: client.send(content, { ...asked, internet, ...watching }) };
      });
    },
    async select(id) {
      const leaf = await history.select(id);
      if (leaf === undefined || board.isBusy) return;
      try {
        await answers.inOrder(async () => {
          // Something may have been said behind it by now.
          if (board.session === undefined || thread.last?.id !== leaf) return;
          await client.conversations.moveTo(board.session, leaf);
          // Another branch may be shown by now.
          if (thread.last?.id === leaf) history.follow(true);
          tabs?.tellOthers();
        });
      } catch {
        // Who may only read sees the branch all the same.
      }
    },
    async submitToolResults(results) {
      const { session } = board;
      if (session === undefined || (thread.hasLater && !(await history.goToEnd()))) return false;
      const turn = new Turn(undefined, newAnswer(null));
      turn.behind = thread.last?.id;
      thread.add(turn.answer);
      return answers.start(turn, async (watching) => ({
        answer: client.submitToolResults(session, results, watching),
      }));
    },
    async rate(id, rating, given) {
      const message = thread.find(id);
      if (message === undefined) return;
      const show = (shown: Rating): void => {
        const now = thread.find(message.key);
        if (now !== undefined) thread.replace({ ...now, rating: shown });
        board.publish();
      };
      show(rating);
      if (!(await attempt(() => client.messages.rate(message.id, rating, given)))) show(message.rating);
    },
    loadEarlier: () => history.loadEarlier(),
    loadLater: () => history.loadLater(),
    async goTo(place) {
      // What is being sent comes back as it is.
      await answers.settled();
      return history.goTo(place);
    },
    goToEnd: () => history.goToEnd(),
    refresh: () => history.refresh(),
    dispose() {
      clearTimeout(leaving);
      leave();
      answers.leave(true);
    },
  };
}

/** A message and those beside it, the earliest first. */
function versionsOf({ id, siblings }: ChatMessage): readonly string[] {
  return siblings.length === 0 ? [id] : siblings;
}
