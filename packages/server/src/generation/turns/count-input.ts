/** About how many tokens a model would be sent for a turn. Nothing is stored for it, and no model is called. */
import { notFound } from '../../domain/errors.ts';
import type { RevisionReference } from '../../domain/persona.ts';
import type { ModelMessage } from '../../models/language-model.ts';
import { estimateTokens } from '../../models/token-count.ts';
import { findMessage } from '../../store/queries/messages.ts';
import { findSession } from '../../store/queries/sessions.ts';
import type { Database } from '../../store/store.ts';
import { firstContext, fitContext } from '../context/fit-context.ts';
import { countPrompt } from '../context/overflow.ts';
import { askedOf } from '../plan/asked.ts';
import { type ModelRegistry, readBasis, resolvePlan } from '../plan/plan.ts';
import type { CountRequest, TurnBasis, TurnRequest } from '../turn.ts';
import { hasImages, toModelMessage } from './new-messages.ts';
import { readPermitted } from './permitted.ts';
import { readPromptValues } from './prompt-values.ts';

export interface CountDependencies {
  readonly reads: Database;
  readonly models: ModelRegistry;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** @throws AppError not_found, forbidden, unsupported, model_unavailable */
export async function countInput(
  { messages, behind, basis: given, options, ...caller }: CountRequest,
  { reads, models, now }: CountDependencies,
): Promise<number> {
  const { scope } = caller;
  const sessionId = behind === undefined ? undefined : await sessionOf(reads, caller, behind);
  const basis = given ?? (sessionId && (await basisOfSession(reads, caller, sessionId)));
  const following = messages.map(toModelMessage);
  if (!basis) {
    const { instructions = '' } = options;
    const system: readonly ModelMessage[] =
      instructions === '' ? [] : [{ role: 'system', text: instructions }];
    const prompt = { ...askedOf(options), messages: [...system, ...following] };
    return countPrompt({ model: { countTokens: estimateTokens } }, prompt);
  }
  const target = { kind: 'stateless', messages, ...(behind !== undefined && { behind }), ...basis } as const;
  const request: TurnRequest = {
    ...caller,
    ...{ target, options, dialect: 'responses', whenBusy: 'reject', apiKeyId: null },
  };
  const base = await readPermitted(reads, request);
  const read = base.basis ?? (await readBasis(reads, scope, base));
  const prompt = read.revision?.systemPrompt ?? '';
  const promptValues = await readPromptValues(reads, prompt, { request, base, now });
  const plan = await resolvePlan(reads, models, scope, {
    ...base,
    basis: read,
    parameters: { ...options, ...(promptValues !== undefined && { promptValues }) },
    hasImages: hasImages(messages),
  });
  const context =
    behind === undefined || sessionId === undefined
      ? firstContext(plan, following, { messageId: '' })
      : await fitContext(reads, plan, { messageId: behind, sessionId, following });
  return countPrompt(plan, { ...plan.asked, messages: context.messages });
}

async function sessionOf(
  reads: Database,
  { scope }: Pick<CountRequest, 'scope'>,
  messageId: string,
): Promise<string> {
  const message = await findMessage(reads, scope, messageId);
  if (message === undefined) throw notFound('message');
  return message.sessionId;
}

async function basisOfSession(
  reads: Database,
  { scope }: Pick<CountRequest, 'scope'>,
  id: string,
): Promise<TurnBasis | undefined> {
  const { personaId, personaVersion: version, modelId } = (await findSession(reads, scope, id)) ?? {};
  if (personaId != null && version != null) {
    const persona: RevisionReference = { personaId, version };
    return { persona };
  }
  return modelId == null ? undefined : { modelId };
}
