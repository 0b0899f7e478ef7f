/** Finds conversations that may be older than their organization keeps them. */
import { parseRetention } from '../../domain/organization.ts';
import { type Environment, environments } from '../../domain/scope.ts';
import type { Database } from '../tables.ts';

export interface RetentionRule {
  readonly organizationId: string;
  readonly environment: Environment;
  /** Days that conversations are kept after the last that happened in them. */
  readonly days: number;
}

/** All rules of all organizations, and those that were taken back while their run was cut off (`days` is infinite). */
export async function listRetentionRules(db: Database): Promise<RetentionRule[]> {
  const rows = await db
    .selectFrom('organization_settings')
    .select(['organization_id', 'retention_days'])
    .where('retention_days', 'is not', null)
    .orderBy('organization_id')
    .execute();
  const rules = rows.flatMap(({ organization_id: organizationId, retention_days }) => {
    const retention = parseRetention(retention_days);
    return environments.flatMap((environment) => {
      const days = retention[environment];
      return days === null ? [] : [{ organizationId, environment, days }];
    });
  });
  const runs = await db.selectFrom('retention_run').select(['organization_id', 'environment']).execute();
  const cutOff = runs
    .filter(
      (run) =>
        !rules.some(
          (rule) => rule.organizationId === run.organization_id && rule.environment === run.environment,
        ),
    )
    .map(({ organization_id: organizationId, environment }) => ({
      organizationId,
      environment,
      days: Number.POSITIVE_INFINITY,
    }));
  return [...rules, ...cutOff];
}

export interface RetentionPlace {
  readonly createdAt: number;
  readonly id: string;
}

/**
 * Looks at up to `limit` conversations, the oldest first: a time at which something happened is never before the one at
 * which the conversation was made.
 */
export async function findExpirable(
  db: Database,
  {
    organizationId,
    environment,
    cutoff,
    now,
  }: Omit<RetentionRule, 'days'> & { readonly cutoff: number; readonly now: number },
  after: RetentionPlace | undefined,
  limit: number,
): Promise<{ readonly ids: readonly string[]; readonly next: RetentionPlace | null }> {
  let query = db
    .selectFrom('conversation')
    .select(['id', 'created_at', 'updated_at'])
    .where('organization_id', '=', organizationId)
    .where('environment', '=', environment)
    .where('created_at', '<', cutoff);
  if (after !== undefined) {
    query = query
      .where('created_at', '>=', after.createdAt)
      .where((eb) => eb.or([eb('created_at', '>', after.createdAt), eb('id', '>', after.id)]));
  }
  const rows = await query.orderBy('created_at').orderBy('id').limit(limit).execute();
  const last = rows.at(-1);
  return {
    ids: rows.filter((row) => row.updated_at < cutoff || row.updated_at > now).map(({ id }) => id),
    next: last === undefined || rows.length < limit ? null : { createdAt: last.created_at, id: last.id },
  };
}
