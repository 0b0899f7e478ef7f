/** A turn that is to be accepted, and the rows that it becomes. */
import type { LogEvent } from '../../domain/event.ts';
import type { Dialect, WhenBusy } from '../../domain/generation.ts';
import { isShown, type MessageRole } from '../../domain/message.ts';
import type { Creator, Tenant } from '../../domain/scope.ts';
import { creatorColumns } from '../queries/creators.ts';
import type { SessionTable } from '../tables.ts';
import type { LiveTurn } from './busy-session.ts';
import type { Reserved } from './reservations.ts';
import type { TurnRows } from './turn-rows.ts';

/** A message that a turn adds. */
export interface NewTurnMessage {
  readonly id: string;
  readonly role: MessageRole;
  /** JSON. */
  readonly parts: string;
  readonly text: string;
  /** The images of its parts; `data` is base64. */
  readonly files?: readonly { readonly id: string; readonly mediaType: string; readonly data: string }[];
  /** JSON. */
  readonly metadata?: string;
  readonly clientId?: string;
}

/** `messages`, oldest first, become a chain; there is at least one, and the last is answered. */
export type TurnTarget =
  /** A new conversation with its first session. */
  | {
      readonly kind: 'new-conversation';
      readonly conversationId: string;
      readonly sessionId: string;
      readonly title: string;
      readonly personaId: number | null;
      readonly personaVersion: number | null;
      readonly messages: readonly NewTurnMessage[];
      /** Of an ephemeral one: when it is erased if its end is not stored before, in epoch milliseconds. */
      readonly expiresAt?: number;
      /** The id that the client has given the conversation. */
      readonly clientId?: string;
    }
  /** New messages in an existing session, which its head follows. */
  | {
      readonly kind: 'session';
      readonly sessionId: string;
      readonly messages: readonly NewTurnMessage[];
      /** The message that they follow; null: none. Absent: the head. */
      readonly parentId?: string | null;
      /** Whether `parentId` has to be the head. Default: it has not. */
      readonly onlyAtHead?: boolean;
    }
  /** New messages, if any, in a new session of the same conversation, behind a message of another one. */
  | {
      readonly kind: 'fork';
      readonly messageId: string;
      readonly session: {
        readonly id: string;
        readonly personaId: number | null;
        readonly personaVersion: number | null;
        readonly modelId: string;
      };
      readonly messages: readonly NewTurnMessage[];
    }
  /** An answer to a message that exists. `again`: another attempt though one exists. */
  | {
      readonly kind: 'message';
      readonly messageId: string;
      readonly again: boolean;
      /** Whether it may be a message of anybody, and becomes the head's parent. Default: only a user's or a tool's. */
      readonly ofAnybody?: boolean;
    };

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
  /** Default: nobody that is known. */
  readonly createdBy?: Creator | null | undefined;
  /** JSON of what the session keeps from then on; null: nothing. Default: what it has. */
  readonly sessionMetadata?: string | null;
  /** JSON of the generation's metadata. Default: none. */
  readonly metadata?: string | undefined;
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
  /** The message that is answered. */
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
export interface Place {
  readonly conversationId: string;
  readonly sessionId: string;
  readonly userMessageId: string;
  readonly attempt: number;
  readonly becomesHead: boolean;
  readonly isNewSession: boolean;
}

/** A turn that starts a conversation. */
export type StartingTurn = AcceptTurn & {
  readonly target: Extract<TurnTarget, { kind: 'new-conversation' }>;
};

/** Whether a turn depends on nothing that others write, so that it can be accepted with others by one statement. */
export function startsAlone(turn: AcceptTurn): turn is StartingTurn {
  if (turn.target.kind !== 'new-conversation' || turn.reserved !== undefined) return false;
  const { expiresAt, clientId } = turn.target;
  // Another conversation may have the client's id: then the turns beside would be stored anew, one by one.
  if (expiresAt !== undefined || clientId !== undefined) return false;
  return turn.target.messages.every(isPlain);
}

/** Whether a message is a row and nothing else. */
function isPlain({ role, files = [] }: NewTurnMessage): boolean {
  return isShown({ role }) && files.length === 0;
}

export function tenantColumns(
  tenant: Tenant,
): Pick<SessionTable, 'organization_id' | 'environment' | 'end_user_id'> {
  return {
    organization_id: tenant.organizationId,
    environment: tenant.environment,
    end_user_id: tenant.endUserId,
  };
}

/** Adds messages from a position on, each behind the one before; gives the last one's id. */
export function addMessages(
  rows: TurnRows,
  turn: Pick<AcceptTurn, 'tenant' | 'apiKeyId' | 'now'>,
  place: {
    readonly conversationId: string;
    readonly sessionId: string;
    readonly parentId: string | null;
    readonly position: number;
  },
  messages: readonly NewTurnMessage[],
): string {
  const { conversationId, sessionId } = place;
  let { parentId, position } = place;
  for (const { id, role, parts, text, files = [], metadata, clientId } of messages) {
    rows.messages.push({
      id,
      conversation_id: conversationId,
      session_id: sessionId,
      ...tenantColumns(turn.tenant),
      parent_id: parentId,
      role,
      parts,
      text,
      position,
      status: 'done',
      generation_id: null,
      api_key_id: turn.apiKeyId,
      model_id: null,
      created_at: turn.now,
      metadata: metadata ?? null,
      client_id: clientId ?? null,
    });
    // Lists leave it out, as if it were deleted.
    if (!isShown({ role })) rows.gaps.push({ conversation_id: conversationId, position });
    for (const file of files)
      rows.files.push({
        id: file.id,
        conversation_id: conversationId,
        message_id: id,
        ...tenantColumns(turn.tenant),
        api_key_id: turn.apiKeyId,
        media_type: file.mediaType,
        data: file.data,
        created_at: turn.now,
      });
    parentId = id;
    position += 1;
  }
  return parentId ?? '';
}

/** Adds an answer's place, its generation and the first events of its log. It waits behind the turns that live. */
export function addAnswer(
  rows: TurnRows,
  turn: AcceptTurn,
  place: Place,
  position: number,
  live: LiveTurn,
): AcceptedTurn {
  const isRunning = live.ahead.length === 0;
  const status = isRunning ? 'running' : 'queued';
  rows.messages.push({
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
    api_key_id: turn.apiKeyId,
    model_id: turn.model.id,
    created_at: turn.now,
    metadata: null,
    client_id: null,
  });
  rows.generations.push({
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
    ...creatorColumns(turn.createdBy),
    dialect: turn.dialect,
    status,
    owner: isRunning ? turn.owner : null,
    parameters: turn.parameters,
    created_at: turn.now,
    started_at: isRunning ? turn.now : null,
    metadata: turn.metadata ?? null,
  });
  const events: LogEvent[] = [
    { type: 'generation-queued', position: live.ahead.length, new_session: place.isNewSession },
  ];
  if (isRunning) events.push({ type: 'generation-started' });
  rows.segments.push({
    generation_id: turn.generationId,
    first_seq: 1,
    last_seq: events.length,
    events: JSON.stringify(events),
    is_plain: null,
  });
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
