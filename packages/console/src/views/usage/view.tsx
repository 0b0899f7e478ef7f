/** What was used: requests, tokens, cost, errors and times, over time and by what it was used for. */
import { useQuery } from '@tanstack/preact-query';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { type Api, useApi } from '../../api/api.ts';
import { allOfThem, type List } from '../../api/list.ts';
import { useRead } from '../../api/queries.ts';
import type { Query } from '../../api/request.ts';
import type { Limits } from '../../forms/limits.ts';
import { formatCost, formatNumber, formatPercent, timeZone } from '../../i18n/format.ts';
import { Button, SelectField } from '../../parts/controls.tsx';
import { Card, Page, pageStyles } from '../../parts/page.tsx';
import { saveText } from '../../parts/save-file.ts';
import { EmptyState, Loaded, Note } from '../../parts/states.tsx';
import { tell } from '../../parts/toasts.tsx';
import { useUrlState } from '../../state/url-state.ts';
import { budgetsOf } from './budget.ts';
import { Budgets } from './budgets.tsx';
import { ByGroup } from './by-group.tsx';
import { OverTime } from './over-time.tsx';
import {
  groups,
  intervalsOf,
  measures,
  periodBefore,
  periodOf,
  type RangeName,
  ranges,
  sumOf,
  type UsageLine,
} from './report.ts';
import { usageStrings } from './strings.ts';
import styles from './usage.module.css';

interface Report {
  readonly data: readonly UsageLine[];
  readonly next_cursor: string | null;
}

/** Who has limits: a key, or the organization. */
interface Limited {
  readonly limits: Limits;
  readonly consumed: Limits;
}

interface Key extends Limited {
  readonly id: string;
  readonly name: string;
  readonly revoked_at: string | null;
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
  const [keyId, setKey] = useUrlState('key');
  const keys = useRead<List<Key>>(api.admin('keys'), { query: { limit: allOfThem } });
  const settings = useRead<Limited>(api.admin('settings'));
  const key = keys.data?.data.find(({ id }) => id === keyId);
  const limited = keyId === '' ? settings.data : key;
  const budgets = useMemo(
    () => (limited === undefined ? [] : budgetsOf(limited.limits, limited.consumed, Date.now())),
    [limited],
  );
  const range = oneOf(Object.keys(ranges) as RangeName[], rangeText, 'month');
  const fitting = intervalsOf(range);
  const interval = oneOf(fitting, intervalText, fitting[0] ?? 'day');
  const group = oneOf(groups, groupText, 'model');
  const measure = oneOf(measures, measureText, 'requests');
  const period = useMemo(() => periodOf(range, Date.now()), [range]);
  // Environments are compared with each other, and a key is of one; everything else is of the one that is shown.
  const environment = group === 'environment' || keyId !== '' ? undefined : api.environment;
  const shared = { group_by: group, environment, key_id: keyId };
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
        <SelectField
          label={strings.key}
          value={keyId}
          choices={[
            { value: '', label: strings.allKeys },
            ...keyChoices(keys.data?.data ?? [], keyId).map(({ id, name }) => ({ value: id, label: name })),
          ]}
          onChange={(value) => setKey(value)}
        />
      </div>
      <Budgets of={budgets} keyName={keyId === '' ? undefined : (key?.name ?? keyId)} />
      <Loaded of={inAll}>
        {(lines) =>
          lines.length === 0 ? (
            <EmptyState title={strings.emptyTitle}>{strings.empty}</EmptyState>
          ) : (
            <>
              <Summary lines={lines} before={before.data} />
              <Card title={strings.inTime}>
                <Loaded of={overTime}>
                  {(timed) => (
                    <OverTime lines={timed} {...{ measure, interval, group, period, keyId, budgets }} />
                  )}
                </Loaded>
              </Card>
              <ByGroup {...{ lines, group, period, keyId }} />
              <p class={pageStyles.dim}>{strings.zones(timeZone())}</p>
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

/** Keys that are revoked have been used too; one that is not listed stays chosen. */
function keyChoices(keys: readonly Key[], chosen: string): readonly Pick<Key, 'id' | 'name'>[] {
  const isListed = chosen === '' || keys.some(({ id }) => id === chosen);
  return isListed ? keys : [{ id: chosen, name: chosen }, ...keys];
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
