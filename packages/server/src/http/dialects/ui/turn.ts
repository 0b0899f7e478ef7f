/** Which turn a request of `useChat` is: a new message, an edit, a repeat, results of tools, or another answer. */
import { invalid, notFound } from '../../../domain/errors.ts';
import { partOfCall } from '../../../domain/request/call-ids.ts';
import type { Scope } from '../../../domain/scope.ts';
import type { TurnBasis, TurnMessage, TurnRequestTarget } from '../../../generation/turn.ts';
import { behindCalls } from '../../../generation/turns/tool-results.ts';
import {
  findConversationOfClient,
  findMessageOfClient,
  lastStepOf,
  type MessagePlaced,
} from '../../../store/queries/client-ids.ts';
import { type ConversationRecord, newestActiveSession } from '../../../store/queries/conversations.ts';
import { findNewestSession, findSession } from '../../../store/queries/sessions.ts';
import type { Database } from '../../../store/store.ts';
import type { UiMessage, UiRequest } from './request.ts';

export interface Asked {
  /** The chat's id. */
  readonly id: string;
  readonly trigger: 'submit-message' | 'regenerate-message';
  readonly messageId: string | undefined;
  readonly request: UiRequest;
}

/** What begins where there is nothing to go on with. Both throw where the caller may not begin it. */
export interface Beginnings {
  /** What a new conversation runs on. */
  basis(): Promise<TurnBasis>;
  /** Begins a session of a conversation, and gives its id. */
  session(conversationId: string): Promise<string>;
}

export class TurnFinder {
  readonly #reads: Database;
  readonly #scope: Scope;
  readonly #begins: Beginnings;

  constructor(reads: Database, scope: Scope, begins: Beginnings) {
    this.#reads = reads;
    this.#scope = scope;
    this.#begins = begins;
  }

  /** @throws AppError not_found (a message that is named), invalid_request, session_busy, conflict */
  async findTurn(asked: Asked): Promise<TurnRequestTarget> {
    const conversation = await findConversationOfClient(this.#reads, this.#scope, asked.id);
    const { last } = asked.request;
    if (asked.trigger === 'regenerate-message') {
      const question = conversation && (await this.#questionOf(conversation, asked));
      if (question !== undefined) return { kind: 'message', messageId: question, again: true };
      if (asked.messageId !== undefined) throw notFound('message');
    } else if (last.role === 'assistant') {
      if (conversation === undefined) throw notFound('chat');
      return this.#goOn(conversation, last);
    }
    if (last.role === 'assistant') throw invalid('messages', 'messages has no message of the user to answer');
    return this.#submit(conversation, asked, last);
  }

  async #submit(
    conversation: ConversationRecord | undefined,
    { id, trigger, messageId, request }: Asked,
    { id: clientId, parts }: Extract<UiMessage, { role: 'user' }>,
  ): Promise<TurnRequestTarget> {
    const messages: TurnMessage[] = [{ role: 'user', parts, ...(clientId !== undefined && { clientId }) }];
    if (conversation === undefined)
      return { kind: 'new-conversation', messages, clientId: id, ...(await this.#begins.basis()) };
    if (trigger === 'submit-message' && messageId !== undefined) {
      const edited = await findMessageOfClient(this.#reads, conversation, messageId);
      if (edited?.role !== 'user') throw notFound('message');
      return this.#beside(conversation, edited, messages);
    }
    const sent = clientId && (await findMessageOfClient(this.#reads, conversation, clientId));
    // It arrived already: its answer is read, or made if there is none.
    if (sent) return { kind: 'message', messageId: sent.id, again: false };
    const before = request.ids.at(-2);
    const parent = before && (await findMessageOfClient(this.#reads, conversation, before));
    if (parent) return this.#behind(await lastStepOf(this.#reads, parent), messages);
    const open = await newestActiveSession(this.#reads, this.#scope, conversation.id);
    if (open !== undefined) return { kind: 'session', sessionId: open.id, messages };
    // Behind the end of what was completed; a chat without any message has nothing to go on with.
    const completed = await findNewestSession(this.#reads, conversation);
    if (completed?.headMessageId != null)
      return { kind: 'fork', messageId: completed.headMessageId, messages };
    return { kind: 'session', sessionId: await this.#begins.session(conversation.id), messages };
  }

  /** In the message's session where it is open, else in a new one that begins behind the message. */
  async #behind(
    { id, sessionId }: Pick<MessagePlaced, 'id' | 'sessionId'>,
    messages: readonly TurnMessage[],
  ): Promise<TurnRequestTarget> {
    if (await this.#isOpen(sessionId)) return { kind: 'session', sessionId, messages, parentId: id };
    return { kind: 'fork', messageId: id, messages };
  }

  /** Where an edited message stands. */
  async #beside(
    { id: conversationId }: ConversationRecord,
    { sessionId, parentId }: MessagePlaced,
    messages: readonly TurnMessage[],
  ): Promise<TurnRequestTarget> {
    if (parentId !== null) return this.#behind({ id: parentId, sessionId }, messages);
    if (await this.#isOpen(sessionId)) return { kind: 'session', sessionId, messages, parentId };
    return { kind: 'session', sessionId: await this.#begins.session(conversationId), messages };
  }

  async #isOpen(sessionId: string): Promise<boolean> {
    return (await findSession(this.#reads, this.#scope, sessionId))?.status === 'active';
  }

  /** The results of the last step's calls; those of earlier steps have been stored. */
  async #goOn(
    conversation: ConversationRecord,
    { id, results }: Extract<UiMessage, { role: 'assistant' }>,
  ): Promise<TurnRequestTarget> {
    const shown = id === undefined ? undefined : await findMessageOfClient(this.#reads, conversation, id);
    if (shown?.role !== 'assistant') throw notFound('message');
    const step = await lastStepOf(this.#reads, shown);
    const own = results.filter(({ callId }) => partOfCall(callId)?.messageId === step.id);
    const target = await behindCalls(this.#reads, this.#scope, step.sessionId, own);
    return { ...target, uiMessageId: shown.id };
  }

  /** The question of the named message, else the last one; undefined: it never arrived. */
  async #questionOf(
    conversation: ConversationRecord,
    { messageId, request }: Asked,
  ): Promise<string | undefined> {
    if (messageId !== undefined) {
      const named = await findMessageOfClient(this.#reads, conversation, messageId);
      return named && questionBefore(named);
    }
    const { last, ids } = request;
    for (const id of [last.id, ids.at(-2)]) {
      const found = id && (await findMessageOfClient(this.#reads, conversation, id));
      if (found) return questionBefore(found);
      if (last.role === 'user') return undefined;
    }
    return undefined;
  }
}

function questionBefore({ id, role, parentId }: MessagePlaced): string | undefined {
  return role === 'user' ? id : (parentId ?? undefined);
}
