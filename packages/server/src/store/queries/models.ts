/** Models of organizations. */
import { sql } from 'kysely';
import type { ModelRecord, Provider } from '../../domain/model.ts';
import type { OrganizationScope } from '../../domain/scope.ts';
import { statement } from '../statement.ts';
import type { Database, Flag, ModelTable } from '../tables.ts';
import { type Page, type PageRequest, readPage } from './page.ts';

export function toModel(row: ModelTable): ModelRecord {
  return {
    id: row.id,
    organizationId: row.organization_id,
    name: row.name,
    provider: row.provider as Provider,
    model: row.model,
    baseUrl: row.base_url,
    apiKeyEncrypted: row.api_key_encrypted,
    apiKeyEnv: row.api_key_env,
    contextWindow: row.context_window,
    maxOutputTokens: row.max_output_tokens,
    prices:
      row.price_input === null || row.price_output === null
        ? null
        : { input: row.price_input, output: row.price_output },
    isActive: row.is_active === 1,
    canContinue: row.can_continue === 1,
    fromEnvironment: row.from_environment === 1,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

const byId = statement<{ organization_id: string; id: string }, ModelTable>((db, param) =>
  db
    .selectFrom('model')
    .selectAll()
    .where('id', '=', param('id'))
    .where('organization_id', '=', param('organization_id')),
);

const active = statement<{ organization_id: string }, ModelTable>((db, param) =>
  db
    .selectFrom('model')
    .selectAll()
    .where('organization_id', '=', param('organization_id'))
    .where('is_active', '=', sql.lit<Flag>(1))
    .orderBy('id'),
);

export async function findModel(
  db: Database,
  scope: OrganizationScope,
  id: string,
): Promise<ModelRecord | undefined> {
  const [row] = await byId(db, { organization_id: scope.organizationId, id });
  return row && toModel(row);
}

export async function listModels(
  db: Database,
  scope: OrganizationScope,
  page: PageRequest,
): Promise<Page<ModelRecord>> {
  const query = db.selectFrom('model').selectAll().where('organization_id', '=', scope.organizationId);
  return readPage(query, page, toModel);
}

/** All active models, oldest first. */
export async function listActiveModels(db: Database, scope: OrganizationScope): Promise<ModelRecord[]> {
  return (await active(db, { organization_id: scope.organizationId })).map(toModel);
}
