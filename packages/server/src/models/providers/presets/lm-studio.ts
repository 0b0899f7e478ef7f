/** LM Studio's own server. https://lmstudio.ai/docs/developer/openai-compat */
import type { PresetModule } from '../provider.ts';

export const lmStudio = {
  name: 'lm-studio',
  title: 'LM Studio',
  documentation: 'https://lmstudio.ai/docs/developer/openai-compat',
  provider: 'openai-compatible',
  wire: 'openai',
  exampleBaseUrl: 'http://127.0.0.1:1234/v1',
  key: 'optional',
  continuesPrefix: 'if-declared',
} as const satisfies PresetModule;
