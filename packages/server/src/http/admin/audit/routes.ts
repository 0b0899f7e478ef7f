/** `/organizations/{org_id}/audit`, and the operator's `/audit`: who did what, and who was refused. */
import type { Static } from 'typebox';
import type { OrganizationScope } from '../../../domain/scope.ts';
import { pageAudit } from '../../../store/queries/audit.ts';
import { answer } from '../../openapi/answers.ts';
import { type Route, route } from '../../routing/route.ts';
import { timeFilter } from '../activity.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { pageByTime, pageOf, toTimePageResource } from '../page.ts';
import { OrganizationParams, organizationPath, refusals, tags } from '../schema.ts';
import { AuditEntry, AuditQuery, toAuditEntry } from './schema.ts';

const description =
  'Newest first. A page may hold fewer than `limit` and still have a `next_cursor`: each looks at a bounded number of entries.';

export function auditRoutes({ store, refusals: refused }: AdminDependencies): readonly Route[] {
  async function list(scope: OrganizationScope | null, query: Static<typeof AuditQuery>) {
    const { actor, action } = query;
    const filter = { actor, action, ...timeFilter(query) };
    await refused.settle();
    const page = await pageAudit(store.reads, scope, filter, pageByTime(query));
    return toTimePageResource(page, toAuditEntry);
  }

  return [
    route({
      method: 'GET',
      path: `${organizationPath}/audit`,
      access: 'organization-admin',
      schema: {
        tags,
        operationId: 'listAudit',
        summary: 'The audit trail of an organization',
        description,
        params: OrganizationParams,
        querystring: AuditQuery,
        response: { 200: answer('A page of entries.', pageOf('AuditTrail', AuditEntry)), ...refusals },
      },
      handler: ({ scope, query }) => list(scope, query),
    }),
    route({
      method: 'GET',
      path: '/audit',
      access: 'operator',
      schema: {
        tags,
        operationId: 'listWholeAudit',
        summary: 'The audit trail of all organizations and of the server (operator)',
        description,
        querystring: AuditQuery,
        response: { 200: answer('A page of entries.', pageOf('AuditTrail', AuditEntry)), ...refusals },
      },
      handler: ({ query }) => list(null, query),
    }),
  ];
}
