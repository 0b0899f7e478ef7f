/** Reads what organizations have set. */
import { type Limits, parseLimits } from '../../domain/limits/limits.ts';
import { defaultSettings, type OrganizationSettings } from '../../domain/organization.ts';
import type { OrganizationScope } from '../../domain/scope.ts';
import { statement } from '../statement.ts';
import type { Database, OrganizationSettingsTable } from '../tables.ts';

const ofOrganization = statement<{ organization_id: string }, OrganizationSettingsTable>((db, param) =>
  db.selectFrom('organization_settings').selectAll().where('organization_id', '=', param('organization_id')),
);

/** An organization that has set nothing has no row. */
export function settingsOrDefault(row: OrganizationSettingsTable | undefined): OrganizationSettings {
  if (row === undefined) return defaultSettings;
  return {
    titles: row.titles,
    summaries: row.summaries,
    helperModelId: row.helper_model_id,
    titlePrompt: row.title_prompt,
    summaryPrompt: row.summary_prompt,
    queryPrompt: row.query_prompt,
    internet: row.internet,
    limits: parseLimits(row.limits),
    endUserLimits: parseLimits(row.end_user_limits),
  };
}

/** The settings, or their defaults where the organization has set nothing. */
export async function readSettings(
  db: Database,
  { organizationId }: OrganizationScope,
): Promise<OrganizationSettings> {
  const [row] = await ofOrganization(db, { organization_id: organizationId });
  return settingsOrDefault(row);
}

/** The limits of an organization, and of each of its end users. */
export interface OrganizationLimits {
  readonly id: string;
  readonly limits: Limits;
  readonly endUserLimits: Limits;
}

/** What a query joins from `organization_settings` to know the limits with whatever else it reads. */
export const organizationLimitColumns = [
  'organization_settings.limits as organization_limits',
  'organization_settings.end_user_limits as organization_end_user_limits',
] as const;

export interface OrganizationLimitsRow {
  readonly organization_limits: string | null;
  readonly organization_end_user_limits: string | null;
}

export function toOrganizationLimits(id: string, row: OrganizationLimitsRow): OrganizationLimits {
  return {
    id,
    limits: parseLimits(row.organization_limits),
    endUserLimits: parseLimits(row.organization_end_user_limits),
  };
}

/** Undefined where the organization was deleted. */
export async function findOrganizationLimits(
  db: Database,
  organizationId: string,
): Promise<OrganizationLimits | undefined> {
  const row = await db
    .selectFrom('organization')
    .leftJoin('organization_settings', 'organization_settings.organization_id', 'organization.id')
    .select(organizationLimitColumns)
    .where('organization.id', '=', organizationId)
    .executeTakeFirst();
  return row && toOrganizationLimits(organizationId, row);
}
