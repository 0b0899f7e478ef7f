/** Reads what organizations have set. */
import { type Limits, parseLimits } from '../../domain/limits/limits.ts';
import {
  defaultSettings,
  type EndUserReaders,
  type OrganizationSettings,
  parseRetention,
} from '../../domain/organization.ts';
import type { OrganizationScope } from '../../domain/scope.ts';
import { remembered, statement } from '../statement.ts';
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
    endUserConversations: row.end_user_conversations ?? defaultSettings.endUserConversations,
    limits: parseLimits(row.limits),
    endUserLimits: parseLimits(row.end_user_limits),
    retentionDays: parseRetention(row.retention_days),
  };
}

/** The settings, or their defaults where the organization has set nothing. */
export async function readSettings(
  db: Database,
  { organizationId }: OrganizationScope,
): Promise<OrganizationSettings> {
  const found = await remembered(db, `settings ${organizationId}`, async () => {
    const [row] = await ofOrganization(db, { organization_id: organizationId });
    return settingsOrDefault(row);
  });
  return found ?? defaultSettings;
}

/** What holds for each request: the limits of an organization and of each of its end users, and who reads what these say. */
export interface OrganizationRules {
  readonly id: string;
  readonly limits: Limits;
  readonly endUserLimits: Limits;
  readonly endUserConversations: EndUserReaders;
}

/** What a query joins from `organization_settings` to know the rules with whatever else it reads. */
export const organizationRuleColumns = [
  'organization_settings.limits as organization_limits',
  'organization_settings.end_user_limits as organization_end_user_limits',
  'organization_settings.end_user_conversations as organization_end_user_conversations',
] as const;

export interface OrganizationRulesRow {
  readonly organization_limits: string | null;
  readonly organization_end_user_limits: string | null;
  readonly organization_end_user_conversations: EndUserReaders | null;
}

export function toOrganizationRules(id: string, row: OrganizationRulesRow): OrganizationRules {
  return {
    id,
    limits: parseLimits(row.organization_limits),
    endUserLimits: parseLimits(row.organization_end_user_limits),
    endUserConversations: row.organization_end_user_conversations ?? defaultSettings.endUserConversations,
  };
}

/** Undefined where the organization was deleted. */
export async function findOrganizationRules(
  db: Database,
  organizationId: string,
): Promise<OrganizationRules | undefined> {
  const row = await db
    .selectFrom('organization')
    .leftJoin('organization_settings', 'organization_settings.organization_id', 'organization.id')
    .select(organizationRuleColumns)
    .where('organization.id', '=', organizationId)
    .executeTakeFirst();
  return row && toOrganizationRules(organizationId, row);
}
