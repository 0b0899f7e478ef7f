/** Which engine searches the web for answers, and one search to see whether it does. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useChange } from '../../api/queries.ts';
import { ApiError } from '../../api/request.ts';
import { submitted } from '../../forms/submitted.ts';
import { formatDuration } from '../../i18n/format.ts';
import { Button, TextField } from '../../parts/controls.tsx';
import { Card, Facts, pageStyles } from '../../parts/page.tsx';
import { ErrorState, Note } from '../../parts/states.tsx';
import styles from './settings.module.css';
import { settingsStrings } from './strings.ts';
import type { SearchTrial, ServerFacts } from './types.ts';

export function SearchTest({ of }: { readonly of: ServerFacts['search'] }): JSX.Element {
  const strings = settingsStrings();
  const [query, setQuery] = useState('');
  const search = useChange<string, SearchTrial>(
    (typed, api) => api.call('POST', '/api/admin/server-settings/search-test', { body: { query: typed } }),
    () => [],
  );
  const { error, data, isPending } = search;
  const problem = error instanceof ApiError && error.field === 'query' ? error.message : undefined;
  return (
    <Card title={strings.internet}>
      <Facts
        of={[
          [strings.engine, of.engine],
          [strings.chosenBy, of.variable === null ? strings.noVariable : <code>{of.variable}</code>],
        ]}
      />
      <form
        class={pageStyles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!isPending) search.mutate(submitted(event, 'query'));
        }}
      >
        <TextField
          label={strings.trySearch}
          hint={strings.trySearchHint}
          name="query"
          type="search"
          value={query}
          onInput={setQuery}
          problem={problem}
        />
        <div>
          <Button type="submit" icon="search" isBusy={isPending}>
            {strings.search}
          </Button>
        </div>
      </form>
      {error !== null && problem === undefined && <ErrorState error={error} />}
      <div role="status">{data && !isPending && <Told of={data} />}</div>
      {data && !isPending && data.hits.length > 0 && <Hits of={data.hits} />}
    </Card>
  );
}

function Told({ of: { error, hits, latency_ms: ms } }: { readonly of: SearchTrial }): JSX.Element {
  const strings = settingsStrings();
  if (error !== null) return <Note tone="warn">{strings.searchFailed(error)}</Note>;
  return <p>{strings.found(hits.length, formatDuration(ms))}</p>;
}

function Hits({ of: hits }: { readonly of: SearchTrial['hits'] }): JSX.Element {
  return (
    <ol class={styles.hits}>
      {hits.map(({ title, url }) => (
        <li key={url}>
          <a href={url} target="_blank" rel="noopener noreferrer">
            {title}
          </a>
          <div class={pageStyles.dim}>{URL.parse(url)?.host}</div>
        </li>
      ))}
    </ol>
  );
}
