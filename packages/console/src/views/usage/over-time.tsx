/** What was used over time: the plot, and the same figures as a table. */
import type { JSX } from 'preact';
import { useCallback, useMemo } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { limitName } from '../../forms/limit-strings.ts';
import {
  formatCost,
  formatDay,
  formatNumber,
  formatPercent,
  formatShort,
  formatTime,
} from '../../i18n/format.ts';
import { pageStyles } from '../../parts/page.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { type Budget, limitLineOf } from './budget.ts';
import { conversationsOf } from './by-group.tsx';
import { Plot } from './plot.tsx';
import { endOf, type Group, type Interval, type Measure, stackOf, type UsageLine } from './report.ts';
import { usageStrings } from './strings.ts';

interface OverTimeProps {
  readonly lines: readonly UsageLine[];
  readonly measure: Measure;
  readonly interval: Interval;
  readonly group: Group;
  readonly period: { readonly from: string; readonly to: string };
  /** The id of the key that alone is shown; empty: all of them. */
  readonly keyId: string;
  readonly budgets: readonly Budget[];
}

export function OverTime(props: OverTimeProps): JSX.Element {
  const { lines, measure, interval, group, period, keyId, budgets } = props;
  const strings = usageStrings();
  const [, navigate] = useLocation();
  const stack = useMemo(() => stackOf(lines, measure, interval, period), [lines, measure, interval, period]);
  const limit = useMemo(
    () => limitLineOf(budgets, measure, interval, stack.starts),
    [budgets, measure, interval, stack],
  );
  const names = useMemo(
    () => stack.series.map(({ key, name }) => name ?? (key === undefined ? strings.others : strings.none)),
    [stack, strings],
  );
  const nameOf = useCallback((start: number) => intervalName(start, interval), [interval]);
  const shortNameOf = useCallback((start: number) => shortIntervalName(start, interval), [interval]);
  const formatValue = measure === 'cost' ? formatCost : formatNumber;
  const choose = useCallback(
    (place: number, series: number | undefined) => {
      const start = stack.starts[place];
      if (start === undefined) return;
      const key = series === undefined ? undefined : stack.series[series]?.key;
      const times = { from: new Date(start * 1000).toISOString(), to: endOf(start, interval).toISOString() };
      navigate(conversationsOf(group, key, times, keyId));
    },
    [stack, interval, group, keyId, navigate],
  );
  const label = strings.plot(strings.measures[measure], strings.intervals[interval], strings.groups[group]);
  const shown = stack.starts
    .map((start, place) => ({
      start,
      values: stack.series.map(({ values }) => values[place] ?? 0),
      limit: limit?.values[place],
    }))
    .filter(({ values }) => values.some((value) => value > 0))
    .reverse();
  const limitText =
    limit &&
    (limit.isShare ? strings.limitShare : strings.limitLine)(
      limitName(limit.budget.name),
      formatValue(limit.budget.limit),
    );
  const line = useMemo(() => limit && { values: limit.values, name: limitText ?? '' }, [limit, limitText]);
  // A share of a budget is no bound of its interval.
  const ofBudget: readonly Column<(typeof shown)[number]>[] =
    limit === undefined || limit.isShare
      ? []
      : [
          {
            title: strings.ofBudget,
            align: 'end',
            show: ({ values, limit: most }) => (most ? formatPercent(sum(values) / most) : '–'),
          },
        ];
  return (
    <>
      <p class={pageStyles.dim}>{strings.plotHint}</p>
      <Plot
        stack={stack}
        label={label}
        names={names}
        nameOf={nameOf}
        shortNameOf={shortNameOf}
        isCount={measure !== 'cost'}
        formatValue={formatValue}
        onChoose={choose}
        limit={line}
      />
      <Table
        label={label}
        rows={shown}
        keyOf={({ start }) => start}
        columns={[
          { title: strings.when, isMain: true, show: ({ start }) => intervalName(start, interval) },
          ...names.map((name, index) => ({
            title: name,
            align: 'end' as const,
            show: ({ values }: { values: readonly number[] }) => formatValue(values[index] ?? 0),
          })),
          {
            title: strings.total,
            align: 'end' as const,
            show: ({ values }) => formatValue(sum(values)),
          },
          ...ofBudget,
        ]}
      />
    </>
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

/** Days and months are those of UTC, wherever the viewer is. */
function intervalName(start: number, interval: Interval): string {
  const time = new Date(start * 1000);
  if (interval === 'hour') return formatTime(time);
  if (interval === 'month') return time.toISOString().slice(0, 7);
  return formatDay(new Date(time.getUTCFullYear(), time.getUTCMonth(), time.getUTCDate()));
}

function shortIntervalName(start: number, interval: Interval): string {
  const time = new Date(start * 1000);
  if (interval === 'hour') return formatShort(time, { hour: 'numeric', minute: '2-digit' });
  if (interval === 'month') return formatShort(time, { month: 'short', year: '2-digit', timeZone: 'UTC' });
  return formatShort(time, { month: 'short', day: 'numeric', timeZone: 'UTC' });
}
