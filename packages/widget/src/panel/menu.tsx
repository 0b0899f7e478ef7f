/** What can be done with the whole conversation. */
import { Icon, theme, useAnnouncer, useStrings } from '@colloquy/ui';
import type { JSX } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { Chat, ChatState } from '../chat/chat.ts';
import css from './panel.module.css';

export function Menu({ chat, state }: { readonly chat: Chat; readonly state: ChatState }): JSX.Element {
  const strings = useStrings();
  const announcer = useAnnouncer();
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLDivElement>(null);
  const hasAny = (state.snapshot?.messages.length ?? 0) > 0;

  const close = (): void => {
    setOpen(false);
    setAsking(false);
    button.current?.focus();
  };
  useEffect(() => {
    if (isOpen) menu.current?.querySelector('button')?.focus();
  }, [isOpen, isAsking]);
  const begin = (): void => {
    chat.newConversation();
    close();
  };
  const download = async (): Promise<void> => {
    close();
    const lines = await chat.wholeConversation();
    const parts = lines.map(({ role, content, createdAt }) => {
      const who = role === 'user' ? strings.you : strings.answerBy(state.persona?.name);
      return `## ${who} · ${createdAt}\n\n${content}\n`;
    });
    save('conversation.md', parts.join('\n'));
  };
  const erase = async (): Promise<void> => {
    close();
    await chat.deleteConversation();
    announcer?.say(strings.deleted);
  };
  const run = (action: () => Promise<void>) => () =>
    void action().catch((error: unknown) => chat.tellOf(error));
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape and the focus are heard of all that is in it.
    <div
      class={css.menu}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !isOpen) return;
        event.preventDefault();
        event.stopPropagation();
        close();
      }}
      onFocusOut={(event) => {
        const next = event.relatedTarget;
        if (next instanceof Node && !event.currentTarget.contains(next)) setOpen(false);
      }}
    >
      <button
        ref={button}
        type="button"
        class={theme.button}
        part="button menu"
        aria-label={strings.menu}
        title={strings.menu}
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => (isOpen ? close() : setOpen(true))}
      >
        <Icon name="menu" />
      </button>
      <div ref={menu} id={id} class={css.items} hidden={!isOpen}>
        {isAsking ? (
          <>
            <p>{strings.deleteQuestion}</p>
            <button type="button" class={theme.button} onClick={close}>
              {strings.cancel}
            </button>
            <button type="button" class={`${theme.button} ${css.danger}`} onClick={run(erase)}>
              <Icon name="bin" />
              {strings.deleteConversation}
            </button>
          </>
        ) : (
          <>
            <button type="button" class={theme.button} disabled={!hasAny} onClick={begin}>
              <Icon name="plus" />
              {strings.newConversation}
            </button>
            <button type="button" class={theme.button} disabled={!hasAny} onClick={run(download)}>
              <Icon name="download" />
              {strings.download}
            </button>
            <button type="button" class={theme.button} disabled={!hasAny} onClick={() => setAsking(true)}>
              <Icon name="bin" />
              {strings.deleteConversation}
            </button>
          </>
        )}
      </div>
    </div>
  );
}

function save(name: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/markdown' }));
  link.download = name;
  link.click();
  // The browser has taken it once this turn of the loop is over.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
