/** The people of the organization, and for the operator, all organizations and accounts. */
import type { JSX } from 'preact';
import { Route, Switch } from 'wouter-preact';
import { useApi } from '../../api/api.ts';
import { NotFound } from '../../shell/not-found.tsx';
import { Accounts } from './accounts.tsx';
import { MemberList } from './member-list.tsx';
import { Organizations } from './organizations.tsx';

export default function MembersView(): JSX.Element {
  const { isOperator } = useApi();
  return (
    <Switch>
      <Route path="/">
        <MemberList />
      </Route>
      {isOperator && (
        <Route path="/organizations">
          <Organizations />
        </Route>
      )}
      {isOperator && (
        <Route path="/accounts">
          <Accounts />
        </Route>
      )}
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}
