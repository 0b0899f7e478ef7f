/** OpenAI. https://platform.openai.com/docs/api-reference/chat */
import { allHints } from '../openai/asked.ts';
import { byEffort } from '../openai/reasoning-off.ts';
import type { HostedProviderModule } from './provider.ts';

export const openai = {
  name: 'openai',
  title: 'OpenAI',
  documentation: 'https://platform.openai.com/docs/api-reference/chat',
  wire: 'openai',
  baseUrl: 'https://api.openai.com/v1',
  key: 'required',
  defaultModel: 'gpt-4.1-mini',
  contextWindow: 128_000,
  variables: { apiKey: 'OPENAI_API_KEY', baseUrl: 'OPENAI_BASE_URL', models: 'OPENAI_MODEL' },
  quirks: {
    maxTokensField: 'max_completion_tokens',
    developerRole: true,
    hints: allHints,
    // Models without reasoning, and those that always reason at length, refuse the field.
    withoutReasoning: byEffort([
      [/^gpt-5(?:-mini|-nano)?(?:-\d{4}-\d\d-\d\d)?$/, 'minimal'],
      [/^gpt-5\.\d(?:-mini|-nano)?(?:-\d{4}-\d\d-\d\d)?$/, 'none'],
      [/^(?:o1|o3|o3-mini|o4-mini)(?:-\d{4}-\d\d-\d\d)?$/, 'low'],
    ]),
  },
  continuesPrefix: 'if-declared',
} as const satisfies HostedProviderModule;
