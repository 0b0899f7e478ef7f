/** What a turn asks of its model beside an answer, and whether the model can do it. */
import { AppError } from '../../domain/errors.ts';
import type { GenerationParameters } from '../../domain/generation.ts';
import type { ModelRecord } from '../../domain/model.ts';
import type { Ability, Asked } from '../../domain/request/tools.ts';
import type { LanguageModel } from '../../models/language-model.ts';

export interface AskedModel {
  readonly record: Pick<ModelRecord, 'name'>;
  readonly model: LanguageModel;
}

/** Undefined where nothing is asked for. */
export function askedOf({
  tools,
  toolChoice,
  parallelToolCalls,
  responseFormat,
  hints,
}: GenerationParameters): Asked | undefined {
  const asked = {
    ...(tools !== undefined && { tools }),
    ...(toolChoice !== undefined && { toolChoice }),
    ...(parallelToolCalls !== undefined && { parallelToolCalls }),
    ...(responseFormat !== undefined && { responseFormat }),
    ...(hints !== undefined && { hints }),
  };
  return Object.keys(asked).length === 0 ? undefined : asked;
}

const inWords: Readonly<Record<Ability, string>> = {
  tools: 'call tools',
  images: 'look at images',
  json_object: 'be held to answer with a JSON object; ask for a json_schema',
  json_schema: 'be held to a JSON Schema',
};

/** @throws AppError unsupported, which names the field that asks for what the model can't do */
export function checkAbilities(
  { record, model }: AskedModel,
  asked: Asked | undefined,
  hasImages: boolean,
): void {
  if (hasImages) requireAbility({ record, model }, 'images', 'image');
  if (asked === undefined) return;
  const { tools = [], responseFormat } = asked;
  if (tools.length > 0) requireAbility({ record, model }, 'tools', 'tools');
  if (responseFormat === undefined) return;
  requireAbility({ record, model }, responseFormat.type, 'response_format');
  if (responseFormat.type !== 'json_schema') return;
  const unfit = model.unfitSchema?.(responseFormat.schema);
  if (unfit !== undefined) throw new AppError('unsupported', unfit, { field: 'response_format' });
}

function requireAbility({ record, model }: AskedModel, ability: Ability, field: string): void {
  if (model.lacks?.includes(ability) !== true) return;
  const what =
    ability === 'json_object' && model.lacks.includes('json_schema') ? 'answer in JSON' : inWords[ability];
  throw new AppError('unsupported', `the model ${record.name} can't ${what}`, { field });
}

/** What of it stands in a prompt, to count its tokens; empty where it is nothing. */
export function askedText(asked: Asked | undefined): string {
  const { tools = [], responseFormat } = asked ?? {};
  if (tools.length === 0 && responseFormat === undefined) return '';
  return JSON.stringify([...tools, responseFormat]);
}
