/** Published closed lists of the administration: organizations, personas, keys, users, usage, the trail, webhooks, the server. */
import { loadLevels } from '../../../src/concurrency/load/load-watch.ts';
import { linkPurposes, passkeyStates, signInMethods } from '../../../src/domain/accounts/account.ts';
import { apiKeyTypes } from '../../../src/domain/api-key.ts';
import { auditActions, auditActorKinds, auditSubjects } from '../../../src/domain/audit/trail.ts';
import { limitNames, limitSubjects } from '../../../src/domain/limits/limits.ts';
import { localModelStates } from '../../../src/domain/model.ts';
import { checks, verdicts } from '../../../src/domain/operations/examination.ts';
import { endUserReaders, roles, switches } from '../../../src/domain/organization.ts';
import { versionStates, versionTypes } from '../../../src/domain/persona.ts';
import { creatorKinds, environments } from '../../../src/domain/scope.ts';
import { rotationOutcomes, secretSources } from '../../../src/domain/secrets/rotation.ts';
import { usageGroupings, usageGroups, usageIntervals } from '../../../src/domain/usage.ts';
import { deliveryStatuses, webhookEvents } from '../../../src/domain/webhooks/webhook.ts';
import type { PublishedLists } from './published-lists.ts';

const ofUsers = ['exportUser', 'deleteUser', 'exportNamedUser', 'deleteNamedUser'];

export const ofAdministration: PublishedLists = {
  stores: { values: ['sqlite', 'postgres'], list: null, places: ['Health.engine'] },
  'levels of load': {
    values: ['normal', 'busy', 'severe'],
    list: loadLevels,
    places: ['Health.level'],
  },
  'checks of the doctor': {
    values: ['first byte', 'buffering', 'headers', 'resume', 'silence', 'lifetime'],
    list: checks,
    places: ['Finding.name'],
  },
  verdicts: { values: ['ok', 'note', 'bad'], list: verdicts, places: ['Finding.verdict'] },
  'states of the local model': {
    values: ['absent', 'fetching', 'verifying', 'loading', 'ready', 'failed', 'off'],
    list: localModelStates,
    places: ['LocalModel.state'],
  },
  'groups of usage': {
    values: ['model', 'persona', 'key', 'user', 'purpose', 'environment'],
    list: usageGroups,
    places: ['UsageLine.by'],
  },
  'words of group_by': {
    values: ['day', 'model', 'persona', 'key', 'user', 'purpose', 'environment'],
    list: usageGroupings,
    places: ['getUsage.group_by'],
  },
  'intervals of usage': {
    values: ['hour', 'day', 'month'],
    list: usageIntervals,
    places: ['UsageReport.interval', 'getUsage.interval'],
  },
  roles: {
    values: ['owner', 'admin', 'member', 'guest'],
    list: roles,
    places: [
      'OwnOrganization.role',
      'NewMember.role',
      'Member.role',
      'MemberChanges.role',
      'Profile.role',
      'LinkFacts.role',
      'NewSignInLink.role',
    ],
  },
  'ways to sign in': {
    values: ['password', 'link', 'oidc', 'passkey'],
    list: signInMethods,
    places: ['SignInSession.method'],
  },
  'whether passkeys work': {
    values: ['available', 'no_host_name', 'insecure', 'off'],
    list: passkeyStates,
    places: ['SignInOptions.state', 'ServerSettings.state'],
  },
  // Those of WebAuthn that are asked for or taken.
  'kinds of credentials': {
    values: ['public-key'],
    list: null,
    places: ['PasskeyCreation.type', 'PasskeyAssertion.type', 'PasskeyCreationOptions.type'],
  },
  'what passkeys have to do': {
    values: ['required'],
    list: null,
    places: [
      'PasskeyCreationOptions.residentKey',
      'PasskeyCreationOptions.userVerification',
      'PasskeyRequestOptions.userVerification',
    ],
  },
  attestation: { values: ['none'], list: null, places: ['PasskeyCreationOptions.attestation'] },
  'purposes of links': {
    values: ['setup', 'invite', 'reset'],
    list: linkPurposes,
    places: ['LinkFacts.purpose'],
  },
  'purposes of links that people make': {
    values: ['invite', 'reset'],
    list: null,
    places: ['NewSignInLink.purpose'],
  },
  'purposes of an operator’s links': {
    values: ['setup', 'reset'],
    list: null,
    places: ['OperatorLink.purpose'],
  },
  'readers of end users’ conversations': {
    values: ['admins', 'members'],
    list: endUserReaders,
    places: ['Settings.end_user_conversations', 'SettingsChanges.end_user_conversations'],
  },
  switches: {
    values: ['on', 'off'],
    list: switches,
    places: [
      'Settings.titles',
      'Settings.summaries',
      'Settings.internet',
      'SettingsDefaults.titles',
      'SettingsDefaults.summaries',
      'SettingsChanges.titles',
      'SettingsChanges.summaries',
      'SettingsChanges.internet',
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
    places: ['RefusingLimit.name'],
  },
  'subjects of limits': {
    values: ['key', 'organization', 'end_user', 'session'],
    list: [...limitSubjects, 'session'],
    places: ['RefusingLimit.subject'],
  },
  'types of keys': {
    values: ['test', 'prod', 'admin'],
    list: apiKeyTypes,
    places: ['ApiKeyRequest.type', 'NewApiKey.type', 'ApiKey.type', 'ChangedApiKey.type'],
  },
  'kinds of callers': {
    values: ['member', 'key', 'end-user', 'operator', 'anonymous'],
    list: creatorKinds,
    places: ['Creator.kind'],
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
      'account.create',
      'account.update',
      'account.delete',
      'account.link',
      'account.sign-in',
      'account.sign-out',
      'account.end-sessions',
      'passkey.create',
      'passkey.update',
      'passkey.delete',
      'user.export',
      'user.erase',
      'webhook.create',
      'webhook.update',
      'webhook.delete',
      'webhook.resend',
      'webhook.disable',
      'question_set.create',
      'question_set.update',
      'question_set.delete',
      'generation.cancel',
      'retention.run',
      'server.examine',
      'search.test',
      'backup.create',
      'secret.rotate',
      'secret.reset',
      'credential.refused',
      'access.refused',
      'sign-in.refused',
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
      'account',
      'passkey',
      'user',
      'webhook',
      'question_set',
      'generation',
      'conversations',
      'server',
      'backup',
      'secret',
      'credential',
    ],
    list: auditSubjects,
    places: ['AuditEntry.kind'],
  },
  'actors of the audit trail': {
    values: ['member', 'key', 'end-user', 'operator', 'anonymous', 'account', 'server', 'stranger'],
    list: auditActorKinds,
    places: ['AuditActor.kind'],
  },
  'how a rotation of the secret ends': {
    values: ['rotated', 'resealed', 'unchanged'],
    list: rotationOutcomes,
    places: ['SecretRotation.outcome'],
  },
  'where the secret is from': {
    values: ['file', 'variable'],
    list: secretSources,
    places: ['SecretRotation.source'],
  },
  environments: {
    values: ['test', 'prod'],
    list: environments,
    places: [
      'getUsage',
      'OrganizationConversation',
      'listOrganizationConversations',
      'OrganizationConversationWithSessions',
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
    places: [
      'WebhookDelivery.type',
      'WebhookSettings.events',
      'NewWebhook.events',
      'Webhook.events',
      'WebhookChanges.events',
    ],
  },
  'statuses of deliveries': {
    values: ['pending', 'delivered', 'failed'],
    list: deliveryStatuses,
    places: ['WebhookDelivery.status'],
  },
  'types of versions': {
    values: ['next', 'active'],
    list: versionTypes,
    places: ['PersonaSelector.version_type', 'PersonaSelector.version_tag', 'PersonaTrial.version'],
  },
  'states of versions': {
    values: ['next', 'active', 'past'],
    list: versionStates,
    places: ['PersonaVersion.state'],
  },
  health: { values: ['ok'], list: null, places: ['Liveness.status'] },
};
