/**
 * Google's Gemini models at their OpenAI-compatible endpoint, as it is documented; it was never tried live. It answers
 * 400 to a `seed`. https://ai.google.dev/gemini-api/docs/openai
 */
import { byEffort } from '../openai/reasoning-off.ts';
import type { HostedProviderModule } from './provider.ts';

export const google = {
  name: 'google',
  title: 'Google Gemini',
  documentation: 'https://ai.google.dev/gemini-api/docs/openai',
  wire: 'openai',
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
  key: 'required',
  defaultModel: 'gemini-flash-latest',
  contextWindow: 1_000_000,
  variables: { apiKey: 'GOOGLE_GENERATIVE_AI_API_KEY', models: 'GOOGLE_MODEL' },
  quirks: {
    maxTokensField: 'max_tokens',
    seedField: null,
    // Later models refuse calls without the signature of the thought before; this word stands for one that is not kept.
    callExtras: { extra_content: { google: { thought_signature: 'skip_thought_signature_validator' } } },
    // Only the flash models of 2.5 can do without thinking; later ones, and pro, take a low effort.
    withoutReasoning: byEffort([
      [/^(?:models\/)?gemini-2\.5-flash/, 'none'],
      [/^(?:models\/)?gemini-(?:2\.5-pro|[3-9]|(?:flash|pro)(?:-lite)?-latest)/, 'low'],
    ]),
  },
  continuesPrefix: 'if-declared',
} as const satisfies HostedProviderModule;
