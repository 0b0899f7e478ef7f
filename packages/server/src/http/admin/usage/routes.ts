/** `/organizations/{org_id}/usage` */
import { Type } from 'typebox';
import { invalid } from '../../../domain/errors.ts';
import { findGroupNames, readModelCalls } from '../../../store/queries/usage.ts';
import { type AdminApp, openOrganization, timeOf } from '../access.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { answers, nullable, OrganizationParams, oneOf, time } from '../schema.ts';
import { fromTime, toTime } from '../time.ts';
import { createUsageReport, usageGroups } from './report.ts';

const defaultRangeMs = 30 * 24 * 3_600_000;

const groupBy = oneOf(usageGroups, { description: 'What a line stands for.', examples: ['day'] });

const Query = Type.Object({
  from: Type.Optional(time('From this time on; the default is 30 days before `to`.')),
  to: Type.Optional(time('Before this time; the default is now.')),
  group_by: Type.Optional(groupBy),
  environment: Type.Optional(
    oneOf(['test', 'prod'] as const, {
      description: 'Only what test or prod keys used; without it, both.',
      examples: ['prod'],
    }),
  ),
});

function figure(description: string) {
  const part = (of: string) => Type.Number({ description: of, examples: [12] });
  return Type.Object(
    {
      total: part('All of it.'),
      reported: part('As the provider reported it.'),
      estimated: part('Counted with a tokenizer.'),
      unknown: part('Neither was possible.'),
    },
    { description },
  );
}

const Line = Type.Object(
  {
    group: nullable(
      Type.String({
        description: 'The day (UTC), or the id of model, persona, key or user; null: without one.',
        examples: ['2026-11-22'],
      }),
    ),
    name: nullable(
      Type.String({
        description: 'The name of model, persona or key, the `user_id` of a user; null: gone, or a day.',
        examples: ['Support'],
      }),
    ),
    requests: figure('Answers that were begun.'),
    prompt_tokens: figure('Tokens of prompts.'),
    completion_tokens: figure('Tokens of answers.'),
    total_tokens: figure('Both together.'),
    cost: figure("By the models' prices."),
    unpriced_calls: Type.Integer({ description: 'Calls of models without prices.', examples: [0] }),
  },
  { title: 'UsageLine', description: 'What a group used.' },
);

const Usage = Type.Object(
  {
    from: time('Begin of the range.'),
    to: time('End of the range.'),
    group_by: groupBy,
    data: Type.Array(Line, { description: 'Days in order; else the largest first.' }),
  },
  { title: 'UsageReport', description: 'What an organization used.' },
);

export function usageRoutes(app: AdminApp, dependencies: AdminDependencies): void {
  const { store } = dependencies;
  app.get(
    '/organizations/:org_id/usage',
    {
      schema: {
        tags: ['admin'],
        operationId: 'getUsage',
        summary: 'Requests, tokens and cost of an organization',
        params: OrganizationParams,
        querystring: Query,
        response: answers(Usage, 'The report.'),
      },
    },
    async (request) => {
      const scope = await openOrganization(request, dependencies, request.params.org_id);
      const { query } = request;
      const to = query.to === undefined ? timeOf(dependencies) : fromTime(query.to);
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
  );
}
