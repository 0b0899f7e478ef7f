/** OpenRouter. https://openrouter.ai/docs */
import type { PresetModule } from '../provider.ts';

export const openrouter = {
  name: 'openrouter',
  title: 'OpenRouter',
  documentation: 'https://openrouter.ai/docs',
  provider: 'openai-compatible',
  wire: 'openai',
  baseUrl: 'https://openrouter.ai/api/v1',
  key: 'required',
  variables: { apiKey: 'OPENROUTER_API_KEY', models: 'OPENROUTER_MODEL' },
  continuesPrefix: 'never',
} as const satisfies PresetModule;
