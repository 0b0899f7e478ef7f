/** Where the turn of a response goes: behind an earlier one, to a conversation, or into a new one. */
import { AppError, invalid } from '../../../../../domain/errors.ts';
import { type GenerationRecord, isTerminal, type WhenBusy } from '../../../../../domain/generation.ts';
import { newId } from '../../../../../domain/ids.ts';
import type { MessagePart } from '../../../../../domain/message.ts';
import type { Scope } from '../../../../../domain/scope.ts';
import type { TurnBasis, TurnMessage, TurnRequestTarget } from '../../../../../generation/turn.ts';
import { findConversation } from '../../../../../store/queries/conversations.ts';
import { findGeneration } from '../../../../../store/queries/generations.ts';
import { findMessageParts } from '../../../../../store/queries/message-parts.ts';
import { findMessage } from '../../../../../store/queries/messages.ts';
import { findNewestSession, findSession } from '../../../../../store/queries/sessions.ts';
import type { Store } from '../../../../../store/store.ts';
import { sessionBasis } from '../../../model-choice.ts';
import { missing, readFields, readText } from '../../../read-values.ts';
import { OpenAiError } from '../../errors.ts';
import { readItemId, readWholeId } from '../../ids.ts';
import { type ChainEntry, toChain } from '../../request/turn-chain.ts';
import { type InputEntry, readInput } from './input.ts';
import { resentThrough } from './resent-history.ts';

export interface Where {
  readonly previous_response_id?: string;
  readonly conversation?: unknown;
  readonly input?: unknown;
}

export interface Placed {
  readonly target: TurnRequestTarget;
  /** The messages of the request that are stored anew. */
  readonly messages: readonly TurnMessage[];
  /** The generation that the turn follows, if it follows one. */
  readonly previous: string | null;
  /** Whether the conversation goes on, so that its history may be fitted. */
  readonly continues: boolean;
}

export interface PlaceOptions {
  /** Whether the turn is kept. */
  readonly isStored: boolean;
  readonly store: Store;
  readonly scope: Scope;
  readonly basis: TurnBasis;
  readonly whenBusy: WhenBusy;
  readonly now: () => number;
}

/** @throws AppError invalid_request, not_found, session_busy, unsupported */
export async function placeTurn(where: Where, options: PlaceOptions): Promise<Placed> {
  const { previous_response_id: previous, conversation, input } = where;
  requireOneOf(previous, conversation);
  if (conversation !== undefined) return inConversation(conversationIdOf(conversation), input, options);
  if (input === undefined) throw missing('input');
  const entries = await resolved(readInput(input), options);
  if (previous !== undefined) return behindResponse(previous, entries, options);
  return anew(entries, options);
}

/** What would follow what, where only its tokens are counted: nothing is begun for it. */
export interface CountedInput {
  readonly messages: readonly TurnMessage[];
  /** The stored message behind which they would go. */
  readonly behind: string | undefined;
}

/** Everything may be absent. @throws AppError invalid_request, not_found, session_busy, unsupported */
export async function placeCounted(
  { previous_response_id: previous, conversation, input }: Where,
  options: Pick<PlaceOptions, 'store' | 'scope'>,
): Promise<CountedInput> {
  requireOneOf(previous, conversation);
  const entries = input === undefined ? [] : await resolved(readInput(input), options);
  if (conversation !== undefined) {
    const { head } = await findHead(conversationIdOf(conversation), options);
    return { messages: toChain(entries, callsIn(head?.parts ?? [])), behind: head?.id };
  }
  if (previous === undefined) return { messages: toChain(entries, new Set()), behind: undefined };
  const generation = await findPrevious(previous, options);
  if (!isTerminal(generation.status)) throw busy(generation.id);
  const answer = await findMessageParts(options.store.reads, generation.messageId);
  return { messages: toChain(entries, callsIn(answer?.parts ?? [])), behind: generation.messageId };
}

function requireOneOf(previous: unknown, conversation: unknown): void {
  if (previous !== undefined && conversation !== undefined)
    throw invalid('conversation', 'conversation must be absent where previous_response_id is given');
}

function conversationIdOf(conversation: unknown): string {
  if (typeof conversation === 'string') return conversation;
  return readText(readFields(conversation, 'conversation').id, 'conversation.id');
}

/** Items that are named only, as they are stored. */
async function resolved(
  entries: readonly InputEntry[],
  { store, scope }: Pick<PlaceOptions, 'store' | 'scope'>,
): Promise<readonly (ChainEntry & Pick<Extract<InputEntry, ChainEntry>, 'stored'>)[]> {
  return Promise.all(
    entries.map(async (entry) => {
      if (!('reference' in entry)) return entry;
      const { path, reference } = entry;
      const named = readItemId(reference);
      const message = named && (await findMessage(store.reads, scope, named.messageId));
      const found = message && (await findMessageParts(store.reads, message.id));
      const part = found?.parts[named?.part ?? -1];
      if (named === undefined || found === undefined || part === undefined)
        throw new AppError('not_found', `${path}.id: there is no item ${JSON.stringify(reference)}`, {
          field: `${path}.id`,
        });
      const { role } = found;
      return { role, path, joins: role === 'assistant' || role === 'tool', parts: [part], stored: named };
    }),
  );
}

async function behindResponse(
  id: string,
  entries: readonly ChainEntry[],
  options: PlaceOptions,
): Promise<Placed> {
  const { store, whenBusy } = options;
  const generation = await findPrevious(id, options);
  const { messageId, sessionId } = generation;
  const isLive = !isTerminal(generation.status);
  if (isLive && whenBusy !== 'queue') throw busy(generation.id);
  const answer = isLive ? undefined : await findMessageParts(store.reads, messageId);
  const messages = toChain(entries, callsIn(answer?.parts ?? []));
  if (!options.isStored) {
    if (isLive) throw busy(generation.id);
    const target = { kind: 'stateless', messages, behind: messageId, ...options.basis } as const;
    return { target, messages, previous: generation.id, continues: true };
  }
  return {
    target: await behind(messageId, sessionId, messages, options, isLive),
    ...{ messages, previous: generation.id, continues: true },
  };
}

async function findPrevious(
  id: string,
  { store, scope }: Pick<PlaceOptions, 'store' | 'scope'>,
): Promise<GenerationRecord> {
  const generationId = readWholeId('resp', id);
  const generation = generationId && (await findGeneration(store.reads, scope, generationId));
  if (!generation || generation.parameters.prompt !== undefined)
    throw new OpenAiError(
      'previous_response_not_found',
      `previous_response_id: there is no response ${JSON.stringify(id)}`,
      'previous_response_id',
    );
  return generation;
}

function busy(generationId: string): AppError {
  return new AppError('session_busy', 'the previous response is still being answered', {
    generation_id: generationId,
    field: 'previous_response_id',
  });
}

function callsIn(parts: readonly MessagePart[]): ReadonlySet<string> {
  return new Set(parts.flatMap((part) => (part.type === 'tool-call' ? [part.id] : [])));
}

/** In the answer's session where it is the end of one that is open and idle; else in a new one. */
async function behind(
  messageId: string,
  sessionId: string,
  messages: readonly TurnMessage[],
  { store, scope }: PlaceOptions,
  isLive: boolean,
): Promise<TurnRequestTarget> {
  const session = await findSession(store.reads, scope, sessionId);
  const isHead = session?.headMessageId === messageId && session.status === 'active';
  if (isLive || isHead) return { kind: 'behind', messageId, messages, onlyAtHead: true };
  return { kind: 'fork', messageId, messages };
}

/** A conversation, its newest session, and the last message there. @throws AppError not_found */
async function findHead(id: string, { store, scope }: Pick<PlaceOptions, 'store' | 'scope'>) {
  const conversationId = readWholeId('conv', id);
  const conversation = conversationId && (await findConversation(store.reads, scope, conversationId));
  if (!conversation)
    throw new AppError('not_found', `there is no conversation ${JSON.stringify(id)}`, {
      field: 'conversation',
    });
  const session = await findNewestSession(store.reads, conversation);
  const headId = session?.headMessageId ?? null;
  const head = headId === null ? undefined : await findMessageParts(store.reads, headId);
  return { conversation, session, head };
}

async function inConversation(id: string, input: unknown, options: PlaceOptions): Promise<Placed> {
  const { store, scope, basis, now } = options;
  const { conversation, session, head } = await findHead(id, options);
  const continues = head !== undefined;
  const previous = head?.generationId ?? null;
  if (input === undefined) {
    if (head === undefined || (head.role !== 'user' && head.role !== 'tool')) throw missing('input');
    const isOpen = session?.status === 'active';
    const target = { kind: isOpen ? 'behind' : 'fork', messageId: head.id, messages: [] } as const;
    return { target, messages: [], previous: null, continues };
  }
  const messages = toChain(await resolved(readInput(input), options), callsIn(head?.parts ?? []));
  const rest = { messages, previous, continues };
  if (session?.status === 'active')
    return { target: { kind: 'session', sessionId: session.id, messages }, ...rest };
  if (head !== undefined) return { target: { kind: 'fork', messageId: head.id, messages }, ...rest };
  const begun = await store.execute('createSession', {
    ...{ scope, id: newId(), conversationId: conversation.id, now: now() },
    ...(await sessionBasis(store.reads, scope, basis)),
  });
  return { target: { kind: 'session', sessionId: begun.id, messages }, ...rest };
}

/** A new conversation, or the one whose history the request sends again. */
async function anew(
  entries: readonly (ChainEntry & Pick<Extract<InputEntry, ChainEntry>, 'stored'>)[],
  options: PlaceOptions,
): Promise<Placed> {
  const { store, scope, basis } = options;
  if (!options.isStored) {
    const messages = toChain(entries, new Set());
    return { target: { kind: 'stateless', messages, ...basis }, messages, previous: null, continues: false };
  }
  const resent = await resentThrough(entries, store.reads, scope);
  if (resent !== undefined) {
    const messages = toChain(entries.slice(resent.count), callsIn(resent.answer.parts));
    const { id, sessionId, generationId } = resent.answer;
    const target = await behind(id, sessionId, messages, options, false);
    return { target, messages, previous: generationId, continues: true };
  }
  const messages = toChain(entries, new Set());
  return {
    target: { kind: 'new-conversation', messages, ...basis },
    messages,
    previous: null,
    continues: false,
  };
}
