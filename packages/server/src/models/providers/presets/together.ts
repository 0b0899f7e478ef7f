/** Together AI. https://docs.together.ai/docs/openai-api-compatibility */
import type { PresetModule } from '../provider.ts';

export const together = {
  name: 'together',
  title: 'Together AI',
  documentation: 'https://docs.together.ai/docs/openai-api-compatibility',
  provider: 'openai-compatible',
  wire: 'openai',
  baseUrl: 'https://api.together.xyz/v1',
  key: 'required',
  defaultModel: 'meta-llama/Llama-3.3-70B-Instruct-Turbo',
  variables: { apiKey: 'TOGETHER_API_KEY', models: 'TOGETHER_MODEL' },
  continuesPrefix: 'never',
} as const satisfies PresetModule;
