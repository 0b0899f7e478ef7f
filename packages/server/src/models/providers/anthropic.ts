/** Anthropic. https://docs.anthropic.com/en/api/messages */
import type { HostedProviderModule } from './provider.ts';

export const anthropic = {
  name: 'anthropic',
  title: 'Anthropic',
  documentation: 'https://docs.anthropic.com/en/api/messages',
  wire: 'anthropic',
  baseUrl: 'https://api.anthropic.com/v1',
  key: 'required',
  defaultModel: 'claude-haiku-4-5',
  contextWindow: 200_000,
  variables: { apiKey: 'ANTHROPIC_API_KEY', models: 'ANTHROPIC_MODEL' },
  continuesPrefix: 'never',
} as const satisfies HostedProviderModule;
