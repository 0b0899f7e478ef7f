/** Conversations of the whole organization, and the end users who hold them. */
import type { JSX } from 'preact';
import { Route, Switch } from 'wouter-preact';
import { NotFound } from '../../shell/not-found.tsx';
import { ConversationList } from './conversation-list.tsx';
import { ConversationPage } from './conversation-page.tsx';
import { UserList } from './user-list.tsx';
import { UserPage } from './user-page.tsx';

export default function ConversationsView(): JSX.Element {
  return (
    <Switch>
      <Route path="/">
        <ConversationList />
      </Route>
      <Route path="/users">
        <UserList />
      </Route>
      <Route path="/user">
        <UserPage />
      </Route>
      <Route path="/:id">{({ id }) => <ConversationPage key={id} id={id} />}</Route>
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}
