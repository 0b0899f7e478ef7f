/** DeepSeek. https://api-docs.deepseek.com */
import type { PresetModule } from '../provider.ts';

export const deepseek = {
  name: 'deepseek',
  title: 'DeepSeek',
  documentation: 'https://api-docs.deepseek.com',
  provider: 'openai-compatible',
  wire: 'openai',
  baseUrl: 'https://api.deepseek.com/v1',
  key: 'required',
  defaultModel: 'deepseek-chat',
  variables: { apiKey: 'DEEPSEEK_API_KEY', models: 'DEEPSEEK_MODEL' },
  continuesPrefix: 'never',
} as const satisfies PresetModule;
