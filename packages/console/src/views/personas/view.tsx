/** Personas: names for a prompt, a model and its parameters, with their versions. */
import type { JSX } from 'preact';
import { Route, Switch } from 'wouter-preact';
import { NotFound } from '../../shell/not-found.tsx';
import { NewPersona } from './new-persona.tsx';
import { PersonaList } from './persona-list.tsx';
import { PersonaPage } from './persona-page.tsx';

export default function PersonasView(): JSX.Element {
  return (
    <Switch>
      <Route path="/">
        <PersonaList />
      </Route>
      <Route path="/new">
        <NewPersona />
      </Route>
      <Route path="/:id">{({ id }) => <PersonaPage key={id} id={id} />}</Route>
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}
