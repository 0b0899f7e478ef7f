/** `/organizations/{org_id}/usage` */
import { invalid } from '../../../domain/errors.ts';
import { earliestMs, fromTime, latestMs, toTime } from '../../../domain/text/time.ts';
import { type UsageGroup, type UsageInterval, usageGroups } from '../../../domain/usage.ts';
import { mostUsageLines } from '../../../store/reports/usage-report.ts';
import { answer } from '../../openapi/answers.ts';
import { type Route, route } from '../../routing/route.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { badCursor, numbersCursor, numbersOfCursor } from '../page.ts';
import { OrganizationParams, organizationPath, refusals, tags } from '../schema.ts';
import { csvType, prefersCsv, usageCsv } from './csv.ts';
import { mostLines, toUsageLine, UsageQuery, UsageReport } from './schema.ts';

const hourMs = 3_600_000;
const defaultRangeMs = 30 * 24 * hourMs;
/** Lines of a CSV file. */
const mostCsvLines = 10_000;

/** The usage report, whose lines are read on a thread of their own. */
export function usageRoutes({ store, now }: AdminDependencies): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: `${organizationPath}/usage`,
      access: 'organization-admin',
      schema: {
        tags,
        operationId: 'getUsage',
        summary: 'Requests, errors, tokens, cost and times of an organization',
        description: `\`Accept: text/csv\` gives the whole report as a table, ${mostCsvLines} lines at most.`,
        params: OrganizationParams,
        querystring: UsageQuery,
        response: { 200: reportAnswer(), ...refusals },
      },
      async preValidation({ query }) {
        const named = query as { group_by?: unknown };
        if (named.group_by !== undefined) named.group_by = [named.group_by].flat().flatMap(splitAtCommas);
      },
      async handler({ scope, query, headers }, reply) {
        const isCsv = prefersCsv(headers.accept);
        if (isCsv && query.cursor !== undefined) {
          throw invalid(
            'cursor',
            'cursor must be absent with Accept: text/csv, which gives the whole report',
          );
        }
        const { interval, groups } = groupingOf(query);
        const { from, to, offset } = rangeOf(query, now());
        const page = await store.report('usage', {
          scope,
          from,
          // Nothing is later than now, so that the hour under way counts as a whole one.
          to: to >= now() ? Number.POSITIVE_INFINITY : to,
          environment: query.environment,
          apiKeyId: query.key_id?.toLowerCase(),
          interval,
          groups,
          limit: isCsv ? mostCsvLines : (query.limit ?? mostLines),
          offset,
        });
        if (page.isTooLarge) throw tooManyLines(mostUsageLines);
        if (isCsv) {
          if (!page.isLast) throw tooManyLines(mostCsvLines);
          return reply
            .type(csvType)
            .header('Content-Disposition', 'attachment; filename="usage.csv"')
            .send(usageCsv(page.lines, interval, groups) as never);
        }
        return {
          from: toTime(from),
          to: toTime(to),
          interval,
          group_by: groups.join() || (interval === 'day' ? interval : null),
          data: page.lines.map((line) => toUsageLine(line, interval, groups)),
          next_cursor: page.isLast ? null : numbersCursor([from, to, offset + page.lines.length]),
        };
      },
    }),
  ];
}

function reportAnswer() {
  const { description, content } = answer('The report.', UsageReport);
  const csv = { schema: { type: 'string', examples: ['day,requests,…\r\n2026-11-22,12,…\r\n'] } };
  return { description, content: { ...content, 'text/csv': csv } };
}

function splitAtCommas(value: unknown): unknown {
  return typeof value === 'string' ? value.split(',') : value;
}

/** @throws AppError invalid_request */
function groupingOf({
  interval,
  group_by: groupBy = [],
}: {
  readonly interval?: UsageInterval;
  readonly group_by?: readonly ('day' | UsageGroup)[];
}): { readonly interval: UsageInterval | null; readonly groups: readonly UsageGroup[] } {
  const groups = groupBy.filter((group) => group !== 'day');
  const hasDay = groups.length < groupBy.length;
  if (hasDay && interval !== undefined && interval !== 'day') {
    throw invalid('group_by', `group_by must be of ${usageGroups.join(', ')} where interval is ${interval}`);
  }
  if (interval !== undefined) return { interval, groups };
  return { interval: hasDay || groups.length === 0 ? 'day' : null, groups };
}

/** @throws AppError invalid_request */
function rangeOf(
  query: { readonly from?: string; readonly to?: string; readonly cursor?: string },
  now: number,
): { readonly from: number; readonly to: number; readonly offset: number } {
  if (query.cursor !== undefined) {
    // The next page is of the same range, whatever the time is now.
    const [from = 0, to = 0, offset = 0] = numbersOfCursor(query.cursor, 3);
    if (from < earliestMs || from >= to || to > latestMs || offset < 0) throw badCursor();
    return { from, to, offset };
  }
  const to = query.to === undefined ? now : fromTime(query.to);
  const from =
    query.from === undefined
      ? Math.max(earliestMs, Math.floor((to - defaultRangeMs) / hourMs) * hourMs)
      : fromTime(query.from);
  if (from >= to) throw invalid('from', 'from must lie before to');
  return { from, to, offset: 0 };
}

function tooManyLines(most: number): Error {
  return invalid(
    'from',
    `from: the report would have more than ${most} lines; ask for a shorter time, a longer interval or fewer groups`,
  );
}
