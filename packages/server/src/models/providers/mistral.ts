/**
 * Mistral, as it is documented; it was never tried live. It answers 422 to fields that it does not know, calls the seed
 * `random_seed`, wants ids of tool calls of nine characters, and reports usage without being asked. https://docs.mistral.ai/api/
 */
import type { HostedProviderModule } from './provider.ts';

export const mistral = {
  name: 'mistral',
  title: 'Mistral',
  documentation: 'https://docs.mistral.ai/api/',
  wire: 'openai',
  baseUrl: 'https://api.mistral.ai/v1',
  key: 'required',
  defaultModel: 'mistral-small-latest',
  contextWindow: 128_000,
  variables: { apiKey: 'MISTRAL_API_KEY', models: 'MISTRAL_MODEL' },
  quirks: {
    maxTokensField: 'max_tokens',
    seedField: 'random_seed',
    streamOptions: false,
    callIds: /^[a-zA-Z0-9]{9}$/,
    hints: ['prediction'],
  },
  continuesPrefix: 'if-declared',
} as const satisfies HostedProviderModule;
