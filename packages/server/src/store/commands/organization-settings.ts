/** Changes what an organization has set. */
import { invalid, notFound } from '../../domain/errors.ts';
import type { OrganizationSettings, RetentionDays } from '../../domain/organization.ts';
import { type CommandContext, forUpdate } from '../command-context.ts';
import { settingsOrDefault } from '../queries/organization-settings.ts';

export interface UpdateOrganizationSettings {
  readonly organizationId: string;
  /** What is absent stays as it is. */
  readonly changes: Partial<Omit<OrganizationSettings, 'retentionDays'>> & {
    readonly retentionDays?: Partial<RetentionDays>;
  };
  readonly now: number;
}

/** @throws AppError not_found, invalid_request (the helper model is not there, inactive, or the guide) */
export async function updateOrganizationSettings(
  context: CommandContext,
  { organizationId, changes, now }: UpdateOrganizationSettings,
): Promise<OrganizationSettings> {
  const { db } = context;
  // A deleted model's command looks for settings that name it, with the same lock.
  if (typeof changes.helperModelId === 'string')
    await lockHelper(context, organizationId, changes.helperModelId);
  const organization = db.selectFrom('organization').select('id').where('id', '=', organizationId);
  if ((await forUpdate(context, organization).executeTakeFirst()) === undefined)
    throw notFound('organization');
  const before = await db
    .selectFrom('organization_settings')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .executeTakeFirst();
  const set = settingsOrDefault(before);
  const retentionDays = { ...set.retentionDays, ...changes.retentionDays };
  const after = { ...set, ...changes, retentionDays };
  const columns = {
    titles: after.titles,
    summaries: after.summaries,
    helper_model_id: after.helperModelId,
    title_prompt: after.titlePrompt,
    summary_prompt: after.summaryPrompt,
    query_prompt: after.queryPrompt,
    internet: after.internet,
    end_user_conversations: after.endUserConversations,
    limits: JSON.stringify(after.limits),
    end_user_limits: JSON.stringify(after.endUserLimits),
    ...(changes.retentionDays !== undefined && { retention_days: JSON.stringify(retentionDays) }),
    updated_at: now,
  };
  await db
    .insertInto('organization_settings')
    .values({ organization_id: organizationId, retention_days: null, ...columns })
    .onConflict((conflict) => conflict.column('organization_id').doUpdateSet(columns))
    .execute();
  return after;
}

async function lockHelper(context: CommandContext, organizationId: string, modelId: string): Promise<void> {
  const query = context.db
    .selectFrom('model')
    .select(['is_active', 'provider'])
    .where('id', '=', modelId)
    .where('organization_id', '=', organizationId);
  const model = await forUpdate(context, query).executeTakeFirst();
  const refuse = (why: string): never => {
    throw invalid('helper_model_id', `helper_model_id: ${why}`);
  };
  if (model === undefined) return refuse(`the organization has no model ${modelId}`);
  if (model.is_active !== 1) refuse(`the model ${modelId} is not active`);
  if (model.provider === 'guide') refuse('the guide only searches the documentation');
}
