/** The list of personas, with how much each is asked. */
import type { JSX } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import { useApi } from '../../api/api.ts';
import { useChange, useRead } from '../../api/queries.ts';
import { formatNumber } from '../../i18n/format.ts';
import { Badge, Button, LinkButton } from '../../parts/controls.tsx';
import { Page } from '../../parts/page.tsx';
import { EmptyState, ErrorState, Loaded } from '../../parts/states.tsx';
import { partStrings } from '../../parts/strings.ts';
import { Table } from '../../parts/table.tsx';
import { tell } from '../../parts/toasts.tsx';
import { personaStrings } from './strings.ts';
import { allOfThem, type List, type Persona } from './types.ts';

interface UsageLine {
  readonly groups: readonly { readonly by: string; readonly id: string | null }[];
  readonly requests: { readonly total: number };
}

interface Key {
  readonly default_persona_id: number | null;
  readonly revoked_at: string | null;
}

const weekMs = 7 * 24 * 3_600_000;
const hourMs = 3_600_000;

export function PersonaList(): JSX.Element {
  const strings = personaStrings();
  const api = useApi();
  const personas = useRead<List<Persona>>(api.admin('personas'), { query: { limit: allOfThem } });
  const keys = useRead<List<Key>>(api.admin('keys'), { query: { limit: allOfThem } });
  // To the hour, so that the same page does not ask for another report each time.
  const from = useMemo(() => new Date(Math.floor((Date.now() - weekMs) / hourMs) * hourMs).toISOString(), []);
  const usage = useRead<{ data: readonly UsageLine[] }>(api.admin('usage'), {
    query: { group_by: 'persona', from, environment: api.environment },
  });
  const requestsOf = ({ id }: Persona) =>
    usage.data?.data.find(({ groups }) => groups[0]?.id === String(id))?.requests.total ?? 0;
  const keysOf = ({ id }: Persona) =>
    keys.data?.data.filter((key) => key.default_persona_id === id && key.revoked_at === null).length ?? 0;
  const add = (
    <LinkButton href="/new" icon="plus" look="primary">
      {strings.new}
    </LinkButton>
  );
  return (
    <Page
      title={strings.title}
      actions={
        <>
          <Import />
          {add}
        </>
      }
    >
      <Loaded of={personas}>
        {({ data }) =>
          data.length === 0 ? (
            <EmptyState title={strings.emptyTitle} action={add}>
              {strings.empty}
            </EmptyState>
          ) : (
            <Table
              label={strings.title}
              rows={data}
              keyOf={({ id }) => id}
              columns={[
                {
                  title: strings.name,
                  isMain: true,
                  show: ({ id, name }) => <Link href={`/${id}`}>{name}</Link>,
                },
                { title: strings.alias, show: ({ alias }) => <code>{alias}</code> },
                {
                  title: strings.live,
                  show: ({ active_version: version }) =>
                    version === null ? strings.none : <Badge tone="good">{strings.version(version)}</Badge>,
                },
                {
                  title: strings.draft,
                  show: ({ next_version: version }) =>
                    version === null ? partStrings().none : <Badge>{strings.version(version)}</Badge>,
                },
                { title: strings.usedBy, align: 'end', show: (one) => formatNumber(keysOf(one)) },
                { title: strings.requests, align: 'end', show: (one) => formatNumber(requestsOf(one)) },
              ]}
            />
          )
        }
      </Loaded>
    </Page>
  );
}

/** A persona from a file, as another server or organization has exported it. */
function Import(): JSX.Element {
  const strings = personaStrings();
  const [, navigate] = useLocation();
  const input = useRef<HTMLInputElement>(null);
  const add = useChange<string, Persona>((text, api) => {
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      throw new Error(strings.importFailed);
    }
    return api.call('POST', api.admin('personas/import'), { body });
  });
  const read = async (file: File | undefined) => {
    if (file === undefined) return;
    const persona = await add.mutateAsync(await file.text()).catch(() => undefined);
    if (persona === undefined) return;
    tell(strings.imported);
    navigate(`/${persona.id}`);
  };
  return (
    <>
      {add.error !== null && <ErrorState error={add.error} />}
      <input
        ref={input}
        type="file"
        accept="application/json,.json"
        aria-label={strings.import}
        hidden
        onChange={(event) => {
          void read(event.currentTarget.files?.[0]);
          event.currentTarget.value = '';
        }}
      />
      <Button isBusy={add.isPending} onClick={() => input.current?.click()}>
        {strings.import}
      </Button>
    </>
  );
}
