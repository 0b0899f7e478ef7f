/** The rules that rows keep, each as a query for the rows that break it. */
import { type RawBuilder, sql } from 'kysely';
import { dayMs } from '../../domain/text/time.ts';

/** The columns that a row counts by, for each subject of limits. */
const subjectColumns = {
  organization: 'organization_id',
  key: 'api_key_id',
  end_user: 'end_user_id',
} as const;

/** A row for each subject that a row of the table counts for. */
function ofSubjects(table: string, columns: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql.join(
    Object.entries(subjectColumns).map(
      ([subject, column]) => sql`select ${sql.lit(`${subject}:`)} || ${sql.ref(column)} as subject, ${columns}
        from ${sql.table(table)} where ${sql.ref(column)} is not null`,
    ),
    sql` union all `,
  );
}

function bytesOf(table: string, column: string): RawBuilder<unknown> {
  return ofSubjects(table, sql`octet_length(${sql.ref(column)}) as bytes`);
}

export interface RowRule {
  /** What is wrong with the rows that the query gives. */
  readonly problem: string;
  /** Gives the ids of rows that break the rule. */
  readonly broken: RawBuilder<{ readonly id: string }>;
}

export const rules: Readonly<Record<string, RowRule>> = {
  'log-without-gaps': {
    problem: 'generations have a gap or an overlap in their log',
    broken: sql`select distinct generation_id as id from (
      select generation_id, first_seq, last_seq,
        lag(last_seq) over (partition by generation_id order by first_seq) as before from segment) segments
      where first_seq <> coalesce(before, 0) + 1 or last_seq < first_seq`,
  },
  'running-has-owner': {
    problem: 'generations are marked as running, but no process is their owner',
    broken: sql`select id from generation where status = 'running' and not exists (
      select 1 from owner where owner.id = generation.owner and owner.fenced_at is null)`,
  },
  'answers-end': {
    problem: 'answers are marked as running or queued, but their generation has ended',
    broken: sql`select message.id from message join generation on generation.id = message.generation_id
      where message.status in ('queued', 'running') and generation.status not in ('queued', 'running')`,
  },
  'positions-without-gaps': {
    problem: 'conversations lack messages that nobody has deleted',
    broken: sql`select conversation.id from conversation
      left join (select conversation_id, count(*) as count from message where role in ('user', 'assistant')
        group by conversation_id) messages
        on messages.conversation_id = conversation.id
      left join (select conversation_id, count(*) as count from message_gap group by conversation_id) gaps
        on gaps.conversation_id = conversation.id
      where coalesce(messages.count, 0) + coalesce(gaps.count, 0) <> conversation.next_position`,
  },
  'reservations-add-up': {
    problem: 'limits count reservations that are not there, or miss some',
    broken: sql`select consumption.subject as id from consumption
      left join (select subject, sum(tokens) as tokens, sum(queued) as queued from reservation group by subject) reserved
        on reserved.subject = consumption.subject
      where consumption.reserved_tokens <> coalesce(reserved.tokens, 0)
        or consumption.queued <> coalesce(reserved.queued, 0)`,
  },
  'usage-adds-up': {
    problem: 'organizations have usage that differs from their model calls',
    broken: sql`select organization.id from organization
      left join (select organization_id, sum(calls) as calls from usage_rollup where end_user_id = ''
        group by organization_id) added on added.organization_id = organization.id
      left join (select organization_id, count(*) as calls from usage_pending group by organization_id) pending
        on pending.organization_id = organization.id
      left join (select organization_id, count(*) as calls from model_call group by organization_id) made
        on made.organization_id = organization.id
      where coalesce(added.calls, 0) + coalesce(pending.calls, 0) <> coalesce(made.calls, 0)`,
  },
  'stored-bytes-add-up': {
    problem: 'limits count other bytes than their messages and images have',
    broken: sql`select consumption.subject as id from consumption
      left join (select subject, sum(bytes) as bytes from (
        ${sql.join([bytesOf('message', 'text'), bytesOf('file', 'data')], sql` union all `)}
      ) each group by subject) stored on stored.subject = consumption.subject
      where consumption.bytes is not null and consumption.bytes <> coalesce(stored.bytes, 0)`,
  },
  'daily-tokens-add-up': {
    problem: 'limits count other tokens of a day than their model calls had',
    broken: sql`select consumption.subject as id from consumption
      left join (select subject, day, sum(tokens) as tokens from (
        ${ofSubjects(
          'model_call',
          sql`prompt_tokens + completion_tokens as tokens, created_at / ${sql.lit(dayMs)} as day`,
        )}
      ) each group by subject, day) called
        on called.subject = consumption.subject and called.day = consumption.day
      where consumption.tokens <> coalesce(called.tokens, 0)`,
  },
};
