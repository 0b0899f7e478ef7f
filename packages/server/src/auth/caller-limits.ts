/** Whose limits hold for a caller. Subjects without any limit are left out. */
import {
  defaultEndUserLimits,
  isUnlimited,
  type Limits,
  type SubjectLimits,
  tightest,
  withWriteLimit,
} from '../domain/limits/limits.ts';

export interface LimitSources {
  readonly organization: { readonly id: string; readonly limits: Limits; readonly endUserLimits: Limits };
  readonly key?: { readonly id: string; readonly limits: Limits; readonly endUserLimits: Limits } | undefined;
  readonly endUserId?: string | null | undefined;
}

export function limitsOfCaller({ organization, key, endUserId }: LimitSources): readonly SubjectLimits[] {
  const found: SubjectLimits[] = [];
  const add = (subject: SubjectLimits['subject'], id: string, limits: Limits): void => {
    if (!isUnlimited(limits)) found.push({ subject, id, limits });
  };
  if (endUserId != null) {
    const set = withWriteLimit(tightest(organization.endUserLimits, key?.endUserLimits ?? {}));
    add('end_user', endUserId, { ...defaultEndUserLimits, ...set });
  }
  if (key !== undefined) add('key', key.id, withWriteLimit(key.limits));
  add('organization', organization.id, organization.limits);
  return found;
}
