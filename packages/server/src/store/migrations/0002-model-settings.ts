/**
 * How requests to a model are made, what was learnt about it, its last test, and fallbacks; its calls and failures by time. A null is the default. Context windows
 * that the environment gave are assumed ones; all others were set by somebody.
 */
import { type Kysely, sql } from 'kysely';

/** The windows that models of the environment got without being asked for. */
const assumedWindows = [8_192, 128_000, 200_000, 1_000_000];

const modelColumns = [
  'preset text',
  'headers text',
  'query text',
  'extra_body text',
  'token_field text',
  'system_role text',
  'think_tags text',
  'stream integer',
  'timeouts text',
  'max_retries integer',
  'fallbacks text',
  'context_window_source text',
  'learnt_context_window integer',
  'refused_parameters text',
  'learnt_at bigint',
  'last_test text',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const column of modelColumns) {
    await sql`alter table model add column ${sql.raw(column)}`.execute(db);
  }
  await sql`create index model_call_model on model_call (model_id, created_at)`.execute(db);
  await sql`create index generation_model_failed on generation (model_id, finished_at)
    where status = 'failed'`.execute(db);
  await sql`alter table persona_version add column fallbacks text`.execute(db);
  await sql`update model set context_window_source =
    case when from_environment = 1 and context_window in (${sql.join(assumedWindows)}) then 'assumed' else 'set' end
    where context_window is not null`.execute(db);
}
