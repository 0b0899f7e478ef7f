/** One message of a conversation: what was said, how it stands, and what belongs to it. */
import type { ComponentChildren, JSX } from 'preact';
import { CopyButton } from '../controls/copy-button.tsx';
import { Icon } from '../icons.tsx';
import { safeLink } from '../markdown/links.ts';
import { type CitedSource, Markdown, type MarkdownProps } from '../markdown/markdown.tsx';
import { useStrings } from '../strings/context.tsx';
import type { Strings } from '../strings/strings.ts';
import { troubleOf } from '../strings/troubles.ts';
import theme from '../theme.module.css';
import css from './message.module.css';

/**
 * `sending`: on its way to the server, which has not taken an `unsent` one. `queued` waits for its turn, `waiting` for the
 * model, `writing` has text and goes on; the others are over.
 */
export type MessageState =
  | 'sending'
  | 'unsent'
  | 'queued'
  | 'waiting'
  | 'writing'
  | 'done'
  | 'stopped'
  | 'interrupted'
  | 'failed';

export interface ShownToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON, as far as it has come. */
  readonly arguments: string;
}

export interface MessageProps {
  readonly id: string;
  readonly role: 'user' | 'assistant';
  /** Who answers; absent: just an answer. */
  readonly name?: string | undefined;
  readonly text: string;
  readonly state?: MessageState;
  /** The place in the queue, from 1. */
  readonly place?: number | undefined;
  /** What is done before the first text. */
  readonly step?: 'searching' | 'reading' | 'answering' | undefined;
  readonly reasoning?: string | undefined;
  /** How long the reasoning took, once it is over. */
  readonly reasoningMs?: number | undefined;
  readonly sources?: readonly CitedSource[] | undefined;
  /** Why there are no sources, or fewer. */
  readonly notice?: string | undefined;
  readonly toolCalls?: readonly ShownToolCall[] | undefined;
  /** Of a failed answer. `message` is for people who look after the server; without it the code's sentence is shown alone. */
  readonly error?:
    | {
        readonly code: string;
        readonly message?: string | undefined;
        readonly requestId?: string | undefined;
      }
    | undefined;
  /** Default true; a user's text is always shown as it was written. */
  readonly isMarkdown?: boolean;
  readonly linkTarget?: string | undefined;
  readonly highlight?: MarkdownProps['highlight'];
  /** Whether there is a button that copies the whole text. Default true. */
  readonly hasCopy?: boolean;
  /** Offered where an answer has ended too early. */
  readonly onContinue?: (() => void) | undefined;
  readonly onRegenerate?: (() => void) | undefined;
  /** Of a message that was not sent, or waits. */
  readonly onRetry?: (() => void) | undefined;
  readonly onRemove?: (() => void) | undefined;
  /** Beside the buttons of the message: more buttons, figures. */
  readonly footer?: ComponentChildren;
  /** In place of the text: the form that edits it. */
  readonly children?: ComponentChildren;
}

const isOver = (state: MessageState): boolean =>
  state === 'done' || state === 'stopped' || state === 'interrupted' || state === 'failed';

export function Message(props: MessageProps): JSX.Element {
  const { id, role, name, text, state = 'done', children, footer } = props;
  const strings = useStrings();
  const isUser = role === 'user';
  const headingId = `message-${id}`;
  return (
    <article
      class={`${css.message} ${isUser ? css.user : css.answer}`}
      part={`message ${isUser ? 'user' : 'answer'}`}
      aria-labelledby={headingId}
      aria-busy={isUser ? undefined : !isOver(state)}
      data-message={id}
      data-state={state}
      tabIndex={-1}
    >
      <h3 id={headingId} class={theme.hidden}>
        {isUser ? strings.you : strings.answerBy(name)}
      </h3>
      {children ?? <Content {...props} />}
      {state === 'queued' && isUser && <p class={css.note}>{strings.queued(props.place)}</p>}
      <Ending {...props} state={state} strings={strings} />
      {(footer !== undefined || (!isUser && text !== '' && isOver(state))) && (
        <footer class={css.footer} part="footer">
          {!isUser && text !== '' && isOver(state) && props.hasCopy !== false && <CopyButton text={text} />}
          {footer}
        </footer>
      )}
    </article>
  );
}

/** The same one each time: what is drawn with it is not drawn anew. */
const none: readonly never[] = [];

function Content(props: MessageProps): JSX.Element {
  const { role, text, state = 'done', reasoning = '', sources = none, toolCalls = none, notice } = props;
  const strings = useStrings();
  if (role === 'user' || props.isMarkdown === false)
    return (
      <div class={css.plain} part="text" dir="auto">
        {text}
      </div>
    );
  return (
    <>
      {reasoning !== '' && <Reasoning {...props} reasoning={reasoning} strings={strings} />}
      {toolCalls.map((call) => (
        <details key={call.id} class={css.details} part="tool-call">
          <summary>{strings.toolCall(call.name)}</summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it must be reachable by keyboard. */}
          <pre tabIndex={0} dir="ltr">
            {indented(call.arguments)}
          </pre>
        </details>
      ))}
      {text !== '' && (
        <Markdown
          text={text}
          isWriting={!isOver(state)}
          sources={sources}
          {...(props.linkTarget !== undefined && { linkTarget: props.linkTarget })}
          {...(props.highlight !== undefined && { highlight: props.highlight })}
        />
      )}
      {text === '' && !isOver(state) && (
        <p class={css.waiting}>
          <span class={css.dots} aria-hidden="true">
            <span />
            <span />
            <span />
          </span>
          {state === 'queued' ? strings.queued(props.place) : stepText(props.step, strings)}
        </p>
      )}
      {sources.length > 0 && (
        <Sources sources={sources} linkTarget={props.linkTarget ?? '_blank'} strings={strings} />
      )}
      {notice !== undefined && notice !== '' && <p class={css.note}>{notice}</p>}
    </>
  );
}

function stepText(step: MessageProps['step'], strings: Strings): string {
  return step === undefined ? strings.waiting : strings[step];
}

function Reasoning({
  reasoning,
  reasoningMs,
  text,
  state = 'done',
  strings,
}: MessageProps & { readonly reasoning: string; readonly strings: Strings }): JSX.Element {
  const isThinking = text === '' && !isOver(state);
  const seconds = reasoningMs === undefined ? undefined : Math.max(1, Math.round(reasoningMs / 1000));
  return (
    <details class={css.details} part="reasoning">
      <summary>{isThinking ? strings.thinking : strings.thought(seconds)}</summary>
      <div class={css.plain} dir="auto">
        {reasoning}
      </div>
    </details>
  );
}

function Sources({
  sources,
  linkTarget,
  strings,
}: {
  readonly sources: readonly CitedSource[];
  readonly linkTarget: string;
  readonly strings: Strings;
}): JSX.Element {
  return (
    <details class={css.details} part="sources">
      <summary>{strings.sources(sources.length)}</summary>
      <ol class={css.sources}>
        {sources.map(({ index, title, url }) => {
          const link = safeLink(url);
          return (
            <li key={index} value={index}>
              {link === undefined ? (
                title
              ) : (
                <a href={link.href} target={linkTarget} rel="noopener noreferrer nofollow" part="source">
                  <bdi>{title === '' ? link.place : title}</bdi>
                  <span class={css.place}> {link.place}</span>
                </a>
              )}
            </li>
          );
        })}
      </ol>
    </details>
  );
}

const endings: ReadonlySet<MessageState> = new Set(['stopped', 'interrupted', 'failed', 'unsent', 'queued']);

/** How a message has ended, if not by itself, and what can be done. */
function Ending({ state = 'done', error, strings, ...props }: MessageProps & { readonly strings: Strings }) {
  if (!endings.has(state)) return null;
  const isFault = state !== 'stopped' && state !== 'queued';
  const kind = troubleOf(error?.code ?? (state === 'interrupted' ? 'interrupted' : 'internal'));
  const actions = [
    { icon: 'go', label: strings.continueAnswer, act: props.onContinue },
    { icon: 'retry', label: strings.regenerate, act: props.onRegenerate },
    { icon: 'retry', label: strings.tryAgain, act: props.onRetry },
    { icon: 'bin', label: strings.remove, act: props.onRemove },
  ] as const;
  const possible = actions.filter(({ act }) => act !== undefined);
  return (
    <div class={isFault ? css.fault : css.note} part={isFault ? 'error' : 'note'}>
      {isFault && <p>{strings.trouble(kind)}</p>}
      {state === 'stopped' && <p>{strings.stopped}</p>}
      {isFault && error?.message !== undefined && error.message !== '' && (
        <p class={css.words} dir="auto">
          {error.message}
        </p>
      )}
      {isFault && error?.requestId !== undefined && (
        <p class={css.words}>
          <small>{strings.requestId(error.requestId)}</small>
        </p>
      )}
      {possible.length > 0 && (
        <p class={css.actions}>
          {possible.map(({ icon, label, act }) => (
            <button key={label} type="button" class={`${theme.button} ${theme.outlined}`} onClick={act}>
              <Icon name={icon} />
              {label}
            </button>
          ))}
        </p>
      )}
    </div>
  );
}

/** JSON is set out in lines once it is whole. */
function indented(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
