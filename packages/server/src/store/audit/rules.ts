/**
 * What the audit trail says of each command. The list is total: a new command does not compile before it has a rule, or
 * null where it belongs to conversations, to their answers, or to the upkeep of the store.
 */
import type { AuditAction, AuditSubject, AuditValues } from '../../domain/audit/trail.ts';
import type { CommandArgs, CommandName, CommandResult } from '../commands/registry.ts';
import type { AuditedTable } from './columns.ts';

export interface AuditRule<N extends CommandName> {
  readonly action: AuditAction | ((args: CommandArgs<N>) => AuditAction);
  readonly subject: AuditSubject | ((args: CommandArgs<N>) => AuditSubject);
  /** The id of the subject; undefined or null where there is none, or none yet. */
  id(args: CommandArgs<N>, result?: CommandResult<N>): string | number | null | undefined;
  /** The row of the subject, before and after: where nothing that is shown differs, nothing was done. */
  readonly table?: AuditedTable;
  /** What else there is to say of what was done; null: nothing was done. */
  says?(args: CommandArgs<N>, result: CommandResult<N>): AuditValues | null;
  /** The organization in whose trail it is, if that is not the one of the request. */
  organization?(args: CommandArgs<N>): string | null;
}

const ofId = (args: { readonly id: string | number }) => args.id;

/** Each command; those with a rule are audited where they are called with an origin. */
export const auditRules = {
  createOrganization: {
    action: 'organization.create',
    subject: 'organization',
    id: ofId,
    table: 'organization',
    organization: ({ id }) => id,
  },
  updateOrganization: {
    action: 'organization.update',
    subject: 'organization',
    id: ({ organizationId }) => organizationId,
    table: 'organization',
  },
  /** All that its trail held goes with it; that it was deleted is for the operator. */
  deleteOrganization: {
    action: 'organization.delete',
    subject: 'organization',
    id: ({ organizationId }) => organizationId,
    says: (_args, counts) => ({ ...counts }),
    organization: () => null,
  },
  updateOrganizationSettings: {
    action: 'settings.update',
    subject: 'settings',
    id: ({ organizationId }) => organizationId,
    table: 'organization_settings',
  },
  createModel: { action: 'model.create', subject: 'model', id: ofId, table: 'model' },
  updateModel: { action: 'model.update', subject: 'model', id: ofId, table: 'model' },
  deleteModel: { action: 'model.delete', subject: 'model', id: ofId, table: 'model' },
  storeModelTest: {
    action: 'model.test',
    subject: 'model',
    id: ofId,
    says: ({ test }) => ({ ok: test.ok }),
  },
  createPersona: {
    action: 'persona.create',
    subject: 'persona',
    id: (_args, result) => result?.id,
    table: 'persona',
  },
  importPersona: {
    action: 'persona.create',
    subject: 'persona',
    id: (_args, result) => result?.id,
    table: 'persona',
  },
  updatePersona: { action: 'persona.update', subject: 'persona', id: ofId, table: 'persona' },
  deletePersona: { action: 'persona.delete', subject: 'persona', id: ofId, table: 'persona' },
  putNextVersion: { action: 'persona.draft', subject: 'persona', id: ofId, table: 'persona' },
  submitPersona: { action: 'persona.submit', subject: 'persona', id: ofId, table: 'persona' },
  rollbackPersona: { action: 'persona.rollback', subject: 'persona', id: ofId, table: 'persona' },
  createApiKey: { action: 'key.create', subject: 'key', id: ofId, table: 'api_key' },
  updateApiKey: { action: 'key.update', subject: 'key', id: ofId, table: 'api_key' },
  rotateApiKey: { action: 'key.rotate', subject: 'key', id: ofId, table: 'api_key' },
  revokeApiKey: { action: 'key.revoke', subject: 'key', id: ofId, table: 'api_key' },
  createMember: { action: 'member.create', subject: 'member', id: ofId, table: 'member' },
  updateMember: { action: 'member.update', subject: 'member', id: ofId, table: 'member' },
  deleteMember: { action: 'member.delete', subject: 'member', id: ofId, table: 'member' },
  setUp: {
    action: 'account.create',
    subject: 'account',
    id: (_args, result) => result?.accountId,
    says: ({ account }) => ({ email: account.email, operator: true }),
  },
  acceptInvitation: {
    action: ({ accountId }) => (accountId === null ? 'account.create' : 'account.sign-in'),
    subject: 'account',
    id: (_args, result) => result?.accountId,
    says: ({ session }) => ({ method: session.method }),
  },
  applyResetLink: {
    action: 'account.sign-in',
    subject: 'account',
    id: (_args, result) => result?.accountId,
    says: ({ session, password }) => ({
      method: session.method,
      ...(password !== null && { password: 'replaced' }),
    }),
  },
  updateAccount: { action: 'account.update', subject: 'account', id: ofId, table: 'account' },
  setOperator: { action: 'account.update', subject: 'account', id: ofId, table: 'account' },
  deleteAccount: { action: 'account.delete', subject: 'account', id: ofId, table: 'account' },
  signInWithIdentity: {
    action: 'account.sign-in',
    subject: 'account',
    id: (_args, result) => result?.accountId,
    says: ({ session, issuer }, { isNew }) => ({
      method: session.method,
      issuer,
      ...(isNew && { created: true }),
    }),
  },
  /** The link itself is a secret. */
  createSignInLink: {
    action: 'account.link',
    subject: 'account',
    id: () => null,
    says: ({ purpose, email, role }) => ({ purpose, email, ...(role !== null && { role }) }),
  },
  startSession: {
    action: 'account.sign-in',
    subject: 'account',
    id: ({ accountId }) => accountId,
    says: ({ session }) => ({ method: session.method }),
  },
  startPasskeySession: {
    action: 'account.sign-in',
    subject: 'account',
    id: ({ accountId }) => accountId,
    says: ({ session, passkeyId }) => ({ method: session.method, passkey: passkeyId }),
  },
  addPasskey: { action: 'passkey.create', subject: 'passkey', id: ofId, table: 'passkey' },
  updatePasskey: { action: 'passkey.update', subject: 'passkey', id: ofId, table: 'passkey' },
  deletePasskey: { action: 'passkey.delete', subject: 'passkey', id: ofId, table: 'passkey' },
  endSessions: {
    action: ({ id }) => (id === undefined ? 'account.end-sessions' : 'account.sign-out'),
    subject: 'account',
    id: ({ accountId }) => accountId,
    says: (_args, { ended }) => (ended.length === 0 ? null : { sessions: ended.length }),
  },
  /** Nothing of the user stays: neither their `user_id` nor the id by which the store knew them. */
  eraseEndUsers: {
    action: 'user.erase',
    subject: 'user',
    id: () => null,
    says: (_args, counts) => (counts.endUsers === 0 ? null : { ...counts }),
  },
  requestCancel: {
    action: 'generation.cancel',
    subject: 'generation',
    id: ({ generationIds: [id] }) => id,
    says: (_args, { requested }) => (requested === 0 ? null : {}),
  },
  endRetentionRun: {
    action: 'retention.run',
    subject: 'conversations',
    id: () => null,
    says: ({ environment }, erased) => erased && { environment, ...erased },
  },
  /** The secret is the server's; models and webhooks are only counted. */
  resealModels: {
    action: ({ isLost }) => (isLost ? 'secret.reset' : 'secret.rotate'),
    subject: 'secret',
    id: () => null,
    says: (_args, { isAnother, changed, webhooks }) =>
      isAnother || changed > 0 || webhooks.changed > 0
        ? { models: changed, ...(webhooks.changed > 0 && { webhooks: webhooks.changed }) }
        : null,
    organization: () => null,
  },
  createWebhook: { action: 'webhook.create', subject: 'webhook', id: ofId, table: 'webhook' },
  updateWebhook: { action: 'webhook.update', subject: 'webhook', id: ofId, table: 'webhook' },
  deleteWebhook: { action: 'webhook.delete', subject: 'webhook', id: ofId, table: 'webhook' },
  resendDelivery: {
    action: 'webhook.resend',
    subject: 'webhook',
    id: ({ webhookId }) => webhookId,
    says: ({ id }) => ({ delivery: id }),
  },
  /** Where the receiver wants nothing any more. */
  settleDelivery: {
    action: 'webhook.disable',
    subject: 'webhook',
    id: ({ webhookId }) => webhookId,
    table: 'webhook',
  },
  createQuestionSet: {
    action: 'question_set.create',
    subject: 'question_set',
    id: ofId,
    table: 'question_set',
    says: ({ questions }) => ({ questions: questions.length }),
  },
  /** Of questions only the numbers: they may be what an end user said. */
  updateQuestionSet: {
    action: 'question_set.update',
    subject: 'question_set',
    id: ofId,
    table: 'question_set',
    says: (_args, { questions }) => (questions === null ? null : { questions }),
  },
  addQuestion: {
    action: 'question_set.update',
    subject: 'question_set',
    id: ofId,
    says: () => ({ added_questions: 1 }),
  },
  deleteQuestion: {
    action: 'question_set.update',
    subject: 'question_set',
    id: ofId,
    says: () => ({ deleted_questions: 1 }),
  },
  deleteQuestionSet: {
    action: 'question_set.delete',
    subject: 'question_set',
    id: ofId,
    table: 'question_set',
  },
  noteAction: {
    action: ({ action }) => action,
    subject: ({ subject }) => subject.kind,
    id: ({ subject }) => subject.id,
    says: ({ values }) => values,
  },

  touchSession: null,
  pruneSignIns: null,
  noteBudgetReached: null,
  deleteWebhooks: null,
  eraseQuestionSets: null,
  claimDeliveries: null,
  pruneDeliveries: null,
  acceptTurn: null,
  finishGeneration: null,
  failGeneration: null,
  startNextTurn: null,
  switchModel: null,
  expireEphemeral: null,
  eraseEphemeral: null,
  storeSummary: null,
  accountCalls: null,
  addUpUsage: null,
  beginCounting: null,
  reserveCall: null,
  releaseCall: null,
  moveSegments: null,
  cancelQueued: null,
  createConversation: null,
  updateConversation: null,
  setGeneratedTitle: null,
  deleteConversation: null,
  createSession: null,
  completeSession: null,
  postMessage: null,
  deleteMessage: null,
  deleteSession: null,
  moveSessionHead: null,
  forkSession: null,
  giveFeedback: null,
  addMessages: null,
  deleteAnswer: null,
  setGenerationMetadata: null,
  indexSearch: null,
  registerOwner: null,
  renewLease: null,
  endLease: null,
  claimDeadOwners: null,
  deleteExpiredClaims: null,
  settleErasure: null,
  firstStart: null,
  nameInstallation: null,
  nameSecret: null,
  followEnvironment: null,
  learnAboutModel: null,
  touchApiKeys: null,
  ensureEndUser: null,
  beginErasure: null,
  eraseConversations: null,
  eraseModelCalls: null,
  noteRefusals: null,
  pruneAudit: null,
  takeJob: null,
  noteBackup: null,
  expireConversations: null,
} as const satisfies { readonly [N in CommandName]: AuditRule<N> | null };

export type AuditedCommandName = {
  [N in CommandName]: (typeof auditRules)[N] extends null ? never : N;
}[CommandName];

export function auditRuleOf<N extends CommandName>(name: N): AuditRule<N> | null {
  return auditRules[name] as AuditRule<N> | null;
}
