/** What the operator sees in the place of the chat of an organization that they are no member of, and the ways out. */
import type { JSX } from 'preact';
import { useLocation } from 'wouter-preact';
import { useApi } from '../api/api.ts';
import { Button, LinkButton } from '../parts/controls.tsx';
import { pageStyles, useTitle } from '../parts/page.tsx';
import { EmptyState } from '../parts/states.tsx';
import { toConsole } from '../state/paths.ts';
import { prefer } from '../state/preferences.ts';
import { shellStrings } from './strings.ts';

/** So many organizations are offered here; all are in the list on top. */
const most = 5;

export function NotMember(): JSX.Element {
  const strings = shellStrings();
  const { organization, organizations } = useApi();
  const [, navigate] = useLocation();
  const title = strings.notMember(organization.name);
  useTitle(title);
  const own = organizations.filter(({ role }) => role !== null).slice(0, most);
  return (
    <EmptyState
      isPage
      title={title}
      action={
        <span class={pageStyles.row}>
          {own.map(({ id, name }) => (
            <Button
              key={id}
              look="primary"
              onClick={() => {
                // The address may name the organization that is left.
                navigate('/', { replace: true });
                prefer({ organization: id });
              }}
            >
              {strings.chatIn(name)}
            </Button>
          ))}
          <LinkButton href={toConsole('/members')}>{strings.invite}</LinkButton>
        </span>
      }
    >
      {strings.notMemberText}
    </EmptyState>
  );
}
