/** The chat as it is seen: header, messages, what is told above the composer, and the composer. */
import type { ChatMessage, QueuedMessage } from '@colloquy/client/store';
import {
  Composer,
  type ComposerHandle,
  fromChat,
  Icon,
  Message,
  MessageWindow,
  type MessageWindowHandle,
  theme,
  useStrings,
} from '@colloquy/ui';
import type { JSX, VNode } from 'preact';
import { useCallback, useEffect, useMemo, useRef } from 'preact/hooks';
import type { Chat, ChatState } from '../chat/chat.ts';
import type { PastMessage } from '../chat/past.ts';
import { tell } from '../events.ts';
import type { Settings } from '../settings.ts';
import { Menu } from './menu.tsx';
import { Notices } from './notices.tsx';
import css from './panel.module.css';

export interface PanelHandle {
  focus(): void;
  toEnd(): void;
}

export interface PanelProps {
  readonly chat: Chat;
  readonly state: ChatState;
  readonly settings: Settings;
  /** The element, for events. */
  readonly host: HTMLElement;
  readonly handle: { current: PanelHandle | null };
  /** Absent: it can't be closed. */
  readonly onClose?: (() => void) | undefined;
}

/** A line of the log. The same object as long as nothing of it has changed. */
interface Line {
  readonly key: string;
  readonly id: string;
  readonly message?: ChatMessage;
  readonly queued?: QueuedMessage;
  readonly past?: PastMessage;
  /** The last answer can be given again. */
  readonly isLast: boolean;
}

const none = [] as const;
const runningStates: ReadonlySet<string> = new Set(['sending', 'streaming', 'reconnecting']);

export function Panel({ chat, state, settings, host, handle, onClose }: PanelProps): JSX.Element {
  const strings = useStrings();
  const { snapshot, phase, persona } = state;
  const composer = useRef<ComposerHandle | null>(null);
  const log = useRef<MessageWindowHandle | null>(null);
  const heading = settings.heading ?? persona?.name ?? strings.heading;
  const lines = useLines(state.past, snapshot?.messages ?? none, snapshot?.queue ?? none);
  const isRunning = snapshot !== undefined && runningStates.has(snapshot.status);
  const isBusy = state.busyUntil !== undefined;

  useEffect(() => {
    handle.current = { focus: () => composer.current?.focus(), toEnd: () => log.current?.toEnd() };
    return () => {
      handle.current = null;
    };
  });
  const send = async (text: string): Promise<boolean> => {
    log.current?.toEnd();
    const isTaken = await chat.send(text);
    if (isTaken) tell(host, 'colloquy:message', { text });
    // What was refused stands in the log, where it can be sent once more; what never got there comes back.
    return isTaken || chat.conversation !== undefined;
  };
  const rate = useCallback(
    (message: ChatMessage, rating: 1 | -1 | 0): void => {
      void chat.rate(message, rating);
      tell(host, 'colloquy:feedback', { messageId: message.id, rating });
    },
    [chat, host],
  );
  const renderLine = useCallback(
    (line: Line): VNode => drawLine(line, { chat, settings, name: persona?.name, rate }),
    [chat, settings, persona?.name, rate],
  );
  const suggestions = settings.suggestions ?? persona?.suggestions ?? [];
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys are heard here that mean the messages, wherever the focus is.
    <div
      class={css.column}
      onKeyDown={(event) => {
        if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return;
        event.preventDefault();
        log.current?.walk(event.key === 'ArrowUp' ? -1 : 1);
      }}
    >
      <header class={css.header} part="header">
        <h2 class={css.heading}>
          <bdi>{heading}</bdi>
        </h2>
        <Menu chat={chat} state={state} />
        {onClose !== undefined && (
          <button
            type="button"
            class={theme.button}
            part="button close"
            aria-label={strings.close}
            title={strings.close}
            onClick={onClose}
          >
            <Icon name="close" />
          </button>
        )}
      </header>
      <MessageWindow
        key={chat.conversationNumber}
        items={lines}
        renderItem={renderLine}
        hasEarlier={snapshot?.hasEarlier ?? false}
        loadEarlier={() => chat.conversation?.loadEarlier()}
        handle={log}
        empty={
          phase === 'ready' && snapshot?.isLoading !== true ? (
            <div class={css.empty}>
              <p part="greeting" dir="auto">
                {settings.greeting ?? persona?.greeting ?? strings.greeting}
              </p>
              {suggestions.length > 0 && (
                <ul class={css.suggestions} aria-label={strings.suggestions}>
                  {suggestions.map((text) => (
                    <li key={text}>
                      <button type="button" class={css.chip} part="chip" onClick={() => void send(text)}>
                        <bdi>{text}</bdi>
                      </button>
                    </li>
                  ))}
                </ul>
              )}
            </div>
          ) : phase === 'starting' || phase === 'ready' ? (
            <p class={css.loading}>{strings.loading}</p>
          ) : undefined
        }
      />
      <Notices chat={chat} state={state} settings={settings} />
      <div class={css.foot}>
        <Composer
          onSend={send}
          onStop={isRunning && snapshot.running !== null ? () => void chat.conversation?.stop() : undefined}
          escapeStops={onClose === undefined}
          sendKey={settings.sendKey}
          placeholder={settings.placeholder}
          isDisabled={phase !== 'ready' || isBusy}
          handle={composer}
        />
        {(settings.footer !== undefined || settings.privacyHref !== undefined) && (
          <p class={css.small} part="footer">
            <bdi>{settings.footer}</bdi>{' '}
            {settings.privacyHref !== undefined && (
              <a href={settings.privacyHref} target="_blank" rel="noopener">
                {strings.privacy}
              </a>
            )}
          </p>
        )}
      </div>
    </div>
  );
}

/** Lines that are the same objects as before where their messages are. */
function useLines(
  past: readonly PastMessage[],
  messages: readonly ChatMessage[],
  queue: readonly QueuedMessage[],
): readonly Line[] {
  const known = useRef(new WeakMap<object, Line>());
  return useMemo(() => {
    const last = messages.findLast(({ role }) => role === 'assistant');
    const line = (made: Line, of: object): Line => {
      const before = known.current.get(of);
      if (before?.isLast === made.isLast) return before;
      known.current.set(of, made);
      return made;
    };
    return [
      ...past.map((one, index) =>
        line({ key: `past-${index}`, id: `past-${index}`, past: one, isLast: false }, one),
      ),
      ...messages.map((message) =>
        line({ key: message.key, id: message.id, message, isLast: message === last }, message),
      ),
      ...queue.map((queued) => line({ key: queued.key, id: queued.id, queued, isLast: false }, queued)),
    ];
  }, [past, messages, queue]);
}

interface LineSurroundings {
  readonly chat: Chat;
  readonly settings: Settings;
  readonly name: string | undefined;
  readonly rate: (message: ChatMessage, rating: 1 | -1 | 0) => void;
}

function drawLine(
  { message, queued, past, id, isLast }: Line,
  { chat, settings, name, rate }: LineSurroundings,
): VNode {
  const { conversation } = chat;
  if (queued !== undefined)
    return (
      // biome-ignore lint/a11y/useValidAriaRole: it says who speaks.
      <Message
        role="user"
        id={queued.id}
        text={queued.content}
        state="queued"
        place={queued.position}
        onRemove={() => void conversation?.remove(queued.id)}
      />
    );
  const looks = { name, isMarkdown: settings.isMarkdown, linkTarget: settings.linkTarget };
  if (past !== undefined) return <Message {...looks} id={id} role={past.role} text={past.content} />;
  if (message === undefined) return <p />;
  const shown = fromChat(message);
  const isAnswer = message.role === 'assistant';
  return (
    <Message
      {...shown}
      {...looks}
      // The provider's words are for those who run the server.
      error={shown.error === undefined ? undefined : { code: shown.error.code }}
      onContinue={
        isLast && isAnswer && shown.text !== '' ? () => void conversation?.continue(message.id) : undefined
      }
      onRegenerate={isLast && isAnswer ? () => void conversation?.regenerate(message.id) : undefined}
      onRetry={shown.state === 'unsent' ? () => void conversation?.retry(message.id) : undefined}
      onRemove={shown.state === 'unsent' ? () => void conversation?.remove(message.id) : undefined}
      footer={isAnswer && shown.state === 'done' ? <Feedback message={message} rate={rate} /> : undefined}
    />
  );
}

function Feedback({
  message,
  rate,
}: {
  readonly message: ChatMessage;
  readonly rate: LineSurroundings['rate'];
}): JSX.Element {
  const strings = useStrings();
  const choices = [
    { rating: 1, icon: 'good', label: strings.good },
    { rating: -1, icon: 'bad', label: strings.bad },
  ] as const;
  return (
    <>
      {choices.map(({ rating, icon, label }) => (
        <button
          key={icon}
          type="button"
          class={`${theme.button} ${css.rate}`}
          part="button feedback"
          aria-label={label}
          title={label}
          aria-pressed={message.rating === rating}
          onClick={() => rate(message, message.rating === rating ? 0 : rating)}
        >
          <Icon name={icon} />
        </button>
      ))}
    </>
  );
}
