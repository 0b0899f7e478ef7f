/** vLLM's own server. https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html */
import type { PresetModule } from '../provider.ts';

export const vllm = {
  name: 'vllm',
  title: 'vLLM',
  documentation: 'https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html',
  provider: 'openai-compatible',
  wire: 'openai',
  exampleBaseUrl: 'http://127.0.0.1:8000/v1',
  key: 'optional',
  continuesPrefix: 'if-declared',
} as const satisfies PresetModule;
