/**
 * Adds up an organization's usage: whole hours from the rollups, what no rollup holds yet and the parts of hours at the
 * ends of the range call by call, all in one snapshot.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Environment, OrganizationScope } from '../../domain/scope.ts';
import type { UsageGroup, UsageInterval } from '../../domain/usage.ts';
import { findNames } from '../queries/names.ts';
import type { UsageRollupTable } from '../queries/usage-tables.ts';
import type { Database, StoreEngine } from '../tables.ts';
import { selectCalls, selectPendingCalls, toCountedCall } from '../usage/calls.ts';
import {
  type CountedCall,
  everybody,
  type Figures,
  figureNames,
  hourOf,
  startOfHour,
} from '../usage/rollup.ts';
import { inSnapshot } from './snapshot.ts';
import { hoursOfDay, type UsageLine, UsageLines } from './usage-lines.ts';

export interface UsageQuery {
  readonly scope: OrganizationScope;
  /** Start of the range in epoch milliseconds, inclusive. */
  readonly from: number;
  /** End of the range in epoch milliseconds, exclusive; Infinity: all that is there. */
  readonly to: number;
  /** Absent for both environments. */
  readonly environment?: Environment | undefined;
  /** Only what was made with this key; absent: everything. */
  readonly apiKeyId?: string | undefined;
  /** Null for lines that stand for the whole range. */
  readonly interval: UsageInterval | null;
  /** At most two, none twice. */
  readonly groups: readonly UsageGroup[];
  readonly limit: number;
  /** Lines to skip. */
  readonly offset: number;
}

export interface NamedUsageLine extends UsageLine {
  /** The names of the groups; null: gone, or without a name. */
  readonly names: readonly (string | null)[];
}

/** A page of lines; `isTooLarge` if the report has more than are added up. */
export type UsagePage =
  | { readonly isTooLarge: true }
  | { readonly isTooLarge: false; readonly lines: readonly NamedUsageLine[]; readonly isLast: boolean };

/** Lines of a report, at most, so that the thread's memory stays small. */
export const mostUsageLines = 250_000;
/** Calls that are read at once. */
const callsAtOnce = 5000;

/** The whole hours of a range. What lies before and behind them is read call by call. */
interface WholeHours {
  readonly first: number;
  /** Exclusive. */
  readonly end: number;
}

export async function readUsage(db: Database, engine: StoreEngine, query: UsageQuery): Promise<UsagePage> {
  return await inSnapshot(db, engine, async (reads) => {
    const lines = await addUp(reads, engine, query);
    if (lines === undefined) return { isTooLarge: true };
    const page = lines.page(query.offset, query.limit);
    const named = await withNames(reads, query, page.lines);
    return { isTooLarge: false, lines: named, isLast: page.isLast };
  });
}

async function addUp(db: Database, engine: StoreEngine, query: UsageQuery): Promise<UsageLines | undefined> {
  const lines = new UsageLines(query.interval, query.groups);
  const { from, to } = query;
  const first = hourOf(from - 1) + 1;
  const hours = { first, end: Math.max(first, to === Number.POSITIVE_INFINITY ? lastHour : hourOf(to)) };
  if (hours.first < hours.end) {
    const everybodys = await readRollups(db, engine, query, hours, 'everybody');
    const isOfUsers = query.groups.includes('user');
    const users = isOfUsers ? await readRollups(db, engine, query, hours, 'users') : [];
    if (everybodys.length + users.length > mostUsageLines) return undefined;
    for (const row of everybodys) lines.addStored(keyOf(row, query), row);
    // What end users made is in everybody's rows too; the rest is nobody's.
    for (const row of users) {
      const key = keyOf(row, query);
      lines.addStored(key, row);
      const groups = key.groups.map((group, index) => (query.groups[index] === 'user' ? null : group));
      lines.addStored({ ...key, groups }, row, -1);
    }
  }
  for await (const call of callsOf(db, query, hours)) {
    lines.addCall(call);
    if (lines.size > mostUsageLines) return undefined;
  }
  return lines;
}

/** A bound behind every hour that a call may have. */
const lastHour = 2 ** 31 - 1;

interface RollupRow extends Figures, Pick<UsageRollupTable, 'provenance' | 'first_token' | 'duration'> {
  readonly slot: number;
  readonly one: string;
  readonly other: string;
}

async function readRollups(
  db: Database,
  engine: StoreEngine,
  { scope, environment, apiKeyId, interval, groups }: UsageQuery,
  { first, end }: WholeHours,
  whose: 'everybody' | 'users',
): Promise<readonly RollupRow[]> {
  const [one, other] = [groups[0], groups[1]].map((group) => columnOf(group, whose));
  const figures = sql.join(
    figureNames.map((name) => sql`sum(cast(${sql.ref(name)} as double precision)) as ${sql.ref(name)}`),
  );
  const join = engine === 'postgres' ? sql`string_agg` : sql`group_concat`;
  const { rows } = await sql<RollupRow>`
    select ${slotOf(engine, interval)} as slot, ${one} as one, ${other} as other, provenance, ${figures},
      ${join}(first_token, ' ') as first_token, ${join}(duration, ' ') as duration
    from usage_rollup
    where organization_id = ${scope.organizationId} and hour >= ${first} and hour < ${end}
      and ${whose === 'users' ? sql`end_user_id <> ''` : sql`end_user_id = ${everybody}`}
      and ${environment === undefined ? sql`1 = 1` : sql`environment = ${environment}`}
      and ${apiKeyId === undefined ? sql`1 = 1` : sql`api_key_id = ${apiKeyId}`}
    group by 1, 2, 3, 4 limit ${sql.lit(mostUsageLines + 1)}`.execute(db);
  return rows;
}

function slotOf(engine: StoreEngine, interval: UsageInterval | null): RawBuilder<unknown> {
  if (interval === null) return sql`cast(0 as integer)`;
  if (interval === 'hour') return sql`hour`;
  if (interval === 'day') return sql`hour / ${sql.lit(hoursOfDay)}`;
  return engine === 'postgres'
    ? sql`to_char(to_timestamp(hour * 3600.0) at time zone 'UTC', 'YYYYMM')::integer`
    : sql`cast(strftime('%Y%m', hour * 3600, 'unixepoch') as integer)`;
}

const columns: Readonly<Record<UsageGroup, RawBuilder<unknown>>> = {
  model: sql`model_id`,
  persona: sql`cast(persona_id as text)`,
  key: sql`api_key_id`,
  user: sql`end_user_id`,
  purpose: sql`purpose`,
  environment: sql`environment`,
};

function columnOf(group: UsageGroup | undefined, whose: 'everybody' | 'users'): RawBuilder<unknown> {
  if (group === undefined || (group === 'user' && whose === 'everybody')) return sql`cast('' as text)`;
  return columns[group];
}

function keyOf({ slot, one, other }: RollupRow, { groups }: UsageQuery) {
  const values = [one, other].slice(0, groups.length);
  const isNone = (value: string, index: number): boolean =>
    value === '' || (groups[index] === 'persona' && value === '0');
  return { slot, groups: values.map((value, index) => (isNone(value, index) ? null : value)) };
}

/** The calls that the rollups of the whole hours don't hold. */
async function* callsOf(
  db: Database,
  { scope, from, to, environment, apiKeyId }: UsageQuery,
  hours: WholeHours,
): AsyncGenerator<CountedCall> {
  const isAsked = (call: CountedCall): boolean =>
    (environment === undefined || call.environment === environment) &&
    (apiKeyId === undefined || call.apiKeyId === apiKeyId);
  const begin = startOfHour(hours.first);
  const end = startOfHour(hours.end);
  const hasWholeHours = hours.first < hours.end;
  if (hasWholeHours) {
    for await (const call of pendingCalls(db, scope))
      if (call.createdAt >= begin && call.createdAt < end && isAsked(call)) yield call;
  }
  const edges = hasWholeHours
    ? [
        { from, to: begin },
        { from: end, to },
      ]
    : [{ from, to }];
  for (const edge of edges)
    for await (const call of callsBetween(db, scope, edge)) if (isAsked(call)) yield call;
}

async function* pendingCalls(db: Database, scope: OrganizationScope): AsyncGenerator<CountedCall> {
  let last = '';
  for (;;) {
    const rows = await selectPendingCalls(db)
      .select('pending.call_id')
      .where('pending.organization_id', '=', scope.organizationId)
      .where('pending.call_id', '>', last)
      .orderBy('pending.call_id')
      .limit(callsAtOnce)
      .execute();
    for (const row of rows) yield toCountedCall(row);
    const end = rows.at(-1);
    if (end === undefined || rows.length < callsAtOnce) return;
    last = end.call_id;
  }
}

async function* callsBetween(
  db: Database,
  scope: OrganizationScope,
  { from, to }: { readonly from: number; readonly to: number },
): AsyncGenerator<CountedCall> {
  let last: { readonly at: number; readonly id: string } | undefined;
  while (from < to && to !== Number.POSITIVE_INFINITY) {
    let query = selectCalls(db)
      .select('call.id')
      .where('call.organization_id', '=', scope.organizationId)
      .where('call.created_at', '>=', last?.at ?? from)
      .where('call.created_at', '<', to);
    if (last !== undefined) {
      const { at, id } = last;
      query = query.where((eb) => eb.or([eb('call.created_at', '>', at), eb('call.id', '>', id)]));
    }
    const rows = await query.orderBy('call.created_at').orderBy('call.id').limit(callsAtOnce).execute();
    for (const row of rows) yield toCountedCall(row);
    const end = rows.at(-1);
    if (end === undefined || rows.length < callsAtOnce) return;
    last = { at: end.created_at, id: end.id };
  }
}

/** Purposes and environments are words already. */
function isNamed(group: UsageGroup): group is Exclude<UsageGroup, 'purpose' | 'environment'> {
  return group !== 'purpose' && group !== 'environment';
}

async function withNames(
  db: Database,
  { scope, groups }: UsageQuery,
  lines: readonly UsageLine[],
): Promise<NamedUsageLine[]> {
  const names: ReadonlyMap<string, string>[] = [];
  for (const [index, group] of groups.entries()) {
    const ids = new Set(lines.flatMap((line) => line.groups[index] ?? []));
    names.push(isNamed(group) ? await findNames(db, scope, group, [...ids]) : new Map());
  }
  return lines.map((line) => ({
    ...line,
    names: line.groups.map((id, index) => (id === null ? null : (names[index]?.get(id) ?? null))),
  }));
}
