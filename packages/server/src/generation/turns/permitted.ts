/** What a turn runs on, for callers who may have that answered. */
import { requireInternet, requirePersona, requireTokenPersona } from '../../auth/permissions.ts';
import { AppError, notFound } from '../../domain/errors.ts';
import type { GenerationRecord } from '../../domain/generation.ts';
import type { RevisionReference } from '../../domain/persona.ts';
import { findNewestAttempt } from '../../store/queries/attempts.ts';
import { findGeneration } from '../../store/queries/generations.ts';
import { findMessage, type MessageRecord } from '../../store/queries/messages.ts';
import { findSessionBasis, type RunBasis, type SessionWithBasis } from '../../store/queries/run-basis.ts';
import type { Database } from '../../store/store.ts';
import type { TurnBasis, TurnRequest } from '../turn.ts';
import { wordsIn } from './new-messages.ts';

/** What a turn runs on. */
export interface Base {
  readonly persona: RevisionReference | null;
  readonly modelId: string | null;
  readonly basis: RunBasis | undefined;
  /** Null for a new one. */
  readonly sessionId: string | null;
  /** The stored message that the turn's messages follow; null: none, or nobody has asked for it. */
  readonly parentId: string | null;
  /** How many turns wait in the session. */
  readonly waitingTurns: number;
  /** The texts of the turn's messages, whose length is checked. */
  readonly text: string;
  /** The answer whose options the turn takes. */
  readonly earlier?: GenerationRecord | undefined;
}

async function readBase(reads: Database, request: TurnRequest): Promise<Base> {
  const { target, scope } = request;
  if (target.kind === 'new-conversation' || target.kind === 'stateless') {
    const text = wordsIn(target.messages);
    const parentId = target.kind === 'stateless' ? (target.behind ?? null) : null;
    if (parentId !== null && (await findMessage(reads, scope, parentId)) === undefined)
      throw notFound('message');
    return { ...ofBasis(target), sessionId: null, parentId, waitingTurns: 0, text };
  }
  if (target.kind === 'session') {
    const { sessionId, messages, read = await findSessionBasis(reads, scope, sessionId) } = target;
    const base = baseOf(read, wordsIn(messages));
    return target.parentId === undefined ? base : { ...base, parentId: target.parentId };
  }
  const message = await findMessage(reads, scope, target.messageId);
  if (message === undefined) throw notFound('message');
  const earlier = await readEarlier(reads, request, message);
  if (target.kind === 'message' && !isAnswerable(message) && earlier === undefined)
    throw new AppError('invalid_request', 'only a message of a user can be answered');
  const text = target.kind === 'message' ? message.text : wordsIn(target.messages);
  const base = baseOf(await findSessionBasis(reads, scope, message.sessionId), text);
  const parentId = target.kind === 'message' ? base.parentId : message.id;
  return { ...base, parentId, earlier };
}

function isAnswerable({ role }: MessageRecord): boolean {
  return role === 'user' || role === 'tool';
}

/** The answer before another attempt, or the one that is continued. */
async function readEarlier(
  reads: Database,
  { target, scope }: TurnRequest,
  message: MessageRecord,
): Promise<GenerationRecord | undefined> {
  if (target.kind === 'message') {
    return target.again ? await findNewestAttempt(reads, scope, target.messageId) : undefined;
  }
  const continues = target.kind === 'behind' && target.continues === true;
  if (!continues || message.generationId === null) return undefined;
  return await findGeneration(reads, scope, message.generationId);
}

function ofBasis(basis: TurnBasis): Pick<Base, 'persona' | 'modelId' | 'basis'> {
  return 'persona' in basis
    ? { persona: basis.persona, modelId: null, basis: basis.persona.basis }
    : { persona: null, modelId: basis.modelId, basis: undefined };
}

/** What an earlier answer ran on, where that is not what its session runs on. */
function ofEarlier(base: Base): Partial<Base> {
  const { earlier, persona, modelId } = base;
  if (earlier === undefined) return {};
  const { personaId, personaVersion: version, requestedModelId } = earlier;
  if (personaId === null || version === null) {
    const isSame = persona === null && modelId === requestedModelId;
    return isSame ? {} : ofBasis({ modelId: requestedModelId });
  }
  const isSame = persona?.personaId === personaId && persona.version === version;
  return isSame ? {} : ofBasis({ persona: { personaId, version } });
}

/** @throws AppError not_found */
function baseOf(read: SessionWithBasis | undefined, text: string): Base {
  if (read === undefined) throw notFound('session');
  const { session, waitingTurns, basis } = read;
  const { personaId, personaVersion, modelId } = session;
  const persona =
    personaId === null || personaVersion === null ? null : { personaId, version: personaVersion };
  const { id: sessionId, headMessageId: parentId } = session;
  return { persona, modelId, basis, sessionId, parentId, waitingTurns, text };
}

/**
 * Reads what a turn runs on.
 * @throws AppError not_found, invalid_request (the message is not a user's), forbidden (the key is held to other
 *   personas, the token is for another one, or its persona answers without the internet)
 */
export async function readPermitted(reads: Database, request: TurnRequest): Promise<Base> {
  const read = await readBase(reads, request);
  const { runsOn } = request;
  const base = { ...read, ...(runsOn === undefined ? ofEarlier(read) : ofBasis(runsOn)) };
  const personaId = base.persona?.personaId ?? null;
  requirePersona(request.personas, personaId);
  requireTokenPersona(request.tokenPersona ?? null, personaId);
  if (request.internet === true) requireInternet(request.tokenPersona ?? null, hasInternet(base));
  return base;
}

/** Whether another attempt may use the web because the one before did, which somebody else may have asked for. */
export function mayUseInternet({ tokenPersona }: TurnRequest, base: Base): boolean {
  return tokenPersona == null || hasInternet(base);
}

function hasInternet({ basis }: Base): boolean {
  return basis?.revision?.internet === true;
}
