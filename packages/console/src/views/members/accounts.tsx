/** All people who sign in to the server, for its operators. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useApi } from '../../api/api.ts';
import type { List } from '../../api/list.ts';
import { useChange, useRead } from '../../api/queries.ts';
import { call } from '../../api/request.ts';
import { formatAgo } from '../../i18n/format.ts';
import { Badge } from '../../parts/controls.tsx';
import { Confirm } from '../../parts/dialog.tsx';
import { Menu } from '../../parts/menu.tsx';
import { Page, pageStyles } from '../../parts/page.tsx';
import { Pager, useCursor } from '../../parts/pager.tsx';
import { ErrorState, Loaded } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { tell } from '../../parts/toasts.tsx';
import { ShownLink } from './invitation.tsx';
import { memberStrings } from './strings.ts';
import type { Account, SignInLink } from './types.ts';

const path = '/api/admin/accounts';

type Asked =
  | { readonly what: 'operator' | 'delete'; readonly account: Account }
  | { readonly what: 'link'; readonly email: string; readonly link: SignInLink };

export function Accounts(): JSX.Element {
  const strings = memberStrings();
  const { session } = useApi();
  const cursor = useCursor();
  const [asked, setAsked] = useState<Asked | undefined>(undefined);
  const close = () => setAsked(undefined);
  const accounts = useRead<List<Account>>(path, { query: { cursor } });
  const change = useChange<Account>(({ id, operator }, inside) =>
    inside.call('PATCH', `${path}/${id}`, { body: { operator: !operator } }),
  );
  const leadBack = useChange<Account, SignInLink>(
    ({ email }) => call('POST', '/api/console/links', { body: { purpose: 'reset', email } }),
    () => [],
  );
  const remove = useChange<Account>(({ id }, inside) => inside.call('DELETE', `${path}/${id}`));
  const isOwn = ({ id }: Account) => id === session.account.id;
  /** What one may do oneself is other than what the page was made for. */
  const done = (account: Account, text: string) => {
    if (isOwn(account)) window.location.reload();
    else tell(text);
  };
  const actionsOf = (account: Account) => [
    {
      label: account.operator ? strings.takeOperator : strings.makeOperator,
      onSelect: () => setAsked({ what: 'operator', account }),
    },
    {
      label: strings.leadBack,
      onSelect: () =>
        leadBack.mutate(account, {
          onSuccess: (link) => setAsked({ what: 'link', email: account.email, link }),
        }),
    },
    {
      label: strings.deleteAccount,
      isDangerous: true,
      onSelect: () => setAsked({ what: 'delete', account }),
    },
  ];
  return (
    <Page title={strings.accounts} back={{ href: '/', label: strings.title }}>
      {leadBack.error !== null && <ErrorState error={leadBack.error} />}
      <p class={pageStyles.dim}>{strings.accountsHint}</p>
      <Loaded of={accounts}>
        {({ data, next_cursor: next }) => (
          <>
            <Table
              label={strings.accounts}
              rows={data}
              keyOf={({ id }) => id}
              columns={[
                {
                  title: strings.name,
                  isMain: true,
                  show: (account) => (
                    <span class={pageStyles.row}>
                      {account.name}
                      {account.operator && <Badge tone="good">{strings.operator}</Badge>}
                      {isOwn(account) && <Badge tone="accent">{strings.you}</Badge>}
                    </span>
                  ),
                },
                { title: strings.email, show: ({ email }) => email },
                {
                  title: strings.password,
                  show: ({ has_password: has }) => (has ? strings.hasPassword : strings.hasNoPassword),
                },
                {
                  title: strings.lastSeen,
                  show: ({ last_seen_at: at }) => (at === null ? strings.never : formatAgo(at)),
                },
                { title: strings.sessions, show: ({ sessions }) => strings.sessionsOf(sessions) },
                {
                  title: '',
                  show: (account) => (
                    <Menu label={strings.actionsOf(account.name)} items={actionsOf(account)} />
                  ),
                },
              ]}
            />
            <Pager next={next} />
          </>
        )}
      </Loaded>
      {asked?.what === 'link' && <ShownLink email={asked.email} link={asked.link} onClose={close} />}
      {asked?.what === 'operator' && (
        <Confirm
          title={
            asked.account.operator
              ? strings.takeOperatorTitle(asked.account.name)
              : strings.makeOperatorTitle(asked.account.name)
          }
          action={asked.account.operator ? strings.takeOperator : strings.makeOperator}
          onClose={close}
          onConfirm={async () => {
            const { account } = asked;
            await change.mutateAsync(account);
            done(account, strings.operatorChanged(account.name, !account.operator));
          }}
        >
          {asked.account.operator ? strings.takeOperatorText : strings.makeOperatorText}
        </Confirm>
      )}
      {asked?.what === 'delete' && (
        <Confirm
          title={strings.deleteAccountTitle(asked.account.name)}
          name={asked.account.email}
          action={strings.deleteAccount}
          onClose={close}
          onConfirm={async () => {
            await remove.mutateAsync(asked.account);
            done(asked.account, strings.accountDeleted);
          }}
        >
          {strings.deleteAccountText}
        </Confirm>
      )}
    </Page>
  );
}
