/** From a turn's request to the stored turn: resolves what it runs on, then accepts it in one command. */
import { AppError, notFound } from '../../domain/errors.ts';
import type { GenerationOptions, GenerationParameters } from '../../domain/generation.ts';
import { newId } from '../../domain/ids.ts';
import { toStoredMetadata } from '../../domain/message.ts';
import type { Scope } from '../../domain/scope.ts';
import { isBlank } from '../../domain/text/blank.ts';
import { cutGraphemes } from '../../domain/text/graphemes.ts';
import { dayMs } from '../../domain/text/time.ts';
import type { StoredLimits } from '../../limits/stored-limits.ts';
import type { IdempotencyClaim } from '../../store/command.ts';
import { checkQueue } from '../../store/commands/busy-session.ts';
import type { AcceptedTurn, TurnTarget } from '../../store/commands/new-turn.ts';
import { findNewestAttempt } from '../../store/queries/attempts.ts';
import { findGeneration } from '../../store/queries/generations.ts';
import { findClaimed } from '../../store/queries/idempotency.ts';
import type { Database, Store } from '../../store/store.ts';
import type { Accounting } from '../calls/accounting.ts';
import { fitContext } from '../context/fit-context.ts';
import type { AcceptedGeneration } from '../interface.ts';
import { checkMessageFits, isWindowKnown } from '../plan/context-window.ts';
import { boundedPlan, type ModelRegistry, type RunPlan, readBasis, resolvePlan } from '../plan/plan.ts';
import type { TurnMessage, TurnRequest } from '../turn.ts';
import { hasImages, questionOf, toModelMessage, toNewMessage, toPrompt, wordsIn } from './new-messages.ts';
import { type Base, mayUseInternet, readPermitted } from './permitted.ts';
import { readPromptValues } from './prompt-values.ts';
import { planReservation, withLongestAnswer } from './reservation.ts';

export interface AcceptDependencies {
  readonly store: Store;
  readonly models: ModelRegistry;
  readonly storedLimits: StoredLimits;
  readonly owner: number;
  /** The generation's id, should this call make one. */
  readonly generationId: string;
  readonly now: () => number;
}

export interface Acceptance {
  readonly turn: AcceptedTurn;
  /** Whether this call made the generation; if not, it attaches to one that existed. */
  readonly isNew: boolean;
  readonly plan: RunPlan;
  readonly request: TurnRequest;
  readonly accounting: Accounting;
  /** The process incarnation that accepted it, and that runs it where it runs at once. */
  readonly owner: number;
}

/** Code points of an automatic title at most, and the characters of a message that are looked at for it. */
const maxTitleLength = 60;
const maxTitleSource = 1000;

/** Nobody sees it. */
const ephemeralTitle = 'Not stored';
/** How long an ephemeral conversation is kept whose end nobody has stored. */
const longestEphemeralMs = dayMs;

/** A title from a message's first words. */
function automaticTitle(text: string): string {
  const line = text.trim().slice(0, maxTitleSource).toWellFormed().replace(/\s+/g, ' ');
  if (isBlank(line)) return 'New conversation';
  if (cutGraphemes(line, maxTitleLength).length === line.length) return line;
  const cut = cutGraphemes(line, maxTitleLength - 1);
  const lastBlank = cut.lastIndexOf(' ');
  return `${lastBlank > maxTitleLength / 2 ? cut.slice(0, lastBlank) : cut}…`;
}

/** What the call's first try made. @throws AppError idempotency_mismatch, not_found (it was deleted) */
export async function findFirstTry(
  reads: Database,
  scope: Scope,
  claim: IdempotencyClaim | undefined,
): Promise<AcceptedGeneration | undefined> {
  const claimed = claim && (await findClaimed<AcceptedTurn>(reads, claim));
  if (claimed === undefined) return undefined;
  // What the caller may see can have changed since the first try.
  const generation = await findGeneration(reads, scope, claimed.generationId);
  if (generation === undefined) throw notFound('generation');
  return { ...toAccepted(claimed), isNew: false };
}

/**
 * The answer that a message has already, where the turn asks for no other. It needs neither a model nor a session that
 * is open.
 */
export async function findAnswer(
  reads: Database,
  { target, scope }: TurnRequest,
): Promise<AcceptedGeneration | undefined> {
  if (target.kind !== 'message' || target.again) return undefined;
  const generation = await findNewestAttempt(reads, scope, target.messageId);
  if (generation === undefined) return undefined;
  return {
    generationId: generation.id,
    conversationId: generation.conversationId,
    sessionId: generation.sessionId,
    userMessageId: generation.replyTo,
    answerMessageId: generation.messageId,
    isNew: false,
  };
}

export function toAccepted(turn: AcceptedTurn): Omit<AcceptedGeneration, 'isNew'> {
  return {
    generationId: turn.generationId,
    conversationId: turn.conversationId,
    sessionId: turn.sessionId,
    userMessageId: turn.userMessageId,
    answerMessageId: turn.answerMessageId,
  };
}

function toTarget(request: TurnRequest, base: Base, plan: RunPlan, now: number): TurnTarget {
  const { target } = request;
  if (target.kind === 'message') {
    return { kind: 'message', messageId: target.messageId.toLowerCase(), again: target.again };
  }
  const messages =
    target.kind === 'stateless' ? [questionOf(target.messages)] : target.messages.map(toNewMessage);
  switch (target.kind) {
    case 'session': {
      const { sessionId, parentId } = target;
      const place = parentId === undefined ? {} : { parentId: parentId?.toLowerCase() ?? null };
      return { kind: 'session', sessionId: sessionId.toLowerCase(), messages, ...place };
    }
    case 'behind': {
      const messageId = target.messageId.toLowerCase();
      const { onlyAtHead = false } = target;
      if (messages.length === 0) return { kind: 'message', messageId, again: true, ofAnybody: true };
      return { kind: 'session', sessionId: base.sessionId ?? '', messages, parentId: messageId, onlyAtHead };
    }
    case 'fork': {
      const { persona } = base;
      const session = {
        id: newId(),
        personaId: persona?.personaId ?? null,
        personaVersion: persona?.version ?? null,
        modelId: plan.requestedModelId ?? plan.record.id,
      };
      return { kind: 'fork', messageId: target.messageId.toLowerCase(), session, messages };
    }
    case 'stateless':
    case 'new-conversation':
      return {
        kind: 'new-conversation',
        conversationId: newId(),
        sessionId: newId(),
        title: target.kind === 'stateless' ? ephemeralTitle : automaticTitle(firstWords(target.messages)),
        personaId: 'persona' in target ? target.persona.personaId : null,
        personaVersion: 'persona' in target ? target.persona.version : null,
        messages,
        ...(target.kind === 'stateless' && { expiresAt: now + longestEphemeralMs }),
        ...('clientId' in target && target.clientId !== undefined && { clientId: target.clientId }),
      };
  }
}

/** What the user says first, else what is said first. */
function firstWords(messages: readonly TurnMessage[]): string {
  return wordsIn(messages.filter(({ role }) => role === 'user').slice(0, 1)) || wordsIn(messages.slice(0, 1));
}

/** What another attempt, or an answer that goes on, takes over of the answer before. */
function optionsOf({ earlier }: Base): GenerationOptions {
  if (earlier === undefined) return {};
  const { maxTokens, internet, continueFrom, prompt, promptBehind, promptValues, ...rest } =
    earlier.parameters;
  const { inputFrom, uiMessageId, ...options } = rest;
  return options;
}

/** @throws AppError context_overflow, where the history does not fit whole beside the turn's messages */
async function requireWholeHistory(
  reads: Database,
  plan: RunPlan,
  { target }: TurnRequest,
  { parentId, sessionId }: Base,
): Promise<void> {
  if (parentId === null || !isWindowKnown(plan)) return;
  const following = target.kind === 'message' ? [] : target.messages.map(toModelMessage);
  const fitted = await fitContext(
    reads,
    { ...plan, keepsHistory: false },
    { messageId: parentId.toLowerCase(), sessionId: sessionId ?? '', following },
  );
  if (fitted.isWhole) return;
  const message = `the conversation has more tokens than the model ${plan.record.name} has room for`;
  throw new AppError('context_overflow', message);
}

export async function acceptRequest(
  request: TurnRequest,
  claim: IdempotencyClaim | undefined,
  dependencies: AcceptDependencies,
): Promise<Acceptance> {
  const { store, models, storedLimits, owner, generationId, now } = dependencies;
  const { scope } = request;
  const base = await readPermitted(store.reads, request);
  // The command looks again. Most turns that find no place are refused here, without any work of the writer.
  if (request.whenBusy === 'queue') checkQueue(base.waitingTurns);
  const { internet } = base.earlier?.parameters ?? {};
  const basis = base.basis ?? (await readBasis(store.reads, scope, base));
  const promptValues = await readPromptValues(store.reads, basis.revision?.systemPrompt ?? '', {
    ...{ request, base },
    now: now(),
  });
  const asked: GenerationParameters = {
    ...optionsOf(base),
    ...request.options,
    ...(internet !== undefined && mayUseInternet(request, base) && { internet }),
    ...(request.maxTokens !== undefined && { maxTokens: request.maxTokens }),
    ...(request.internet !== undefined && { internet: request.internet }),
    ...('uiMessageId' in request.target &&
      request.target.uiMessageId !== undefined && { uiMessageId: request.target.uiMessageId }),
    ...(request.target.kind === 'stateless' && {
      prompt: toPrompt(request.target.messages),
      ...(request.target.behind !== undefined && { promptBehind: request.target.behind.toLowerCase() }),
    }),
    ...(request.target.kind === 'message' &&
      request.target.continueFrom !== undefined && { continueFrom: request.target.continueFrom }),
    ...(promptValues !== undefined && { promptValues }),
  };
  const { limits = [] } = request;
  const { sessionId, text } = base;
  const planned = await resolvePlan(
    store.reads,
    models,
    scope,
    {
      ...base,
      basis,
      parameters: asked,
      hasImages: request.target.kind !== 'message' && hasImages(request.target.messages),
    },
    // The message has to fit beside the longest answer that its limits may leave.
    (candidate) => checkMessageFits(withLongestAnswer(candidate, limits), text),
  );
  if (planned.keepsHistory === true) await requireWholeHistory(store.reads, planned, request, base);
  const reservation = await planReservation(
    store.reads,
    storedLimits,
    { scope, limits, sessionId, text },
    planned,
  );
  const isBounded = planned.parameters.maxTokens === undefined && reservation?.maxTokens !== undefined;
  const plan = isBounded ? boundedPlan(planned, reservation.maxTokens) : planned;
  const parameters = isBounded ? { ...asked, maxTokens: reservation.maxTokens } : asked;
  const tenant = {
    organizationId: scope.organizationId,
    environment: scope.environment,
    endUserId: scope.endUserId ?? null,
  };
  const { result, replayed } = await store.executeOnce(
    'acceptTurn',
    {
      tenant,
      target: toTarget(request, base, plan, now()),
      ...(request.sessionMetadata !== undefined && {
        sessionMetadata: toStoredMetadata(request.sessionMetadata),
      }),
      ...(request.metadata !== undefined && { metadata: JSON.stringify(request.metadata) }),
      answerMessageId: newId(),
      generationId,
      dialect: request.dialect,
      model: { id: plan.record.id, name: plan.record.name, provider: plan.record.provider },
      requestedModelId: plan.requestedModelId,
      personaId: base.persona?.personaId ?? null,
      personaVersion: base.persona?.version ?? null,
      apiKeyId: request.apiKeyId,
      createdBy: request.createdBy ?? null,
      parameters: JSON.stringify(parameters),
      whenBusy: request.whenBusy,
      owner,
      ...(reservation !== undefined && { reserved: reservation.reserved }),
      now: now(),
    },
    claim,
  );
  return {
    turn: result,
    isNew: result.isNew && !replayed,
    plan,
    request,
    accounting: { ...tenant, apiKeyId: request.apiKeyId, personaId: base.persona?.personaId ?? null },
    owner,
  };
}
