/** Published closed lists of the administration: organizations, personas, keys, users, usage, the trail, webhooks, the server. */
import { loadLevels } from '../../../src/concurrency/load/load-watch.ts';
import { apiKeyTypes } from '../../../src/domain/api-key.ts';
import { auditActions, auditActorKinds, auditSubjects } from '../../../src/domain/audit/trail.ts';
import { limitNames, limitSubjects } from '../../../src/domain/limits/limits.ts';
import { endUserReaders, roles, switches } from '../../../src/domain/organization.ts';
import { versionStates, versionTypes } from '../../../src/domain/persona.ts';
import { creatorKinds, environments } from '../../../src/domain/scope.ts';
import { rotationOutcomes, secretSources } from '../../../src/domain/secrets/rotation.ts';
import { usageGroupings, usageGroups, usageIntervals } from '../../../src/domain/usage.ts';
import { deliveryStatuses, webhookEvents } from '../../../src/domain/webhooks/webhook.ts';
import type { PublishedLists } from './published-lists.ts';

/** The places of a field of webhooks. */
function placesOfWebhooks(field: string): readonly string[] {
  return ['createWebhook', 'listWebhooks', 'getWebhook', 'updateWebhook'].map(
    (operation) => `${operation}.${field}`,
  );
}

const ofUsers = ['exportUser', 'deleteUser', 'exportNamedUser', 'deleteNamedUser'];

export const ofAdministration: PublishedLists = {
  stores: { values: ['sqlite', 'postgres'], list: null, places: ['getServerHealth.engine'] },
  'levels of load': {
    values: ['normal', 'busy', 'severe'],
    list: loadLevels,
    places: ['getServerHealth.level'],
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
      ...placesOfWebhooks('kind'),
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
    places: ['WebhookDelivery.type', ...placesOfWebhooks('events')],
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
  health: { values: ['ok'], list: null, places: ['getHealth.status'] },
};
