/** Published closed lists of generations: how they run and end, what they cost, and what they were made of. */
import { errorCodes } from '../../../src/domain/errors.ts';
import { partKinds, researchStatuses } from '../../../src/domain/event.ts';
import {
  contextSections,
  dialects,
  finishReasons,
  generationStatuses,
  receiptStatuses,
  treatments,
  views,
  whenBusyChoices,
} from '../../../src/domain/generation.ts';
import { modelCallPurposes, usageProvenances } from '../../../src/domain/usage.ts';
import type { PublishedLists } from './published-lists.ts';

export const ofGenerations: PublishedLists = {
  'error codes': {
    values: [
      'invalid_request',
      'invalid_json',
      'unsupported',
      'context_overflow',
      'unauthenticated',
      'forbidden',
      'not_found',
      'method_not_allowed',
      'conflict',
      'in_use',
      'session_busy',
      'idempotency_mismatch',
      'model_unavailable',
      'payload_too_large',
      'rate_limited',
      'quota_exhausted',
      'internal',
      'provider_error',
      'interrupted',
      'overloaded',
      'provider_timeout',
    ],
    list: errorCodes,
    places: [
      'Error.code',
      'DetailError.code',
      'ChatEvent.code',
      'ConversationEvent.code',
      'GenerationEvent.code',
      'Failure.code',
      'WebhookEventData.code',
    ],
  },
  'generation statuses': {
    values: ['queued', 'running', 'done', 'failed', 'cancelled', 'interrupted'],
    list: generationStatuses,
    places: [
      'Generation.status',
      'Message.status',
      'ChatMessage.status',
      'OrganizationGeneration.status',
      'listGenerations.status',
      'OrganizationConversation.status',
      'listOrganizationConversations.status',
      'OrganizationConversationWithSessions.status',
      'listUsers.status',
      'EndUser.status',
      'WebhookEventData.status',
    ],
  },
  'finish reasons': {
    values: ['stop', 'length', 'tool_calls', 'content_filter', 'cancelled'],
    list: finishReasons,
    places: [
      'Generation.finish_reason',
      'Message.finish_reason',
      'OrganizationGeneration.finish_reason',
      'ChatEvent.finish_reason',
      'ConversationEvent.finish_reason',
      'GenerationEvent.finish_reason',
      'ChatAnswer.finish_reason',
    ],
  },
  'what happens while a session is busy': {
    values: ['reject', 'queue', 'interrupt'],
    list: whenBusyChoices,
    places: [
      'ChatTurn.when_busy',
      'ChatContinuation.when_busy',
      'ConversationTurn.when_busy',
      'NewResponse.when_busy',
      'UiChat.when_busy',
      'infer.when_busy',
      'inferWithInternet.when_busy',
      'regenerateGeneration.when_busy',
      'continueGeneration.when_busy',
    ],
  },
  dialects: {
    values: ['chat', 'conversation', 'chats', 'responses', 'completions', 'ui'],
    list: dialects,
    places: ['Generation.dialect', 'OrganizationGeneration.dialect'],
  },
  'provenance of usage': {
    values: ['reported', 'estimated', 'unknown'],
    list: usageProvenances,
    places: ['Usage.provenance'],
  },
  'provenance of a receipt': {
    values: ['estimated'],
    list: null,
    places: ['ContextReceipt.tokens_provenance'],
  },
  'purposes of model calls': {
    values: ['answer', 'title', 'summary', 'query', 'fallback', 'test'],
    list: modelCallPurposes,
    places: [],
  },
  'sections of a prompt': {
    values: ['system', 'summary', 'history', 'message', 'sources'],
    list: contextSections,
    places: ['ContextReceipt.section'],
  },
  'treatments of messages': {
    values: ['whole', 'summarised', 'dropped'],
    list: treatments,
    places: ['ContextReceipt.treatment'],
  },
  'statuses of a receipt': {
    values: ['recorded', 'expected'],
    list: receiptStatuses,
    places: ['ContextReceipt.status'],
  },
  'kinds of parts': { values: ['text', 'reasoning', 'tool-call'], list: partKinds, places: [] },
  'statuses of research': {
    values: ['searching', 'reading', 'answering'],
    list: researchStatuses,
    places: ['GenerationEvent.status'],
  },
  views: {
    values: ['chat', 'conversation', 'chats', 'responses', 'completions', 'ui', 'events'],
    list: views,
    places: ['streamGeneration.dialect'],
  },
};
