/** The frame of the console: the rail, the bar on top, and the view of the address. */
import type { ComponentType, JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Link, Redirect, Route, Switch, useLocation } from 'wouter-preact';
import { useApi } from '../api/api.ts';
import { Button } from '../parts/controls.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Icon } from '../parts/icons.tsx';
import { EmptyState, Loading } from '../parts/states.tsx';
import { Toasts } from '../parts/toasts.tsx';
import { titleOf, type View, viewsFor } from '../views/views.ts';
import { Bar } from './bar.tsx';
import { NotFound } from './not-found.tsx';
import { NotMember } from './not-member.tsx';
import { Palette } from './palette.tsx';
import styles from './shell.module.css';
import { ShortcutList } from './shortcut-list.tsx';
import { type Opened, useShortcuts } from './shortcuts.ts';
import { shellStrings } from './strings.ts';

/** On narrow screens the bar at the bottom has so many, and the others behind "More". */
const inBottomBar = 4;

export function Shell(): JSX.Element {
  const strings = shellStrings();
  const api = useApi();
  const views = viewsFor(api);
  const [opened, setOpened] = useState<Opened>('nothing');
  const main = useRef<HTMLElement>(null);
  useShortcuts(views, setOpened);
  useFocusOnView(main);
  const close = () => setOpened('nothing');
  const first = views[0];
  return (
    <div class={styles.shell}>
      {/* biome-ignore lint/a11y/useValidAnchor: a link that leads into this page, without a fragment in its address. */}
      <a
        class={styles.skip}
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        {strings.skip}
      </a>
      <Rail views={views} onMore={() => setOpened('more')} />
      <Bar onSearch={() => setOpened('palette')} onShortcuts={() => setOpened('shortcuts')} />
      <main ref={main} id="main" class={styles.main} tabIndex={-1}>
        {!isSecureContext && <p class={styles.banner}>{strings.insecure}</p>}
        <Switch>
          {first && (
            <Route path="/">
              <Redirect to={`/${first.name}`} replace />
            </Route>
          )}
          {views.map((view) => (
            <Route key={view.name} path={`/${view.name}`} nest>
              <LoadedView key={api.organization.id + api.environment} view={view} />
            </Route>
          ))}
          {!api.isMember && (
            <Route path="/chat" nest>
              <NotMember />
            </Route>
          )}
          <Route>
            <NotFound />
          </Route>
        </Switch>
      </main>
      {opened === 'palette' && <Palette views={views} onClose={close} />}
      {opened === 'shortcuts' && <ShortcutList views={views} onClose={close} />}
      {opened === 'more' && (
        <Dialog title={strings.more} onClose={close}>
          <nav aria-label={strings.more}>
            {views.slice(inBottomBar).map((view) => (
              <RailLink key={view.name} view={view} onGone={close} />
            ))}
          </nav>
        </Dialog>
      )}
      <Toasts />
    </div>
  );
}

interface RailProps {
  readonly views: readonly View[];
  readonly onMore: () => void;
}

function Rail({ views, onMore }: RailProps): JSX.Element {
  const strings = shellStrings();
  return (
    <nav class={styles.rail} aria-label={strings.navigation}>
      <div class={styles.brand}>
        <Icon name="chat" />
        Colloquy
      </div>
      {views.map((view, index) => (
        <RailLink key={view.name} view={view} isOnlyWide={index >= inBottomBar} />
      ))}
      {views.length > inBottomBar && (
        <button
          type="button"
          class={`${styles.link} ${styles.onlyNarrow}`}
          aria-haspopup="dialog"
          onClick={onMore}
        >
          <Icon name="more" />
          {strings.more}
        </button>
      )}
    </nav>
  );
}

interface RailLinkProps {
  readonly view: View;
  readonly isOnlyWide?: boolean;
  readonly onGone?: () => void;
}

function RailLink({ view, isOnlyWide = false, onGone }: RailLinkProps): JSX.Element {
  const [location] = useLocation();
  const path = `/${view.name}`;
  const isCurrent = location === path || location.startsWith(`${path}/`);
  return (
    <Link
      href={path}
      className={isOnlyWide ? `${styles.link} ${styles.onlyWide}` : styles.link}
      aria-current={isCurrent ? 'page' : undefined}
      onClick={() => onGone?.()}
    >
      <Icon name={view.icon} />
      {titleOf(view)}
    </Link>
  );
}

const loadedViews = new Map<string, ComponentType>();

/** A view's code is loaded when it is first shown. */
function LoadedView({ view }: { readonly view: View }): JSX.Element {
  const strings = shellStrings();
  const known = loadedViews.get(view.name);
  const [loaded, setLoaded] = useState<ComponentType | undefined>(() => known);
  const [hasFailed, setFailed] = useState(false);
  useEffect(() => {
    if (loaded !== undefined) return;
    let isGone = false;
    view.load().then(
      ({ default: component }) => {
        loadedViews.set(view.name, component);
        if (!isGone) setLoaded(() => component);
      },
      () => {
        if (!isGone) setFailed(true);
      },
    );
    return () => {
      isGone = true;
    };
  }, [view, loaded]);
  if (hasFailed) {
    return (
      <EmptyState
        title={strings.viewFailed}
        action={<Button onClick={() => location.reload()}>{strings.reload}</Button>}
      >
        {strings.viewFailedText}
      </EmptyState>
    );
  }
  const Component = loaded;
  return Component === undefined ? <Loading /> : <Component />;
}

/** Whoever goes to another view begins to read there, with the keyboard and with a screen reader. */
function useFocusOnView(main: { readonly current: HTMLElement | null }): void {
  const [location] = useLocation();
  const view = useMemo(() => location.split('/')[1] ?? '', [location]);
  const shown = useRef(view);
  useEffect(() => {
    if (shown.current === view) return;
    const wasFirst = shown.current === '';
    shown.current = view;
    if (!wasFirst) main.current?.focus({ preventScroll: true });
    main.current?.scrollTo(0, 0);
  }, [view, main]);
}
