/**
 * Azure OpenAI. A model is named by its deployment.
 * https://learn.microsoft.com/en-us/azure/ai-foundry/openai/api-version-lifecycle
 */
import { allHints } from '../openai/asked.ts';
import { azureEndpoints } from '../openai/azure-endpoints.ts';
import type { AddressedProviderModule } from './provider.ts';

export const azure = {
  name: 'azure',
  title: 'Azure OpenAI',
  documentation: 'https://learn.microsoft.com/en-us/azure/ai-foundry/openai/api-version-lifecycle',
  wire: 'openai',
  endpoints: azureEndpoints,
  exampleBaseUrl: 'https://RESOURCE.openai.azure.com',
  key: 'required',
  contextWindow: 128_000,
  quirks: { maxTokensField: 'max_completion_tokens', hints: allHints },
  // It lists the models that could be deployed.
  listsOfferedModels: false,
  continuesPrefix: 'never',
} as const satisfies AddressedProviderModule;
