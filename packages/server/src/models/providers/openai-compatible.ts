/** Every other server that speaks OpenAI's format: vLLM, llama.cpp's server, OpenRouter and many more. */
import type { AddressedProviderModule } from './provider.ts';

export const openAiCompatible = {
  name: 'openai-compatible',
  title: 'Another server of the OpenAI format',
  documentation: 'https://platform.openai.com/docs/api-reference/chat',
  key: 'optional',
  wire: 'openai',
  continuesPrefix: 'if-declared',
} as const satisfies AddressedProviderModule;
