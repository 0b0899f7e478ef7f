/** Whose limits hold for a call that nobody has just asked for: a title's, a summary's, a query's. */
import { limitsOfCaller } from '../../auth/caller-limits.ts';
import { conversationScope } from '../../auth/scopes.ts';
import { AppError } from '../../domain/errors.ts';
import type { SubjectLimits } from '../../domain/limits/limits.ts';
import { findApiKey } from '../../store/queries/api-keys.ts';
import { readSettings } from '../../store/queries/organization-settings.ts';
import type { Database } from '../../store/store.ts';
import type { Accounting } from './accounting.ts';

/** @throws AppError rate_limited, where the key was revoked */
export async function readPayerLimits(
  reads: Database,
  { organizationId, environment, apiKeyId, endUserId }: Accounting,
): Promise<readonly SubjectLimits[]> {
  const scope = conversationScope(organizationId, environment);
  const { limits, endUserLimits } = await readSettings(reads, scope);
  const organization = { id: organizationId, limits, endUserLimits };
  if (apiKeyId === null) return limitsOfCaller({ organization, endUserId });
  const key = await findApiKey(reads, scope, apiKeyId);
  if (key === undefined) throw new AppError('rate_limited', 'the key was revoked');
  return limitsOfCaller({ organization, key, endUserId });
}
