/** xAI. https://docs.x.ai/docs */
import type { PresetModule } from '../provider.ts';

export const xai = {
  name: 'xai',
  title: 'xAI',
  documentation: 'https://docs.x.ai/docs',
  provider: 'openai-compatible',
  wire: 'openai',
  baseUrl: 'https://api.x.ai/v1',
  key: 'required',
  variables: { apiKey: 'XAI_API_KEY', models: 'XAI_MODEL' },
  continuesPrefix: 'never',
} as const satisfies PresetModule;
