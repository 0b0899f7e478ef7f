/** The schemas of models. */
import { type Static, Type } from 'typebox';
import { type ModelRecord, providers } from '../../../domain/model.ts';
import { toTime } from '../../../domain/text/time.ts';
import { closed, IdField, nullable, oneOf, TextField } from '../../openapi/fields.ts';
import { createdAt, OrganizationParams, updatedAt } from '../schema.ts';

function tokens(description: string, example: number): ReturnType<typeof Type.Integer> {
  return Type.Integer({ minimum: 1, maximum: 100_000_000, description, examples: [example] });
}

const price = (of: string): ReturnType<typeof Type.Number> =>
  Type.Number({ minimum: 0, maximum: 1_000_000, description: `Of a million ${of}.`, examples: [0.4] });

const fields = {
  name: TextField('What people call it.', 'GPT-4.1 mini', { maxLength: 255 }),
  provider: oneOf(providers, {
    description:
      '`openai-compatible` is every server that speaks that format (vLLM, Ollama, llama.cpp, OpenRouter, …), by its `base_url`.',
    examples: ['openai'],
  }),
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
        "Where the provider is, with `/v1` for OpenAI-style ones; null: the provider's own. On a private network: operator only.",
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
      { ...closed, description: 'What tokens cost, in a currency of your choice.' },
    ),
  ),
  is_active: Type.Boolean({ description: 'Whether it may be used.', examples: [true] }),
  can_continue: Type.Boolean({
    description:
      'Whether the server behind an `openai-compatible` address can take up an answer in its middle (`continue_final_message`, as vLLM has it); answers then go on after a crash.',
    examples: [false],
  }),
};

const apiKey = nullable(
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

export const Model = Type.Object(
  {
    id: IdField('The id.'),
    ...fields,
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
  base_url: Type.Optional(fields.base_url),
  api_key: Type.Optional(apiKey),
  api_key_env: Type.Optional(fields.api_key_env),
  context_window: Type.Optional(fields.context_window),
  max_output_tokens: Type.Optional(fields.max_output_tokens),
  prices: Type.Optional(fields.prices),
  is_active: Type.Optional(fields.is_active),
  can_continue: Type.Optional(fields.can_continue),
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
  { ...closed, title: 'ModelChanges' },
);

export const ModelTestResult = Type.Object(
  {
    ok: Type.Boolean({ description: 'Whether the model answered.', examples: [true] }),
    latency_ms: Type.Number({ description: 'How long it took, in milliseconds.', examples: [412] }),
    error: nullable(
      Type.String({ description: 'What went wrong.', examples: ['the provider answered 401'] }),
    ),
  },
  { title: 'ModelTest', description: 'The result of a real call for one token.' },
);

export function toModelResource(record: ModelRecord): Static<typeof Model> {
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
    has_api_key: record.apiKeyEncrypted !== null,
    from_environment: record.fromEnvironment,
    created_at: toTime(record.createdAt),
    updated_at: toTime(record.updatedAt),
  };
}
