/** The schemas of usage. */
import { type Static, Type } from 'typebox';
import { environments } from '../../../domain/scope.ts';
import { toDay, toTime } from '../../../domain/text/time.ts';
import {
  type UsageGroup,
  type UsageInterval,
  usageGroupings,
  usageGroups,
  usageIntervals,
} from '../../../domain/usage.ts';
import type { NamedUsageLine } from '../../../store/reports/usage-report.ts';
import { IdField, nullable, oneOf, orNull, TimeField } from '../../openapi/fields.ts';
import { PageQuery } from '../page.ts';

export const mostLines = 1000;

export const UsageQuery = Type.Object({
  from: Type.Optional(TimeField('From this time on; the default is 30 days before `to`, at the full hour.')),
  to: Type.Optional(TimeField('Before this time; the default is now.')),
  interval: Type.Optional(
    oneOf(usageIntervals, {
      description:
        'A line for each hour, day or month (UTC) that has calls; without it and `group_by`: `day`.',
      examples: ['day'],
    }),
  ),
  group_by: Type.Optional(
    Type.Array(oneOf(usageGroupings, { description: 'What a line stands for.', examples: ['model'] }), {
      minItems: 1,
      maxItems: 2,
      uniqueItems: true,
      description:
        'One or two, repeated or with a comma between: a line for each of them, in each interval if there is one. `day` is another name of `interval=day`.',
      examples: [['model', 'key']],
    }),
  ),
  environment: Type.Optional(
    oneOf(environments, {
      description: 'Only what test or prod keys used; without it, both.',
      examples: ['prod'],
    }),
  ),
  key_id: Type.Optional(IdField('Only what was made with this key.')),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: mostLines,
      default: mostLines,
      description: 'Lines at most. Not with `Accept: text/csv`, which gives them all.',
      examples: [100],
    }),
  ),
  cursor: PageQuery.properties.cursor,
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
    { title: 'UsageFigure', description },
  );
}

export function percentiles(description: string) {
  const part = (of: string) =>
    nullable(
      Type.Integer({ minimum: 0, description: `${of}, within 10 %; null: no such calls.`, examples: [420] }),
    );
  return Type.Object(
    { p50: part('Half of the calls took no longer'), p95: part('95 % of the calls took no longer') },
    { title: 'Percentiles', description },
  );
}

const nameOfGroup = nullable(
  Type.String({
    description: 'The name of model, persona or key, the `user_id` of a user; null: gone, or without a name.',
    examples: ['Support'],
  }),
);

const Line = Type.Object(
  {
    interval_start: orNull(TimeField('Begin of the interval; null: the line stands for the whole range.')),
    group: nullable(
      Type.String({
        description:
          'What the first of `groups` is: an id, a purpose or an environment; null: without one. Without groups, the interval: `2026-11-22`, `2026-11` or a time.',
        examples: ['2026-11-22'],
      }),
    ),
    name: nameOfGroup,
    groups: Type.Array(
      Type.Object(
        {
          by: oneOf(usageGroups, { description: 'What was grouped by.', examples: ['model'] }),
          id: nullable(
            Type.String({
              description: 'An id, a purpose or an environment; null: without one.',
              examples: ['prod'],
            }),
          ),
          name: nameOfGroup,
        },
        { description: 'A group.' },
      ),
      { description: 'In the order of `group_by`.' },
    ),
    requests: figure(
      'Generations that asked a model, whatever came of it: one each, with the model that was asked last.',
    ),
    errors: Type.Integer({
      minimum: 0,
      description: 'Calls where the model failed, also where another one answered in its place.',
      examples: [1],
    }),
    prompt_tokens: figure(
      'Tokens of prompts, of all calls: also of tries that failed, and of titles, summaries and queries.',
    ),
    completion_tokens: figure('Tokens of what the models wrote in these calls.'),
    total_tokens: figure('Both together.'),
    cost: figure("Cost of these calls, by the models' prices."),
    unpriced_calls: Type.Integer({
      minimum: 0,
      description: 'Calls of models without prices.',
      examples: [0],
    }),
    first_token_ms: percentiles('From the request to the model until its first token, in milliseconds.'),
    duration_ms: percentiles(
      'From the request to the model until the end of its answer, in milliseconds, without calls that failed or were broken off.',
    ),
  },
  { title: 'UsageLine', description: 'What a group used.' },
);

export const UsageReport = Type.Object(
  {
    from: TimeField('Begin of the range.'),
    to: TimeField('End of the range.'),
    interval: orNull(oneOf(usageIntervals, { description: 'As asked; null: none.', examples: ['day'] })),
    group_by: nullable(
      Type.String({
        description: 'As asked, with a comma between two; `day` for days without groups; null: no groups.',
        examples: ['day'],
      }),
    ),
    data: Type.Array(Line, { description: 'Intervals in order, in each the largest first.' }),
    next_cursor: nullable(
      Type.String({ description: 'The `cursor` of the next page; null: there is none.', examples: ['MTc2'] }),
    ),
  },
  { title: 'UsageReport', description: 'What an organization used.' },
);

/** An interval as a text: `2026-11`, `2026-11-22`, or an hour as a time. */
export function intervalName(interval: UsageInterval, start: number): string {
  if (interval === 'hour') return toTime(start);
  return interval === 'day' ? toDay(start) : toDay(start).slice(0, 7);
}

export function toUsageLine(
  line: NamedUsageLine,
  interval: UsageInterval | null,
  groupBy: readonly UsageGroup[],
): Static<typeof Line> {
  const groups = groupBy.map((by, index) => ({
    by,
    id: line.groups[index] ?? null,
    name: line.names[index] ?? null,
  }));
  const ofInterval = interval === null || line.start === null ? null : intervalName(interval, line.start);
  return {
    interval_start: line.start === null ? null : toTime(line.start),
    group: groups[0] === undefined ? ofInterval : groups[0].id,
    name: groups[0]?.name ?? null,
    groups,
    requests: line.requests,
    errors: line.errors,
    prompt_tokens: line.promptTokens,
    completion_tokens: line.completionTokens,
    total_tokens: line.totalTokens,
    cost: line.cost,
    unpriced_calls: line.unpricedCalls,
    first_token_ms: line.firstTokenMs,
    duration_ms: line.durationMs,
  };
}
