/** The schemas of an organization's settings. */
import { type Static, Type } from 'typebox';
import type { ServerFacts } from '../../../domain/operations/server-facts.ts';
import {
  endUserReaders,
  maxRetentionDays,
  type OrganizationSettings,
  switches,
} from '../../../domain/organization.ts';
import type { UpdateOrganizationSettings } from '../../../store/commands/organization-settings.ts';
import { closed, exampleId, nullable, oneOf, orNull, TextField } from '../../openapi/fields.ts';
import { Consumed, type ConsumedSchema } from '../consumed.ts';
import { LimitsField, toLimits, Warnings } from '../limit-fields.ts';

/** Characters of an instruction at most. */
const maxPromptCharacters = 4000;

const prompt = (description: string, example: string) =>
  nullable(TextField(`${description} Null: the built-in one.`, example, { maxLength: maxPromptCharacters }));

const fields = {
  titles: orNull(
    oneOf(switches, {
      description: 'Whether models name conversations; null: as `COLLOQUY_TITLES` has it.',
      examples: ['on'],
    }),
  ),
  summaries: orNull(
    oneOf(switches, {
      description:
        'Whether models summarise the messages that no longer fit; null: as `COLLOQUY_SUMMARIES` has it.',
      examples: ['on'],
    }),
  ),
  helper_model_id: nullable(
    Type.String({
      format: 'uuid',
      description:
        "The model that writes titles, summaries and search queries; null: each conversation's own. While it is not active, the conversation's own writes them.",
      examples: [exampleId],
    }),
  ),
  title_prompt: prompt(
    'The instruction for titles. The conversation follows in a message of its own; there are no placeholders.',
    'Name the conversation in at most five words.',
  ),
  summary_prompt: prompt(
    'The instruction for summaries. The permitted length is added, and the messages follow in a message of their own; there are no placeholders.',
    'Keep the record of the conversation. Report names, figures and decisions.',
  ),
  query_prompt: prompt(
    'The instruction for search queries. The date, the form of the reply and the conversation are added; there are no placeholders.',
    'Write one to three search queries in English.',
  ),
  internet: oneOf(switches, {
    description:
      '`off`: every answer is written without the web, whatever asks for it; the call succeeds, with no sources, and where the dialect shows notices, with one that says so.',
    examples: ['on'],
  }),
  end_user_conversations: oneOf(endUserReaders, {
    description:
      'Who reads the conversations of end users, besides the keys: `admins`, owners and admins; `members`, members and guests too.',
    examples: ['admins'],
  }),
  limits: LimitsField('the organization, all of its keys and members together,'),
  end_user_limits: LimitsField('each end user'),
};

const days = (environment: string) =>
  orNull(
    Type.Integer({
      minimum: 1,
      maximum: maxRetentionDays,
      description: `Days; null: conversations of ${environment} keys are kept for good.`,
      examples: [30],
    }),
  );

const retention = {
  description:
    'For how many days conversations are kept after the last that happened in them. Older ones are deleted by the next run, which begins within ten minutes.',
};

/** In an answer, and in a change, where an environment that is absent stays as it is. */
const RetentionDays = Type.Object(
  { test: days('test'), prod: days('prod') },
  { title: 'RetentionDays', ...retention },
);
const RetentionChanges = Type.Object(
  { test: Type.Optional(days('test')), prod: Type.Optional(days('prod')) },
  { ...closed, title: 'RetentionChanges', ...retention },
);

const Defaults = Type.Object(
  {
    titles: oneOf(switches, { description: 'As `COLLOQUY_TITLES` has it.', examples: ['on'] }),
    summaries: oneOf(switches, { description: 'As `COLLOQUY_SUMMARIES` has it.', examples: ['on'] }),
    search_engine: Type.String({
      description: 'What searches the web for answers; `wikipedia` where the server sets none.',
      examples: ['searxng'],
    }),
  },
  {
    title: 'SettingsDefaults',
    description: 'What the server was started with, which holds where an organization sets nothing.',
  },
);

export const Settings = Type.Object(
  {
    ...fields,
    consumed: Consumed,
    retention_days: RetentionDays,
    defaults: Defaults,
    warnings: Type.Optional(Warnings),
  },
  {
    title: 'Settings',
    description: "What holds for all of an organization's conversations.",
  },
);

export const UpdateSettingsBody = Type.Object(
  {
    titles: Type.Optional(fields.titles),
    summaries: Type.Optional(fields.summaries),
    helper_model_id: Type.Optional(fields.helper_model_id),
    title_prompt: Type.Optional(fields.title_prompt),
    summary_prompt: Type.Optional(fields.summary_prompt),
    query_prompt: Type.Optional(fields.query_prompt),
    internet: Type.Optional(fields.internet),
    end_user_conversations: Type.Optional(fields.end_user_conversations),
    limits: Type.Optional(fields.limits),
    end_user_limits: Type.Optional(fields.end_user_limits),
    retention_days: Type.Optional(RetentionChanges),
  },
  { ...closed, title: 'SettingsChanges', examples: [{ titles: 'on' }] },
);

export const promptFields = ['title_prompt', 'summary_prompt', 'query_prompt'] as const;

export function toSettingsResource(
  settings: OrganizationSettings,
  consumed: Static<typeof ConsumedSchema>,
  { titles, summaries, search }: ServerFacts,
): Static<typeof Settings> {
  return {
    titles: settings.titles,
    summaries: settings.summaries,
    helper_model_id: settings.helperModelId,
    title_prompt: settings.titlePrompt,
    summary_prompt: settings.summaryPrompt,
    query_prompt: settings.queryPrompt,
    internet: settings.internet,
    end_user_conversations: settings.endUserConversations,
    limits: settings.limits,
    end_user_limits: settings.endUserLimits,
    consumed,
    retention_days: settings.retentionDays,
    defaults: {
      titles: titles ? 'on' : 'off',
      summaries: summaries ? 'on' : 'off',
      search_engine: search.engine,
    },
  };
}

export function toSettingsChanges(
  body: Static<typeof UpdateSettingsBody>,
): UpdateOrganizationSettings['changes'] {
  const { titles, summaries, helper_model_id, title_prompt, summary_prompt, query_prompt, internet } = body;
  const { end_user_conversations, limits, end_user_limits, retention_days } = body;
  return {
    ...(titles !== undefined && { titles }),
    ...(summaries !== undefined && { summaries }),
    ...(helper_model_id !== undefined && { helperModelId: helper_model_id?.toLowerCase() ?? null }),
    ...(title_prompt !== undefined && { titlePrompt: title_prompt }),
    ...(summary_prompt !== undefined && { summaryPrompt: summary_prompt }),
    ...(query_prompt !== undefined && { queryPrompt: query_prompt }),
    ...(internet !== undefined && { internet }),
    ...(end_user_conversations !== undefined && { endUserConversations: end_user_conversations }),
    ...(limits !== undefined && { limits: toLimits(limits) }),
    ...(end_user_limits !== undefined && { endUserLimits: toLimits(end_user_limits) }),
    ...(retention_days !== undefined && { retentionDays: retention_days }),
  };
}
