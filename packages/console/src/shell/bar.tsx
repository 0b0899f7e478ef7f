/** The bar on top: which organization and environment is shown, search, and what belongs to the person. */
import type { JSX } from 'preact';
import { useLocation } from 'wouter-preact';
import { useApi } from '../api/api.ts';
import { basePath } from '../api/request.ts';
import { signOut } from '../api/session.ts';
import { Button, VisuallyHidden } from '../parts/controls.tsx';
import { Menu } from '../parts/menu.tsx';
import { tell } from '../parts/toasts.tsx';
import { type Preferences, prefer, preferences } from '../state/preferences.ts';
import { useStore } from '../state/store.ts';
import styles from './shell.module.css';
import { modifierKey } from './shortcuts.ts';
import { shellStrings } from './strings.ts';

const themes = ['system', 'light', 'dark'] as const satisfies readonly Preferences['theme'][];

interface BarProps {
  readonly onSearch: () => void;
  readonly onShortcuts: () => void;
}

export function Bar({ onSearch, onShortcuts }: BarProps): JSX.Element {
  const strings = shellStrings();
  const { session, organization, organizations, environment } = useApi();
  const { theme } = useStore(preferences);
  const [location, navigate] = useLocation();
  /** What is open belongs to the organization and environment that are left: the view begins anew. */
  const show = (choice: Pick<Partial<Preferences>, 'organization' | 'environment'>) => {
    navigate(`/${location.split('/')[1] ?? ''}`);
    prefer(choice);
  };
  return (
    <header class={styles.bar} data-environment={environment}>
      {organizations.length > 1 ? (
        <label>
          <VisuallyHidden>{strings.organization}</VisuallyHidden>
          <select
            value={organization.id}
            onChange={(event) => show({ organization: event.currentTarget.value })}
          >
            {organizations.map(({ id, name }) => (
              <option key={id} value={id} selected={id === organization.id}>
                {name}
              </option>
            ))}
          </select>
        </label>
      ) : (
        <span class={styles.organization}>{organization.name}</span>
      )}
      <label>
        <VisuallyHidden>{strings.environment}</VisuallyHidden>
        <select
          value={environment}
          onChange={(event) => show({ environment: event.currentTarget.value === 'test' ? 'test' : 'prod' })}
        >
          <option value="prod" selected={environment === 'prod'}>
            {strings.prod}
          </option>
          <option value="test" selected={environment === 'test'}>
            {strings.test}
          </option>
        </select>
      </label>
      {environment === 'test' && <span class={styles.notice}>{strings.testNotice}</span>}
      <span class={styles.space} />
      <span class={styles.search}>
        <Button icon="search" onClick={onSearch} label={`${strings.search} ${modifierKey} K`}>
          <span>{strings.search} </span>
          <kbd>{modifierKey} K</kbd>
        </Button>
      </span>
      <Menu
        label={strings.theme}
        icon="sun"
        items={themes.map((one) => ({
          label: strings.themes[one],
          isChecked: one === theme,
          onSelect: () => prefer({ theme: one }),
        }))}
      />
      <Menu
        label={`${strings.account}: ${session.account.name}`}
        icon="personas"
        items={[
          { label: strings.shortcuts, icon: 'keyboard', onSelect: onShortcuts },
          {
            label: strings.documentation,
            icon: 'info',
            onSelect: () => void window.open(`${basePath}/docs`, '_blank', 'noopener'),
          },
          {
            label: strings.signOut,
            icon: 'signOut',
            onSelect: () => void signOut().catch((error: Error) => tell(error.message)),
          },
        ]}
      />
    </header>
  );
}
