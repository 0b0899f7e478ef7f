/** The schemas of usage. */
import { Type } from 'typebox';
import { environments } from '../../../domain/scope.ts';
import { usageGroups } from '../../../domain/usage.ts';
import { nullable, oneOf, TimeField } from '../../openapi/fields.ts';

const groupBy = oneOf(usageGroups, { description: 'What a line stands for.', examples: ['day'] });

export const UsageQuery = Type.Object({
  from: Type.Optional(TimeField('From this time on; the default is 30 days before `to`.')),
  to: Type.Optional(TimeField('Before this time; the default is now.')),
  group_by: Type.Optional(groupBy),
  environment: Type.Optional(
    oneOf(environments, {
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
    requests: figure(
      'Generations that asked a model, whatever came of it: one each, with the model that was asked last.',
    ),
    prompt_tokens: figure(
      'Tokens of prompts, of all calls: also of tries that failed, and of titles, summaries and queries.',
    ),
    completion_tokens: figure('Tokens of what the models wrote in these calls.'),
    total_tokens: figure('Both together.'),
    cost: figure("Cost of these calls, by the models' prices."),
    unpriced_calls: Type.Integer({ description: 'Calls of models without prices.', examples: [0] }),
  },
  { title: 'UsageLine', description: 'What a group used.' },
);

export const UsageReport = Type.Object(
  {
    from: TimeField('Begin of the range.'),
    to: TimeField('End of the range.'),
    group_by: groupBy,
    data: Type.Array(Line, { description: 'Days in order; else the largest first.' }),
  },
  { title: 'UsageReport', description: 'What an organization used.' },
);
