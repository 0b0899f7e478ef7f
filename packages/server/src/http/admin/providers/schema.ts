/** The schemas of providers. */
import { type Static, Type } from 'typebox';
import { presets, providers } from '../../../domain/model.ts';
import {
  type KnownServer,
  keyHeaderOf,
  keyHeaders,
  knownServers,
} from '../../../models/providers/registry.ts';
import { nullable, oneOf, orNull } from '../../openapi/fields.ts';

/** The fields of a new model that have to be there, or do no harm. */
const needs = ['base_url', 'api_key'] as const;

const Provider = Type.Object(
  {
    title: Type.String({ description: 'What people call it.', examples: ['Groq'] }),
    provider: oneOf(providers, {
      description: '`provider` of a model of it.',
      examples: ['openai-compatible'],
    }),
    preset: orNull(oneOf(presets, { description: '`preset` of a model of it.', examples: ['groq'] })),
    base_url: nullable(
      Type.String({
        description: 'Its address; null: each has its own.',
        examples: ['https://api.groq.com/openai/v1'],
      }),
    ),
    example_base_url: nullable(
      Type.String({ description: 'What an address looks like.', examples: ['http://127.0.0.1:8000/v1'] }),
    ),
    key_header: oneOf(keyHeaders, {
      description: 'The header that bears the key; in `authorization` behind `Bearer`.',
      examples: ['authorization'],
    }),
    required: Type.Array(oneOf(needs, { description: 'A field.', examples: ['api_key'] }), {
      description: 'What a model of it needs besides `name` and `model`.',
      examples: [['api_key']],
    }),
    default_model: nullable(
      Type.String({
        description: 'The model that its documentation begins with.',
        examples: ['llama-3.3-70b-versatile'],
      }),
    ),
    documentation: Type.String({
      format: 'uri',
      description: 'The address of its documentation.',
      examples: ['https://console.groq.com/docs/openai'],
    }),
  },
  { title: 'Provider', description: 'A provider, or a preset of one.' },
);

export const Providers = Type.Object(
  { data: Type.Array(Provider, { description: 'All of them.' }) },
  { title: 'ProviderList', description: 'The providers that are known.' },
);

export function listProviders(): Static<typeof Provider>[] {
  return knownServers.map(toProvider);
}

function toProvider(server: KnownServer): Static<typeof Provider> {
  const { module, provider, preset } = server;
  return {
    title: module.title,
    provider,
    preset,
    base_url: module.baseUrl ?? null,
    example_base_url: module.exampleBaseUrl ?? null,
    key_header: keyHeaderOf(module),
    required: [
      ...(module.baseUrl === undefined ? (['base_url'] as const) : []),
      ...(module.key === 'required' ? (['api_key'] as const) : []),
    ],
    default_model: module.defaultModel ?? null,
    documentation: module.documentation,
  };
}
