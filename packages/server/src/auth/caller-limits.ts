/** Whose limits hold for a caller. Subjects without any limit are left out. */
import { hash } from 'node:crypto';
import {
  clientPrefix,
  defaultEndUserLimits,
  isUnlimited,
  type Limits,
  processLimitNames,
  type SubjectLimits,
  tightest,
  withWriteLimit,
} from '../domain/limits/limits.ts';
import type { Environment } from '../domain/scope.ts';

export interface LimitSources {
  readonly organization: { readonly id: string; readonly limits: Limits; readonly endUserLimits: Limits };
  readonly key?: { readonly id: string; readonly limits: Limits; readonly endUserLimits: Limits } | undefined;
  readonly endUserId?: string | null | undefined;
  /** The device or page of the end user, as its key's owner names it. */
  readonly client?: { readonly environment: Environment; readonly id: string } | undefined;
}

/** A client is counted as an end user of its own, whoever the user is. It has no row, so the store counts nothing for it. */
function clientName(
  organizationId: string,
  { environment, id }: { readonly environment: Environment; readonly id: string },
): string {
  return `${clientPrefix}${hash('sha256', JSON.stringify([organizationId, environment, id]))}`;
}

function inProcess(limits: Limits): Limits {
  return Object.fromEntries(
    processLimitNames.flatMap((name) => (limits[name] === undefined ? [] : [[name, limits[name]]])),
  );
}

export function limitsOfCaller({
  organization,
  key,
  endUserId,
  client,
}: LimitSources): readonly SubjectLimits[] {
  const found: SubjectLimits[] = [];
  const add = (subject: SubjectLimits['subject'], id: string, limits: Limits): void => {
    if (!isUnlimited(limits)) found.push({ subject, id, limits });
  };
  if (endUserId != null) {
    const set = withWriteLimit(tightest(organization.endUserLimits, key?.endUserLimits ?? {}));
    const limits = { ...defaultEndUserLimits, ...set };
    add('end_user', endUserId, limits);
    if (client !== undefined) add('end_user', clientName(organization.id, client), inProcess(limits));
  }
  if (key !== undefined) add('key', key.id, withWriteLimit(key.limits));
  add('organization', organization.id, organization.limits);
  return found;
}
