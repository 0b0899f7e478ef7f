/**
 * Published closed lists: a value that is taken away, or added without being published, fails here. The values are
 * written out, since comparing the code's lists with themselves would prove nothing. The file has more than 400 lines since
 * it is one table of all lists.
 */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { loadLevels } from '../../../src/concurrency/load/load-watch.ts';
import { apiKeyTypes } from '../../../src/domain/api-key.ts';
import { auditActions, auditActorKinds, auditSubjects } from '../../../src/domain/audit/trail.ts';
import { errorCodes } from '../../../src/domain/errors.ts';
import { partKinds, researchStatuses } from '../../../src/domain/event.ts';
import {
  contextSections,
  dialects,
  finishReasons,
  generationStatuses,
  receiptStatuses,
  treatments,
  truncations,
  views,
  whenBusyChoices,
} from '../../../src/domain/generation.ts';
import { limitNames, limitSubjects } from '../../../src/domain/limits/limits.ts';
import { messageRoles, shownRoles } from '../../../src/domain/message.ts';
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
import { endUserReaders, roles, switches } from '../../../src/domain/organization.ts';
import { versionStates, versionTypes } from '../../../src/domain/persona.ts';
import {
  listOrders,
  reasoningSummaries,
  responseStatuses,
  unknownParameterChoices,
} from '../../../src/domain/request/openai-parameters.ts';
import { creatorKinds, environments } from '../../../src/domain/scope.ts';
import { rotationOutcomes, secretSources } from '../../../src/domain/secrets/rotation.ts';
import { sessionStatuses } from '../../../src/domain/session.ts';
import {
  modelCallPurposes,
  usageGroupings,
  usageGroups,
  usageIntervals,
  usageProvenances,
} from '../../../src/domain/usage.ts';
import { deliveryStatuses, webhookEvents } from '../../../src/domain/webhooks/webhook.ts';
import { startTestApp } from '../http-app.ts';

interface PublishedList {
  readonly values: readonly string[];
  /** The list in `domain`; null for a list of one dialect. */
  readonly list: readonly string[] | null;
  /** Its places in the OpenAPI document: `<component or operationId>.<field>`. Empty if only stored data has it. */
  readonly places: readonly string[];
}

/** The places of a field of models. */
function ofModels(field: string): readonly string[] {
  return ['createModel', 'listModels', 'getModel', 'updateModel'].map((operation) => `${operation}.${field}`);
}

/** The places of a field of webhooks. */
function ofWebhooks(field: string): readonly string[] {
  return ['createWebhook', 'listWebhooks', 'getWebhook', 'updateWebhook'].map(
    (operation) => `${operation}.${field}`,
  );
}

const ofUsers = ['exportUser', 'deleteUser', 'exportNamedUser', 'deleteNamedUser'];

const published: Readonly<Record<string, PublishedList>> = {
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
      'Generation.code',
      'Message.code',
      'OrganizationGeneration.code',
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
      'getOrganizationConversation.status',
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
      'complete.finish_reason',
      'continue.finish_reason',
    ],
  },
  'what happens while a session is busy': {
    values: ['reject', 'queue', 'interrupt'],
    list: whenBusyChoices,
    places: [
      'streamCompletion.when_busy',
      'uiChat.when_busy',
      'streamContinuation.when_busy',
      'complete.when_busy',
      'continue.when_busy',
      'streamChat.when_busy',
      'infer.when_busy',
      'inferWithInternet.when_busy',
      'regenerateGeneration.when_busy',
      'continueGeneration.when_busy',
      'createResponse.when_busy',
    ],
  },
  dialects: {
    values: ['chat', 'conversation', 'chats', 'responses', 'completions', 'ui'],
    list: dialects,
    places: ['Generation.dialect', 'OrganizationGeneration.dialect'],
  },
  providers: {
    values: ['openai', 'anthropic', 'google', 'mistral', 'azure', 'openai-compatible', 'local', 'guide'],
    list: providers,
    places: [
      'exportPersona.provider',
      'importPersona.provider',
      'Generation.provider',
      'OrganizationGeneration.provider',
      'getConversationWithSessions.provider',
      'listLanguageModels.provider',
      'createModel.provider',
      'listModels.provider',
      'getModel.provider',
      'updateModel.provider',
      'discoverModels.provider',
      'listProviders.provider',
    ],
  },
  presets: {
    values: ['groq', 'deepseek', 'xai', 'openrouter', 'together', 'ollama', 'vllm', 'llama.cpp', 'lm-studio'],
    list: presets,
    places: [
      'createModel.preset',
      'listModels.preset',
      'getModel.preset',
      'updateModel.preset',
      'discoverModels.preset',
      'listProviders.preset',
    ],
  },
  stores: { values: ['sqlite', 'postgres'], list: null, places: ['getServerHealth.engine'] },
  'levels of load': {
    values: ['normal', 'busy', 'severe'],
    list: loadLevels,
    places: ['getServerHealth.level'],
  },
  'headers of keys': {
    values: ['authorization', 'api-key', 'x-api-key'],
    list: null,
    places: ['listProviders.key_header'],
  },
  'what a provider needs': {
    values: ['base_url', 'api_key'],
    list: null,
    places: ['listProviders.required'],
  },
  'fields of an answer’s length': {
    values: ['auto', 'max_tokens', 'max_completion_tokens'],
    list: tokenFields,
    places: ofModels('token_field'),
  },
  'roles of instructions': {
    values: ['system', 'developer', 'user'],
    list: systemRoles,
    places: ofModels('system_role'),
  },
  'roles of a greeting': {
    values: ['system', 'assistant'],
    list: greetingRoles,
    places: ofModels('greeting_role'),
  },
  'think tags': { values: ['auto', 'off'], list: thinkTagChoices, places: ofModels('think_tags') },
  'sources of a context window': {
    values: ['set', 'listed', 'learnt', 'assumed'],
    list: contextWindowSources,
    places: ofModels('context_window_source'),
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
    places: ofModels('refused_parameters'),
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
  'groups of usage': {
    values: ['model', 'persona', 'key', 'user', 'purpose', 'environment'],
    list: usageGroups,
    places: ['getUsage.by'],
  },
  'words of group_by': {
    values: ['day', 'model', 'persona', 'key', 'user', 'purpose', 'environment'],
    list: usageGroupings,
    places: ['getUsage.group_by'],
  },
  'intervals of usage': {
    values: ['hour', 'day', 'month'],
    list: usageIntervals,
    places: ['getUsage.interval'],
  },
  'purposes of model calls': {
    values: ['answer', 'title', 'summary', 'query', 'fallback', 'test'],
    list: modelCallPurposes,
    places: [],
  },
  roles: {
    values: ['owner', 'admin', 'member', 'guest'],
    list: roles,
    places: [
      'listOwnOrganizations.role',
      'createMember.role',
      'listMembers.role',
      'getMember.role',
      'updateMember.role',
    ],
  },
  'readers of end users’ conversations': {
    values: ['admins', 'members'],
    list: endUserReaders,
    places: ['getSettings.end_user_conversations', 'updateSettings.end_user_conversations'],
  },
  switches: {
    values: ['on', 'off'],
    list: switches,
    places: [
      'getSettings.titles',
      'getSettings.summaries',
      'getSettings.internet',
      'updateSettings.titles',
      'updateSettings.summaries',
      'updateSettings.internet',
    ],
  },
  'names of limits': {
    values: [
      'requests_per_minute',
      'writes_per_minute',
      'tokens_per_minute',
      'concurrent_streams',
      'viewers',
      'tokens_per_day',
      'budget_per_month',
      'queued_turns',
      'storage_bytes',
    ],
    list: limitNames,
    places: ['Error.name', 'DetailError.name'],
  },
  'subjects of limits': {
    values: ['key', 'organization', 'end_user', 'session'],
    list: [...limitSubjects, 'session'],
    places: ['Error.subject', 'DetailError.subject'],
  },
  'types of keys': {
    values: ['test', 'prod', 'admin'],
    list: apiKeyTypes,
    places: ['createKey.type', 'listKeys.type', 'getKey.type', 'updateKey.type', 'rotateKey.type'],
  },
  'kinds of callers': {
    values: ['member', 'key', 'end-user', 'operator', 'anonymous'],
    list: creatorKinds,
    places: [
      'listPersonaVersions.kind',
      ...['createKey.kind', 'listKeys.kind', 'getKey.kind', 'updateKey.kind', 'rotateKey.kind'],
      ...[
        'Conversation.kind',
        'listConversations.kind',
        'getConversationWithSessions.kind',
        'Generation.kind',
        'OrganizationGeneration.kind',
      ],
      ...['OrganizationConversation.kind', 'getOrganizationConversation.kind'],
      ...ofWebhooks('kind'),
    ],
  },
  'actions of the audit trail': {
    values: [
      'organization.create',
      'organization.update',
      'organization.delete',
      'settings.update',
      'model.create',
      'model.update',
      'model.delete',
      'model.test',
      'model.discover',
      'persona.create',
      'persona.update',
      'persona.draft',
      'persona.submit',
      'persona.rollback',
      'persona.delete',
      'key.create',
      'key.update',
      'key.rotate',
      'key.revoke',
      'member.create',
      'member.update',
      'member.delete',
      'member.token',
      'user.export',
      'user.erase',
      'webhook.create',
      'webhook.update',
      'webhook.delete',
      'webhook.resend',
      'webhook.disable',
      'generation.cancel',
      'retention.run',
      'backup.create',
      'secret.rotate',
      'secret.reset',
      'credential.refused',
      'access.refused',
    ],
    list: auditActions,
    places: ['AuditEntry.action', 'listAudit.action', 'listWholeAudit.action'],
  },
  'subjects of the audit trail': {
    values: [
      'organization',
      'settings',
      'model',
      'persona',
      'key',
      'member',
      'user',
      'webhook',
      'generation',
      'conversations',
      'backup',
      'secret',
      'credential',
    ],
    list: auditSubjects,
    places: ['AuditEntry.kind'],
  },
  'actors of the audit trail': {
    values: ['member', 'key', 'end-user', 'operator', 'anonymous', 'server', 'stranger'],
    list: auditActorKinds,
    places: ['AuditActor.kind'],
  },
  'how a rotation of the secret ends': {
    values: ['rotated', 'resealed', 'unchanged'],
    list: rotationOutcomes,
    places: ['rotateSecret.outcome'],
  },
  'where the secret is from': {
    values: ['file', 'variable'],
    list: secretSources,
    places: ['rotateSecret.source'],
  },
  environments: {
    values: ['test', 'prod'],
    list: environments,
    places: [
      'getUsage',
      'OrganizationConversation',
      'listOrganizationConversations',
      'getOrganizationConversation',
      'listUsers',
      'getUser',
      'EndUser',
      ...ofUsers,
      'OrganizationGeneration',
      'WebhookEventData',
    ].map((name) => `${name}.environment`),
  },
  'events for webhooks': {
    values: [
      'generation.completed',
      'generation.failed',
      'conversation.deleted',
      'user.erased',
      'budget.reached',
    ],
    list: webhookEvents,
    places: ['WebhookDelivery.type', ...ofWebhooks('events')],
  },
  'statuses of deliveries': {
    values: ['pending', 'delivered', 'failed'],
    list: deliveryStatuses,
    places: ['WebhookDelivery.status'],
  },
  'types of versions': {
    values: ['next', 'active'],
    list: versionTypes,
    places: [
      'getToken.version_type',
      'streamCompletion.version_type',
      'streamContinuation.version_type',
      'complete.version_type',
      'continue.version_type',
      ...['getToken', 'streamCompletion', 'streamContinuation', 'complete', 'continue'].map(
        (operation) => `${operation}.version_tag`,
      ),
      ...['createChatSession', 'forkSession', 'uiChat'].flatMap((operation) => [
        `${operation}.version_type`,
        `${operation}.version_tag`,
      ]),
    ],
  },
  'states of versions': {
    values: ['next', 'active', 'past'],
    list: versionStates,
    places: ['listPersonaVersions.state'],
  },
  'statuses of sessions': {
    values: ['active', 'completed'],
    list: sessionStatuses,
    places: ['ChatSession.status', 'getConversationWithSessions.status', 'OrganizationSession.status'],
  },
  'roles of messages': {
    values: ['system', 'developer', 'user', 'assistant', 'tool'],
    list: messageRoles,
    places: ['ContextReceipt.role'],
  },
  'roles that clients see': {
    values: ['user', 'assistant'],
    list: shownRoles,
    places: ['Message.role'],
  },
  'roles of the chats dialect': {
    values: ['Human', 'Assistant'],
    list: null,
    places: ['ChatMessage.role', 'createChatMessage.role'],
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
  'events of the chat dialect': {
    values: ['session_created', 'session_continued', 'queued', 'token', 'done', 'error'],
    list: null,
    places: ['ChatEvent.type'],
  },
  'events of the conversation dialect': {
    values: ['start', 'queued', 'content', 'end', 'error'],
    list: null,
    places: ['ConversationEvent.type'],
  },
  'events of the view events': {
    values: [
      ...['session', 'queued', 'started', 'status', 'reasoning', 'text', 'tool_call', 'tool_call_delta'],
      ...['tool_call_end', 'sources', 'done', 'error'],
    ],
    list: null,
    places: ['GenerationEvent.type'],
  },
  views: {
    values: ['chat', 'conversation', 'chats', 'responses', 'completions', 'ui', 'events'],
    list: views,
    places: ['streamGeneration.dialect'],
  },
  'what useChat wants': {
    values: ['submit-message', 'regenerate-message'],
    list: null,
    places: ['uiChat.trigger'],
  },
  'branches of a conversation': { values: ['current'], list: null, places: ['listMessages.branch'] },
  'parts of messages that can be included': {
    values: ['reasoning'],
    list: null,
    places: ['listMessages.include', 'getMessage.include', 'getThread.include', 'getUserThread.include'],
  },
  'codes of what did not arrive whole': {
    values: ['invalid_request'],
    list: null,
    places: ['EarlyError.code'],
  },
  'what a model of /v1 is': { values: ['model'], list: null, places: ['OpenAiModel.object'] },
  'what a list of /v1 is': {
    values: ['list'],
    list: null,
    places: ['ItemList.object', 'listOpenAiModels.object'],
  },
  'what a chat completion is': {
    values: ['chat.completion'],
    list: null,
    places: ['ChatCompletion.object'],
  },
  'what a deleted chat completion is': {
    values: ['chat.completion.deleted'],
    list: null,
    places: ['deleteChatCompletion.object'],
  },
  'what a conversation of /v1 is': {
    values: ['conversation'],
    list: null,
    places: ['OpenAiConversation.object'],
  },
  'what a deleted conversation of /v1 is': {
    values: ['conversation.deleted'],
    list: null,
    places: ['deleteOpenAiConversation.object'],
  },
  'what a response is': {
    values: ['response'],
    list: null,
    places: ['Response.object', 'deleteResponse.object'],
  },
  'statuses of a response': {
    values: ['queued', 'in_progress', 'completed', 'incomplete', 'cancelled', 'failed'],
    list: responseStatuses,
    places: ['Response.status'],
  },
  'what becomes of a history that is too long': {
    values: ['auto', 'disabled'],
    list: truncations,
    places: ['createResponse.truncation'],
  },
  'summaries of reasoning': {
    values: ['auto', 'concise', 'detailed'],
    list: reasoningSummaries,
    places: ['createResponse.summary'],
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
  health: { values: ['ok'], list: null, places: ['getHealth.status'] },
};

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}

/** Calls `found` with every `enum` below a node, and the name of the property or parameter that it belongs to. */
function findEnums(node: unknown, field: string, found: (field: string, values: string[]) => void): void {
  if (!isObject(node)) return;
  if (Array.isArray(node.enum)) found(field, node.enum);
  const isParameter = typeof node.in === 'string' && typeof node.name === 'string';
  for (const [key, child] of Object.entries(node)) {
    if (key === 'example' || key === 'examples') continue;
    if (key === 'properties' && isObject(child)) {
      for (const [name, property] of Object.entries(child)) findEnums(property, name, found);
    } else {
      findEnums(child, isParameter ? String(node.name) : field, found);
    }
  }
}

/** The lists of the document, by place. The one word that each event has for its type is added to the others. */
function listsOf(document: Json): Map<string, string[][]> {
  const lists = new Map<string, string[][]>();
  const add = (owner: string) => (field: string, values: string[]) => {
    const place = `${owner}.${field}`;
    const known = lists.get(place);
    if (known === undefined) lists.set(place, [values]);
    else if (owner.endsWith('Event') && field === 'type') known[0]?.push(...values);
    else known.push(values);
  };
  const { components, paths } = document as { components: { schemas: Json }; paths: Record<string, Json> };
  for (const [name, schema] of Object.entries(components.schemas)) findEnums(schema, name, add(name));
  for (const operation of Object.values(paths).flatMap((path) => Object.values(path))) {
    findEnums(operation, '', add((operation as { operationId: string }).operationId));
  }
  return lists;
}

const app = await startTestApp('sqlite');
const lists = listsOf((await app.call('/docs/openapi.json')).body);

describe('closed lists', () => {
  after(() => app[Symbol.asyncDispose]());

  for (const [name, { values, list, places }] of Object.entries(published)) {
    test(name, () => {
      if (list !== null) assert.deepEqual(list, values);
      for (const place of places) {
        const found = lists.get(place) ?? assert.fail(`${place} is not a closed list in the document`);
        for (const one of found) assert.deepEqual(one, values, place);
      }
    });
  }

  test('every list of the document is in the table', () => {
    const known = Object.values(published).flatMap(({ places }) => places);
    assert.deepEqual(
      [...lists.keys()].filter((place) => !known.includes(place)),
      [],
    );
  });
});
