/** The providers of the models: how many answers they gave, how long they took, and why they failed. */
import type { JSX } from 'preact';
import { formatAgo, formatDuration, formatNumber, formatTime } from '../../i18n/format.ts';
import { Card, pageStyles } from '../../parts/page.tsx';
import { partStrings } from '../../parts/strings.ts';
import { Table } from '../../parts/table.tsx';
import styles from './health.module.css';
import { healthStrings } from './strings.ts';
import type { Health } from './types.ts';

type Provider = Health['providers'][number];

export function Providers({ of: { providers } }: { readonly of: Health }): JSX.Element {
  const strings = healthStrings();
  if (providers.length === 0) {
    return (
      <Card title={strings.providers}>
        <p>{strings.noProviders}</p>
      </Card>
    );
  }
  return (
    <Card title={strings.providers}>
      <Table
        label={strings.providers}
        rows={providers}
        keyOf={({ provider }) => provider}
        columns={[
          { title: strings.provider, isMain: true, show: ({ provider }) => provider },
          { title: strings.answered, align: 'end', show: ({ answered }) => formatNumber(answered) },
          { title: strings.failed, align: 'end', show: ({ failed }) => formatNumber(failed) },
          { title: strings.firstToken, align: 'end', show: ({ first_token_ms: times }) => shown(times) },
          { title: strings.inAll, align: 'end', show: ({ duration_ms: times }) => shown(times) },
          { title: strings.errors, show: countsOf },
          { title: strings.lastError, show: ({ last_error: failure }) => <Failure of={failure} /> },
        ]}
      />
      <p class={pageStyles.dim}>{strings.timesOf}</p>
    </Card>
  );
}

function shown({ p50, p95 }: Provider['duration_ms']): string {
  return p50 === null || p95 === null ? '–' : `${formatDuration(p50)} / ${formatDuration(p95)}`;
}

/** Failed calls by their status. */
function countsOf({ errors }: Provider): string {
  const counts = Object.entries(errors).filter(([, count]) => count > 0);
  return (
    counts
      .map(([kind, count]) => `${kind.replaceAll('_', ' ')} ${formatNumber(count)}`)
      .join(partStrings().comma) || '–'
  );
}

function Failure({ of: failure }: { readonly of: Provider['last_error'] }): JSX.Element {
  if (failure === null) return <span>–</span>;
  return (
    <span class={styles.failure}>
      <time class={pageStyles.dim} dateTime={failure.at} title={formatTime(failure.at)}>
        {formatAgo(failure.at)}
      </time>
      <span>{failure.message}</span>
    </span>
  );
}
