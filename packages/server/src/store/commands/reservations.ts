/**
 * Reserves what calls of models may cost, within the limits that are counted in the store. Triggers (migration 0012)
 * add reservations up for each subject, count the calls that are stored, and end a generation's reservation with it.
 */
import { sql } from 'kysely';
import { AppError } from '../../domain/errors.ts';
import {
  dayMs,
  type StoredLimitName,
  type SubjectLimits,
  secondsUntilReset,
  subjectName,
  toBillionths,
  utcDay,
  utcMonth,
  utcMonthStart,
} from '../../domain/limits/limits.ts';
import type { CommandContext } from '../command-context.ts';
import { type Consumed, excess, readConsumed } from '../queries/consumption.ts';
import { answersInOrder, statement } from '../statement.ts';
import type { StoreEngine } from '../tables.ts';

/** What a call may cost at most, and whose limits it counts against. */
export interface Reserved {
  /** Each has a limit that is counted in the store. */
  readonly subjects: readonly SubjectLimits[];
  readonly tokens: number;
  /** In the currency of the prices; 0 for a model without prices. */
  readonly cost: number;
}

interface Booking {
  readonly id: string;
  readonly generation_id: string | null;
  readonly owner: number;
  readonly tokens: number;
  readonly cost: number;
  readonly queued: number;
  readonly day: number;
  readonly month: number;
  /** JSON of the subjects' names and limits. */
  readonly wanted: string;
}

const booking = (engine: StoreEngine) =>
  statement<Booking, { subject: string }>((_db, param) => {
    const isPostgres = engine === 'postgres';
    const wanted = isPostgres
      ? sql`(select * from json_to_recordset(${param('wanted')}::json)
          as w (subject text, tokens bigint, cost double precision, queued integer))`
      : sql`(select value ->> 'subject' as subject, value ->> 'tokens' as tokens, value ->> 'cost' as cost,
          value ->> 'queued' as queued from json_each(${param('wanted')}))`;
    const locked = isPostgres ? sql`order by counted.subject for update of counted` : sql``;
    return sql`insert into reservation (id, subject, generation_id, owner, tokens, cost, queued)
      select cast(${param('id')} as text), counted.subject, cast(${param('generation_id')} as text),
        cast(${param('owner')} as integer), cast(${param('tokens')} as bigint),
        cast(${param('cost')} as double precision), cast(${param('queued')} as integer)
      from consumption counted join ${wanted} wanted on counted.subject = wanted.subject
      where (wanted.tokens is null
          or case when counted.day = cast(${param('day')} as integer) then counted.tokens else 0 end
            + counted.reserved_tokens + cast(${param('tokens')} as bigint) <= wanted.tokens)
        and (wanted.cost is null
          or case when counted.month = cast(${param('month')} as integer) then counted.cost else 0 end
            + counted.reserved_cost + cast(${param('cost')} as double precision) <= wanted.cost)
        and (wanted.queued is null or cast(${param('queued')} as integer) = 0
          or counted.queued + cast(${param('queued')} as integer) <= wanted.queued)
      ${locked}
      returning subject`;
  });

const book = { sqlite: booking('sqlite'), postgres: booking('postgres') };

/**
 * Reserves for all subjects or, by failing the command, for none.
 * @param call whose reservation it is: a generation's, or that of a call beside it
 * @throws AppError quota_exhausted, rate_limited (turns that wait), naming the limit; overloaded (nobody counts yet)
 */
export async function reserve(
  context: CommandContext,
  call: { readonly id: string; readonly generationId: string | null; readonly owner: number },
  { subjects, tokens, cost }: Reserved,
  { now, isQueued }: { readonly now: number; readonly isQueued: boolean },
): Promise<void> {
  if (subjects.length === 0) return;
  const wanted = subjects.map((one) => ({
    subject: subjectName(one),
    tokens: one.limits.tokens_per_day ?? null,
    cost: one.limits.budget_per_month === undefined ? null : toBillionths(one.limits.budget_per_month),
    queued: one.limits.queued_turns ?? null,
  }));
  const booking = {
    id: call.id,
    generation_id: call.generationId,
    owner: call.owner,
    tokens,
    cost: toBillionths(cost),
    queued: isQueued ? 1 : 0,
    day: utcDay(now),
    month: utcMonth(now),
    wanted: JSON.stringify(wanted),
  };
  const amounts = { tokens_per_day: tokens, budget_per_month: cost, queued_turns: isQueued ? 1 : 0 };
  for (let tries = 1; ; tries += 1) {
    const booked = await book[context.engine](context.db, booking);
    if (booked.length === subjects.length) return;
    const consumed = await readConsumed(context.db, subjects, now);
    const tightest = tightestOf(subjects, consumed, amounts);
    // On PostgreSQL what was reserved may have been given back between the two statements; then there is room now.
    if (tightest !== undefined && tightest.excess <= 0 && tries < maxTries) continue;
    if (tightest !== undefined) throw exhausted(tightest.name, tightest.subject, now);
    throw new AppError('overloaded', 'the use of this limit is being counted; retry shortly', {
      retry_after_seconds: 1,
    });
  }
}

const maxTries = 3;

/**
 * Reserves for a turn whose rows are being written, last: so that the counts of a subject that many turns share are
 * locked no longer than they have to be. @throws AppError as `reserve`
 */
export async function reserveTurn(
  context: CommandContext,
  turn: {
    readonly generationId: string;
    readonly owner: number;
    /** Absent where no limit of the store bounds it; the rows are then waited for alone. */
    readonly reserved?: Reserved | undefined;
    readonly now: number;
  },
  written: Promise<unknown>,
  isQueued: boolean,
): Promise<void> {
  const { generationId, owner, reserved, now } = turn;
  if (reserved === undefined) {
    await written;
    return;
  }
  // PostgreSQL takes the statement behind those before it; SQLite has run them only when they are answered.
  if (context.engine === 'sqlite') await written;
  const call = { id: generationId, generationId, owner };
  await answersInOrder([written, reserve(context, call, reserved, { now, isQueued })]);
}

const orderOfNaming: readonly StoredLimitName[] = ['budget_per_month', 'tokens_per_day', 'queued_turns'];
/** Without a calendar, a turn that waits is started within about this time, in seconds. */
const queueRetrySeconds = 5;

interface Tightest {
  readonly name: StoredLimitName;
  readonly subject: SubjectLimits;
  /** By how much it would be passed; 0 or less where it would hold. */
  readonly excess: number;
}

/**
 * The limit that holds longest of those that refuse; the first one where none does any more. Undefined where a subject
 * is not counted yet.
 */
function tightestOf(
  subjects: readonly SubjectLimits[],
  consumed: ReadonlyMap<string, Consumed>,
  amounts: Consumed,
): Tightest | undefined {
  let first: Tightest | undefined;
  for (const name of orderOfNaming) {
    for (const subject of subjects) {
      const limit = subject.limits[name];
      const used = consumed.get(subjectName(subject));
      if (used === undefined) return undefined;
      if (limit === undefined || (name === 'queued_turns' && amounts.queued_turns === 0)) continue;
      const one = { name, subject, excess: excess(name, limit, used[name], amounts[name]) };
      if (one.excess > 0) return one;
      first ??= one;
    }
  }
  return first;
}

/** @returns the error for a limit that is counted in the store and used up */
export function exhausted(name: StoredLimitName, { subject, limits }: SubjectLimits, now: number): AppError {
  const whose = subject === 'end_user' ? 'end user' : subject;
  const what = {
    budget_per_month: `${limits.budget_per_month} a month`,
    tokens_per_day: `${limits.tokens_per_day} tokens a day`,
    queued_turns: `${limits.queued_turns} waiting turns`,
  }[name];
  const isQueue = name === 'queued_turns';
  return new AppError(
    isQueue ? 'rate_limited' : 'quota_exhausted',
    `this ${whose} allows at most ${what}${isQueue ? '' : ', and what is left does not suffice for this call'}`,
    {
      limit: { name, subject },
      retry_after_seconds: secondsUntilReset(name, now) ?? queueRetrySeconds,
    },
  );
}

export interface BeginCounting {
  readonly organizationId: string;
  readonly subjects: readonly Pick<SubjectLimits, 'subject' | 'id'>[];
  readonly now: number;
}

/** Counts what was used before, for subjects that nobody counts yet; from then on the triggers do. */
export async function beginCounting(
  context: CommandContext,
  { organizationId, subjects, now }: BeginCounting,
): Promise<null> {
  const { db, engine } = context;
  const known = await readConsumed(db, subjects, now);
  const fresh = subjects.filter((one) => !known.has(subjectName(one)));
  if (fresh.length === 0) return null;
  // A call that is being stored must not come between the sum and the new row.
  if (engine === 'postgres') await sql`lock table model_call in share row exclusive mode`.execute(db);
  const dayStart = utcDay(now) * dayMs;
  const monthStart = utcMonthStart(now);
  const column = { key: 'api_key_id', organization: 'organization_id', end_user: 'end_user_id' } as const;
  for (const { subject, id } of fresh) {
    const { rows } = await sql<{ tokens: number | string | null; cost: number | null }>`
      select sum(case when created_at >= ${dayStart} then prompt_tokens + completion_tokens else 0 end) as tokens,
        sum(round(coalesce(cost, 0) * 1e9)) as cost
      from model_call
      where organization_id = ${organizationId} and created_at >= ${monthStart}
        and ${sql.ref(column[subject])} = ${id}`.execute(db);
    await db
      .insertInto('consumption')
      .values({
        subject: subjectName({ subject, id }),
        organization_id: organizationId,
        end_user_id: subject === 'end_user' ? id : null,
        day: utcDay(now),
        tokens: Number(rows[0]?.tokens ?? 0),
        month: utcMonth(now),
        cost: Number(rows[0]?.cost ?? 0),
        reserved_tokens: 0,
        reserved_cost: 0,
        queued: 0,
      })
      .onConflict((conflict) => conflict.column('subject').doNothing())
      .execute();
  }
  return null;
}

export interface ReserveCall extends Reserved {
  readonly id: string;
  /** The generation with whose end the reservation ends at the latest; null for a call beside the answers. */
  readonly generationId: string | null;
  readonly owner: number;
  readonly now: number;
}

/** Reserves for one call of a model that belongs to no new turn. @throws AppError as `reserve` */
export async function reserveCall(context: CommandContext, args: ReserveCall): Promise<null> {
  await reserve(context, args, args, { now: args.now, isQueued: false });
  return null;
}

/** Gives back what was reserved for a call that was not made. */
export async function releaseCall(context: CommandContext, { id }: { readonly id: string }): Promise<null> {
  await release(context.db, { id });
  return null;
}

export const release = statement<{ id: string }, unknown>((db, param) =>
  db.deleteFrom('reservation').where('id', '=', param('id')),
);

/** Gives back what dead owners had reserved for calls that belong to no generation. */
export async function releaseOfOwner(context: CommandContext, owner: number): Promise<void> {
  await context.db
    .deleteFrom('reservation')
    .where('owner', '=', owner)
    .where('generation_id', 'is', null)
    .execute();
}
