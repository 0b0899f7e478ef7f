/** OpenAI. https://platform.openai.com/docs/api-reference/chat */
import type { HostedProviderModule } from './provider.ts';

export const openai = {
  name: 'openai',
  wire: 'openai',
  baseUrl: 'https://api.openai.com/v1',
  defaultModel: 'gpt-4.1-mini',
  contextWindow: 128_000,
  variables: { apiKey: 'OPENAI_API_KEY', baseUrl: 'OPENAI_BASE_URL', models: 'OPENAI_MODEL' },
  quirks: { maxTokensField: 'max_completion_tokens' },
  continuesPrefix: 'if-declared',
} as const satisfies HostedProviderModule;
