/** What a turn runs on: the model, the prompt and the effective parameters, resolved before it is accepted. */
import { AppError } from '../../domain/errors.ts';
import type { GenerationParameters, GenerationRecord } from '../../domain/generation.ts';
import { type ModelRecord, maxFallbacks } from '../../domain/model.ts';
import type { PersonaRevision, RevisionReference, SamplingParameters } from '../../domain/persona.ts';
import { fillPrompt } from '../../domain/request/prompt-variables.ts';
import type { Asked } from '../../domain/request/tools.ts';
import type { OrganizationScope } from '../../domain/scope.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import { findModel } from '../../store/queries/models.ts';
import { findRevisionBasis, type RunBasis } from '../../store/queries/run-basis.ts';
import type { Database } from '../../store/store.ts';
import { askedOf, checkAbilities } from './asked.ts';

/** Finds what calls a model: a client of its provider, the local runtime, or the guide. */
export interface ModelRegistry {
  /** @throws AppError model_unavailable, if it cannot be called now */
  get(record: ModelRecord): LanguageModel;
  /** Like `get`, but waits for a model that is being loaded: an answer that a dead process left can wait. */
  whenReady(record: ModelRecord): Promise<LanguageModel>;
}

export interface RunPlan {
  readonly record: ModelRecord;
  readonly model: LanguageModel;
  readonly revision: PersonaRevision | undefined;
  /** The persona's prompt with its variables filled in. Default: as it is. */
  readonly prompt?: string;
  readonly parameters: SamplingParameters;
  /** What else the model is asked for. Default: nothing. */
  readonly asked?: Asked;
  /** What follows the persona's prompt. */
  readonly instructions?: string | undefined;
  /** Whether the history is sent whole, however long it is. Default: it is fitted. */
  readonly keepsHistory?: boolean;
  readonly internet: boolean;
  /** The model that was asked first. Default: `record`. */
  readonly requestedModelId?: string;
  /** What may be tried in its place, in this order. Default: nothing. */
  readonly fallbacks?: readonly Fallback[];
}

/** The id of the model that was asked first. */
export function requestedModel({ record, requestedModelId }: RunPlan): string {
  return requestedModelId ?? record.id;
}

/** A model to try in place of another one. */
export interface Fallback {
  readonly modelId: string;
  /** The plan with this model. @throws AppError model_unavailable */
  open(): Promise<RunPlan>;
}

export interface PlanRequest {
  readonly persona: RevisionReference | null;
  /** The session's model; a persona's revision names its own. */
  readonly modelId: string | null;
  /** The revision and the model, if they were just read. */
  readonly basis?: RunBasis | undefined;
  readonly parameters: GenerationParameters;
  /** Whether the turn's own messages hold images. Default: they do not. */
  readonly hasImages?: boolean;
  /** The model that answers already, where it is another one than was asked first. */
  readonly answering?: { readonly modelId: string; readonly requestedModelId: string } | undefined;
}

/** What a stored generation was asked to run on. */
export function storedRequest(
  generation: Pick<
    GenerationRecord,
    'personaId' | 'personaVersion' | 'modelId' | 'requestedModelId' | 'parameters'
  >,
): PlanRequest {
  const { personaId, personaVersion, modelId, requestedModelId, parameters } = generation;
  return {
    persona: personaId === null || personaVersion === null ? null : { personaId, version: personaVersion },
    modelId: requestedModelId,
    parameters,
    ...(modelId !== requestedModelId && { answering: { modelId, requestedModelId } }),
  };
}

/**
 * Resolves to the first model that can be called, `accepts` its plan where given, and what may be tried after it.
 * @throws AppError not_found (no such revision), and if there is no such model what the first one threw
 */
export async function resolvePlan(
  reads: Database,
  models: ModelRegistry,
  scope: OrganizationScope,
  request: PlanRequest,
  accepts?: (plan: RunPlan) => void,
): Promise<RunPlan> {
  const { revision, model: first } = request.basis ?? (await readBasis(reads, scope, request));
  if (request.persona !== null && revision === undefined) {
    throw new AppError('not_found', 'persona version not found');
  }
  const { promptValues } = request.parameters;
  const prompt =
    revision === undefined || promptValues === undefined
      ? undefined
      : fillPrompt(revision.systemPrompt, promptValues);
  const requestedModelId =
    request.answering?.requestedModelId ?? revision?.modelId ?? request.modelId ?? first?.id ?? '';
  const planWith = (record: ModelRecord | undefined): RunPlan => {
    if (record === undefined || !record.isActive) {
      throw new AppError('model_unavailable', 'the model is disabled or gone');
    }
    const model = models.get(record);
    const asked = askedOf(request.parameters);
    checkAbilities({ record, model }, asked, request.hasImages === true);
    return {
      record,
      model,
      revision,
      ...(prompt !== undefined && { prompt }),
      parameters: effectiveParameters(revision, record, request.parameters),
      ...(asked !== undefined && { asked }),
      instructions: request.parameters.instructions,
      keepsHistory: request.parameters.truncation === 'disabled',
      internet: request.parameters.internet ?? revision?.internet ?? false,
      requestedModelId,
    };
  };
  const candidates = candidateIds(requestedModelId, revision, first, request.answering?.modelId).map(
    (modelId): Fallback => ({
      modelId,
      open: async () => planWith(modelId === first?.id ? first : await findModel(reads, scope, modelId)),
    }),
  );
  let refusal: unknown;
  for (const [index, candidate] of candidates.entries()) {
    try {
      const plan = await candidate.open();
      accepts?.(plan);
      return { ...plan, fallbacks: candidates.slice(index + 1) };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      refusal ??= error;
    }
  }
  throw refusal;
}

/** The first model, then the version's fallbacks, then the model's; or of this list what begins with the answering one. */
function candidateIds(
  requestedModelId: string,
  revision: PersonaRevision | undefined,
  first: ModelRecord | undefined,
  answeringModelId: string | undefined,
): readonly string[] {
  const fallbacks = new Set([...(revision?.fallbacks ?? []), ...(first?.fallbacks ?? [])]);
  fallbacks.delete(requestedModelId);
  const ids = [requestedModelId, ...[...fallbacks].slice(0, maxFallbacks)];
  if (answeringModelId === undefined) return ids;
  return [answeringModelId, ...ids.slice(ids.indexOf(answeringModelId) + 1)].filter(
    (id, index, all) => all.indexOf(id) === index,
  );
}

/** The revision and the model that a turn asks for; what is gone is undefined. */
export async function readBasis(
  reads: Database,
  scope: OrganizationScope,
  { persona, modelId }: Pick<PlanRequest, 'persona' | 'modelId'>,
): Promise<RunBasis> {
  const nothing: RunBasis = { revision: undefined, model: undefined };
  if (persona !== null) {
    return (await findRevisionBasis(reads, scope, persona.personaId, persona.version)) ?? nothing;
  }
  return modelId === null ? nothing : { ...nothing, model: await findModel(reads, scope, modelId) };
}

/** The plan, and what may be tried after it, with answers of at most so many tokens. */
export function boundedPlan(plan: RunPlan, maxTokens: number): RunPlan {
  const bound = (one: RunPlan): RunPlan => {
    const { parameters } = one;
    const smaller = Math.min(maxTokens, parameters.maxTokens ?? maxTokens);
    return { ...one, parameters: { ...parameters, maxTokens: smaller } };
  };
  const fallbacks = (plan.fallbacks ?? []).map(
    ({ modelId, open }): Fallback => ({ modelId, open: async () => bound(await open()) }),
  );
  return { ...bound(plan), fallbacks };
}

/** The request's parameters, else the persona's, with the smallest of the three bounds on the answer's length. */
function effectiveParameters(
  revision: SamplingParameters | undefined,
  record: Pick<ModelRecord, 'maxOutputTokens'>,
  { sampling, maxTokens: requested }: Pick<GenerationParameters, 'sampling' | 'maxTokens'>,
): SamplingParameters {
  const bounds = [requested, revision?.maxTokens, record.maxOutputTokens ?? undefined].filter(
    (bound) => bound !== undefined,
  );
  return {
    ...(revision?.temperature === undefined ? {} : { temperature: revision.temperature }),
    ...(revision?.topP === undefined ? {} : { topP: revision.topP }),
    ...(revision?.stop === undefined ? {} : { stop: revision.stop }),
    ...(revision?.seed === undefined ? {} : { seed: revision.seed }),
    ...sampling,
    ...(bounds.length === 0 ? {} : { maxTokens: Math.min(...bounds) }),
  };
}
