/** llama.cpp's own server. https://github.com/ggml-org/llama.cpp/tree/master/tools/server */
import type { PresetModule } from '../provider.ts';

export const llamaCpp = {
  name: 'llama.cpp',
  title: 'llama.cpp',
  documentation: 'https://github.com/ggml-org/llama.cpp/tree/master/tools/server',
  provider: 'openai-compatible',
  wire: 'openai',
  exampleBaseUrl: 'http://127.0.0.1:8080/v1',
  key: 'optional',
  continuesPrefix: 'if-declared',
} as const satisfies PresetModule;
