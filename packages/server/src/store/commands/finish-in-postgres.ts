/**
 * Ends a generation on PostgreSQL: each step that takes SQLite several statements is one statement here, so that the
 * whole command is a single round trip.
 */
import { sql } from 'kysely';
import type { Outcome } from '../../domain/generation.ts';
import { statement } from '../statement.ts';

interface End {
  readonly id: string;
  readonly owner: number;
  readonly message_id: string;
  readonly status: Outcome['status'];
  readonly finished_at: number;
  readonly first_token_at: number | null;
  readonly finish_reason: Outcome['finish_reason'];
  readonly usage: string;
  readonly error: string | null;
  readonly retries: number;
  readonly cost: number | null;
  readonly parts: string;
  readonly text: string;
  /** The last segments, a value each. */
  readonly first_seqs: readonly number[];
  readonly last_seqs: readonly number[];
  readonly events: readonly string[];
  readonly are_plain: readonly (1 | null)[];
  /** The context receipt as JSON; null if none is kept. */
  readonly receipt: string | null;
}

/** Sets the terminal state by compare-and-set, with message, last events and receipt; gives no row if it had ended. */
export const endInPostgres = statement<End, { id: string }>(
  (_db, param) => sql`with finished as (
      update generation set status = ${param('status')}, finished_at = ${param('finished_at')},
        first_token_at = ${param('first_token_at')}, finish_reason = ${param('finish_reason')},
        usage = ${param('usage')}, error = ${param('error')},
        retries = ${param('retries')}, cost = ${param('cost')}
      where id = ${param('id')} and status in ('queued', 'running')
        and (owner = ${param('owner')} or owner is null)
      returning id
    ), told as (
      update message set parts = ${param('parts')}, text = ${param('text')}, status = ${param('status')},
        usage = ${param('usage')}, updated_at = ${param('finished_at')}
      from finished where message.id = ${param('message_id')}
    ), logged as (
      insert into segment (generation_id, first_seq, last_seq, events, is_plain)
      select id, segment.* from finished, unnest(
        ${param('first_seqs')}::integer[], ${param('last_seqs')}::integer[], ${param('events')}::text[],
        ${param('are_plain')}::integer[]
      ) as segment
      -- A segment is there already where the answer to a move of its first events was lost.
      on conflict (generation_id, first_seq) do update
      set last_seq = excluded.last_seq, events = excluded.events, is_plain = excluded.is_plain
    ), kept as (
      insert into context_receipt (generation_id, receipt)
      select id, receipt from finished, (select ${param('receipt')}::text as receipt) as given
      where receipt is not null
    )
    select id from finished`,
);

interface Start {
  readonly session_id: string;
  readonly owner: number;
  readonly now: number;
  readonly events: string;
}

/** Starts the session's oldest queued turn, unless one runs. As a statement of its own it sees what ended before. */
export const startNextInPostgres = statement<Start, { generation_id: string; first_seq: number }>(
  (_db, param) => sql`with next as (
      update generation set status = 'running', owner = ${param('owner')}, started_at = ${param('now')}
      where id = (
        select queued.id from generation queued join message on message.id = queued.message_id
        where queued.session_id = ${param('session_id')} and queued.status = 'queued'
          and not exists (
            select 1 from generation running
            where running.session_id = ${param('session_id')} and running.status = 'running'
          )
        order by message.position limit 1
      )
      returning id, message_id
    ), told as (
      update message set status = 'running' from next where message.id = next.message_id
    )
    insert into segment (generation_id, first_seq, last_seq, events)
    select next.id, log.next_seq, log.next_seq, ${param('events')}
    from next cross join lateral (
      select coalesce(max(last_seq), 0) + 1 as next_seq from segment where generation_id = next.id
    ) as log
    returning generation_id, first_seq`,
);
