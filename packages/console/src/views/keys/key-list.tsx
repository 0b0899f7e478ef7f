/** The list of keys. */
import type { JSX } from 'preact';
import { Link } from 'wouter-preact';
import { useApi } from '../../api/api.ts';
import { allOfThem, type List } from '../../api/list.ts';
import { useRead } from '../../api/queries.ts';
import { NearestLimit } from '../../forms/limits-field.tsx';
import { Badge, LinkButton, SelectField } from '../../parts/controls.tsx';
import { creatorText } from '../../parts/creators.ts';
import { Page, pageStyles } from '../../parts/page.tsx';
import { EmptyState, Loaded } from '../../parts/states.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { useUrlState } from '../../state/url-state.ts';
import { expiryText, isUnused, lastUsedText, stateOf, unusedText } from './key-facts.ts';
import { keyStrings } from './strings.ts';
import type { Key, Persona } from './types.ts';

const types = ['prod', 'test', 'admin'] as const;

export function KeyList(): JSX.Element {
  const strings = keyStrings();
  const api = useApi();
  const [type, setType] = useUrlState('type');
  const [revoked, setRevoked] = useUrlState('revoked', 'false');
  const keys = useRead<List<Key>>(api.admin('keys'), {
    query: { limit: allOfThem, revoked: revoked === 'all' ? undefined : revoked },
  });
  const personas = useRead<List<Persona>>(api.admin('personas'), { query: { limit: allOfThem } });
  const make = (
    <LinkButton href="/new" icon="plus" look="primary">
      {strings.make}
    </LinkButton>
  );
  return (
    <Page title={strings.title} actions={make}>
      <div class={pageStyles.filters}>
        <SelectField
          label={strings.type}
          value={type}
          onChange={(value) => setType(value)}
          choices={[
            { value: '', label: strings.allTypes },
            ...types.map((value) => ({ value, label: strings.types[value] })),
          ]}
        />
        <SelectField
          label={strings.revokedFilter}
          value={revoked}
          onChange={(value) => setRevoked(value)}
          choices={[
            { value: 'false', label: strings.living },
            { value: 'true', label: strings.revokedOnes },
            { value: 'all', label: strings.all },
          ]}
        />
      </div>
      <Loaded of={keys}>
        {({ data }) => {
          const shown = [...data].reverse().filter((key) => type === '' || key.type === type);
          if (shown.length === 0) {
            return (
              <EmptyState title={strings.emptyTitle} action={make}>
                {strings.empty}
              </EmptyState>
            );
          }
          return (
            <Table
              label={strings.title}
              rows={shown}
              keyOf={({ id }) => id}
              columns={columnsOf(personas.data?.data ?? [])}
            />
          );
        }}
      </Loaded>
    </Page>
  );
}

function columnsOf(personas: readonly Persona[]): readonly Column<Key>[] {
  const strings = keyStrings();
  const nameOf = (id: number) => personas.find((one) => one.id === id)?.name ?? `#${id}`;
  return [
    {
      title: strings.name,
      isMain: true,
      show: (key) => (
        <span class={pageStyles.row}>
          <Link href={`/${key.id}`}>{key.name}</Link>
          <KeyState of={key} />
        </span>
      ),
    },
    { title: strings.type, show: ({ type }) => strings.types[type] },
    { title: strings.prefix, show: ({ prefix }) => <code>{prefix}…</code> },
    {
      title: strings.persona,
      show: ({ type, default_persona_id: id }) =>
        type === 'admin' ? '–' : id === null ? strings.noPersona : nameOf(id),
    },
    {
      title: strings.limits,
      show: ({ limits, consumed }) => <NearestLimit limits={limits} consumed={consumed} />,
    },
    {
      title: strings.origins,
      show: ({ allowed_origins: origins }) => origins?.join(', ') ?? strings.anyOrigin,
    },
    { title: strings.lastUsed, show: lastUsedText },
    { title: strings.expires, show: expiryText },
    { title: strings.madeBy, show: ({ created_by: creator }) => creatorText(creator) },
  ];
}

/** Only what is out of the ordinary. */
export function KeyState({ of: key }: { readonly of: Key }): JSX.Element | null {
  const strings = keyStrings();
  const state = stateOf(key);
  if (state === 'revoked') return <Badge tone="danger">{strings.revoked}</Badge>;
  if (state === 'expired') return <Badge tone="danger">{strings.expired}</Badge>;
  return isUnused(key) ? <Badge tone="warn">{unusedText(key)}</Badge> : null;
}
