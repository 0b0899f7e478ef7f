/** Who has changed what, newest first. */
import type { JSX } from 'preact';
import { useApi } from '../../api/api.ts';
import type { List } from '../../api/list.ts';
import { useRead } from '../../api/queries.ts';
import { formatTime } from '../../i18n/format.ts';
import { Pager, useCursor } from '../../parts/pager.tsx';
import { Loaded, Note } from '../../parts/states.tsx';
import { partStrings } from '../../parts/strings.ts';
import { Table } from '../../parts/table.tsx';
import styles from './settings.module.css';
import { settingsStrings } from './strings.ts';
import type { AuditEntry } from './types.ts';

export function AuditTrail(): JSX.Element {
  const strings = settingsStrings();
  const api = useApi();
  const cursor = useCursor();
  const entries = useRead<List<AuditEntry>>(api.admin('audit'), { query: { cursor } });
  return (
    <Loaded of={entries}>
      {({ data, next_cursor: next }) =>
        data.length === 0 && next === null ? (
          <Note>{strings.auditEmpty}</Note>
        ) : (
          <>
            <Table
              label={strings.tabs.audit}
              rows={data}
              keyOf={({ id }) => id}
              columns={[
                { title: strings.time, isMain: true, show: ({ at }) => formatTime(at) },
                { title: strings.action, show: ({ action }) => <code>{action}</code> },
                {
                  title: strings.actor,
                  show: ({ actor: { kind, name, address } }) =>
                    [name === null ? kind : `${kind} ${name}`, address]
                      .filter(Boolean)
                      .join(partStrings().comma),
                },
                {
                  title: strings.subject,
                  show: ({ subject: { kind, id } }) => (id === null ? kind : `${kind} ${id.slice(0, 13)}`),
                },
                { title: strings.changes, show: (entry) => <Changes of={entry} /> },
              ]}
            />
            <Pager next={next} />
          </>
        )
      }
    </Loaded>
  );
}

function Changes({ of: { before, after } }: { readonly of: AuditEntry }): JSX.Element {
  const strings = settingsStrings();
  if (before === null && after === null) return <span>–</span>;
  return (
    <details class={styles.changes}>
      <summary>{strings.show}</summary>
      {before !== null && (
        <p class={styles.json}>
          {strings.from} <code>{JSON.stringify(before)}</code>
        </p>
      )}
      {after !== null && (
        <p class={styles.json}>
          {strings.to} <code>{JSON.stringify(after)}</code>
        </p>
      )}
    </details>
  );
}
