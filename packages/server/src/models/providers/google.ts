/**
 * Google's Gemini models at their OpenAI-compatible endpoint, as it is documented; it was never tried live. It answers
 * 400 to a `seed`. https://ai.google.dev/gemini-api/docs/openai
 */
import type { HostedProviderModule } from './provider.ts';

export const google = {
  name: 'google',
  wire: 'openai',
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
  defaultModel: 'gemini-flash-latest',
  contextWindow: 1_000_000,
  variables: { apiKey: 'GOOGLE_GENERATIVE_AI_API_KEY', models: 'GOOGLE_MODEL' },
  quirks: { maxTokensField: 'max_tokens', seedField: null },
  continuesPrefix: 'if-declared',
} as const satisfies HostedProviderModule;
