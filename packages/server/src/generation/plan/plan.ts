/** What a turn runs on: the model, the prompt and the effective parameters, resolved before it is accepted. */
import { AppError } from '../../domain/errors.ts';
import type { GenerationParameters, GenerationRecord } from '../../domain/generation.ts';
import type { ModelRecord } from '../../domain/model.ts';
import type { PersonaRevision, RevisionReference, SamplingParameters } from '../../domain/persona.ts';
import type { OrganizationScope } from '../../domain/scope.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import { findModel } from '../../store/queries/models.ts';
import { findRevisionBasis, type RunBasis } from '../../store/queries/run-basis.ts';
import type { Database } from '../../store/store.ts';

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
  readonly parameters: SamplingParameters;
  readonly internet: boolean;
}

export interface PlanRequest {
  readonly persona: RevisionReference | null;
  /** The session's model; a persona's revision names its own. */
  readonly modelId: string | null;
  /** The revision and the model, if they were just read. */
  readonly basis?: RunBasis | undefined;
  readonly parameters: GenerationParameters;
}

/** What a stored generation was asked to run on. */
export function storedRequest(
  generation: Pick<GenerationRecord, 'personaId' | 'personaVersion' | 'modelId' | 'parameters'>,
): PlanRequest {
  const { personaId, personaVersion, modelId, parameters } = generation;
  return {
    persona: personaId === null || personaVersion === null ? null : { personaId, version: personaVersion },
    modelId,
    parameters,
  };
}

/** @throws AppError not_found (no such revision), model_unavailable */
export async function resolvePlan(
  reads: Database,
  models: ModelRegistry,
  scope: OrganizationScope,
  request: PlanRequest,
): Promise<RunPlan> {
  const { revision, model: record } = request.basis ?? (await readBasis(reads, scope, request));
  if (request.persona !== null && revision === undefined) {
    throw new AppError('not_found', 'persona version not found');
  }
  if (record === undefined || !record.isActive) {
    throw new AppError('model_unavailable', 'the model is disabled or gone');
  }
  return {
    record,
    model: models.get(record),
    revision,
    parameters: effectiveParameters(revision, record, request.parameters.maxTokens),
    internet: request.parameters.internet ?? revision?.internet ?? false,
  };
}

async function readBasis(
  reads: Database,
  scope: OrganizationScope,
  { persona, modelId }: PlanRequest,
): Promise<RunBasis> {
  const nothing: RunBasis = { revision: undefined, model: undefined };
  if (persona !== null) {
    return (await findRevisionBasis(reads, scope, persona.personaId, persona.version)) ?? nothing;
  }
  return modelId === null ? nothing : { ...nothing, model: await findModel(reads, scope, modelId) };
}

/** The persona's parameters, with the smallest of the three bounds on the answer's length. */
function effectiveParameters(
  revision: SamplingParameters | undefined,
  record: Pick<ModelRecord, 'maxOutputTokens'>,
  requested: number | undefined,
): SamplingParameters {
  const bounds = [requested, revision?.maxTokens, record.maxOutputTokens ?? undefined].filter(
    (bound) => bound !== undefined,
  );
  return {
    ...(revision?.temperature === undefined ? {} : { temperature: revision.temperature }),
    ...(revision?.topP === undefined ? {} : { topP: revision.topP }),
    ...(revision?.stop === undefined ? {} : { stop: revision.stop }),
    ...(revision?.seed === undefined ? {} : { seed: revision.seed }),
    ...(bounds.length === 0 ? {} : { maxTokens: Math.min(...bounds) }),
  };
}
