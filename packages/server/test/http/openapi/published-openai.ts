/** Published closed lists of `/v1`. */
import { truncations } from '../../../src/domain/generation.ts';
import {
  listOrders,
  reasoningSummaries,
  responseStatuses,
  unknownParameterChoices,
} from '../../../src/domain/request/openai-parameters.ts';
import type { PublishedLists } from './published-lists.ts';

export const ofOpenAi: PublishedLists = {
  'what a model of /v1 is': { values: ['model'], list: null, places: ['OpenAiModel.object'] },
  'what a list of /v1 is': {
    values: ['list'],
    list: null,
    places: ['ItemList.object', 'OpenAiModelList.object'],
  },
  'what a chat completion is': {
    values: ['chat.completion'],
    list: null,
    places: ['ChatCompletion.object'],
  },
  'what a deleted chat completion is': {
    values: ['chat.completion.deleted'],
    list: null,
    places: ['DeletedChatCompletion.object'],
  },
  'what a conversation of /v1 is': {
    values: ['conversation'],
    list: null,
    places: ['OpenAiConversation.object'],
  },
  'what a deleted conversation of /v1 is': {
    values: ['conversation.deleted'],
    list: null,
    places: ['DeletedOpenAiConversation.object'],
  },
  'what a response is': {
    values: ['response'],
    list: null,
    places: ['Response.object', 'DeletedResponse.object'],
  },
  'what counted tokens are': {
    values: ['response.input_tokens'],
    list: null,
    places: ['ResponseInputTokens.object'],
  },
  'statuses of a response': {
    values: ['queued', 'in_progress', 'completed', 'incomplete', 'cancelled', 'failed'],
    list: responseStatuses,
    places: ['Response.status'],
  },
  'what becomes of a history that is too long': {
    values: ['auto', 'disabled'],
    list: truncations,
    places: ['NewResponse.truncation'],
  },
  'summaries of reasoning': {
    values: ['auto', 'concise', 'detailed'],
    list: reasoningSummaries,
    places: ['NewResponse.summary'],
  },
  'orders of a list of /v1': {
    values: ['asc', 'desc'],
    list: listOrders,
    places: [
      'listInputItems.order',
      'listConversationItems.order',
      'listChatCompletions.order',
      'listChatCompletionMessages.order',
    ],
  },
  'what becomes of unknown parameters': {
    values: ['refuse', 'ignore'],
    list: unknownParameterChoices,
    places: [],
  },
};
