/** What was used: requests, tokens, cost, errors and times, over time and by what it was used for. */
import { useQuery } from '@tanstack/preact-query';
import type { JSX } from 'preact';
import { useCallback, useMemo } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import { type Api, useApi } from '../../api/api.ts';
import type { Query } from '../../api/request.ts';
import {
  formatCost,
  formatDay,
  formatDuration,
  formatNumber,
  formatPercent,
  formatShort,
  formatTime,
  timeZone,
} from '../../i18n/format.ts';
import { Button, SelectField } from '../../parts/controls.tsx';
import { Card, Page, pageStyles } from '../../parts/page.tsx';
import { saveText } from '../../parts/save-file.ts';
import { EmptyState, Loaded, Note } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { tell } from '../../parts/toasts.tsx';
import { toConsole } from '../../state/paths.ts';
import { useUrlState } from '../../state/url-state.ts';
import { Plot } from './plot.tsx';
import {
  endOf,
  type Group,
  groupKey,
  groups,
  type Interval,
  intervalsOf,
  type Measure,
  measures,
  type Percentiles,
  periodBefore,
  periodOf,
  type RangeName,
  ranges,
  stackOf,
  sumOf,
  type UsageLine,
} from './report.ts';
import { usageStrings } from './strings.ts';
import styles from './usage.module.css';

interface Report {
  readonly data: readonly UsageLine[];
  readonly next_cursor: string | null;
}

/** Pages of a thousand lines. */
const mostPages = 20;

/** All lines of a report. */
function useReport(query: Query) {
  const api = useApi();
  return useQuery<readonly UsageLine[], Error>({
    queryKey: [api.organization.id, 'usage', query],
    queryFn: ({ signal }) => readAll(api, query, signal),
    staleTime: 60_000,
  });
}

async function readAll(api: Api, query: Query, signal: AbortSignal): Promise<readonly UsageLine[]> {
  const lines: UsageLine[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < mostPages; page += 1) {
    const report = await api.get<Report>(api.admin('usage'), { ...query, cursor }, signal);
    lines.push(...report.data);
    if (report.next_cursor === null) break;
    cursor = report.next_cursor;
  }
  return lines;
}

function oneOf<Word extends string>(words: readonly Word[], text: string, usual: Word): Word {
  return words.find((word) => word === text) ?? usual;
}

export default function UsageView(): JSX.Element {
  const strings = usageStrings();
  const api = useApi();
  const [rangeText, setRange] = useUrlState('range', 'month');
  const [intervalText, setInterval] = useUrlState('interval');
  const [groupText, setGroup] = useUrlState('by', 'model');
  const [measureText, setMeasure] = useUrlState('show', 'requests');
  const range = oneOf(Object.keys(ranges) as RangeName[], rangeText, 'month');
  const fitting = intervalsOf(range);
  const interval = oneOf(fitting, intervalText, fitting[0] ?? 'day');
  const group = oneOf(groups, groupText, 'model');
  const measure = oneOf(measures, measureText, 'requests');
  const period = useMemo(() => periodOf(range, Date.now()), [range]);
  // Environments are compared with each other; everything else is of the one that is shown.
  const environment = group === 'environment' ? undefined : api.environment;
  const shared = { group_by: group, environment };
  const overTime = useReport({ ...shared, ...period, interval });
  const inAll = useReport({ ...shared, ...period });
  const before = useReport({ ...shared, ...periodBefore(period) });
  const getCsv = async () => {
    const response = await api.send('GET', api.admin('usage'), {
      query: { ...shared, ...period, interval },
      headers: { Accept: 'text/csv' },
    });
    saveText('usage.csv', 'text/csv', await response.text());
  };
  return (
    <Page
      title={strings.title}
      actions={
        <Button onClick={() => void getCsv().catch((error: Error) => tell(error.message))}>
          {strings.csv}
        </Button>
      }
    >
      <div class={pageStyles.filters}>
        <SelectField
          label={strings.range}
          value={range}
          choices={(Object.keys(ranges) as RangeName[]).map((value) => ({
            value,
            label: strings.ranges[value],
          }))}
          onChange={(value) => setRange(value, { interval: '' })}
        />
        <SelectField
          label={strings.interval}
          value={interval}
          choices={fitting.map((value) => ({ value, label: strings.intervals[value] }))}
          onChange={(value) => setInterval(value)}
        />
        <SelectField
          label={strings.group}
          value={group}
          choices={groups.map((value) => ({ value, label: strings.groups[value] }))}
          onChange={(value) => setGroup(value)}
        />
        <SelectField
          label={strings.measure}
          value={measure}
          choices={measures.map((value) => ({ value, label: strings.measures[value] }))}
          onChange={(value) => setMeasure(value)}
        />
      </div>
      <Loaded of={inAll}>
        {(lines) =>
          lines.length === 0 ? (
            <EmptyState title={strings.emptyTitle}>{strings.empty}</EmptyState>
          ) : (
            <>
              <Summary lines={lines} before={before.data} />
              <Card title={strings.inTime}>
                <Loaded of={overTime}>
                  {(timed) => <OverTime lines={timed} {...{ measure, interval, group, period }} />}
                </Loaded>
              </Card>
              <ByGroup lines={lines} group={group} period={period} />
              <p class={pageStyles.dim}>{strings.zones(timeZone())}</p>
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

interface SummaryProps {
  readonly lines: readonly UsageLine[];
  /** Undefined: not read yet. */
  readonly before: readonly UsageLine[] | undefined;
}

function Summary({ lines, before }: SummaryProps): JSX.Element {
  const strings = usageStrings();
  const now = sumOf(lines);
  const then = before && sumOf(before);
  const { tokens } = now;
  const share = (part: number) => formatPercent(tokens.total === 0 ? 0 : part / tokens.total);
  const change = (value: number, old: number | undefined) => {
    if (old === undefined) return '';
    if (old === 0) return value === 0 ? strings.same : strings.nothingBefore;
    if (value === old) return strings.same;
    return strings.compared(`${value > old ? '+' : '−'}${formatPercent(Math.abs(value - old) / old)}`);
  };
  const cards = [
    [strings.requests, formatNumber(now.requests), change(now.requests, then?.requests)],
    [strings.tokensIn, formatNumber(now.tokensIn), change(now.tokensIn, then?.tokensIn)],
    [strings.tokensOut, formatNumber(now.tokensOut), change(now.tokensOut, then?.tokensOut)],
    [strings.cost, formatCost(now.cost), change(now.cost, then?.cost)],
    [strings.errors, formatNumber(now.errors), change(now.errors, then?.errors)],
  ] as const;
  return (
    <>
      <div class={styles.cards}>
        {cards.map(([title, value, told]) => (
          <div key={title} class={styles.figure}>
            <span>{title}</span>
            <strong>{value}</strong>
            <small>{told}</small>
          </div>
        ))}
      </div>
      {now.unpricedCalls > 0 && <Note tone="warn">{strings.unpriced(now.unpricedCalls)}</Note>}
      <p class={pageStyles.dim}>
        {strings.origin(share(tokens.reported), share(tokens.estimated), share(tokens.unknown))}
      </p>
    </>
  );
}

interface OverTimeProps {
  readonly lines: readonly UsageLine[];
  readonly measure: Measure;
  readonly interval: Interval;
  readonly group: Group;
  readonly period: { readonly from: string; readonly to: string };
}

function OverTime({ lines, measure, interval, group, period }: OverTimeProps): JSX.Element {
  const strings = usageStrings();
  const [, navigate] = useLocation();
  const stack = useMemo(() => stackOf(lines, measure, interval, period), [lines, measure, interval, period]);
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
      navigate(conversationsOf(group, key, times));
    },
    [stack, interval, group, navigate],
  );
  const label = strings.plot(strings.measures[measure], strings.intervals[interval], strings.groups[group]);
  const shown = stack.starts
    .map((start, place) => ({ start, values: stack.series.map(({ values }) => values[place] ?? 0) }))
    .filter(({ values }) => values.some((value) => value > 0))
    .reverse();
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
            show: ({ values }) => formatValue(values.reduce((sum, value) => sum + value, 0)),
          },
        ]}
      />
    </>
  );
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

interface ByGroupProps {
  readonly lines: readonly UsageLine[];
  readonly group: Group;
  readonly period: { readonly from: string; readonly to: string };
}

function ByGroup({ lines, group, period }: ByGroupProps): JSX.Element {
  const strings = usageStrings();
  const figures = ({ p50, p95 }: Percentiles) =>
    p50 === null || p95 === null ? '–' : `${formatDuration(p50)} / ${formatDuration(p95)}`;
  return (
    <Table
      label={strings.groups[group]}
      rows={lines}
      keyOf={groupKey}
      columns={[
        {
          title: strings.groups[group],
          isMain: true,
          show(line) {
            const { id = null, name = null } = line.groups[0] ?? {};
            if (id === null) return strings.none;
            return group === 'purpose' || group === 'environment' ? (
              (name ?? id)
            ) : (
              <Link href={conversationsOf(group, id, period)}>{name ?? id}</Link>
            );
          },
        },
        { title: strings.requests, align: 'end', show: (line) => formatNumber(line.requests.total) },
        { title: strings.tokensIn, align: 'end', show: (line) => formatNumber(line.prompt_tokens.total) },
        {
          title: strings.tokensOut,
          align: 'end',
          show: (line) => formatNumber(line.completion_tokens.total),
        },
        { title: strings.cost, align: 'end', show: (line) => formatCost(line.cost.total) },
        { title: strings.errors, align: 'end', show: (line) => formatNumber(line.errors) },
        { title: strings.firstToken, align: 'end', show: (line) => figures(line.first_token_ms) },
        { title: strings.duration, align: 'end', show: (line) => figures(line.duration_ms) },
      ]}
    />
  );
}

/** The list of conversations, filtered by group and time. Purposes and environments are no filters of it. */
function conversationsOf(
  group: Group,
  key: string | undefined,
  { from, to }: { readonly from: string; readonly to: string },
): string {
  const isFilter = key !== undefined && key !== '' && group !== 'purpose' && group !== 'environment';
  const query = new URLSearchParams({ ...(isFilter && { [group]: key }), from, to });
  return toConsole(`/conversations?${query}`);
}
