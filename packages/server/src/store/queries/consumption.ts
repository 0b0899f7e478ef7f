/** Reads what subjects of limits have used up of the limits that are counted in the store. */
import {
  type Limits,
  type StoredLimitName,
  type SubjectLimits,
  storedLimitNames,
  subjectName,
  utcDay,
  utcMonth,
} from '../../domain/limits/limits.ts';
import { fromBillionths, toBillionths } from '../../domain/usage.ts';
import type { Database } from '../tables.ts';
import type { ConsumptionTable } from './usage-tables.ts';

/** What a subject has used up and reserved, of each limit in the limit's own unit. */
export type Consumed = { readonly [Name in Exclude<StoredLimitName, 'storage_bytes'>]: number } & {
  /** Null where nobody has asked for it: then it is not counted. */
  readonly storage_bytes: number | null;
};

const nothing: Consumed = { tokens_per_day: 0, budget_per_month: 0, queued_turns: 0, storage_bytes: null };

/** A count of an earlier day or month is none; what is reserved counts on every day. */
export function consumedOf(row: ConsumptionTable | undefined, nowMs: number): Consumed {
  if (row === undefined) return nothing;
  const tokens = row.day === utcDay(nowMs) ? row.tokens : 0;
  const cost = row.month === utcMonth(nowMs) ? row.cost : 0;
  return {
    tokens_per_day: Number(tokens) + Number(row.reserved_tokens),
    budget_per_month: fromBillionths(Number(cost) + Number(row.reserved_cost)),
    queued_turns: Number(row.queued),
    storage_bytes: row.bytes === null ? null : Number(row.bytes),
  };
}

/** By the names of the subjects; one that is not counted yet is missing. */
export async function readConsumed(
  db: Database,
  subjects: readonly Pick<SubjectLimits, 'subject' | 'id'>[],
  nowMs: number,
): Promise<ReadonlyMap<string, Consumed>> {
  if (subjects.length === 0) return new Map();
  const rows = await db
    .selectFrom('consumption')
    .selectAll()
    .where('subject', 'in', subjects.map(subjectName))
    .execute();
  return new Map(rows.map((row) => [row.subject, consumedOf(row, nowMs)]));
}

/** Whether a subject has a limit that is counted in the store. */
export function hasStoredLimit(limits: Limits): boolean {
  return storedLimitNames.some((name) => limits[name] !== undefined);
}

/** How far what is wanted exceeds a limit; 0 or less where it fits. */
export function excess(name: StoredLimitName, limit: number, used: number, wanted: number): number {
  if (name !== 'budget_per_month') return used + wanted - limit;
  return toBillionths(used) + toBillionths(wanted) - toBillionths(limit);
}
