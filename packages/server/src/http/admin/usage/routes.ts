/** `/organizations/{org_id}/usage` */

import { invalid } from '../../../domain/errors.ts';
import { fromTime, toTime } from '../../../domain/text/time.ts';
import { findGroupNames, readModelCalls } from '../../../store/queries/usage.ts';
import { answer } from '../../openapi/answers.ts';
import { type Route, route } from '../../routing/route.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { OrganizationParams, organizationPath, refusals, tags } from '../schema.ts';
import { createUsageReport } from './report.ts';
import { UsageQuery, UsageReport } from './schema.ts';

const defaultRangeMs = 30 * 24 * 3_600_000;

export function usageRoutes({ store, now }: AdminDependencies): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: `${organizationPath}/usage`,
      access: 'organization-admin',
      schema: {
        tags,
        operationId: 'getUsage',
        summary: 'Requests, tokens and cost of an organization',
        params: OrganizationParams,
        querystring: UsageQuery,
        response: { 200: answer('The report.', UsageReport), ...refusals },
      },
      async handler({ scope, query }) {
        const to = query.to === undefined ? now() : fromTime(query.to);
        const from = query.from === undefined ? to - defaultRangeMs : fromTime(query.from);
        if (from >= to) throw invalid('from', 'from must lie before to');
        const group = query.group_by ?? 'day';
        const report = createUsageReport(group);
        const { environment } = query;
        for await (const calls of readModelCalls(store.reads, scope, { from, to, environment })) {
          report.add(calls);
        }
        const lines = report.lines();
        const ids = lines.flatMap((line) => (line.group === null ? [] : [line.group]));
        const names = group === 'day' ? undefined : await findGroupNames(store.reads, scope, group, ids);
        return {
          from: toTime(from),
          to: toTime(to),
          group_by: group,
          data: lines.map((line) => ({ ...line, name: (line.group && names?.get(line.group)) ?? null })),
        };
      },
    }),
  ];
}
