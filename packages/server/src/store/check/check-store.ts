/** Looks for what must never be in a store: damage of the file, another schema, and rows that contradict each other. */
import { type RawBuilder, sql } from 'kysely';
import { inSnapshot } from '../reports/snapshot.ts';
import { findSchemaProblems } from '../schema/check-schema.ts';
import type { Database, StoreEngine } from '../tables.ts';

export interface Finding {
  /** What was looked at: `schema`, `file`, `references`, or the name of a rule. */
  readonly rule: string;
  /** A sentence. */
  readonly problem: string;
}

interface RowRule {
  /** What is wrong with the rows that the query gives. */
  readonly problem: string;
  /** Gives the ids of rows that break the rule. */
  readonly broken: RawBuilder<{ readonly id: string }>;
}

const rules: Readonly<Record<string, RowRule>> = {
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
};

/** How many ids a finding names at most. */
const namedAtMost = 5;

/** Reads one snapshot; changes nothing. An empty list: all is well. */
export async function checkStore(store: Database, engine: StoreEngine): Promise<readonly Finding[]> {
  return await inSnapshot(store, engine, async (db) => {
    const found: Finding[] = engine === 'sqlite' ? await checkFile(db) : [];
    const schema = await findSchemaProblems(db, engine);
    found.push(...schema.map((problem) => ({ rule: 'schema', problem: `the ${problem}` })));
    // The rules' queries need the tables.
    if (schema.length > 0) return found;
    for (const [rule, { problem, broken }] of Object.entries(rules)) {
      const { rows } = await broken.execute(db);
      if (rows.length === 0) continue;
      const named = rows.slice(0, namedAtMost).map(({ id }) => id);
      const more = rows.length > namedAtMost ? ` and ${rows.length - namedAtMost} more` : '';
      found.push({ rule, problem: `${problem}: ${named.join(', ')}${more}` });
    }
    return found;
  });
}

async function checkFile(db: Database): Promise<Finding[]> {
  const integrity = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(db);
  const references = await sql<{ table: string; parent: string }>`pragma foreign_key_check`.execute(db);
  return [
    ...integrity.rows
      .filter((row) => row.integrity_check !== 'ok')
      .map((row) => ({ rule: 'file', problem: `the file is damaged: ${row.integrity_check}` })),
    ...[...new Set(references.rows.map(({ table, parent }) => `${table} refers to rows of ${parent}`))].map(
      (words) => ({ rule: 'references', problem: `the table ${words} that are not there` }),
    ),
  ];
}
