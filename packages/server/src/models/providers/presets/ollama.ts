/** Ollama at its OpenAI-compatible endpoint. https://github.com/ollama/ollama/blob/main/docs/openai.md */
import type { PresetModule } from '../provider.ts';

export const ollama = {
  name: 'ollama',
  title: 'Ollama',
  documentation: 'https://docs.ollama.com/api/openai-compatibility',
  provider: 'openai-compatible',
  wire: 'openai',
  exampleBaseUrl: 'http://127.0.0.1:11434/v1',
  key: 'optional',
  contextWindow: 8_192,
  // Ollama's own programs read the bare host from such a variable.
  variables: { baseUrl: 'OLLAMA_BASE_URL', baseUrlSuffix: '/v1', models: 'OLLAMA_MODEL' },
  continuesPrefix: 'if-declared',
} as const satisfies PresetModule;
