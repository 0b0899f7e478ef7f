/** The schemas of personas and their versions. */
import { type Static, Type } from 'typebox';
import { aliasPattern, type PersonaRecord, versionStates } from '../../../domain/persona.ts';
import type { NamedCreator } from '../../../domain/scope.ts';
import { toTime, toTimeOrNull } from '../../../domain/text/time.ts';
import { maxPersonaId, type PersonaVersion } from '../../../store/queries/personas.ts';
import {
  CreatedByField,
  closed,
  exampleId,
  exampleTime,
  nullable,
  oneOf,
  TextField,
} from '../../openapi/fields.ts';
import { createdAt, FallbacksField, OrganizationParams, updatedAt } from '../schema.ts';

const maxSystemPromptCharacters = 200_000;

const personaId = Type.Integer({
  minimum: 1,
  maximum: maxPersonaId,
  description: 'The id of the persona.',
  examples: [47],
});

const fields = {
  name: TextField('The name.', 'Support', { maxLength: 255 }),
  alias: Type.String({
    pattern: aliasPattern,
    description: 'What keys select it by: 3 to 100 of `a-z 0-9 - _`, unique in the organization.',
    examples: ['support'],
  }),
  description: nullable(
    Type.String({ maxLength: 2000, description: 'What it is for.', examples: ['Answers customers.'] }),
  ),
};

function versionNumber(description: string): ReturnType<typeof Type.Integer> {
  return Type.Integer({ minimum: 1, maximum: maxPersonaId, description, examples: [3] });
}

export const PersonaParams = Type.Object({ ...OrganizationParams.properties, id: personaId });

export const Persona = Type.Object(
  {
    id: personaId,
    ...fields,
    has_active: Type.Boolean({ description: 'Whether a version is in production.', examples: [true] }),
    has_next: Type.Boolean({ description: 'Whether there is a draft.', examples: [false] }),
    active_version: nullable(versionNumber('The version in production.')),
    next_version: nullable(versionNumber('The draft.')),
    created_at: createdAt,
    updated_at: updatedAt,
  },
  { title: 'Persona', description: 'A name and an alias for versions of prompt, model and parameters.' },
);

export const CreatePersonaBody = Type.Object(
  { name: fields.name, alias: fields.alias, description: Type.Optional(fields.description) },
  { ...closed, title: 'NewPersona' },
);

export const UpdatePersonaBody = Type.Object(
  {
    name: Type.Optional(fields.name),
    alias: Type.Optional(fields.alias),
    description: Type.Optional(fields.description),
  },
  { ...closed, title: 'PersonaChanges', examples: [{ name: 'Support' }] },
);

/** Texts that users are offered as their first message, at most, and characters of each. */
const maxSuggestions = 12;
const maxSuggestionCharacters = 255;

const revision = {
  system_prompt: Type.String({
    maxLength: maxSystemPromptCharacters,
    description:
      "What the model is told before the conversation. `{{date}}` is filled in with the day of the turn in UTC, as in 2026-11-27, `{{user_id}}` with the end user's id, `{{metadata.x}}` with what the metadata of the turn, its session or its conversation has under the name `x`, on one line; what is not there is filled in as nothing. `\\{{` keeps the braces. End users can send metadata too.",
    examples: ['You help customers of Acme. Be brief and kind.'],
  }),
  model_id: Type.String({ format: 'uuid', description: 'The model.', examples: [exampleId] }),
  temperature: nullable(
    Type.Number({ minimum: 0, maximum: 2, description: 'Null: as the provider does.', examples: [0.7] }),
  ),
  top_p: nullable(
    Type.Number({ minimum: 0, maximum: 1, description: 'Null: as the provider does.', examples: [0.9] }),
  ),
  max_tokens: nullable(
    Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      description: 'Tokens of an answer at most; null: as many as the model may.',
      examples: [1000],
    }),
  ),
  stop: nullable(
    Type.Array(Type.String({ minLength: 1, maxLength: 100, description: 'A text.', examples: ['END'] }), {
      minItems: 1,
      maxItems: 16,
      description: 'Texts at which an answer ends.',
      examples: [['END']],
    }),
  ),
  seed: nullable(
    Type.Integer({
      minimum: Number.MIN_SAFE_INTEGER,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'For answers that can be repeated, where the provider can.',
      examples: [42],
    }),
  ),
  internet: Type.Boolean({ description: 'Whether it answers with the web.', examples: [false] }),
  fallbacks: FallbacksField(
    'Models that are tried in this order, before those of the model itself, when it fails before its first token.',
  ),
  note: nullable(
    Type.String({ maxLength: 2000, description: 'What changed, for colleagues.', examples: ['Kinder.'] }),
  ),
  greeting: nullable(
    Type.String({
      minLength: 1,
      maxLength: 2000,
      description: 'What users read before they write. The model is not told.',
      examples: ['Hello! How can we help?'],
    }),
  ),
  suggestions: Type.Array(
    Type.String({
      minLength: 1,
      maxLength: maxSuggestionCharacters,
      description: 'A message.',
      examples: ['Where is my order?'],
    }),
    {
      maxItems: maxSuggestions,
      description: 'What users are offered as their first message.',
      examples: [['Where is my order?']],
    },
  ),
  show_reasoning: Type.Boolean({
    description: 'Whether end users read the reasoning of the model.',
    examples: [false],
  }),
};

export const RevisionBody = Type.Object(
  {
    system_prompt: revision.system_prompt,
    model_id: revision.model_id,
    temperature: Type.Optional(revision.temperature),
    top_p: Type.Optional(revision.top_p),
    max_tokens: Type.Optional(revision.max_tokens),
    stop: Type.Optional(revision.stop),
    seed: Type.Optional(revision.seed),
    internet: Type.Optional(revision.internet),
    fallbacks: Type.Optional(nullable(revision.fallbacks)),
    note: Type.Optional(revision.note),
    greeting: Type.Optional(revision.greeting),
    suggestions: Type.Optional(nullable(revision.suggestions)),
    show_reasoning: Type.Optional(revision.show_reasoning),
  },
  { ...closed, title: 'PersonaDraft' },
);

export const RollbackBody = Type.Object(
  { version: versionNumber('A version that was submitted before.') },
  { ...closed, title: 'PersonaRollback', examples: [{ version: 1 }] },
);

export const Version = Type.Object(
  {
    version: versionNumber('Counted from 1.'),
    state: oneOf(versionStates, {
      description: '`next` is the draft, `active` is in production.',
      examples: ['active'],
    }),
    ...revision,
    created_by: CreatedByField,
    created_at: createdAt,
    submitted_at: nullable(
      Type.String({
        format: 'date-time',
        description: 'When it was submitted; null: never.',
        examples: [exampleTime],
      }),
    ),
  },
  { title: 'PersonaVersion', description: 'An immutable revision of a persona.' },
);

export function toPersonaResource(record: PersonaRecord): Static<typeof Persona> {
  return {
    id: record.id,
    name: record.name,
    alias: record.alias,
    description: record.description,
    has_active: record.activeVersion !== null,
    has_next: record.nextVersion !== null,
    active_version: record.activeVersion,
    next_version: record.nextVersion,
    created_at: toTime(record.createdAt),
    updated_at: toTime(record.updatedAt),
  };
}

export function toVersionResource(
  version: PersonaVersion,
  createdBy: NamedCreator | null,
): Static<typeof Version> {
  const { revision: parameters } = version;
  return {
    version: parameters.version,
    state: version.state,
    system_prompt: parameters.systemPrompt,
    model_id: parameters.modelId,
    temperature: parameters.temperature ?? null,
    top_p: parameters.topP ?? null,
    max_tokens: parameters.maxTokens ?? null,
    stop: parameters.stop === undefined ? null : [...parameters.stop],
    seed: parameters.seed ?? null,
    internet: parameters.internet,
    fallbacks: [...parameters.fallbacks],
    note: version.note,
    greeting: version.greeting,
    suggestions: [...version.suggestions],
    show_reasoning: version.showReasoning,
    created_by: createdBy,
    created_at: toTime(version.createdAt),
    submitted_at: toTimeOrNull(version.submittedAt),
  };
}
