/** The schemas of models. */
import { type Static, Type } from 'typebox';
import {
  contextWindowSources,
  type ModelRecord,
  type ModelTestRecord,
  presets,
  providers,
  refusableParameters,
} from '../../../domain/model.ts';
import { toTime } from '../../../domain/text/time.ts';
import { type ModelState, mostCounted } from '../../../store/queries/model-states.ts';
import { closed, IdField, nullable, oneOf, orNull, TextField, TimeField } from '../../openapi/fields.ts';
import { createdAt, FallbacksField, OrganizationParams, updatedAt } from '../schema.ts';
import { shownRequestFields, writtenRequestFields } from './request-fields.ts';

function tokens(description: string, example: number): ReturnType<typeof Type.Integer> {
  return Type.Integer({ minimum: 1, maximum: 100_000_000, description, examples: [example] });
}

const price = (of: string): ReturnType<typeof Type.Number> =>
  Type.Number({ minimum: 0, maximum: 1_000_000, description: `Of a million ${of}.`, examples: [0.4] });

const fields = {
  name: TextField('What people call it.', 'GPT-4.1 mini', { maxLength: 255 }),
  provider: oneOf(providers, {
    description:
      '`openai-compatible` is every server that speaks that format (vLLM, Ollama, llama.cpp, OpenRouter, …), by its `base_url` or `preset`.',
    examples: ['openai'],
  }),
  preset: orNull(
    oneOf(presets, {
      description:
        'Which `openai-compatible` server it is, where it is a known one; `/api/admin/providers` lists them.',
      examples: ['groq'],
    }),
  ),
  model: TextField(
    "The provider's name of the model; of a `local` one the file (operator only).",
    'gpt-4.1-mini',
    {
      maxLength: 1000,
    },
  ),
  base_url: nullable(
    Type.String({
      minLength: 1,
      maxLength: 2000,
      description:
        "Where the provider is, with `/v1` for OpenAI-style ones; null: the provider's own. An address without it, or of an endpoint, is understood where its server answers. On a private network: operator only.",
      examples: ['https://openrouter.ai/api/v1'],
    }),
  ),
  api_key_env: nullable(
    Type.String({
      pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
      maxLength: 200,
      description: "The server's environment variable that holds the key (operator only).",
      examples: ['OPENAI_API_KEY'],
    }),
  ),
  context_window: nullable(tokens('Tokens that fit into a request with its answer.', 128_000)),
  max_output_tokens: nullable(tokens('Tokens of an answer at most.', 16_000)),
  prices: nullable(
    Type.Object(
      { input: price('tokens of prompts'), output: price('tokens of answers') },
      { ...closed, title: 'ModelPrices', description: 'What tokens cost, in a currency of your choice.' },
    ),
  ),
  is_active: Type.Boolean({ description: 'Whether it may be used.', examples: [true] }),
  can_continue: Type.Boolean({
    description:
      'Whether the server behind an `openai-compatible` address can take up an answer in its middle (`continue_final_message`, as vLLM has it); answers then go on after a crash.',
    examples: [false],
  }),
  fallbacks: FallbacksField('Models that are tried in this order when it fails before its first token.'),
};

/** Write-only. */
export const apiKey = nullable(
  Type.String({
    minLength: 1,
    maxLength: 2000,
    pattern: '^[!-~]+$',
    writeOnly: true,
    description: "The provider's key; stored encrypted, never shown.",
    examples: ['sk-example'],
  }),
);

export const ModelParams = Type.Object({ ...OrganizationParams.properties, id: IdField('The model.') });

const Learnt = Type.Object(
  {
    context_window: nullable(tokens('Tokens, as the provider named them when it refused a prompt.', 32_768)),
    refused_parameters: Type.Array(
      oneOf(refusableParameters, { description: 'A parameter.', examples: ['temperature'] }),
      {
        description: 'What the provider refuses, so that it is not sent any more.',
        examples: [['temperature']],
      },
    ),
    prompt_tokens: nullable(
      tokens('Most tokens of a prompt, by our count, since a longer one was refused without a figure.', 2000),
    ),
    count_ratio: Type.Number({
      description: 'How many tokens are counted here where the provider counts one; at most 1.',
      examples: [0.85],
    }),
    at: TimeField('When something was learnt last.'),
  },
  {
    title: 'LearntFacts',
    description: 'What calls have shown; it is forgotten when a setting changes on which it depends.',
  },
);

const testFields = {
  ok: Type.Boolean({ description: 'Whether the model answered.', examples: [true] }),
  latency_ms: Type.Number({ description: 'How long it took, in milliseconds.', examples: [412] }),
  error: nullable(Type.String({ description: 'What went wrong.', examples: ['the provider answered 401'] })),
  hint: nullable(
    Type.String({
      description: 'What would help.',
      examples: ['the API was found at http://127.0.0.1:8000/v1: set base_url to it'],
    }),
  ),
};

const LastTest = Type.Object(
  { ...testFields, at: TimeField('When it was tested.') },
  { title: 'LastModelTest', description: 'The result of the last test.' },
);

const Activity = Type.Object(
  {
    calls: Type.Integer({
      minimum: 0,
      maximum: mostCounted,
      description: 'Calls of it, whatever for.',
      examples: [120],
    }),
    errors: Type.Integer({
      minimum: 0,
      maximum: mostCounted,
      description: 'Calls of it that failed, also where a fallback answered then.',
      examples: [1],
    }),
  },
  {
    title: 'ModelActivity',
    description: 'The last 24 hours, of the newest 20,000 calls of the organization.',
  },
);

export const Model = Type.Object(
  {
    id: IdField('The id.'),
    ...fields,
    ...shownRequestFields,
    context_window_source: oneOf(contextWindowSources, {
      description:
        'Where `context_window` comes from: it was `set`, the provider `listed` it, it was `learnt` from an error, or it is `assumed`.',
      examples: ['set'],
    }),
    learnt: orNull(Learnt),
    last_test: orNull(LastTest),
    last_day: Activity,
    has_api_key: Type.Boolean({ description: 'Whether a key is stored.', examples: [true] }),
    from_environment: Type.Boolean({
      description:
        "Whether it follows the server's environment: it is switched off when its variable is gone.",
      examples: [false],
    }),
    created_at: createdAt,
    updated_at: updatedAt,
  },
  { title: 'Model', description: 'A language model that an organization may use.' },
);

const optional = {
  preset: Type.Optional(fields.preset),
  base_url: Type.Optional(fields.base_url),
  api_key: Type.Optional(apiKey),
  api_key_env: Type.Optional(fields.api_key_env),
  context_window: Type.Optional(fields.context_window),
  max_output_tokens: Type.Optional(fields.max_output_tokens),
  prices: Type.Optional(fields.prices),
  is_active: Type.Optional(fields.is_active),
  can_continue: Type.Optional(fields.can_continue),
  fallbacks: Type.Optional(nullable(fields.fallbacks)),
  headers: Type.Optional(writtenRequestFields.headers),
  query: Type.Optional(writtenRequestFields.query),
  extra_body: Type.Optional(writtenRequestFields.extra_body),
  token_field: Type.Optional(writtenRequestFields.token_field),
  system_role: Type.Optional(writtenRequestFields.system_role),
  greeting_role: Type.Optional(writtenRequestFields.greeting_role),
  think_tags: Type.Optional(writtenRequestFields.think_tags),
  stream: Type.Optional(writtenRequestFields.stream),
  timeouts: Type.Optional(writtenRequestFields.timeouts),
  max_retries: Type.Optional(writtenRequestFields.max_retries),
};

export const CreateModelBody = Type.Object(
  { name: fields.name, provider: fields.provider, model: fields.model, ...optional },
  { ...closed, title: 'NewModel' },
);

export const UpdateModelBody = Type.Object(
  {
    name: Type.Optional(fields.name),
    provider: Type.Optional(fields.provider),
    model: Type.Optional(fields.model),
    ...optional,
  },
  { ...closed, title: 'ModelChanges', examples: [{ name: 'GPT-4.1 mini' }] },
);

export const ModelTestResult = Type.Object(
  {
    ...testFields,
    found: orNull(
      Type.Object(
        {
          base_url: nullable(
            Type.String({
              description: "Where its API is; null: the provider's own.",
              examples: ['https://llm.example/v1'],
            }),
          ),
          models: nullable(
            Type.Integer({
              minimum: 0,
              description: 'How many chat models are listed; null: not known.',
              examples: [3],
            }),
          ),
          is_listed: nullable(
            Type.Boolean({
              description: 'Whether the model is among them; null: not known.',
              examples: [true],
            }),
          ),
          context_window: nullable(tokens('Tokens, as the list says.', 32_768)),
        },
        { description: "What the model's server tells; null for models that run here." },
      ),
    ),
  },
  { title: 'ModelTest', description: 'The result of a real call for a few tokens.' },
);

export function toModelResource(record: ModelRecord, state: ModelState | undefined): Static<typeof Model> {
  // The id comes first: scripts that people write find it there.
  return {
    id: record.id,
    name: record.name,
    provider: record.provider,
    model: record.model,
    base_url: record.baseUrl,
    api_key_env: record.apiKeyEnv,
    context_window: record.contextWindow,
    max_output_tokens: record.maxOutputTokens,
    prices: record.prices === null ? null : { ...record.prices },
    is_active: record.isActive,
    can_continue: record.canContinue,
    ...toRequestFields(record),
    preset: record.preset,
    fallbacks: [...record.fallbacks],
    context_window_source: record.contextWindowSource,
    learnt: toLearnt(record),
    last_test: toLastTest(state?.lastTest ?? null),
    last_day: { calls: state?.calls ?? 0, errors: state?.errors ?? 0 },
    has_api_key: record.apiKeyEncrypted !== null,
    from_environment: record.fromEnvironment,
    created_at: toTime(record.createdAt),
    updated_at: toTime(record.updatedAt),
  };
}

function toRequestFields(record: ModelRecord) {
  const { timeouts, extraBody } = record;
  return {
    headers: Object.keys(record.sealedHeaders),
    query: Object.keys(record.sealedQuery),
    extra_body: extraBody,
    token_field: record.tokenField,
    system_role: record.systemRole,
    greeting_role: record.greetingRole,
    think_tags: record.thinkTags,
    stream: record.stream,
    timeouts:
      Object.keys(timeouts).length === 0
        ? null
        : {
            ...(timeouts.connectMs !== undefined && { connect_ms: timeouts.connectMs }),
            ...(timeouts.firstTokenMs !== undefined && { first_token_ms: timeouts.firstTokenMs }),
            ...(timeouts.idleMs !== undefined && { idle_ms: timeouts.idleMs }),
          },
    max_retries: record.maxRetries,
  };
}

function toLearnt({ learnt, learntAt }: ModelRecord): Static<typeof Learnt> | null {
  if (learntAt === null) return null;
  return {
    context_window: learnt.contextWindow ?? null,
    refused_parameters: [...(learnt.refusedParameters ?? [])],
    prompt_tokens: learnt.prompts?.promptTokens ?? null,
    count_ratio: learnt.prompts?.countRatio ?? 1,
    at: toTime(learntAt),
  };
}

function toLastTest(test: ModelTestRecord | null): Static<typeof LastTest> | null {
  if (test === null) return null;
  const { ok, latencyMs, error, hint, at } = test;
  return { ok, latency_ms: latencyMs, error, hint, at: toTime(at) };
}
