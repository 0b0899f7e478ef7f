/** Members of organizations. */
import type { Role } from '../../domain/organization.ts';
import type { OrganizationScope } from '../../domain/scope.ts';
import { statement } from '../statement.ts';
import type { Database, MemberTable } from '../tables.ts';
import { type Page, type PageRequest, readPage } from './page.ts';

export interface MemberRecord {
  readonly id: string;
  readonly organizationId: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

function toMember(row: MemberTable): MemberRecord {
  return {
    id: row.id,
    organizationId: row.organization_id,
    name: row.name,
    email: row.email,
    role: row.role,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

const byId = statement<{ organization_id: string; id: string }, MemberTable>((db, param) =>
  db
    .selectFrom('member')
    .selectAll()
    .where('id', '=', param('id'))
    .where('organization_id', '=', param('organization_id')),
);

export async function findMember(
  db: Database,
  scope: OrganizationScope,
  id: string,
): Promise<MemberRecord | undefined> {
  const [row] = await byId(db, { organization_id: scope.organizationId, id });
  return row && toMember(row);
}

export async function listMembers(
  db: Database,
  scope: OrganizationScope,
  page: PageRequest,
): Promise<Page<MemberRecord>> {
  const query = db.selectFrom('member').selectAll().where('organization_id', '=', scope.organizationId);
  return readPage(query, page, toMember);
}
