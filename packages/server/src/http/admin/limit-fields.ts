/** The schemas of limits, the same for keys and organizations. */
import { type Static, Type } from 'typebox';
import { type LimitName, type Limits, limitNames } from '../../domain/limits/limits.ts';
import { closed, orNull } from '../openapi/fields.ts';

/** The largest number that the store's columns take. */
const maxCount = 2_147_483_647;
/** Header fields have integers of 15 digits at most. */
const maxBytes = 999_999_999_999_999;
/** Billionths of it are still exact in a JavaScript number. */
const maxBudget = 9_000_000;
const minBudget = 0.000_001;

const count = (description: string, example: number) =>
  Type.Optional(orNull(Type.Integer({ minimum: 1, maximum: maxCount, description, examples: [example] })));

const fields = {
  requests_per_minute: count('Requests that start a generation.', 60),
  writes_per_minute: count(
    'Calls that write, of any kind. A key with `requests_per_minute` has ten times as many, at least 20, unless it says otherwise; an end user has 120.',
    120,
  ),
  tokens_per_minute: count('Tokens, of prompts and answers.', 100_000),
  tokens_per_day: count('Tokens of prompts and answers in a day (UTC), in every call of a model.', 5_000_000),
  concurrent_streams: count('Generations that run at once.', 20),
  viewers: count('Streams of generations that are open at once. An end user has 20.', 50),
  queued_turns: count('Turns that wait at once; a session has at most 20 anyway.', 100),
  budget_per_month: Type.Optional(
    orNull(
      Type.Number({
        minimum: minBudget,
        maximum: maxBudget,
        description:
          'What all calls of models may cost in a month (UTC), in the currency of the prices. A model without prices counts 0.',
        examples: [50],
      }),
    ),
  ),
  storage_bytes: Type.Optional(
    orNull(
      Type.Integer({
        minimum: 1,
        maximum: maxBytes,
        description:
          'Bytes (UTF-8) of the texts of messages that are stored. An answer that passes it is kept whole; what follows is answered with 413.',
        examples: [100_000_000],
      }),
    ),
  ),
} satisfies Record<LimitName, unknown>;

/** @param whose what the limits are of, to end a sentence */
export function LimitsField(whose: string) {
  return Type.Object(fields, {
    ...closed,
    title: 'Limits',
    description: `What ${whose} may use up; what is absent or null is not limited.`,
  });
}

export const Warnings = Type.Array(
  Type.String({ description: 'A sentence.', examples: ['the model "local" has no prices, and counts 0'] }),
  { description: 'What to know about a saved budget; absent where there is nothing.' },
);

type LimitsBody = Static<ReturnType<typeof LimitsField>>;

/** A null is as good as absent. */
export function toLimits(body: LimitsBody): Limits {
  const limits: { -readonly [Name in LimitName]?: number } = {};
  for (const name of limitNames) {
    const value = (body as { readonly [Name in LimitName]?: number | null })[name];
    if (value != null) limits[name] = value;
  }
  return limits;
}
