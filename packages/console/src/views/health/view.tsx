/** How the server is: what it does now, what it is made of, and what helps those who look after it. */
import type { JSX } from 'preact';
import { Route, Switch } from 'wouter-preact';
import { NotFound } from '../../shell/not-found.tsx';
import { HealthPage } from './health-page.tsx';

export default function HealthView(): JSX.Element {
  return (
    <Switch>
      <Route path="/">
        <HealthPage />
      </Route>
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}
