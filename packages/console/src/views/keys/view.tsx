/** API keys: what may call the server, what each may do, and how much of it is used up. */
import type { JSX } from 'preact';
import { Route, Switch } from 'wouter-preact';
import { NotFound } from '../../shell/not-found.tsx';
import { KeyList } from './key-list.tsx';
import { KeyPage } from './key-page.tsx';
import { NewKey } from './new-key.tsx';

export default function KeysView(): JSX.Element {
  return (
    <Switch>
      <Route path="/">
        <KeyList />
      </Route>
      <Route path="/new">
        <NewKey />
      </Route>
      <Route path="/:id">{({ id }) => <KeyPage key={id} id={id} />}</Route>
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}
