/**
 * Reserves what calls of models may cost, within the limits that are counted in the store. Triggers (migration 0012)
 * add reservations up for each subject, count the calls that are stored, and end a generation's reservation with it.
 */
import { sql } from 'kysely';
import { AppError } from '../../domain/errors.ts';
import {
  type StoredLimitName,
  type SubjectLimits,
  secondsUntilReset,
  subjectName,
  utcDay,
  utcMonth,
  utcMonthStart,
} from '../../domain/limits/limits.ts';
import { dayMs } from '../../domain/text/time.ts';
import { toBillionths } from '../../domain/usage.ts';
import type { CommandContext } from '../command-context.ts';
import { type Consumed, excess, readConsumed } from '../queries/consumption.ts';
import { answersInOrder, statement } from '../statement.ts';
import type { Database, StoreEngine } from '../tables.ts';
import { sumBytes } from './stored-bytes.ts';

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
          as w (subject text, tokens bigint, cost double precision, queued integer, bytes bigint))`
      : sql`(select value ->> 'subject' as subject, value ->> 'tokens' as tokens, value ->> 'cost' as cost,
          value ->> 'queued' as queued, value ->> 'bytes' as bytes from json_each(${param('wanted')}))`;
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
        and (wanted.bytes is null or counted.bytes <= wanted.bytes)
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
  {
    now,
    isQueued,
    isStoring,
  }: {
    readonly now: number;
    readonly isQueued: boolean;
    /** Whether the command has stored messages, whose bytes the triggers have counted by now. */
    readonly isStoring: boolean;
  },
): Promise<void> {
  if (subjects.length === 0) return;
  const wanted = subjects.map((one) => ({
    subject: subjectName(one),
    tokens: one.limits.tokens_per_day ?? null,
    cost: one.limits.budget_per_month === undefined ? null : toBillionths(one.limits.budget_per_month),
    queued: one.limits.queued_turns ?? null,
    bytes: isStoring ? (one.limits.storage_bytes ?? null) : null,
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
  const amounts: Consumed = {
    tokens_per_day: tokens,
    budget_per_month: cost,
    queued_turns: isQueued ? 1 : 0,
    storage_bytes: isStoring ? 0 : null,
  };
  for (let tries = 1; ; tries += 1) {
    const booked = await book[context.engine](context.db, booking);
    if (booked.length === subjects.length) return;
    const consumed = await readConsumed(context.db, subjects, now);
    const tightest = tightestOf(subjects, consumed, amounts);
    // On PostgreSQL what was reserved may have been given back between the two statements; then there is room now.
    if (tightest !== undefined && tightest.excess <= 0 && tries < maxTries) continue;
    if (tightest !== undefined) throw exhausted(tightest.name, tightest.subject, now);
    throw notCounted();
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
  await answersInOrder([written, reserve(context, call, reserved, { now, isQueued, isStoring: true })]);
}

const orderOfNaming: readonly StoredLimitName[] = [
  'storage_bytes',
  'budget_per_month',
  'tokens_per_day',
  'queued_turns',
];
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
      const amount = amounts[name];
      if (limit === undefined || amount === null || (name === 'queued_turns' && amount === 0)) continue;
      const usedOfIt = used[name];
      if (usedOfIt === null) return undefined;
      const one = { name, subject, excess: excess(name, limit, usedOfIt, amount) };
      if (one.excess > 0) return one;
      first ??= one;
    }
  }
  return first;
}

/** @returns the error for a limit that is counted in the store and used up */
export function exhausted(name: StoredLimitName, { subject, limits }: SubjectLimits, now: number): AppError {
  const whose = subject === 'end_user' ? 'end user' : subject;
  const limit = { name, subject };
  const spent = ', and what is left does not suffice for this call';
  const retry = { limit, retry_after_seconds: secondsUntilReset(name, now) ?? queueRetrySeconds };
  switch (name) {
    case 'storage_bytes': {
      const message = `this ${whose} may store ${limits.storage_bytes} bytes of messages, which this one would exceed`;
      return new AppError('payload_too_large', message, { limit });
    }
    case 'queued_turns':
      return new AppError(
        'rate_limited',
        `this ${whose} allows at most ${limits.queued_turns} waiting turns`,
        retry,
      );
    case 'budget_per_month':
    case 'tokens_per_day': {
      const what =
        name === 'tokens_per_day'
          ? `${limits.tokens_per_day} tokens a day`
          : `${limits.budget_per_month} a month`;
      return new AppError('quota_exhausted', `this ${whose} allows at most ${what}${spent}`, retry);
    }
  }
}

/** A subject turned out not to be counted; the next try finds that it is. */
export function notCounted(): AppError {
  return new AppError('overloaded', 'the use of this limit is being counted; retry shortly', {
    retry_after_seconds: 1,
  });
}

export interface BeginCounting {
  readonly organizationId: string;
  readonly subjects: readonly (Pick<SubjectLimits, 'subject' | 'id'> & {
    /** Whether its stored messages are measured too. */
    readonly isStoring: boolean;
  })[];
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
  const unmeasured = subjects.filter(
    (one) => one.isStoring && (known.get(subjectName(one))?.storage_bytes ?? null) === null,
  );
  // What is being stored must not come between a sum and the row that begins with it. A turn that ends locks its tables
  // in this order.
  const tables = [...(unmeasured.length > 0 ? ['message'] : []), ...(fresh.length > 0 ? ['model_call'] : [])];
  if (engine === 'postgres' && tables.length > 0)
    await sql`lock table ${sql.join(tables.map((table) => sql.table(table)))} in share row exclusive mode`.execute(
      db,
    );
  for (const one of fresh) await insertCounts(db, organizationId, one, now);
  for (const one of unmeasured) {
    await db
      .updateTable('consumption')
      .set({ bytes: await sumBytes(db, organizationId, one) })
      .where('subject', '=', subjectName(one))
      .where('bytes', 'is', null)
      .execute();
  }
  return null;
}

const callColumn = { key: 'api_key_id', organization: 'organization_id', end_user: 'end_user_id' } as const;

async function insertCounts(
  db: Database,
  organizationId: string,
  { subject, id }: Pick<SubjectLimits, 'subject' | 'id'>,
  now: number,
): Promise<void> {
  const { rows } = await sql<{ tokens: number | string | null; cost: number | null }>`
    select sum(case when created_at >= ${utcDay(now) * dayMs} then prompt_tokens + completion_tokens else 0 end)
        as tokens,
      sum(round(coalesce(cost, 0) * 1e9)) as cost
    from model_call
    where organization_id = ${organizationId} and created_at >= ${utcMonthStart(now)}
      and ${sql.ref(callColumn[subject])} = ${id}`.execute(db);
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
      bytes: null,
      reached_month: null,
      reached_environment: null,
    })
    .onConflict((conflict) => conflict.column('subject').doNothing())
    .execute();
}

/**
 * Checks that what the subjects have stored, with what the command has just added, is within their limits: that the
 * triggers have locked their counts keeps others from adding to them before the commit.
 * @throws AppError payload_too_large, naming the limit; overloaded (nobody counts yet)
 */
export async function requireStorage(
  { db }: CommandContext,
  subjects: readonly SubjectLimits[],
  now: number,
): Promise<void> {
  const bound = subjects.filter(({ limits }) => limits.storage_bytes !== undefined);
  const consumed = await readConsumed(db, bound, now);
  for (const one of bound) {
    const bytes = consumed.get(subjectName(one))?.storage_bytes ?? null;
    if (bytes === null) throw notCounted();
    if (bytes > (one.limits.storage_bytes ?? 0)) throw exhausted('storage_bytes', one, now);
  }
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
  await reserve(context, args, args, { now: args.now, isQueued: false, isStoring: false });
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
