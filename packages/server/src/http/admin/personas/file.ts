/** Personas as JSON: what is exported, and how it finds the models of another organization or server. */
import { type Static, Type } from 'typebox';
import { invalid } from '../../../domain/errors.ts';
import { type ModelRecord, maxFallbacks, providers } from '../../../domain/model.ts';
import type { PersonaRecord } from '../../../domain/persona.ts';
import type { NewRevision } from '../../../store/commands/personas.ts';
import type { PersonaVersion } from '../../../store/queries/personas.ts';
import { closed, IdField, nullable, oneOf, TextField } from '../../openapi/fields.ts';
import { revisionOf } from './revision.ts';
import { CreatePersonaBody, Persona, RevisionBody } from './schema.ts';

const ModelReference = Type.Object(
  {
    id: Type.Optional(IdField('Its id, which counts where the organization has this model.')),
    name: Type.Optional(TextField('Its name, which decides between several.', 'GPT', { maxLength: 255 })),
    provider: oneOf(providers, { description: 'The provider.', examples: ['openai'] }),
    model: TextField('Its name at the provider.', 'gpt-4.1', { maxLength: 255 }),
  },
  { ...closed, title: 'ModelReference', description: 'A model, by what it is in every organization.' },
);

const { model_id: _modelId, fallbacks: _fallbacks, ...parameters } = RevisionBody.properties;

const FileVersion = Type.Object(
  {
    ...parameters,
    model: ModelReference,
    fallbacks: Type.Optional(
      Type.Array(ModelReference, {
        maxItems: maxFallbacks,
        description: 'Models that are tried in this order when it fails before its first token.',
        examples: [[{ provider: 'openai', model: 'gpt-4.1-mini' }]],
      }),
    ),
  },
  { ...closed, title: 'PersonaFileVersion', description: 'A version: prompt, model and parameters.' },
);

export const PersonaFile = Type.Object(
  {
    format: Type.Integer({ minimum: 1, maximum: 1, description: 'The form of the file: 1.', examples: [1] }),
    ...CreatePersonaBody.properties,
    active: Type.Optional(nullable(FileVersion)),
    next: Type.Optional(nullable(FileVersion)),
  },
  {
    ...closed,
    title: 'PersonaFile',
    examples: [{ format: 1, name: 'Imported support', alias: 'imported-support' }],
    description: 'A persona with the version in production and the draft, as far as there are any.',
  },
);

export const DuplicateBody = Type.Object(
  { alias: Persona.properties.alias, name: Type.Optional(Persona.properties.name) },
  { ...closed, title: 'PersonaCopy', examples: [{ alias: 'support-copy' }] },
);

/** `models` are those of the organization, by id. */
export function toFile(
  persona: PersonaRecord,
  active: PersonaVersion | undefined,
  next: PersonaVersion | undefined,
  models: ReadonlyMap<string, ModelRecord>,
): Static<typeof PersonaFile> {
  const reference = (id: string): Static<typeof ModelReference>[] => {
    const found = models.get(id);
    return found === undefined
      ? []
      : [{ id, name: found.name, provider: found.provider, model: found.model }];
  };
  const version = (from: PersonaVersion | undefined): Static<typeof FileVersion> | null => {
    const [model] = from === undefined ? [] : reference(from.revision.modelId);
    if (from === undefined || model === undefined) return null;
    const { revision } = from;
    return {
      system_prompt: revision.systemPrompt,
      model,
      temperature: revision.temperature ?? null,
      top_p: revision.topP ?? null,
      max_tokens: revision.maxTokens ?? null,
      stop: revision.stop === undefined ? null : [...revision.stop],
      seed: revision.seed ?? null,
      internet: revision.internet,
      fallbacks: revision.fallbacks.flatMap(reference),
      note: from.note,
      greeting: from.greeting,
      suggestions: [...from.suggestions],
      show_reasoning: from.showReasoning,
    };
  };
  const { name, alias, description } = persona;
  return { format: 1, name, alias, description, active: version(active), next: version(next) };
}

/**
 * The settings of a version in a file. `field` is its name there.
 * @throws AppError invalid_request for a model that the organization lacks, and for an unknown variable of the prompt
 */
export function fromFile(
  version: Static<typeof FileVersion>,
  field: 'active' | 'next',
  models: ReadonlyMap<string, ModelRecord>,
): NewRevision {
  const { model, fallbacks = [], ...rest } = version;
  const modelIds = {
    model_id: findModelId(model, `${field}.model`, models),
    fallbacks: fallbacks.map((one, index) => findModelId(one, `${field}.fallbacks.${index}`, models)),
  };
  return revisionOf({ ...rest, ...modelIds }, `${field}.`);
}

function findModelId(
  { id, name, provider, model }: Static<typeof ModelReference>,
  field: string,
  models: ReadonlyMap<string, ModelRecord>,
): string {
  const same = id === undefined ? undefined : models.get(id.toLowerCase());
  if (same !== undefined) return same.id;
  const alike = [...models.values()].filter((one) => one.provider === provider && one.model === model);
  const found =
    alike.find((one) => one.name === name && one.isActive) ?? alike.find((one) => one.isActive) ?? alike[0];
  if (found !== undefined) return found.id;
  throw invalid(
    field,
    `${field}: the organization has no model ${model} of the provider ${provider}; add it, or name another one`,
  );
}

/** The settings of a version for a copy of it. */
export function copyOf({ revision, ...version }: PersonaVersion): NewRevision {
  const { note, greeting, suggestions, showReasoning } = version;
  return {
    systemPrompt: revision.systemPrompt,
    modelId: revision.modelId,
    temperature: revision.temperature ?? null,
    topP: revision.topP ?? null,
    maxTokens: revision.maxTokens ?? null,
    stop: revision.stop ?? null,
    seed: revision.seed ?? null,
    internet: revision.internet,
    fallbacks: revision.fallbacks,
    note,
    greeting,
    suggestions,
    showReasoning,
  };
}
