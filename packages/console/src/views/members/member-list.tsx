/** The members of the organization, and what can be done for and against each. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useApi } from '../../api/api.ts';
import { allOfThem, type List } from '../../api/list.ts';
import { useChange, useRead } from '../../api/queries.ts';
import { call } from '../../api/request.ts';
import type { Role } from '../../api/session.ts';
import { formatAgo } from '../../i18n/format.ts';
import { Badge, Button, LinkButton } from '../../parts/controls.tsx';
import { Confirm } from '../../parts/dialog.tsx';
import { Menu } from '../../parts/menu.tsx';
import { Page, pageStyles } from '../../parts/page.tsx';
import { EmptyState, ErrorState, Loaded } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { tell } from '../../parts/toasts.tsx';
import { Invitation, ShownLink } from './invitation.tsx';
import styles from './members.module.css';
import { memberStrings } from './strings.ts';
import type { Member, SignInLink } from './types.ts';

type Asked =
  | { readonly what: 'invite' }
  | { readonly what: 'remove'; readonly member: Member }
  | { readonly what: 'link'; readonly email: string; readonly link: SignInLink };

export function MemberList(): JSX.Element {
  const strings = memberStrings();
  const api = useApi();
  const [asked, setAsked] = useState<Asked | undefined>(undefined);
  const close = () => setAsked(undefined);
  const members = useRead<List<Member>>(api.admin('members'), { query: { limit: allOfThem } });
  const change = useChange<{ member: Member; role: Role }>(({ member, role }, inside) =>
    inside.call('PATCH', inside.admin(`members/${member.id}`), { body: { role } }),
  );
  const endSessions = useChange<Member>((member, inside) =>
    inside.call('DELETE', inside.admin(`members/${member.id}/sessions`)),
  );
  const leadBack = useChange<Member, SignInLink>(
    ({ email }) => call('POST', '/api/console/links', { body: { purpose: 'reset', email } }),
    () => [],
  );
  const remove = useChange<Member>((member, inside) =>
    inside.call('DELETE', inside.admin(`members/${member.id}`)),
  );
  const invite = (
    <Button icon="plus" look="primary" onClick={() => setAsked({ what: 'invite' })}>
      {strings.invite}
    </Button>
  );
  const error = change.error ?? endSessions.error ?? leadBack.error;
  const isOwn = ({ email }: Member) => email === api.session.account.email;
  const actionsOf = (member: Member) => [
    ...(member.can_sign_in
      ? [
          {
            label: strings.leadBack,
            onSelect: () =>
              leadBack.mutate(member, {
                onSuccess: (link) => setAsked({ what: 'link', email: member.email, link }),
              }),
          },
        ]
      : []),
    ...(member.sessions > 0
      ? [
          {
            label: strings.endSessions,
            onSelect: () => endSessions.mutate(member, { onSuccess: () => tell(strings.sessionsEnded) }),
          },
        ]
      : []),
    { label: strings.remove, isDangerous: true, onSelect: () => setAsked({ what: 'remove', member }) },
  ];
  return (
    <Page
      title={strings.title}
      actions={
        <>
          {api.isOperator && <LinkButton href="/accounts">{strings.accounts}</LinkButton>}
          {api.isOperator && <LinkButton href="/organizations">{strings.organizations}</LinkButton>}
          {invite}
        </>
      }
    >
      {error !== null && <ErrorState error={error} />}
      <p class={pageStyles.dim}>{strings.roleHint}</p>
      <Loaded of={members}>
        {({ data }) =>
          data.length === 0 ? (
            <EmptyState title={strings.emptyTitle} action={invite}>
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
                  show: (member) => (
                    <span class={pageStyles.row}>
                      {member.name}
                      {isOwn(member) && <Badge tone="accent">{strings.you}</Badge>}
                    </span>
                  ),
                },
                { title: strings.email, show: ({ email }) => email },
                {
                  title: strings.role,
                  show: (member) => (
                    <RoleChoice of={member} onChange={(role) => change.mutate({ member, role })} />
                  ),
                },
                {
                  title: strings.lastSeen,
                  show: ({ can_sign_in: canSignIn, last_seen_at: at }) =>
                    !canSignIn ? strings.noAccount : at === null ? strings.never : formatAgo(at),
                },
                { title: strings.sessions, show: ({ sessions }) => strings.sessionsOf(sessions) },
                {
                  title: '',
                  show: (member) => <Menu label={strings.actionsOf(member.name)} items={actionsOf(member)} />,
                },
              ]}
            />
          )
        }
      </Loaded>
      {asked?.what === 'invite' && (
        <Invitation onMade={(email, link) => setAsked({ what: 'link', email, link })} onClose={close} />
      )}
      {asked?.what === 'link' && <ShownLink email={asked.email} link={asked.link} onClose={close} />}
      {asked?.what === 'remove' && (
        <Confirm
          title={strings.removeTitle(asked.member.name)}
          name={asked.member.name}
          action={strings.remove}
          onClose={close}
          onConfirm={async () => {
            await remove.mutateAsync(asked.member);
            tell(strings.removed);
          }}
        >
          {strings.removeText}
        </Confirm>
      )}
    </Page>
  );
}

const roles = ['owner', 'admin', 'member', 'guest'] as const;

interface RoleChoiceProps {
  readonly of: Member;
  readonly onChange: (role: Role) => void;
}

function RoleChoice({ of: { name, role }, onChange }: RoleChoiceProps): JSX.Element {
  const strings = memberStrings();
  return (
    <select
      class={styles.role}
      aria-label={strings.roleOf(name)}
      value={role}
      onChange={(event) => {
        const wanted = event.currentTarget.value as Role;
        // Until the server has said so, it shows what holds.
        event.currentTarget.value = role;
        onChange(wanted);
      }}
    >
      {roles.map((one) => (
        <option key={one} value={one} selected={one === role}>
          {strings.roles[one]}
        </option>
      ))}
    </select>
  );
}
