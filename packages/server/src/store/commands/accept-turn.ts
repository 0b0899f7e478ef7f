/**
 * Accepting a turn, whole or not at all: conversation and session where they are new, the user's message, the
 * answer's place, the generation, and the first events of its log.
 */
import { AppError, notFound } from '../../domain/errors.ts';
import type { Tenant } from '../../domain/scope.ts';
import type { CommandContext } from '../command-context.ts';
import { creatorColumns } from '../queries/creators.ts';
import { answersInOrder } from '../statement.ts';
import type { SessionTable } from '../tables.ts';
import { requireMessage } from './branches.ts';
import { type LiveTurn, passBusy } from './busy-session.ts';
import {
  type AcceptedTurn,
  type AcceptTurn,
  addAnswer,
  addMessages,
  type Place,
  type StartingTurn,
  type TurnTarget,
  tenantColumns,
} from './new-turn.ts';
import { requireOwner } from './owner.ts';
import { reserveTurn } from './reservations.ts';
import { insertTurns, TurnRows } from './turn-rows.ts';
import {
  insertSession,
  liveOfSession,
  moveHead,
  readSession,
  takePositions,
  takeSessionPositions,
} from './turn-statements.ts';

/**
 * @throws AppError not_found (session, message or conversation is gone), conflict (session completed),
 *   session_busy, invalid_request (the message is not a user's), interrupted (the owner was fenced), quota_exhausted,
 *   rate_limited (too many turns wait)
 */
export async function acceptTurn(context: CommandContext, turn: AcceptTurn): Promise<AcceptedTurn> {
  const { target } = turn;
  if (target.kind === 'new-conversation') {
    return await acceptInNewConversation(context, { ...turn, target });
  }
  // A turn that starts under a fenced owner would be claimed by nobody.
  const owned = requireOwner(context, turn.owner);
  const accepting =
    target.kind === 'message'
      ? acceptAnswer(context, turn, target)
      : target.kind === 'fork'
        ? acceptFork(context, turn, target)
        : acceptInSession(context, turn, target);
  const [, accepted] = await answersInOrder([owned, accepting]);
  return accepted;
}

async function acceptInNewConversation(context: CommandContext, turn: StartingTurn): Promise<AcceptedTurn> {
  const rows = new TurnRows();
  const accepted = startConversation(rows, turn);
  if (turn.reserved === undefined && !rows.hasMore) context.sendsOne?.();
  const written = insertTurns(context, rows, new Set([turn.owner]));
  await reserveTurn(context, turn, written, false);
  return accepted;
}

/**
 * Accepts turns that start conversations and reserve nothing, all or none.
 * @throws AppError interrupted (an owner was fenced)
 */
export async function acceptInNewConversations(
  context: CommandContext,
  turns: readonly StartingTurn[],
): Promise<AcceptedTurn[]> {
  const rows = new TurnRows();
  const accepted = turns.map((turn) => startConversation(rows, turn));
  context.sendsOne?.();
  await insertTurns(context, rows, new Set(turns.map(({ owner }) => owner)));
  return accepted;
}

function startConversation(rows: TurnRows, turn: StartingTurn): AcceptedTurn {
  const { conversationId, sessionId, messages, title, personaId, personaVersion } = turn.target;
  const { expiresAt, clientId } = turn.target;
  if (expiresAt !== undefined) rows.ephemeral.push({ id: conversationId, expiresAt });
  rows.conversations.push({
    id: conversationId,
    ...tenantColumns(turn.tenant),
    title,
    next_position: messages.length + 1,
    ...creatorColumns(turn.createdBy),
    created_at: turn.now,
    client_id: clientId ?? null,
  });
  rows.sessions.push({
    id: sessionId,
    conversation_id: conversationId,
    ...tenantColumns(turn.tenant),
    persona_id: personaId,
    persona_version: personaVersion,
    model_id: turn.requestedModelId ?? turn.model.id,
    head_message_id: turn.answerMessageId,
    created_at: turn.now,
    metadata: turn.sessionMetadata ?? null,
  });
  const start = { conversationId, sessionId, parentId: null, position: 0 };
  const userMessageId = addMessages(rows, turn, start, messages);
  const place = {
    conversationId,
    sessionId,
    userMessageId,
    attempt: 1,
    becomesHead: false,
    isNewSession: true,
  };
  return addAnswer(rows, turn, place, messages.length, { ahead: [], interrupted: [] });
}

async function acceptInSession(
  context: CommandContext,
  turn: AcceptTurn,
  target: Extract<TurnTarget, { kind: 'session' }>,
): Promise<AcceptedTurn> {
  const { db } = context;
  const { sessionId, messages } = target;
  const taking = takeSessionPositions(db, {
    session_id: sessionId,
    count: messages.length + 1,
    now: turn.now,
    organization_id: turn.tenant.organizationId,
    environment: turn.tenant.environment,
  });
  // Read behind the lock on the conversation's row.
  const reading = readSession(db, { id: sessionId });
  const looking = liveOfSession(db, { session_id: sessionId });
  const [[taken], [session], ahead] = await answersInOrder([taking, reading, looking]);
  if (taken === undefined || session === undefined) throw notFound('session');
  checkOpen(session, turn.tenant);
  const live = await passBusy(db, turn, ahead);
  const rows = new TurnRows();
  const conversationId = taken.id;
  const position = taken.next_position - messages.length - 1;
  const parentId = target.parentId === undefined ? session.head_message_id : target.parentId;
  if (target.onlyAtHead === true && parentId !== session.head_message_id)
    throw new AppError('conflict', 'the message is not the last one any more');
  if (parentId !== null && parentId !== session.head_message_id)
    await requireMessage(
      db,
      { id: sessionId, head_message_id: session.head_message_id },
      parentId,
      'parent_id',
    );
  if (turn.sessionMetadata !== undefined)
    await db
      .updateTable('session')
      .set({ metadata: turn.sessionMetadata })
      .where('id', '=', sessionId)
      .execute();
  const owned = inSession(turn, session);
  const begin = { conversationId, sessionId, parentId, position };
  const userMessageId = addMessages(rows, owned, begin, messages);
  const place = {
    conversationId,
    sessionId,
    userMessageId,
    attempt: 1,
    becomesHead: true,
    isNewSession: false,
  };
  return insertAnswer(context, rows, owned, place, position + messages.length, live);
}

async function acceptFork(
  context: CommandContext,
  turn: AcceptTurn,
  target: Extract<TurnTarget, { kind: 'fork' }>,
): Promise<AcceptedTurn> {
  const { db } = context;
  const { messages, session } = target;
  const origin = await db
    .selectFrom('message')
    .select(['conversation_id', 'session_id', 'end_user_id'])
    .where('id', '=', target.messageId)
    .executeTakeFirst();
  const { endUserId } = turn.tenant;
  if (origin === undefined || (endUserId !== null && origin.end_user_id !== endUserId))
    throw notFound('message');
  const conversationId = origin.conversation_id;
  const position = await reservePositions(db, turn, conversationId, messages.length + 1);
  const owned = inSession(turn, origin);
  await insertSession(db, {
    id: session.id,
    conversation_id: conversationId,
    ...tenantColumns(owned.tenant),
    persona_id: session.personaId,
    persona_version: session.personaVersion,
    model_id: session.modelId,
    head_message_id: turn.answerMessageId,
    created_at: turn.now,
    metadata: null,
  });
  const rows = new TurnRows();
  const begin = { conversationId, sessionId: session.id, parentId: target.messageId, position };
  const place = {
    conversationId,
    sessionId: session.id,
    userMessageId: addMessages(rows, owned, begin, messages),
    attempt: messages.length > 0 ? 1 : await nextAttempt(db, target.messageId),
    becomesHead: false,
    isNewSession: true,
  };
  const live = { ahead: [], interrupted: [] };
  return insertAnswer(context, rows, owned, place, position + messages.length, live);
}

async function nextAttempt(db: CommandContext['db'], messageId: string): Promise<number> {
  const newest = await db
    .selectFrom('generation')
    .select((eb) => eb.fn.max('attempt').as('attempt'))
    .where('reply_to', '=', messageId)
    .executeTakeFirst();
  return Number(newest?.attempt ?? 0) + 1;
}

async function acceptAnswer(
  context: CommandContext,
  turn: AcceptTurn,
  target: Extract<TurnTarget, { kind: 'message' }>,
): Promise<AcceptedTurn> {
  const { db } = context;
  const question = await db
    .selectFrom('message')
    .select(['conversation_id', 'session_id', 'role'])
    .where('id', '=', target.messageId)
    .executeTakeFirst();
  if (question === undefined) throw notFound('message');
  const mayBeAnswered = question.role === 'user' || question.role === 'tool' || target.again;
  if (!mayBeAnswered) throw new AppError('invalid_request', 'only a message of a user can be answered');
  const position = await reservePositions(db, turn, question.conversation_id, 1);
  const earlier = await db
    .selectFrom('generation')
    .select(['id', 'attempt', 'message_id', 'status'])
    .where('reply_to', '=', target.messageId)
    .orderBy('attempt', 'desc')
    .execute();
  const newest = earlier[0];
  const base = {
    conversationId: question.conversation_id,
    sessionId: question.session_id,
    userMessageId: target.messageId,
  };
  if (newest !== undefined && !target.again) {
    return {
      ...base,
      generationId: newest.id,
      answerMessageId: newest.message_id,
      attempt: newest.attempt,
      isNew: false,
      isRunning: newest.status === 'running',
      events: [],
      interrupted: [],
    };
  }
  const session = (await readSession(db, { id: question.session_id }))[0];
  if (session === undefined) throw notFound('session');
  checkOpen(session, turn.tenant);
  const ahead = await liveOfSession(db, { session_id: question.session_id });
  const live = await passBusy(db, turn, ahead);
  const head = session.head_message_id;
  const becomesHead =
    target.ofAnybody === true ||
    head === target.messageId ||
    earlier.some((answer) => answer.message_id === head);
  const place = { ...base, attempt: (newest?.attempt ?? 0) + 1, becomesHead, isNewSession: false };
  return insertAnswer(context, new TurnRows(), inSession(turn, session), place, position, live);
}

async function reservePositions(
  db: CommandContext['db'],
  turn: AcceptTurn,
  conversationId: string,
  count: number,
): Promise<number> {
  const [taken] = await takePositions(db, {
    id: conversationId,
    count,
    now: turn.now,
    organization_id: turn.tenant.organizationId,
    environment: turn.tenant.environment,
  });
  if (taken === undefined) throw notFound('session');
  return taken.next_position - count;
}

function checkOpen(session: Pick<SessionTable, 'end_user_id' | 'status'>, tenant: Tenant): void {
  if (tenant.endUserId !== null && session.end_user_id !== tenant.endUserId) throw notFound('session');
  if (session.status === 'completed') throw new AppError('conflict', 'the session is completed');
}

/** A turn belongs to whom its session belongs, whoever asked for it. */
function inSession(turn: AcceptTurn, session: Pick<SessionTable, 'end_user_id'>): AcceptTurn {
  return { ...turn, tenant: { ...turn.tenant, endUserId: session.end_user_id } };
}

/** Stores an answer's place in a session that exists, with what `rows` has already. */
async function insertAnswer(
  context: CommandContext,
  rows: TurnRows,
  turn: AcceptTurn,
  place: Place,
  position: number,
  live: LiveTurn,
): Promise<AcceptedTurn> {
  const accepted = addAnswer(rows, turn, place, position, live);
  const { db } = context;
  const head = { id: place.sessionId, head: turn.answerMessageId, now: turn.now };
  const moving = place.becomesHead ? moveHead(db, head) : undefined;
  const inserting = insertTurns(context, rows, new Set([turn.owner]));
  const written = answersInOrder([moving, inserting]);
  if (turn.reserved === undefined && !rows.hasMore) context.commitsNow?.();
  await reserveTurn(context, turn, written, !accepted.isRunning);
  return accepted;
}
