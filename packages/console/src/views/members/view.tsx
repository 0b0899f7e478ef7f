/** The people of the organization, and for the operator, all organizations. */
import type { JSX } from 'preact';
import { Route, Switch } from 'wouter-preact';
import { useApi } from '../../api/api.ts';
import { NotFound } from '../../shell/not-found.tsx';
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
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}
