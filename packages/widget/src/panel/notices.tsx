/** What is told above the composer: a lost connection, a sign-in that is wanted, what failed. */
import { Icon, theme, troubleOf, useStrings } from '@colloquy/ui';
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Chat, ChatState } from '../chat/chat.ts';
import type { Settings } from '../settings.ts';
import css from './panel.module.css';

export interface NoticesProps {
  readonly chat: Chat;
  readonly state: ChatState;
  readonly settings: Settings;
}

export function Notices({ chat, state, settings }: NoticesProps): JSX.Element | null {
  const strings = useStrings();
  const { phase, error, isReconnecting, busyUntil, snapshot } = state;
  const seconds = useSecondsUntil(busyUntil);
  if (phase === 'sign-in')
    return (
      <div class={css.notice} part="notice">
        <p>{strings.pleaseSignIn}</p>
        {settings.signInHref !== undefined && (
          <a class={`${theme.button} ${theme.outlined}`} href={settings.signInHref} target="_top">
            {strings.signIn}
          </a>
        )}
        <Again chat={chat} />
      </div>
    );
  if (phase === 'failed')
    return (
      <div class={css.notice} part="notice error">
        <p>{strings.trouble(troubleOf(error?.code ?? 'internal'))}</p>
        {error?.requestId !== undefined && <small>{strings.requestId(error.requestId)}</small>}
        <Again chat={chat} />
      </div>
    );
  if (seconds !== undefined) return <p class={css.notice}>{strings.retryIn(seconds)}</p>;
  if (isReconnecting) return <p class={css.notice}>{strings.reconnecting}</p>;
  const last = snapshot?.error;
  // What a message tells of itself is not told twice.
  const isTold = snapshot?.messages.some(
    ({ status }) => status === 'unsent' || status === 'failed' || status === 'interrupted',
  );
  if (last == null || isTold === true || snapshot?.status !== 'error') return null;
  return (
    <div class={css.notice} part="notice error">
      <p>{strings.trouble(troubleOf(last.code))}</p>
      {last.requestId !== undefined && <small>{strings.requestId(last.requestId)}</small>}
      <button
        type="button"
        class={`${theme.button} ${theme.outlined}`}
        onClick={() => void chat.conversation?.refresh()}
      >
        <Icon name="retry" />
        {strings.tryAgain}
      </button>
    </div>
  );
}

function Again({ chat }: { readonly chat: Chat }): JSX.Element {
  const strings = useStrings();
  return (
    <button type="button" class={`${theme.button} ${theme.outlined}`} onClick={() => void chat.start()}>
      <Icon name="retry" />
      {strings.tryAgain}
    </button>
  );
}

/** Whole seconds, counted down; undefined: none. */
function useSecondsUntil(time: number | undefined): number | undefined {
  const left = (): number | undefined =>
    time === undefined ? undefined : Math.max(1, Math.ceil((time - Date.now()) / 1000));
  const [, count] = useState(0);
  useEffect(() => {
    if (time === undefined) return;
    const timer = setInterval(() => count((ticks) => ticks + 1), 1000);
    return () => clearInterval(timer);
  }, [time]);
  return left();
}
