/** Every other server that speaks OpenAI's format: vLLM, llama.cpp's server, OpenRouter and many more. */
import type { AddressedProviderModule } from './provider.ts';

export const openAiCompatible = {
  name: 'openai-compatible',
  wire: 'openai',
  continuesPrefix: 'if-declared',
} as const satisfies AddressedProviderModule;
