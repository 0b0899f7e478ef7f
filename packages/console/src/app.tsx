/** Who is signed in decides what is shown; the organization and the environment that were chosen are kept here. */
import { QueryClientProvider } from '@tanstack/preact-query';
import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { Router } from 'wouter-preact';
import { Access } from './access/access.tsx';
import { openedLink, takeLink } from './access/link.ts';
import { accessStrings } from './access/strings.ts';
import { ApiContext, createApi, type Organization } from './api/api.ts';
import { createQueryClient, useOrganizations } from './api/queries.ts';
import { basePath } from './api/request.ts';
import { readSession, type Session, sessionState, signOut } from './api/session.ts';
import { Button } from './parts/controls.tsx';
import { Page } from './parts/page.tsx';
import { EmptyState, ErrorState, Loading } from './parts/states.tsx';
import { partStrings } from './parts/strings.ts';
import { Shell } from './shell/shell.tsx';
import { shellStrings } from './shell/strings.ts';
import { prefer, preferences } from './state/preferences.ts';
import { useStore } from './state/store.ts';

export function App(): JSX.Element {
  const state = useStore(sessionState);
  const link = useStore(openedLink);
  useEffect(() => {
    takeLink();
    addEventListener('hashchange', takeLink);
    void readSession();
    return () => removeEventListener('hashchange', takeLink);
  }, []);
  if (state.state === 'asking') return <Loading />;
  if (state.state === 'failed') {
    return (
      <Page title={accessStrings().failed}>
        <ErrorState error={state.error} onRetry={() => void readSession()} />
      </Page>
    );
  }
  if (link !== undefined || state.state === 'signed-out') return <Access link={link} />;
  return <SignedIn key={state.session.account.id} session={state.session} />;
}

/** What was read for one account is never shown to another. */
function SignedIn({ session }: { readonly session: Session }): JSX.Element {
  const client = useMemo(createQueryClient, []);
  return (
    <QueryClientProvider client={client}>
      <Router base={`${basePath}/console`}>
        <Organizations session={session} />
      </Router>
    </QueryClientProvider>
  );
}

function Organizations({ session }: { readonly session: Session }): JSX.Element {
  const { organization: preferred, environment: shown } = useStore(preferences);
  const organizations = useOrganizations(session);
  const address = new URLSearchParams(location.search);
  const asked = address.get('org');
  // A link names the organization, and the environment unless it is the usual one.
  const environment = asked === null ? shown : address.get('environment') === 'test' ? 'test' : 'prod';
  const isThere = asked !== null && organizations.data?.some(({ id }) => id === asked) === true;
  useEffect(() => {
    // What the link names is shown on when the address is another one.
    if (isThere) prefer({ organization: asked, environment });
  }, [isThere, asked, environment]);
  const organization = chosen(organizations.data ?? [], asked, preferred);
  const api = useMemo(
    () =>
      organization &&
      createApi({ session, organization, organizations: organizations.data ?? [], environment }),
    [session, organization, organizations.data, environment],
  );
  if (api !== undefined) {
    return (
      <ApiContext.Provider value={api}>
        <Shell />
      </ApiContext.Provider>
    );
  }
  if (organizations.error !== null) {
    return (
      <Page title={partStrings().failed}>
        <ErrorState error={organizations.error} onRetry={() => void organizations.refetch()} />
      </Page>
    );
  }
  if (organizations.data === undefined) return <Loading />;
  const strings = shellStrings();
  return (
    <EmptyState
      title={strings.noOrganization}
      action={<Button onClick={() => void signOut()}>{strings.signOut}</Button>}
    >
      {strings.noOrganizationText}
    </EmptyState>
  );
}

/** That of the address, else that which was chosen last, else the first in which one can talk. */
function chosen(
  all: readonly Organization[],
  asked: string | null,
  preferred: string | null,
): Organization | undefined {
  return (
    all.find(({ id }) => id === asked) ??
    all.find(({ id }) => id === preferred) ??
    all.find(({ role }) => role !== null) ??
    all[0]
  );
}
