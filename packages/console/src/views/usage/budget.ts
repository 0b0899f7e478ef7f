/** The budgets of an organization or a key: how much is used, when they begin anew, and their line in the plot. */
import type { Limits } from '../../forms/limits.ts';
import type { Interval, Measure } from './report.ts';

/** The limits that are budgets, and the figure of the report that counts against each. */
const measureOf = { budget_per_month: 'cost', tokens_per_day: 'tokens' } as const;
export type BudgetName = keyof typeof measureOf;

export interface Budget {
  readonly name: BudgetName;
  readonly limit: number;
  /** With what running calls may still use. */
  readonly used: number;
  /** When nothing is used again. */
  readonly renewed: Date;
}

/** Months and days are those of UTC. @param now epoch milliseconds */
export function budgetsOf(limits: Limits, consumed: Limits, now: number): readonly Budget[] {
  const date = new Date(now);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  const renewed = {
    budget_per_month: new Date(Date.UTC(year, month + 1, 1)),
    tokens_per_day: new Date(Date.UTC(year, month, day + 1)),
  };
  return (Object.keys(measureOf) as BudgetName[]).flatMap((name) => {
    const limit = limits[name];
    return limit == null ? [] : [{ name, limit, used: consumed[name] ?? 0, renewed: renewed[name] }];
  });
}

export interface LimitLine {
  readonly budget: Budget;
  /** What may be used in each interval. */
  readonly values: readonly number[];
  /** Whether the intervals are shorter than what the budget is for, so that each has an even share of it. */
  readonly isShare: boolean;
}

/**
 * The line of the budget that this figure counts against; undefined: there is none.
 * @param starts the beginnings of the intervals, in seconds
 */
export function limitLineOf(
  budgets: readonly Budget[],
  measure: Measure,
  interval: Interval,
  starts: readonly number[],
): LimitLine | undefined {
  const budget = budgets.find(({ name }) => measureOf[name] === measure);
  if (budget === undefined) return undefined;
  const isMonthly = budget.name === 'budget_per_month';
  const values = starts.map((start) => {
    const aMonth = isMonthly ? 1 : daysOfMonth(start);
    if (interval === 'month') return budget.limit * aMonth;
    const aDay = isMonthly ? budget.limit / daysOfMonth(start) : budget.limit;
    return interval === 'day' ? aDay : aDay / 24;
  });
  return { budget, values, isShare: interval === 'hour' || (isMonthly && interval === 'day') };
}

/** In UTC. */
function daysOfMonth(seconds: number): number {
  const date = new Date(seconds * 1000);
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
}

/** How many times as high as the highest bar a line may be and still be in sight; else the bars could not be read. */
const mostHeight = 4;

/** What the plot reaches up to, and whether the line is in it. */
export function topOf(bars: number, line: number): { readonly top: number; readonly isInSight: boolean } {
  const isInSight = bars === 0 || line <= mostHeight * bars;
  return { top: Math.max(bars, isInSight ? line : 0) * 1.05 || 1, isInSight };
}
