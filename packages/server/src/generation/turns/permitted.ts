/** What a turn runs on, for callers who may have that answered. */
import { requireInternet, requirePersona, requireTokenPersona } from '../../auth/permissions.ts';
import { AppError, notFound } from '../../domain/errors.ts';
import type { RevisionReference } from '../../domain/persona.ts';
import { findMessage } from '../../store/queries/messages.ts';
import { findSessionBasis, type RunBasis, type SessionWithBasis } from '../../store/queries/run-basis.ts';
import type { Database } from '../../store/store.ts';
import type { TurnRequest } from '../turn.ts';

/** What a turn runs on. */
export interface Base {
  readonly persona: RevisionReference | null;
  readonly modelId: string | null;
  readonly basis: RunBasis | undefined;
  /** Null for a new one. */
  readonly sessionId: string | null;
  /** How many turns wait in the session. */
  readonly waitingTurns: number;
  /** The message's text, whose length is checked. */
  readonly text: string;
}

async function readBase(reads: Database, request: TurnRequest): Promise<Base> {
  const { target, scope } = request;
  if (target.kind === 'new-conversation') {
    const inNew = { sessionId: null, waitingTurns: 0, text: target.text };
    return 'persona' in target
      ? { persona: target.persona, modelId: null, basis: target.persona.basis, ...inNew }
      : { persona: null, modelId: target.modelId, basis: undefined, ...inNew };
  }
  if (target.kind === 'session') {
    const { sessionId, text, read = await findSessionBasis(reads, scope, sessionId) } = target;
    return baseOf(read, text);
  }
  const message = await findMessage(reads, scope, target.messageId);
  if (message === undefined) throw notFound('message');
  if (message.role !== 'user')
    throw new AppError('invalid_request', 'only a message of a user can be answered');
  return baseOf(await findSessionBasis(reads, scope, message.sessionId), message.text);
}

/** @throws AppError not_found */
function baseOf(read: SessionWithBasis | undefined, text: string): Base {
  if (read === undefined) throw notFound('session');
  const { session, waitingTurns, basis } = read;
  const { personaId, personaVersion, modelId } = session;
  const persona =
    personaId === null || personaVersion === null ? null : { personaId, version: personaVersion };
  return { persona, modelId, basis, sessionId: session.id, waitingTurns, text };
}

/**
 * Reads what a turn runs on.
 * @throws AppError not_found, invalid_request (the message is not a user's), forbidden (the key is held to other
 *   personas, the token is for another one, or its persona answers without the internet)
 */
export async function readPermitted(reads: Database, request: TurnRequest): Promise<Base> {
  const base = await readBase(reads, request);
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
