/** One message of a conversation with what belongs to it here: versions, figures and what can be done. */

import type { ChatMessage, Conversation } from '@colloquy/client/store';
import { fromChat, Message } from '@colloquy/ui';
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { useApi } from '../../api/api.ts';
import { formatCost, formatDuration, formatNumber, formatTime } from '../../i18n/format.ts';
import { Button, VisuallyHidden } from '../../parts/controls.tsx';
import { copyText } from '../../parts/copy-text.ts';
import { partStrings } from '../../parts/strings.ts';
import { tell } from '../../parts/toasts.tsx';
import { toConsole } from '../../state/paths.ts';
import styles from './chat.module.css';
import type { Highlight } from './highlight.ts';
import { chatStrings } from './strings.ts';

interface QuestionProps {
  readonly message: ChatMessage;
  readonly store: Conversation;
  readonly isEdited: boolean;
  readonly onEdit: ((key: string) => void) | undefined;
  readonly onEditEnd: () => void;
  /** Of the answer to an edited question; undefined: as who answers does by itself. */
  readonly internet: boolean | undefined;
}

export function Question({
  message,
  store,
  isEdited,
  onEdit,
  onEditEnd,
  internet,
}: QuestionProps): JSX.Element {
  const strings = chatStrings();
  const { key, id, content, status } = message;
  if (isEdited) {
    return (
      <Message {...fromChat(message)}>
        <EditForm
          text={content}
          onEnd={onEditEnd}
          onSend={(text) => {
            onEditEnd();
            void store.edit(id, text, { internet });
          }}
        />
      </Message>
    );
  }
  return (
    <Message
      {...fromChat(message)}
      footer={
        <span class={styles.footer}>
          {status === 'unsent' ? (
            <>
              <span>{strings.unsent}</span>
              <Button look="quiet" icon="refresh" onClick={() => void store.retry(id)}>
                {strings.retry}
              </Button>
              <Button look="quiet" icon="close" onClick={() => void store.remove(id)}>
                {strings.remove}
              </Button>
            </>
          ) : (
            <>
              {onEdit && (
                <Button look="quiet" icon="pencil" label={strings.edit} onClick={() => onEdit(key)} />
              )}
              {status === 'done' && <LinkToMessage id={id} />}
            </>
          )}
          <Versions message={message} store={store} />
        </span>
      }
    />
  );
}

interface EditFormProps {
  readonly text: string;
  readonly onSend: (text: string) => void;
  readonly onEnd: () => void;
}

function EditForm({ text, onSend, onEnd }: EditFormProps): JSX.Element {
  const strings = chatStrings();
  const [typed, setTyped] = useState(text);
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    area.current?.focus();
    area.current?.setSelectionRange(text.length, text.length);
  }, [text]);
  const isFit = typed.trim() !== '';
  return (
    <form
      class={styles.edit}
      onSubmit={(event) => {
        event.preventDefault();
        if (isFit) onSend(typed.trim());
      }}
    >
      <textarea
        ref={area}
        class={styles.area}
        aria-label={strings.editLabel}
        value={typed}
        onInput={(event) => setTyped(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.isComposing) return;
          if (event.key === 'Escape') {
            event.preventDefault();
            event.stopPropagation();
            onEnd();
          } else if (event.key === 'Enter' && !event.shiftKey) {
            event.preventDefault();
            if (isFit) onSend(typed.trim());
          }
        }}
      />
      <div class={styles.row}>
        <Button type="submit" look="primary" isDisabled={!isFit}>
          {strings.editSend}
        </Button>
        <Button onClick={onEnd}>{partStrings().cancel}</Button>
      </div>
    </form>
  );
}

interface AnswerProps {
  readonly message: ChatMessage;
  readonly store: Conversation;
  readonly personaName: (id: number) => string | undefined;
  readonly highlight: Highlight;
  readonly mayWrite: boolean;
  readonly onReceipt: (generation: string) => void;
}

export function Answer({
  message,
  store,
  personaName,
  highlight,
  mayWrite,
  onReceipt,
}: AnswerProps): JSX.Element {
  const { id, content, status, persona, modelName } = message;
  const isOver = status !== 'sending' && status !== 'queued' && status !== 'running';
  const isCut = status === 'interrupted' || status === 'cancelled' || message.finishReason === 'length';
  const name = (persona && personaName(persona.id)) ?? modelName ?? undefined;
  return (
    <Message
      {...fromChat(message)}
      name={name}
      highlight={highlight}
      onContinue={mayWrite && isOver && isCut && content !== '' ? () => void store.continue(id) : undefined}
      onRegenerate={
        mayWrite && isOver && status !== 'done' && message.generationId !== null
          ? () => void store.regenerate(id)
          : undefined
      }
      footer={
        isOver ? (
          <AnswerFooter message={message} store={store} mayWrite={mayWrite} onReceipt={onReceipt} />
        ) : undefined
      }
    />
  );
}

type AnswerFooterProps = Pick<AnswerProps, 'message' | 'store' | 'mayWrite' | 'onReceipt'>;

function AnswerFooter({ message, store, mayWrite, onReceipt }: AnswerFooterProps): JSX.Element {
  const strings = chatStrings();
  const { id, rating, generationId } = message;
  const rate = (value: 1 | -1) => void store.rate(id, rating === value ? 0 : value);
  return (
    <span class={styles.footer}>
      {mayWrite && generationId !== null && (
        <Button
          look="quiet"
          icon="refresh"
          label={strings.regenerate}
          onClick={() => void store.regenerate(id)}
        />
      )}
      <LinkToMessage id={id} />
      {generationId !== null && (
        <Button look="quiet" icon="receipt" label={strings.receipt} onClick={() => onReceipt(generationId)} />
      )}
      {mayWrite && (
        <>
          <Button
            look="quiet"
            icon="good"
            label={strings.good}
            isPressed={rating === 1}
            onClick={() => rate(1)}
          />
          <Button
            look="quiet"
            icon="bad"
            label={strings.bad}
            isPressed={rating === -1}
            onClick={() => rate(-1)}
          />
        </>
      )}
      <Versions message={message} store={store} />
      <Figures message={message} />
    </span>
  );
}

/** Copies the address of the message, with the organization and environment that it is of. */
function LinkToMessage({ id }: { readonly id: string }): JSX.Element {
  const { organization, environment } = useApi();
  const copy = () => {
    const url = new URL(location.href);
    url.search = '';
    url.searchParams.set('org', organization.id);
    if (environment === 'test') url.searchParams.set('environment', environment);
    url.searchParams.set('message', id);
    copyText(url.href).then(
      () => tell(partStrings().copied),
      () => tell(partStrings().copyFailed),
    );
  };
  return <Button look="quiet" icon="link" label={chatStrings().copyLink} onClick={copy} />;
}

/** Model, tokens, cost and times. What is not known is left out, or said to be unknown. */
function Figures({ message }: { readonly message: ChatMessage }): JSX.Element {
  const strings = chatStrings();
  const { modelName, persona, usage, cost, ttftMs, durationMs, createdAt } = message;
  const writingMs = ttftMs !== null && durationMs !== null ? durationMs - ttftMs : 0;
  const tokens = usage?.completionTokens ?? 0;
  return (
    <span class={styles.figures}>
      <time dateTime={createdAt}>{formatTime(createdAt)}</time>
      {modelName !== null && (
        <span>
          {modelName}
          {persona !== null && ` · ${strings.version_(persona.version)}`}
        </span>
      )}
      <span>
        {usage === null || usage.provenance === 'unknown'
          ? strings.tokensUnknown
          : strings.tokens(formatNumber(usage.totalTokens), usage.provenance === 'estimated')}
      </span>
      {cost !== null ? <span>{strings.cost(formatCost(cost))}</span> : usage !== null && <NoPrice />}
      {ttftMs !== null && <span>{strings.firstToken(formatDuration(ttftMs))}</span>}
      {writingMs > 100 && tokens > 1 && (
        <span>{strings.speed(formatNumber((tokens * 1000) / writingMs, 1))}</span>
      )}
    </span>
  );
}

function NoPrice(): JSX.Element {
  const strings = chatStrings();
  const { mayAdminister } = useApi();
  return mayAdminister ? (
    <Link href={toConsole('/models')}>{strings.noPrice}</Link>
  ) : (
    <span>{strings.noPrice}</span>
  );
}

interface VersionsProps {
  readonly message: ChatMessage;
  readonly store: Conversation;
}

/** `‹ 2 of 3 ›` */
function Versions({ message: { id, siblings }, store }: VersionsProps): JSX.Element | null {
  const strings = chatStrings();
  const place = siblings.indexOf(id);
  if (siblings.length < 2 || place === -1) return null;
  const go = (index: number) => {
    const next = siblings[index];
    if (next !== undefined) void store.select(next);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: it is no group of controls of a form.
    <span class={styles.versions} role="group" aria-label={strings.versions}>
      <Button
        look="quiet"
        icon="left"
        label={strings.previous}
        isDisabled={place === 0}
        onClick={() => go(place - 1)}
      />
      <span aria-hidden="true">
        {place + 1}/{siblings.length}
      </span>
      <VisuallyHidden>{strings.version(place + 1, siblings.length)}</VisuallyHidden>
      <Button
        look="quiet"
        icon="right"
        label={strings.next}
        isDisabled={place === siblings.length - 1}
        onClick={() => go(place + 1)}
      />
    </span>
  );
}
