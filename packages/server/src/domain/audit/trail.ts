/** The audit trail: what is kept of what administrators and the server have done, and of who was refused. */
import { newId } from '../ids.ts';
import { type CreatorKind, creatorKinds } from '../scope.ts';

/** What can be done to something, as `<subject>.<verb>`. */
export const auditActions = [
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
] as const;
export type AuditAction = (typeof auditActions)[number];

/** The actions that stand for refusals: a 401 with a credential, a 403, and a sign-in that failed. */
export const refusalActions = [
  'credential.refused',
  'access.refused',
  'sign-in.refused',
] as const satisfies readonly AuditAction[];
export type RefusalAction = (typeof refusalActions)[number];

/** What an action is about. */
export const auditSubjects = [
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
] as const;
export type AuditSubject = (typeof auditSubjects)[number];

/** Who acts: those who can make something, people who sign in, the server itself, and whoever can't be told. */
export const auditActorKinds = [...creatorKinds, 'account', 'server', 'stranger'] as const;
export type AuditActorKind = CreatorKind | 'account' | 'server' | 'stranger';

/** Who acts. */
export interface AuditActor {
  readonly kind: AuditActorKind;
  /**
   * The id of the key, of the member, or of the account. Null for who has none, and for end users, of whom nothing may be left once they
   * are erased.
   */
  readonly id: string | null;
}

/** Where an audited command comes from; its row is made of this and of what the command does. */
export interface AuditOrigin {
  /** Id of the row. */
  readonly id: string;
  readonly actor: AuditActor;
  /** Null where nothing came over the network. */
  readonly address: string | null;
  readonly requestId: string | null;
  /** The organization in whose trail the row is; null: in the operator's alone. */
  readonly organizationId: string | null;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Of what no request asks for. `at`: epoch milliseconds. */
export function originWithoutRequest(
  kind: 'server' | 'operator',
  organizationId: string | null,
  at: number,
): AuditOrigin {
  return { id: newId(), actor: { kind, id: null }, address: null, requestId: null, organizationId, at };
}

/** A row of the trail. */
export interface AuditRecord extends Omit<AuditOrigin, 'actor'> {
  /** `name` is that of the time; null where there is none. */
  readonly actor: AuditActor & { readonly name: string | null };
  readonly action: AuditAction;
  readonly subject: { readonly kind: AuditSubject; readonly id: string | null };
  /** What was changed, as it was and as it is since then. Null where there is nothing to say. */
  readonly before: AuditValues | null;
  readonly after: AuditValues | null;
  /** How often somebody was refused in the minute that begins at `at`; null for what is no refusal. */
  readonly count: number | null;
}

export type AuditValues = Readonly<Record<string, unknown>>;

/** How long refusals are kept, in days. */
export const refusalsKeptDays = 30;
/** Younger rows than this are kept by the store itself, whatever a statement says, in days: refusals, and all others. */
export const leastKeptDays = { refusals: 7, others: 30 } as const;
