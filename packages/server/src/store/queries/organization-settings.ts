/** Reads what organizations have set. */
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
