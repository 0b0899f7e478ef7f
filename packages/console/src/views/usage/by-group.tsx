/** What each group has used in the whole period. */
import type { JSX } from 'preact';
import { Link } from 'wouter-preact';
import { formatCost, formatDuration, formatNumber } from '../../i18n/format.ts';
import { Table } from '../../parts/table.tsx';
import { toConsole } from '../../state/paths.ts';
import { type Group, groupKey, type Percentiles, type UsageLine } from './report.ts';
import { usageStrings } from './strings.ts';

interface ByGroupProps {
  readonly lines: readonly UsageLine[];
  readonly group: Group;
  readonly period: { readonly from: string; readonly to: string };
  /** The id of the key that alone is shown; empty: all of them. */
  readonly keyId: string;
}

export function ByGroup({ lines, group, period, keyId }: ByGroupProps): JSX.Element {
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
              <Link href={conversationsOf(group, id, period, keyId)}>{name ?? id}</Link>
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

/** The list of conversations, filtered by group, time and key. Purposes and environments are no filters of it. */
export function conversationsOf(
  group: Group,
  key: string | undefined,
  { from, to }: { readonly from: string; readonly to: string },
  keyId: string,
): string {
  const isFilter = key !== undefined && key !== '' && group !== 'purpose' && group !== 'environment';
  const query = new URLSearchParams({
    ...(keyId !== '' && { key: keyId }),
    ...(isFilter && { [group]: key }),
    from,
    to,
  });
  return toConsole(`/conversations?${query}`);
}
