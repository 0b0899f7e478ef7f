/** `/v1/responses/input_tokens`: what a request would take of its model's window. */
import { accountOf } from '../../../../auth/principal.ts';
import { AppError } from '../../../../domain/errors.ts';
import type { GenerationEngine } from '../../../../generation/interface.ts';
import type { Store } from '../../../../store/store.ts';
import type { GrantedRequest } from '../../../routing/route.ts';
import { chooseModel, type ModelChoice } from '../../model-choice.ts';
import { type Body, optionsOf } from './turn/request.ts';
import { placeCounted } from './turn/where.ts';

export interface InputTokensDependencies {
  readonly store: Store;
  readonly engine: Pick<GenerationEngine, 'countInput'>;
}

/** An end user's token could try out what a persona's prompt says. @throws AppError forbidden */
export function refuseEndUsers({ caller }: GrantedRequest<'conversation'>): void {
  if (caller.kind === 'end-user')
    throw new AppError('forbidden', "an end user's token has no tokens counted");
}

/** @throws AppError invalid_request, not_found, forbidden, session_busy, unsupported, model_unavailable */
export async function countInputTokens(
  { caller, scope }: GrantedRequest<'conversation'>,
  body: Body,
  { store, engine }: InputTokensDependencies,
) {
  const choice = await chooseIfNamed(store, caller, body.model);
  const { messages, behind } = await placeCounted(body, { store, scope });
  const continues = behind !== undefined;
  const options = optionsOf(body, choice ?? nothingChosen, { messages, continues, previous: null });
  const tokens = await engine.countInput({
    ...{ scope, messages, options },
    ...accountOf(caller),
    ...(continues && { behind }),
    ...(choice !== undefined && { basis: choice.basis }),
    ...(body.metadata !== undefined && { promptMetadata: body.metadata }),
  });
  return { object: 'response.input_tokens' as const, input_tokens: tokens };
}

const nothingChosen: Pick<ModelChoice, 'name' | 'revision'> = { name: '', revision: undefined };

/** Undefined where neither the request nor its key names anything. */
async function chooseIfNamed(
  { reads }: Store,
  caller: GrantedRequest<'conversation'>['caller'],
  model: string | undefined,
): Promise<ModelChoice | undefined> {
  const hasDefault = caller.kind === 'api-key' && caller.defaultPersonaId !== null;
  return model === undefined && !hasDefault ? undefined : chooseModel(reads, caller, model);
}
