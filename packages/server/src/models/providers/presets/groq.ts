/** Groq. https://console.groq.com/docs/openai */
import type { PresetModule } from '../provider.ts';

export const groq = {
  name: 'groq',
  title: 'Groq',
  documentation: 'https://console.groq.com/docs/openai',
  provider: 'openai-compatible',
  wire: 'openai',
  baseUrl: 'https://api.groq.com/openai/v1',
  key: 'required',
  defaultModel: 'llama-3.3-70b-versatile',
  variables: { apiKey: 'GROQ_API_KEY', models: 'GROQ_MODEL' },
  continuesPrefix: 'never',
} as const satisfies PresetModule;
