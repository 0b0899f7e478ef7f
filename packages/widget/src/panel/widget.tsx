/** Everything inside of the shadow root: the button that opens the panel, the panel, and the regions that are read aloud. */
import {
  type Announcer,
  AnnouncerProvider,
  directionOf,
  Icon,
  LiveRegions,
  type Strings,
  StringsProvider,
  theme,
} from '@colloquy/ui';
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Chat } from '../chat/chat.ts';
import { tell } from '../events.ts';
import type { Settings } from '../settings.ts';
import { useAccentThatIsRead } from './accent.ts';
import { Panel, type PanelHandle } from './panel.tsx';
import { usePhone } from './phone.ts';
import css from './widget.module.css';

export interface WidgetProps {
  readonly chat: Chat;
  readonly settings: Settings;
  readonly strings: Strings;
  /** That of the words. */
  readonly language: string;
  readonly host: HTMLElement;
  readonly announcer: Announcer;
  readonly isOpen: boolean;
  readonly unread: number;
  readonly offset: string | null;
  readonly panel: { current: PanelHandle | null };
  readonly onToggle: (isOpen: boolean) => void;
}

export function Widget(props: WidgetProps): JSX.Element {
  const { chat, settings, strings, host, announcer, isOpen, unread, offset, panel, onToggle } = props;
  const root = useRef<HTMLDivElement>(null);
  const [state, setState] = useState(chat.state);
  useEffect(() => {
    setState(chat.state);
    return chat.subscribe(() => setState(chat.state));
  }, [chat]);
  const isFloating = settings.mode === 'floating';
  const isPhone = usePhone(root, host, isFloating && isOpen);
  useAccentThatIsRead(root, settings.scheme);
  const label = settings.heading ?? state.persona?.name ?? strings.heading;
  return (
    <div
      ref={root}
      class={`${theme.theme} ${css.root}`}
      lang={props.language}
      dir={directionOf(settings.language)}
      data-mode={settings.mode}
      data-position={settings.position}
      data-scheme={settings.scheme}
      data-phone={isPhone ? '' : undefined}
      style={{ '--widget-offset': offset ?? '16px' }}
    >
      <StringsProvider value={strings}>
        <AnnouncerProvider value={announcer}>
          {isFloating && (
            <button
              type="button"
              class={css.launcher}
              part="button launcher"
              hidden={isOpen && isPhone}
              aria-expanded={isOpen}
              aria-controls="panel"
              onClick={() => onToggle(!isOpen)}
            >
              <slot name="launcher">
                <Icon name={isOpen ? 'close' : 'chat'} />
              </slot>
              <span class={theme.hidden}>{isOpen ? strings.close : strings.open}</span>
              {unread > 0 && (
                <span class={css.badge} part="badge">
                  <span aria-hidden="true">{unread}</span>
                  <span class={theme.hidden}>{strings.unread(unread)}</span>
                </span>
              )}
            </button>
          )}
          {/* biome-ignore lint/a11y/noStaticElementInteractions: Escape is heard of all that is in it. */}
          {/* biome-ignore lint/a11y/useAriaPropsSupportedByRole: it has a role, one of two. */}
          <div
            id="panel"
            class={css.panel}
            part="panel"
            role={isFloating ? 'dialog' : 'region'}
            aria-label={label}
            aria-modal={isFloating && isPhone ? true : undefined}
            hidden={isFloating && !isOpen}
            onClick={(event) => {
              const link = (event.target as Element).closest('[part~=log] a[href]');
              if (link instanceof HTMLAnchorElement && !tell(host, 'colloquy:link', { href: link.href }))
                event.preventDefault();
            }}
            onKeyDown={(event) => {
              if (!isFloating || event.key !== 'Escape' || event.isComposing) return;
              event.preventDefault();
              event.stopPropagation();
              onToggle(false);
            }}
          >
            <Panel
              chat={chat}
              state={state}
              settings={settings}
              host={host}
              handle={panel}
              onClose={isFloating ? () => onToggle(false) : undefined}
            />
          </div>
          <LiveRegions announcer={announcer} />
        </AnnouncerProvider>
      </StringsProvider>
    </div>
  );
}
