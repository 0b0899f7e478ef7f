/** Models: what may answer here, how it does, and adding another one. */
import type { JSX } from 'preact';
import { Route, Switch } from 'wouter-preact';
import { NotFound } from '../../shell/not-found.tsx';
import { AddModels } from './add-models.tsx';
import { ModelList } from './model-list.tsx';
import { ModelPage } from './model-page.tsx';

export default function ModelsView(): JSX.Element {
  return (
    <Switch>
      <Route path="/">
        <ModelList />
      </Route>
      <Route path="/add">
        <AddModels />
      </Route>
      <Route path="/:id">{({ id }) => <ModelPage key={id} id={id} />}</Route>
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}
