/**
 * Accepting a turn, whole or not at all: conversation and session where they are new, the user's message, the
 * answer's place, the generation, and the first events of its log.
 */
import { AppError, notFound } from '../../domain/errors.ts';
import type { LogEvent } from '../../domain/event.ts';
import type { Dialect, WhenBusy } from '../../domain/generation.ts';
import type { Tenant } from '../../domain/scope.ts';
import type { CommandContext } from '../command-context.ts';
import { answersInOrder } from '../statement.ts';
import type { ConversationTable, SessionTable } from '../tables.ts';
import { Writes } from '../writes.ts';
import { type LiveTurn, passBusy } from './busy-session.ts';
import { requireOwner } from './owner.ts';
import { type Reserved, reserveTurn } from './reservations.ts';
import {
  insertConversation,
  insertGeneration,
  insertMessage,
  insertSegment,
  insertSession,
  liveOfSession,
  moveHead,
  readSession,
  takePositions,
  takeSessionPositions,
} from './turn-statements.ts';

export type TurnTarget =
  /** A new conversation with its first session. */
  | {
      readonly kind: 'new-conversation';
      readonly conversationId: string;
      readonly sessionId: string;
      readonly title: string;
      readonly personaId: number | null;
      readonly personaVersion: number | null;
      readonly userMessageId: string;
      readonly text: string;
    }
  /** A new message at the head of an existing session. */
  | {
      readonly kind: 'session';
      readonly sessionId: string;
      readonly userMessageId: string;
      readonly text: string;
    }
  /** An answer to a message that exists. `again`: another attempt though one exists. */
  | { readonly kind: 'message'; readonly messageId: string; readonly again: boolean };

export interface AcceptTurn {
  readonly tenant: Tenant;
  readonly target: TurnTarget;
  readonly answerMessageId: string;
  readonly generationId: string;
  readonly dialect: Dialect;
  readonly model: { readonly id: string; readonly name: string; readonly provider: string };
  /** The model that was asked first, which a new session keeps. Default: `model`. */
  readonly requestedModelId?: string | undefined;
  readonly personaId: number | null;
  readonly personaVersion: number | null;
  readonly apiKeyId: string | null;
  /** JSON of what the engine needs to run it. */
  readonly parameters: string;
  readonly whenBusy: WhenBusy;
  readonly owner: number;
  /** What the answer may cost, where a limit that is counted in the store bounds it. */
  readonly reserved?: Reserved | undefined;
  readonly now: number;
}

export interface AcceptedTurn {
  readonly generationId: string;
  readonly conversationId: string;
  readonly sessionId: string;
  readonly userMessageId: string;
  readonly answerMessageId: string;
  readonly attempt: number;
  /** False: a generation for this message existed already, and `generationId` names the newest. */
  readonly isNew: boolean;
  readonly isRunning: boolean;
  /** The first events of the log, already stored. */
  readonly events: readonly LogEvent[];
  /** Generations that were asked to stop, so that this one may start. */
  readonly interrupted: readonly string[];
}

/** Where the turn hangs: what the three kinds of target come down to. */
interface Place {
  readonly conversationId: string;
  readonly sessionId: string;
  readonly userMessageId: string;
  readonly attempt: number;
  readonly becomesHead: boolean;
  readonly isNewSession: boolean;
}

function textParts(text: string): string {
  return JSON.stringify([{ type: 'text', text }]);
}

/**
 * @throws AppError not_found (session, message or conversation is gone), conflict (session completed),
 *   session_busy, invalid_request (the message is not a user's), interrupted (the owner was fenced), quota_exhausted,
 *   rate_limited (too many turns wait)
 */
export async function acceptTurn(context: CommandContext, turn: AcceptTurn): Promise<AcceptedTurn> {
  // A turn that starts under a fenced owner would be claimed by nobody.
  const owned = requireOwner(context, turn.owner);
  const [, accepted] = await answersInOrder([owned, acceptTarget(context, turn, turn.target)]);
  return accepted;
}

function acceptTarget(context: CommandContext, turn: AcceptTurn, target: TurnTarget): Promise<AcceptedTurn> {
  switch (target.kind) {
    case 'new-conversation':
      return acceptInNewConversation(context, turn, target);
    case 'session':
      return acceptInSession(context, turn, target);
    case 'message':
      return acceptAnswer(context, turn, target);
  }
}

function acceptInNewConversation(
  context: CommandContext,
  turn: AcceptTurn,
  target: Extract<TurnTarget, { kind: 'new-conversation' }>,
): Promise<AcceptedTurn> {
  const writes = new Writes(context);
  const { conversationId, sessionId, userMessageId, text } = target;
  writes.add(insertConversation, {
    id: conversationId,
    ...tenantColumns(turn.tenant),
    title: target.title,
    next_position: 2,
    created_at: turn.now,
  } as ConversationTable);
  writes.add(insertSession, {
    id: sessionId,
    conversation_id: conversationId,
    ...tenantColumns(turn.tenant),
    persona_id: target.personaId,
    persona_version: target.personaVersion,
    model_id: turn.requestedModelId ?? turn.model.id,
    head_message_id: turn.answerMessageId,
    created_at: turn.now,
  });
  const start = { conversationId, sessionId, parentId: null, position: 0 };
  insertUserMessage(writes, turn, start, userMessageId, text);
  const place = {
    conversationId,
    sessionId,
    userMessageId,
    attempt: 1,
    becomesHead: false,
    isNewSession: true,
  };
  return insertAnswer(context, writes, turn, place, 1, { ahead: [], interrupted: [] });
}

async function acceptInSession(
  context: CommandContext,
  turn: AcceptTurn,
  target: Extract<TurnTarget, { kind: 'session' }>,
): Promise<AcceptedTurn> {
  const { db } = context;
  const { sessionId, userMessageId, text } = target;
  const taking = takeSessionPositions(db, {
    session_id: sessionId,
    count: 2,
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
  const writes = new Writes(context);
  const conversationId = taken.id;
  const position = taken.next_position - 2;
  const parentId = session.head_message_id;
  const owned = inSession(turn, session);
  insertUserMessage(writes, owned, { conversationId, sessionId, parentId, position }, userMessageId, text);
  const place = {
    conversationId,
    sessionId,
    userMessageId,
    attempt: 1,
    becomesHead: true,
    isNewSession: false,
  };
  return insertAnswer(context, writes, owned, place, position + 1, live);
}

async function acceptAnswer(
  context: CommandContext,
  turn: AcceptTurn,
  target: Extract<TurnTarget, { kind: 'message' }>,
): Promise<AcceptedTurn> {
  const { db } = context;
  const writes = new Writes(context);
  const question = await db
    .selectFrom('message')
    .select(['conversation_id', 'session_id', 'role'])
    .where('id', '=', target.messageId)
    .executeTakeFirst();
  if (question === undefined) throw notFound('message');
  if (question.role !== 'user')
    throw new AppError('invalid_request', 'only a message of a user can be answered');
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
  const becomesHead = head === target.messageId || earlier.some((answer) => answer.message_id === head);
  const place = { ...base, attempt: (newest?.attempt ?? 0) + 1, becomesHead, isNewSession: false };
  return insertAnswer(context, writes, inSession(turn, session), place, position, live);
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

function tenantColumns(
  tenant: Tenant,
): Pick<SessionTable, 'organization_id' | 'environment' | 'end_user_id'> {
  return {
    organization_id: tenant.organizationId,
    environment: tenant.environment,
    end_user_id: tenant.endUserId,
  };
}

function insertUserMessage(
  writes: Writes,
  turn: AcceptTurn,
  place: {
    readonly conversationId: string;
    readonly sessionId: string;
    readonly parentId: string | null;
    readonly position: number;
  },
  id: string,
  text: string,
): void {
  writes.add(insertMessage, {
    id,
    conversation_id: place.conversationId,
    session_id: place.sessionId,
    ...tenantColumns(turn.tenant),
    parent_id: place.parentId,
    role: 'user',
    parts: textParts(text),
    text,
    position: place.position,
    status: 'done',
    generation_id: null,
    model_id: null,
    created_at: turn.now,
  });
}

async function insertAnswer(
  context: CommandContext,
  writes: Writes,
  turn: AcceptTurn,
  place: Place,
  position: number,
  live: LiveTurn,
): Promise<AcceptedTurn> {
  const isRunning = live.ahead.length === 0;
  const status = isRunning ? 'running' : 'queued';
  writes.add(insertMessage, {
    id: turn.answerMessageId,
    conversation_id: place.conversationId,
    session_id: place.sessionId,
    ...tenantColumns(turn.tenant),
    parent_id: place.userMessageId,
    role: 'assistant',
    parts: '[]',
    text: '',
    position,
    status,
    generation_id: turn.generationId,
    model_id: turn.model.id,
    created_at: turn.now,
  });
  if (place.becomesHead) {
    writes.add(moveHead, { id: place.sessionId, head: turn.answerMessageId, now: turn.now });
  }
  writes.add(insertGeneration, {
    id: turn.generationId,
    ...tenantColumns(turn.tenant),
    conversation_id: place.conversationId,
    session_id: place.sessionId,
    reply_to: place.userMessageId,
    attempt: place.attempt,
    message_id: turn.answerMessageId,
    model_id: turn.model.id,
    model_name: turn.model.name,
    provider: turn.model.provider,
    requested_model_id: requestedOther(turn),
    persona_id: turn.personaId,
    persona_version: turn.personaVersion,
    api_key_id: turn.apiKeyId,
    dialect: turn.dialect,
    status,
    owner: isRunning ? turn.owner : null,
    parameters: turn.parameters,
    created_at: turn.now,
    started_at: isRunning ? turn.now : null,
  });
  const events: LogEvent[] = [
    { type: 'generation-queued', position: live.ahead.length, new_session: place.isNewSession },
  ];
  if (isRunning) events.push({ type: 'generation-started' });
  writes.add(insertSegment, {
    generation_id: turn.generationId,
    first_seq: 1,
    last_seq: events.length,
    events: JSON.stringify(events),
  });
  const written = writes.run();
  const { generationId, owner, reserved, now } = turn;
  if (reserved === undefined) {
    context.commitsNow?.();
    await written;
  } else await reserveTurn(context, { generationId, owner, reserved, now }, written, !isRunning);
  return {
    generationId: turn.generationId,
    conversationId: place.conversationId,
    sessionId: place.sessionId,
    userMessageId: place.userMessageId,
    answerMessageId: turn.answerMessageId,
    attempt: place.attempt,
    isNew: true,
    isRunning,
    events,
    interrupted: live.interrupted,
  };
}

/** The model that was asked first, if another one answers. */
function requestedOther({ model, requestedModelId }: AcceptTurn): string | null {
  return requestedModelId === undefined || requestedModelId === model.id ? null : requestedModelId;
}
