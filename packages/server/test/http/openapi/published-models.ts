/** Published closed lists of models and their providers. */
import {
  contextWindowSources,
  greetingRoles,
  presets,
  providers,
  refusableParameters,
  systemRoles,
  thinkTagChoices,
  tokenFields,
} from '../../../src/domain/model.ts';
import type { PublishedLists } from './published-lists.ts';

/** The places of a field of models. */
function placesOfModels(field: string): readonly string[] {
  return ['Model', 'NewModel', 'ModelChanges'].map((schema) => `${schema}.${field}`);
}

export const ofModels: PublishedLists = {
  providers: {
    values: ['openai', 'anthropic', 'google', 'mistral', 'azure', 'openai-compatible', 'local', 'guide'],
    list: providers,
    places: [
      'GenerationModel.provider',
      'ConversationWithSessions.provider',
      'LanguageModel.provider',
      'NewModel.provider',
      'Model.provider',
      'ModelChanges.provider',
      'ModelDiscoveryRequest.provider',
      'Provider.provider',
      'ModelReference.provider',
    ],
  },
  presets: {
    values: ['groq', 'deepseek', 'xai', 'openrouter', 'together', 'ollama', 'vllm', 'llama.cpp', 'lm-studio'],
    list: presets,
    places: [
      'NewModel.preset',
      'Model.preset',
      'ModelChanges.preset',
      'ModelDiscoveryRequest.preset',
      'Provider.preset',
    ],
  },
  'headers of keys': {
    values: ['authorization', 'api-key', 'x-api-key'],
    list: null,
    places: ['Provider.key_header'],
  },
  'what a provider needs': {
    values: ['base_url', 'api_key'],
    list: null,
    places: ['Provider.required'],
  },
  'fields of an answer’s length': {
    values: ['auto', 'max_tokens', 'max_completion_tokens'],
    list: tokenFields,
    places: placesOfModels('token_field'),
  },
  'roles of instructions': {
    values: ['system', 'developer', 'user'],
    list: systemRoles,
    places: placesOfModels('system_role'),
  },
  'roles of a greeting': {
    values: ['system', 'assistant'],
    list: greetingRoles,
    places: placesOfModels('greeting_role'),
  },
  'think tags': { values: ['auto', 'off'], list: thinkTagChoices, places: placesOfModels('think_tags') },
  'sources of a context window': {
    values: ['set', 'listed', 'learnt', 'assumed'],
    list: contextWindowSources,
    places: ['Model.context_window_source'],
  },
  'parameters that are refused': {
    values: [
      'max_tokens',
      'max_completion_tokens',
      'temperature',
      'top_p',
      'stop',
      'seed',
      'stream_options',
      'presence_penalty',
      'frequency_penalty',
      'parallel_tool_calls',
      'reasoning_effort',
      'verbosity',
      'prompt_cache_key',
      'prompt_cache_options',
      'prompt_cache_retention',
      'service_tier',
      'prediction',
      'stream',
      'system_role',
      'developer_role',
    ],
    list: refusableParameters,
    places: ['LearntFacts.refused_parameters'],
  },
};
