/** Every write that exists, by name. */
import { acceptTurn } from './accept-turn.ts';
import { acceptInvitation, applyResetLink, setUp, updateAccount } from './accounts.ts';
import { addMessages } from './add-messages.ts';
import { addUpUsage } from './add-up-usage.ts';
import { createApiKey, revokeApiKey, rotateApiKey, touchApiKeys, updateApiKey } from './api-keys.ts';
import { noteAction, noteRefusals, pruneAudit } from './audit.ts';
import { noteBackup } from './backups.ts';
import { forkSession, moveSessionHead } from './branches.ts';
import { cancelQueued, requestCancel } from './cancel.ts';
import {
  completeSession,
  createConversation,
  createSession,
  deleteConversation,
  setGeneratedTitle,
  updateConversation,
} from './conversations.ts';
import { deleteAnswer } from './delete-answer.ts';
import { deleteSession } from './delete-session.ts';
import { beginErasure, ensureEndUser, eraseEndUsers, eraseModelCalls } from './end-users.ts';
import { eraseEphemeral, expireEphemeral } from './ephemeral.ts';
import { eraseConversations } from './erase-conversations.ts';
import { settleErasure } from './erasure.ts';
import { deleteExpiredClaims } from './expired-claims.ts';
import { giveFeedback } from './feedback.ts';
import { failGeneration, finishGeneration, startNextTurn } from './finish-generation.ts';
import { firstStart, followEnvironment } from './first-start.ts';
import { setGenerationMetadata } from './generation-metadata.ts';
import { signInWithIdentity } from './identities.ts';
import { importPersona } from './import-persona.ts';
import { indexSearch } from './index-search.ts';
import { nameInstallation } from './installation.ts';
import { takeJob } from './job-leases.ts';
import { learnAboutModel } from './learn-about-model.ts';
import { createMember, deleteMember, updateMember } from './members.ts';
import { deleteMessage } from './messages.ts';
import { accountCalls } from './model-calls.ts';
import { storeModelTest } from './model-tests.ts';
import { createModel, deleteModel, updateModel } from './models.ts';
import { moveSegments } from './move-segments.ts';
import { deleteAccount, setOperator } from './operators.ts';
import { updateOrganizationSettings } from './organization-settings.ts';
import { createOrganization, deleteOrganization, updateOrganization } from './organizations.ts';
import { claimDeadOwners, endLease, registerOwner, renewLease } from './owner.ts';
import { addPasskey, deletePasskey, startPasskeySession, updatePasskey } from './passkeys.ts';
import {
  createPersona,
  deletePersona,
  putNextVersion,
  rollbackPersona,
  submitPersona,
  updatePersona,
} from './personas.ts';
import { postMessage } from './post-message.ts';
import {
  addQuestion,
  createQuestionSet,
  deleteQuestion,
  deleteQuestionSet,
  eraseQuestionSets,
  updateQuestionSet,
} from './question-sets.ts';
import { noteBudgetReached } from './reached-budgets.ts';
import { beginCounting, releaseCall, reserveCall } from './reservations.ts';
import { endRetentionRun, expireConversations } from './retention.ts';
import { nameSecret, resealModels } from './secrets.ts';
import { createSignInLink } from './sign-in-links.ts';
import { endSessions, pruneSignIns, startSession, touchSession } from './sign-in-sessions.ts';
import { storeSummary } from './summaries.ts';
import { switchModel } from './switch-model.ts';
import { claimDeliveries, pruneDeliveries, resendDelivery, settleDelivery } from './webhook-deliveries.ts';
import { createWebhook, deleteWebhook, deleteWebhooks, updateWebhook } from './webhooks.ts';

export const commands = {
  setUp,
  acceptInvitation,
  applyResetLink,
  updateAccount,
  signInWithIdentity,
  setOperator,
  deleteAccount,
  createSignInLink,
  startSession,
  startPasskeySession,
  addPasskey,
  updatePasskey,
  deletePasskey,
  endSessions,
  touchSession,
  pruneSignIns,
  acceptTurn,
  finishGeneration,
  failGeneration,
  startNextTurn,
  switchModel,
  expireEphemeral,
  eraseEphemeral,
  storeSummary,
  accountCalls,
  addUpUsage,
  beginCounting,
  reserveCall,
  releaseCall,
  moveSegments,
  requestCancel,
  cancelQueued,
  createConversation,
  updateConversation,
  setGeneratedTitle,
  deleteConversation,
  createSession,
  completeSession,
  postMessage,
  deleteMessage,
  deleteSession,
  moveSessionHead,
  forkSession,
  giveFeedback,
  addMessages,
  deleteAnswer,
  setGenerationMetadata,
  indexSearch,
  registerOwner,
  renewLease,
  endLease,
  claimDeadOwners,
  deleteExpiredClaims,
  settleErasure,
  firstStart,
  nameInstallation,
  nameSecret,
  resealModels,
  followEnvironment,
  createOrganization,
  updateOrganization,
  updateOrganizationSettings,
  deleteOrganization,
  createModel,
  updateModel,
  deleteModel,
  learnAboutModel,
  storeModelTest,
  createPersona,
  importPersona,
  updatePersona,
  deletePersona,
  putNextVersion,
  submitPersona,
  rollbackPersona,
  createApiKey,
  updateApiKey,
  rotateApiKey,
  revokeApiKey,
  touchApiKeys,
  createMember,
  updateMember,
  deleteMember,
  ensureEndUser,
  eraseConversations,
  beginErasure,
  eraseEndUsers,
  eraseModelCalls,
  noteAction,
  noteBackup,
  noteRefusals,
  pruneAudit,
  takeJob,
  expireConversations,
  endRetentionRun,
  noteBudgetReached,
  createWebhook,
  updateWebhook,
  deleteWebhook,
  deleteWebhooks,
  resendDelivery,
  claimDeliveries,
  settleDelivery,
  pruneDeliveries,
  createQuestionSet,
  updateQuestionSet,
  deleteQuestionSet,
  eraseQuestionSets,
  addQuestion,
  deleteQuestion,
} as const;

type Commands = typeof commands;
export type CommandName = keyof Commands;
export type CommandArgs<N extends CommandName> = Parameters<Commands[N]>[1];
export type CommandResult<N extends CommandName> = Awaited<ReturnType<Commands[N]>>;
