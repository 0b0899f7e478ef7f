/** Members of organizations. */
import type { Role } from '../../domain/organization.ts';
import type { OrganizationScope } from '../../domain/scope.ts';
import { statement } from '../statement.ts';
import type { Database } from '../tables.ts';
import type { MemberTable } from './account-tables.ts';
import {
  type OrganizationRules,
  type OrganizationRulesRow,
  organizationRuleColumns,
  toOrganizationRules,
} from './organization-settings.ts';
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
  /** The account of the person; null: the member can't sign in. */
  readonly accountId: string | null;
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
    accountId: row.account_id,
  };
}

/** A member with the limits of the organization, which hold for each of the member's requests. */
export interface AuthenticatedMember extends MemberRecord {
  readonly organization: OrganizationRules;
}

const byId = statement<{ organization_id: string; id: string }, MemberTable & OrganizationRulesRow>(
  (db, param) =>
    db
      .selectFrom('member')
      .leftJoin('organization_settings', 'organization_settings.organization_id', 'member.organization_id')
      .selectAll('member')
      .select(organizationRuleColumns)
      .where('member.id', '=', param('id'))
      .where('member.organization_id', '=', param('organization_id')),
);

export async function findMember(
  db: Database,
  scope: OrganizationScope,
  id: string,
): Promise<AuthenticatedMember | undefined> {
  const [row] = await byId(db, { organization_id: scope.organizationId, id });
  return row && { ...toMember(row), organization: toOrganizationRules(row.organization_id, row) };
}

export async function listMembers(
  db: Database,
  scope: OrganizationScope,
  page: PageRequest,
): Promise<Page<MemberRecord>> {
  const query = db.selectFrom('member').selectAll().where('organization_id', '=', scope.organizationId);
  return readPage(query, page, toMember);
}
