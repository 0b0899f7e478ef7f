/** All organizations of the server, for its operator. */
import { useQueryClient } from '@tanstack/preact-query';
import type { JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import { useApi } from '../../api/api.ts';
import { allOfThem, type List } from '../../api/list.ts';
import { useChange, useRead } from '../../api/queries.ts';
import { ApiError } from '../../api/request.ts';
import { submitted } from '../../forms/submitted.ts';
import { formatDay } from '../../i18n/format.ts';
import { Badge, Button, TextField } from '../../parts/controls.tsx';
import { Confirm, Dialog } from '../../parts/dialog.tsx';
import { Menu } from '../../parts/menu.tsx';
import { Page, pageStyles } from '../../parts/page.tsx';
import { ErrorState, Loaded } from '../../parts/states.tsx';
import { partStrings } from '../../parts/strings.ts';
import { Table } from '../../parts/table.tsx';
import { tell } from '../../parts/toasts.tsx';
import { prefer } from '../../state/preferences.ts';
import { memberStrings } from './strings.ts';
import type { OrganizationResource } from './types.ts';

const path = '/api/admin/organizations';

type Asked =
  | { readonly what: 'make' }
  | { readonly what: 'rename' | 'delete'; readonly organization: OrganizationResource };

export function Organizations(): JSX.Element {
  const strings = memberStrings();
  const api = useApi();
  const client = useQueryClient();
  const [asked, setAsked] = useState<Asked | undefined>(undefined);
  const close = () => setAsked(undefined);
  const organizations = useRead<List<OrganizationResource>>(path, { query: { limit: allOfThem } });
  const remove = useChange<string>(
    (id, inside) => inside.call('DELETE', `${path}/${id}`),
    () => [path],
  );
  /** The bar on top has a list of its own. */
  const refresh = () => client.invalidateQueries({ queryKey: ['organizations'] });
  return (
    <Page
      title={strings.organizations}
      back={{ href: '/', label: strings.title }}
      actions={
        <Button icon="plus" look="primary" onClick={() => setAsked({ what: 'make' })}>
          {strings.makeOrganization}
        </Button>
      }
    >
      <Loaded of={organizations}>
        {({ data }) => (
          <Table
            label={strings.organizations}
            rows={data}
            keyOf={({ id }) => id}
            columns={[
              {
                title: strings.organization,
                isMain: true,
                show: ({ id, name }) => (
                  <span class={pageStyles.row}>
                    {name}
                    {id === api.organization.id && <Badge tone="accent">{strings.shown}</Badge>}
                  </span>
                ),
              },
              { title: strings.made, show: ({ created_at: at }) => formatDay(at) },
              {
                title: '',
                show: (organization) => (
                  <Menu
                    label={strings.actionsOf(organization.name)}
                    items={[
                      { label: strings.open, onSelect: () => prefer({ organization: organization.id }) },
                      { label: strings.rename, onSelect: () => setAsked({ what: 'rename', organization }) },
                      {
                        label: strings.delete,
                        isDangerous: true,
                        onSelect: () => setAsked({ what: 'delete', organization }),
                      },
                    ]}
                  />
                ),
              },
            ]}
          />
        )}
      </Loaded>
      {asked !== undefined && asked.what !== 'delete' && (
        <NameDialog
          organization={asked.what === 'rename' ? asked.organization : undefined}
          onDone={() => {
            tell(asked.what === 'rename' ? strings.renamed : strings.organizationMade);
            close();
            void refresh();
          }}
          onClose={close}
        />
      )}
      {asked?.what === 'delete' && (
        <Confirm
          title={strings.deleteTitle(asked.organization.name)}
          name={asked.organization.name}
          action={strings.delete}
          onClose={close}
          onConfirm={async () => {
            await remove.mutateAsync(asked.organization.id);
            tell(strings.deleted);
            void refresh();
          }}
        >
          <Counts id={asked.organization.id} />
        </Confirm>
      )}
    </Page>
  );
}

/** What goes with an organization, counted before it is deleted. */
function Counts({ id }: { readonly id: string }): JSX.Element {
  const strings = memberStrings();
  const of = (list: string) => `${path}/${id}/${list}`;
  const query = { query: { limit: allOfThem } };
  const members = useRead<List<unknown>>(of('members'), query);
  const keys = useRead<List<unknown>>(of('keys'), query);
  const personas = useRead<List<unknown>>(of('personas'), query);
  const models = useRead<List<unknown>>(of('models'), query);
  const all = [members.data, keys.data, personas.data, models.data] as const;
  const [inMembers, inKeys, inPersonas, inModels] = all;
  const failed = [members, keys, personas, models].find(({ error }) => error !== null);
  if (failed !== undefined) return <ErrorState error={failed.error} />;
  if (!inMembers || !inKeys || !inPersonas || !inModels) return <p role="status">{strings.counting}</p>;
  const textOf = (words: (count: number, more: boolean) => string, list: List<unknown>) =>
    words(list.data.length, list.next_cursor !== null);
  return (
    <p>
      {strings.deleteText(
        textOf(strings.members, inMembers),
        textOf(strings.keys, inKeys),
        textOf(strings.personas, inPersonas),
        textOf(strings.models, inModels),
      )}
    </p>
  );
}

interface NameDialogProps {
  /** Undefined: one is made. */
  readonly organization: OrganizationResource | undefined;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

function NameDialog({ organization, onDone, onClose }: NameDialogProps): JSX.Element {
  const strings = memberStrings();
  const [name, setName] = useState(organization?.name ?? '');
  const form = useId();
  const save = useChange<string>(
    (wanted, api) =>
      organization === undefined
        ? api.call('POST', path, { body: { name: wanted } })
        : api.call('PATCH', `${path}/${organization.id}`, { body: { name: wanted } }),
    () => [path],
  );
  const isAtName = save.error instanceof ApiError && save.error.field === 'name';
  const action = organization === undefined ? strings.makeOrganization : strings.rename;
  return (
    <Dialog
      title={organization === undefined ? strings.makeOrganization : strings.renameTitle(organization.name)}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{partStrings().cancel}</Button>
          <Button type="submit" form={form} look="primary" isBusy={save.isPending}>
            {action}
          </Button>
        </>
      }
    >
      <form
        id={form}
        class={pageStyles.form}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate(submitted(event, 'name'), { onSuccess: onDone });
        }}
      >
        <TextField
          label={strings.name}
          name="name"
          value={name}
          onInput={setName}
          problem={isAtName ? save.error?.message : undefined}
        />
        {save.error !== null && !isAtName && <ErrorState error={save.error} />}
      </form>
    </Dialog>
  );
}
