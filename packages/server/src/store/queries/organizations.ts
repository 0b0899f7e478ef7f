/** Organizations. */
import type { OrganizationScope } from '../../domain/scope.ts';
import type { Database, OrganizationTable } from '../tables.ts';
import { type Page, type PageRequest, readPage } from './page.ts';

export interface OrganizationRecord {
  readonly id: string;
  readonly name: string;
  readonly defaultModelId: string | null;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** The name, in `setting`, of the id of the organization that the first start made. */
export const defaultOrganizationSetting = 'default_organization';

function toOrganization(row: OrganizationTable): OrganizationRecord {
  return {
    id: row.id,
    name: row.name,
    defaultModelId: row.default_model_id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export async function findOrganization(db: Database, id: string): Promise<OrganizationRecord | undefined> {
  const row = await db.selectFrom('organization').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toOrganization(row);
}

/** Finds organization `default`, even if it was renamed. */
export async function findDefaultOrganization(db: Database): Promise<OrganizationRecord | undefined> {
  const row = await db
    .selectFrom('organization')
    .selectAll()
    .where('id', '=', (eb) =>
      eb.selectFrom('setting').select('value').where('name', '=', defaultOrganizationSetting),
    )
    .executeTakeFirst();
  return row && toOrganization(row);
}

/** Lists organizations: all of them if `within` is null, else only that one. */
export async function listOrganizations(
  db: Database,
  within: OrganizationScope | null,
  page: PageRequest,
): Promise<Page<OrganizationRecord>> {
  let query = db.selectFrom('organization').selectAll();
  if (within !== null) query = query.where('id', '=', within.organizationId);
  return readPage(query, page, toOrganization);
}
